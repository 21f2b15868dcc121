from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

from backend.files import storage

BUCKET = "waiqin-test"
KEYS = {"access_key": "test-access", "secret_key": "test-secret", "region": "us-east-1"}


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """A process-local stand-in for S3 on a free port; it stores what real requests bring."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(s3_server, settings) -> storage.Storage:
    settings.STORAGE = "s3"
    settings.S3 = {"bucket": BUCKET, "endpoint": s3_server, **KEYS}
    client = boto3.client(
        "s3",
        endpoint_url=s3_server,
        region_name=KEYS["region"],
        aws_access_key_id=KEYS["access_key"],
        aws_secret_access_key=KEYS["secret_key"],
    )
    client.create_bucket(Bucket=BUCKET)
    return storage.current()


@pytest.fixture
def local(media_root) -> storage.Storage:
    return storage.current()


@pytest.fixture(params=["local", "s3"])
def store(request) -> storage.Storage:
    """Each test with it runs on both storages."""
    return request.getfixturevalue(request.param)
