from typing import Annotated

from pydantic import Field

SignatureParam = Annotated[str, Field(max_length=64)]
TimestampParam = Annotated[str, Field(max_length=16)]
NonceParam = Annotated[str, Field(max_length=128)]
EchoParam = Annotated[str, Field(max_length=1024)]
