"""What only S3 does: content types, refusal of a second writer, an endpoint that is gone."""

import io
from typing import Any

import boto3
import pytest

from evidence.errors import EvidenceError
from evidence.stores import S3Store, key_of, store_from_url


@pytest.fixture
def client(s3_endpoint: str, s3_bucket: str) -> Any:
    return boto3.client("s3", endpoint_url=s3_endpoint, region_name="us-east-1")


@pytest.fixture
def store(client: Any, s3_bucket: str) -> S3Store:
    return S3Store(client, bucket=s3_bucket)


def test_the_content_type_is_kept(store: S3Store, client: Any, s3_bucket: str) -> None:
    for data in (b"small", b"large" * 2_000_000):
        key = store.put(io.BytesIO(data), max_bytes=20_000_000, content_type="image/jpeg").key
        assert client.head_object(Bucket=s3_bucket, Key=key)["ContentType"] == "image/jpeg"


def test_a_repeated_put_does_not_write_again(store: S3Store, client: Any, s3_bucket: str) -> None:
    client.put_bucket_versioning(Bucket=s3_bucket, VersioningConfiguration={"Status": "Enabled"})
    key = store.put(io.BytesIO(b"once"), max_bytes=10).key
    store.put(io.BytesIO(b"once"), max_bytes=10)
    versions = client.list_object_versions(Bucket=s3_bucket, Prefix=key)["Versions"]
    assert len(versions) == 1


def test_the_bucket_itself_refuses_the_slower_of_two_writers(client: Any, s3_bucket: str) -> None:
    class Late(S3Store):
        """Looks before the other writer has finished, and writes after."""

        looked = False

        def _held_size(self, key: str) -> int | None:
            if not self.looked:
                self.looked = True
                return None
            return super()._held_size(key)

    client.put_bucket_versioning(Bucket=s3_bucket, VersioningConfiguration={"Status": "Enabled"})
    first = S3Store(client, bucket=s3_bucket).put(io.BytesIO(b"both"), max_bytes=10)
    second = Late(client, bucket=s3_bucket).put(io.BytesIO(b"both"), max_bytes=10)
    assert first == second
    assert len(client.list_object_versions(Bucket=s3_bucket)["Versions"]) == 1


def test_a_damaged_object_is_replaced(store: S3Store, client: Any, s3_bucket: str) -> None:
    key = store.put(io.BytesIO(b"original"), max_bytes=10).key
    client.put_object(Bucket=s3_bucket, Key=key, Body=b"orig")
    store.put(io.BytesIO(b"original"), max_bytes=10)
    with store.open(key) as stream:
        assert stream.read() == b"original"


def test_a_missing_bucket_or_a_dead_endpoint_is_unavailable_not_missing(s3_bucket: str) -> None:
    dead = store_from_url(f"s3://{s3_bucket}?endpoint=http://127.0.0.1:9")
    with pytest.raises(EvidenceError) as refused:
        dead.exists(key_of("0" * 64))
    assert refused.value.code == "evidence.store_unavailable"
    with pytest.raises(EvidenceError) as refused:
        dead.put(io.BytesIO(b"x"), max_bytes=10)
    assert refused.value.code == "evidence.store_unavailable"


def test_a_bucket_that_does_not_exist_takes_nothing(client: Any) -> None:
    with pytest.raises(EvidenceError) as refused:
        S3Store(client, bucket="songda-no-such-bucket").put(io.BytesIO(b"x"), max_bytes=10)
    assert refused.value.code == "evidence.store_unavailable"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/srv/evidence",
        "file://evidence/dir",
        "file:relative",
        "s3://",
        "ftp://host/dir",
        "s3://key:secret@bucket",
    ],
)
def test_an_address_of_no_store_is_refused_at_start(url: str) -> None:
    with pytest.raises(EvidenceError) as refused:
        store_from_url(url)
    assert refused.value.code == "evidence.bad_store_url"
