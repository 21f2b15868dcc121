"""Files in an S3 bucket. Phones talk to it directly through presigned addresses; only processing reads it from here."""

from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from functools import lru_cache
from typing import IO, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.utils.http import content_disposition_header

from backend.core import clock
from backend.files.errors import StorageUnavailable
from backend.files.storage import Missing, Stored, Target, Upload

CONNECT_S = 3
READ_S = 15
ATTEMPTS = 2
"""Few and short, since the worker's row is retried anyway and a phone waits for `complete`."""
ABSENT = {"404", "NoSuchKey", "NotFound"}


@lru_cache(maxsize=4)
def _client(endpoint: str, region: str, access_key: str, secret_key: str) -> Any:
    """One a process: making it takes most of a second, and it is safe to share between threads.

    Look-alikes (MinIO, OSS, COS) refuse the checksums that newer boto3 adds by itself, hence `when_required`.
    """
    return boto3.session.Session().client(
        "s3",
        endpoint_url=endpoint or None,
        region_name=region,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=Config(
            signature_version="s3v4",
            connect_timeout=CONNECT_S,
            read_timeout=READ_S,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


class S3Storage:
    def __init__(self, *, bucket: str, endpoint: str, region: str, access_key: str, secret_key: str) -> None:
        self.bucket = bucket
        self.client = _client(endpoint, region, access_key, secret_key)

    def upload_target(self, upload: Upload, *, expires_at: datetime) -> Target:
        """Type, length and checksum are signed: the bucket refuses any other content under this address."""
        checksum = b64encode(bytes.fromhex(upload.sha256)).decode()
        url = self.client.generate_presigned_url(
            "put_object",
            Params={
                "Bucket": self.bucket,
                "Key": upload.key,
                "ContentType": upload.content_type,
                "ContentLength": upload.size,
                "ChecksumSHA256": checksum,
            },
            ExpiresIn=_seconds_until(expires_at),
        )
        headers = {"Content-Type": upload.content_type, "x-amz-checksum-sha256": checksum}
        return Target("PUT", url, expires_at, headers)

    def link(self, stored: Stored, *, expires_at: datetime) -> str:
        disposition = content_disposition_header(not stored.inline, stored.name)
        url: str = self.client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self.bucket,
                "Key": stored.key,
                "ResponseContentType": stored.content_type,
                "ResponseContentDisposition": disposition,
                "ResponseCacheControl": "private, max-age=900",
            },
            ExpiresIn=_seconds_until(expires_at),
        )
        return url

    def size(self, key: str) -> int | None:
        try:
            with _answering():
                return int(self.client.head_object(Bucket=self.bucket, Key=key)["ContentLength"])
        except Missing:
            return None

    def sizes(self, folder: str) -> dict[str, int]:
        with _answering():
            found = self.client.list_objects_v2(Bucket=self.bucket, Prefix=f"{folder}/")
        return {item["Key"]: int(item["Size"]) for item in found.get("Contents", [])}

    def read(self, key: str, *, limit: int) -> bytes:
        with _answering(), closing(self.client.get_object(Bucket=self.bucket, Key=key)["Body"]) as body:
            content: bytes = body.read(limit)
            return content

    def write(self, key: str, content: bytes | IO[bytes], *, content_type: str) -> None:
        with _answering():
            self.client.put_object(Bucket=self.bucket, Key=key, Body=content, ContentType=content_type)

    def delete(self, keys: Iterable[str]) -> None:
        with _answering():
            for key in keys:
                self.client.delete_object(Bucket=self.bucket, Key=key)

    def delete_folder(self, folder: str) -> None:
        self.delete(self.sizes(folder))


def _seconds_until(expires_at: datetime) -> int:
    return max(1, round((expires_at - clock.now()).total_seconds()))


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except ClientError as exc:
        if exc.response.get("Error", {}).get("Code") in ABSENT:
            raise Missing() from exc
        raise StorageUnavailable(retry_after_s=30) from exc
    except BotoCoreError as exc:
        raise StorageUnavailable(retry_after_s=30) from exc
