"""One fixture, every store: a real directory, a real S3 protocol (moto's server on loopback), a real mongod."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import boto3
import pytest
from moto.server import ThreadedMotoServer

from evidence.stores import GridFSStore, MovingStore, Store, store_from_url


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """An S3 server of this session."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3_bucket(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A fresh bucket; boto3 finds credentials the way it does in production, in the environment."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "drill")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "drill-secret")
    bucket = f"songda-{uuid.uuid4().hex[:12]}"
    boto3.client("s3", endpoint_url=s3_endpoint, region_name="us-east-1").create_bucket(Bucket=bucket)
    return bucket


@pytest.fixture
def opened() -> Iterator[Callable[[str], Store]]:
    """Opens stores by their URL, as the product does, and closes their connections after the test."""
    stores: list[Store] = []

    def make(url: str) -> Store:
        stores.append(store_from_url(url))
        return stores[-1]

    yield make
    for store in stores:
        for one in (store.new, *store.old) if isinstance(store, MovingStore) else (store,):
            if isinstance(one, GridFSStore):
                one.close()


@pytest.fixture
def gridfs_url(mongo_uri: str) -> str:
    """A GridFS bucket of its own in the session's database."""
    parts = urlsplit(mongo_uri)
    query = f"{parts.query}&bucket=t{uuid.uuid4().hex[:8]}" if parts.query else f"bucket=t{uuid.uuid4().hex[:8]}"
    return urlunsplit(parts._replace(scheme="gridfs", query=query))


@pytest.fixture(scope="session")
def buckets(s3_endpoint: str) -> dict[str, str]:
    """A plain bucket and one made with Object Lock, for all tests that keep to a prefix."""
    client = boto3.client(
        "s3",
        endpoint_url=s3_endpoint,
        region_name="us-east-1",
        aws_access_key_id="drill",
        aws_secret_access_key="drill-secret",
    )
    client.create_bucket(Bucket="songda-plain")
    client.create_bucket(Bucket="songda-locked", ObjectLockEnabledForBucket=True)
    where = f"endpoint={s3_endpoint}&region=us-east-1"
    return {name: f"s3://songda-{name}?{where}" for name in ("plain", "locked")}


@pytest.fixture
def s3_url(buckets: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    """A prefix of its own in the plain bucket; boto3 finds credentials in the environment."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "drill")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "drill-secret")
    return f"{buckets['plain']}&prefix=court-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def locked_url(buckets: dict[str, str], s3_url: str) -> str:
    """The same in the bucket with Object Lock, for one month."""
    return f"{buckets['locked']}&prefix=court-{uuid.uuid4().hex[:8]}&lock=governance&days=30"


@pytest.fixture(params=["files", "s3", "s3 with a lock", "gridfs", "moving"])
def store(request: pytest.FixtureRequest, tmp_path: Path, opened: Callable[[str], Store]) -> Store:
    """Each kind of store in turn."""
    wanted = request.getfixturevalue
    match request.param:
        case "files":
            return opened(f"file://{tmp_path}/evidence")
        case "s3":
            return opened(wanted("s3_url"))
        case "s3 with a lock":
            return opened(wanted("locked_url"))
        case "gridfs":
            return opened(wanted("gridfs_url"))
    return opened(f"{wanted('gridfs_url')} file://{tmp_path}/old")
