"""Object Lock: what the bucket itself promises against everybody, this program included."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.exceptions import ClientError

from evidence.errors import EvidenceError
from evidence.stores import S3Store, Store, store_from_url

SIZES = [b"small", b"large" * 2_000_000]


@pytest.fixture
def bucket(locked_url: str, s3_endpoint: str) -> Any:
    """(client, bucket, prefix), past the store."""
    parts = urlsplit(locked_url)
    client = boto3.client("s3", endpoint_url=s3_endpoint, region_name="us-east-1")
    return client, parts.netloc, parse_qs(parts.query)["prefix"][0]


@pytest.mark.parametrize("data", SIZES, ids=["one piece", "many parts"])
@pytest.mark.parametrize("mode", ["compliance", "governance"])
def test_everything_stored_is_locked_for_the_days_of_the_address(
    locked_url: str, bucket: Any, opened: Callable[[str], Store], data: bytes, mode: str
) -> None:
    store = opened(locked_url.replace("lock=governance&days=30", f"lock={mode}&days=400"))
    client, name, prefix = bucket
    key = store.put(io.BytesIO(data), max_bytes=20_000_000).key
    head = client.head_object(Bucket=name, Key=f"{prefix}/{key}")
    assert head["ObjectLockMode"] == mode.upper()
    left = head["ObjectLockRetainUntilDate"] - datetime.now(UTC)
    assert timedelta(days=399, hours=23) < left <= timedelta(days=400)
    with pytest.raises(ClientError) as refused:
        client.delete_object(Bucket=name, Key=f"{prefix}/{key}", VersionId=head["VersionId"])
    assert refused.value.response["Error"]["Code"] == "AccessDenied"


def test_an_object_of_before_the_lock_is_locked_when_it_comes_again(
    locked_url: str, bucket: Any, opened: Callable[[str], Store]
) -> None:
    client, name, prefix = bucket
    key = opened(locked_url.replace("&lock=governance&days=30", "")).put(io.BytesIO(b"early"), max_bytes=9).key
    assert "ObjectLockMode" not in client.head_object(Bucket=name, Key=f"{prefix}/{key}")
    opened(locked_url).put(io.BytesIO(b"early"), max_bytes=9)
    assert client.head_object(Bucket=name, Key=f"{prefix}/{key}")["ObjectLockMode"] == "GOVERNANCE"
    assert len(client.list_object_versions(Bucket=name, Prefix=f"{prefix}/{key}")["Versions"]) == 1


def test_a_locked_object_is_not_even_hidden_by_a_refused_removal(
    locked_url: str, bucket: Any, opened: Callable[[str], Store]
) -> None:
    store = opened(locked_url)
    assert isinstance(store, S3Store)
    key = store.put(io.BytesIO(b"kept"), max_bytes=9).key
    with pytest.raises(EvidenceError) as refused:
        store.remove(key)
    assert refused.value.code == "evidence.locked"
    assert refused.value.extra["until"] == (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    with store.open(key) as stream:
        assert stream.read() == b"kept"
    client, name, prefix = bucket
    assert "DeleteMarkers" not in client.list_object_versions(Bucket=name, Prefix=f"{prefix}/{key}")


def test_once_unlocked_every_version_goes(locked_url: str, bucket: Any, opened: Callable[[str], Store]) -> None:
    client, name, prefix = bucket
    store = opened(locked_url.replace("&lock=governance&days=30", ""))
    assert isinstance(store, S3Store)
    key = store.put(io.BytesIO(b"twice"), max_bytes=9).key
    client.put_object(Bucket=name, Key=f"{prefix}/{key}", Body=b"other")
    assert store.remove(key) is True
    left = client.list_object_versions(Bucket=name, Prefix=f"{prefix}/{key}")
    assert (left.get("Versions"), left.get("DeleteMarkers")) == (None, None)


def test_a_bucket_made_without_a_lock_takes_nothing_under_one(s3_url: str, opened: Callable[[str], Store]) -> None:
    store = opened(f"{s3_url}&lock=compliance&days=1")
    with pytest.raises(EvidenceError) as refused:
        store.put(io.BytesIO(b"unlocked"), max_bytes=9)
    assert refused.value.code == "evidence.store_unavailable"


@pytest.mark.parametrize("asked", ["lock=compliance", "days=3", "lock=forever&days=3", "lock=governance&days=0"])
def test_half_a_lock_is_refused_at_start(asked: str) -> None:
    with pytest.raises(EvidenceError) as refused:
        store_from_url(f"s3://bucket?{asked}")
    assert refused.value.code == "evidence.bad_store_url"


def test_the_bucket_refuses_the_slower_of_two_large_writers_at_completion(s3_endpoint: str, s3_bucket: str) -> None:
    class Late(S3Store):
        """Looks before the other writer has finished, and completes after."""

        looked = False

        def _held_size(self, key: str) -> int | None:
            if not self.looked:
                self.looked = True
                return None
            return super()._held_size(key)

    client = boto3.client("s3", endpoint_url=s3_endpoint, region_name="us-east-1")
    client.put_bucket_versioning(Bucket=s3_bucket, VersioningConfiguration={"Status": "Enabled"})
    first = S3Store(client, bucket=s3_bucket).put(io.BytesIO(SIZES[1]), max_bytes=20_000_000)
    assert Late(client, bucket=s3_bucket).put(io.BytesIO(SIZES[1]), max_bytes=20_000_000) == first
    assert len(client.list_object_versions(Bucket=s3_bucket)["Versions"]) == 1
    assert "Uploads" not in client.list_multipart_uploads(Bucket=s3_bucket)


def test_parts_of_a_dead_writer_are_swept_by_their_age(s3_endpoint: str, s3_bucket: str) -> None:
    client = boto3.client("s3", endpoint_url=s3_endpoint, region_name="us-east-1")
    key = "sha256/ab/" + "c" * 62
    client.create_multipart_upload(Bucket=s3_bucket, Key=key)
    store = S3Store(client, bucket=s3_bucket)
    assert not store.exists(key)
    assert store.sweep_incoming(older_than_seconds=60 * 365 * 86400.0) == 0  # moto dates every upload 2010
    assert store.sweep_incoming(older_than_seconds=3600) == 1
    assert "Uploads" not in client.list_multipart_uploads(Bucket=s3_bucket)
