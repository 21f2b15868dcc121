from ninja import Field

from mobile_api.schemas.base import Out


class JsSdkSignatureOut(Out):
    """As `wx.config` and `ww.register` take it."""

    timestamp: int
    nonce: str
    signature: str


class JsSdkSignaturesOut(Out):
    platform_id: str = Field(description="Corporation id, or app id of an official account")
    agent_id: int | None
    config: JsSdkSignatureOut
    agent_config: JsSdkSignatureOut | None = Field(description="Null for an official account, which knows no agents")
