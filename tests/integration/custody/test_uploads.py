"""From the last byte to the item: once, whatever dies in between; and nothing stays that nobody finished."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest

from evidence.stores import FileStore
from evidence.stores.protocol import take_over
from evidence.uploads import FileUploads, Info, ThreadLocker, Uploads, Wish
from evidence.uploads.messages import metadata_header
from server.accounts.models import Person
from server.core.clock import utc_now
from server.core.errors import DomainError
from server.custody.models import Announced, UploadRecord
from server.custody.services import landing, uploads_finishing
from server.custody.services.uploads import Limits, UploadDesk, state_of
from server.dispatch.models import Visit
from server.field.models import EvidenceItem
from server.service.actor import Actor
from tests.factories import visits as make
from tests.factories.media import small_photo
from tests.integration.custody.test_landing import announce
from tests.unit.evidence.uploads.talk import Client, id_of, refusal

PHOTO = small_photo(3)


@pytest.fixture
def uploads(store: FileStore) -> FileUploads:
    return FileUploads(store.root / "uploads", wait_s=0.1)


class Bench:
    """One person's uploads, at any moment."""

    def __init__(self, server: Person, uploads: FileUploads, store: FileStore) -> None:
        self.server, self.uploads, self.store = server, uploads, store
        self.now, self.limits = utc_now(), Limits(max_bytes=1 << 20)
        self.locker = ThreadLocker(wait_s=0.1)

    def desk(self) -> UploadDesk:
        return UploadDesk(
            court=make.COURT,
            actor=Actor(self.server.id, self.server.name),
            uploads=self.uploads,
            evidence=self.store,
            limits=self.limits,
            reader=lambda *_: None,
            now=self.now,
        )

    @property
    def client(self) -> Client:
        return Client(Uploads(store=self.uploads, locker=self.locker, desk=self.desk(), max_bytes=1 << 20))

    def create(self, item: Announced) -> str:
        said = metadata_header({"visit_id": item.visit_id, "client_id": item.client_id})
        return self.client.create(item.size, upload_metadata=said)

    def sweep(self, later: timedelta) -> dict[str, int]:
        return uploads_finishing.sweep(
            uploads=self.uploads, evidence=self.store, locker=self.locker, now=self.now + later
        )


@pytest.fixture
def bench(server: Person, uploads: FileUploads, store: FileStore) -> Bench:
    return Bench(server, uploads, store)


@pytest.fixture
def item(visit: Visit, server: Person) -> Announced:
    return announce(visit, server, PHOTO)


class Died(BaseException):
    """kill -9, as far as a test can do it in its own process."""


def test_the_file_itself_becomes_the_evidence_and_nothing_is_left(bench: Bench, item: Announced) -> None:
    one = bench.create(item)
    inode = bench.uploads.path(one).stat().st_ino
    answer = bench.client.patch(one, 0, PHOTO)
    assert (answer.status, answer.headers["Songda-Item-State"]) == (204, "held")
    held = EvidenceItem.objects.get()
    assert (bench.store.root / held.store_key).stat().st_ino == inode, "renamed, not copied"
    assert [path for path in bench.uploads.root.rglob("*") if path.is_file()] == []
    assert bench.client.offset(one) == len(PHOTO)
    assert state_of(court=make.COURT, person_id=bench.server.id, upload_id=one)["evidence_id"] == held.id


@pytest.mark.parametrize("moment", ["before landing", "after the store took the file", "after the item was made"])
@pytest.mark.parametrize("by", ["head", "patch", "sweep"])
def test_a_death_after_the_last_byte_is_made_good_by_whoever_comes_next(
    bench: Bench, item: Announced, moment: str, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = bench.create(item)
    real = landing.land

    def dying(**given: Any) -> Any:
        if moment == "after the store took the file":
            take_over(bench.store, bench.uploads.path(one), expected_sha256=item.sha256, size=item.size)
        elif moment == "after the item was made":
            real(**given)
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr(landing, "land", dying)
        with pytest.raises(Died):
            bench.client.patch(one, 0, PHOTO)
    if by == "sweep":
        assert bench.sweep(timedelta(minutes=1))["finished"] == 1
        assert bench.sweep(timedelta(minutes=2))["finished"] == 0
    elif by == "head":
        assert bench.client.offset(one) == len(PHOTO)
    else:
        assert bench.client.patch(one, len(PHOTO), b"").headers["Songda-Item-State"] == "held"
    assert EvidenceItem.objects.count() == 1
    assert Announced.objects.get().state == "held"
    assert UploadRecord.objects.get().state == "landed"
    assert not bench.uploads.path(one).exists()


def test_a_death_before_anything_was_noted_is_found_within_the_hour(bench: Bench, item: Announced) -> None:
    one = bench.create(item)
    bench.desk()
    with bench.uploads.path(one).open("wb") as file:
        file.write(PHOTO)
    assert bench.sweep(timedelta(minutes=5))["finished"] == 0
    assert bench.sweep(timedelta(hours=2))["finished"] == 1
    assert EvidenceItem.objects.count() == 1


def test_other_bytes_than_announced_end_the_upload_and_keep_nothing(bench: Bench, item: Announced) -> None:
    one = bench.create(item)
    with pytest.raises(DomainError) as refused:
        bench.client.patch(one, 0, PHOTO[:-1] + b"x")
    assert (refused.value.code, refused.value.status) == ("evidence.hash_mismatch", 422)
    assert refusal(bench.client.say("HEAD", one)) == (410, "upload.gone")
    assert Announced.objects.get().state == "announced", "its own bytes may still come"
    assert [path for path in bench.store.root.rglob("*") if path.is_file()] == []
    again = bench.create(item)
    assert bench.client.patch(again, 0, PHOTO).headers["Songda-Item-State"] == "held"


def test_the_right_bytes_that_are_no_photo_are_kept_and_the_item_refused(
    bench: Bench, visit: Visit, server: Person
) -> None:
    data = b"not a photo at all"
    one = bench.create(announce(visit, server, data))
    assert bench.client.patch(one, 0, data).headers["Songda-Item-State"] == "refused"
    found = Announced.objects.get()
    with bench.store.open(found.kept_key) as kept:
        assert kept.read() == data


def test_parts_sent_side_by_side_become_one_item_and_a_repeated_join_is_told_the_same(
    bench: Bench, item: Announced
) -> None:
    half = len(PHOTO) // 2
    parts = [bench.client.create(size, upload_concat="partial") for size in (half, len(PHOTO) - half)]
    bench.client.patch(parts[1], 0, PHOTO[half:])
    bench.client.patch(parts[0], 0, PHOTO[:half])
    said = metadata_header({"visit_id": item.visit_id, "client_id": item.client_id})
    first, second = (bench.client.join(*parts, upload_metadata=said) for _ in range(2))
    assert (first.status, second.status) == (201, 201)
    assert id_of(first) == id_of(second)
    assert second.headers["Songda-Item-State"] == "held"
    assert EvidenceItem.objects.get().sha256 == item.sha256
    assert [path for path in bench.uploads.root.rglob("*") if path.is_file()] == []
    assert {one.state for one in UploadRecord.objects(partial=True)} == {"joined"}


def test_parts_of_another_length_than_announced_make_nothing(bench: Bench, item: Announced) -> None:
    part = bench.client.create(3, upload_concat="partial")
    bench.client.patch(part, 0, b"abc")
    said = metadata_header({"visit_id": item.visit_id, "client_id": item.client_id})
    with pytest.raises(DomainError) as refused:
        bench.client.join(part, upload_metadata=said)
    assert refused.value.code == "upload.wrong_length"
    assert UploadRecord.objects.count() == 1


def test_what_nobody_finished_in_time_is_gone_and_its_bytes_are_freed(bench: Bench, item: Announced) -> None:
    one = bench.create(item)
    bench.client.patch(one, 0, PHOTO[:10])
    assert bench.sweep(timedelta(days=6, hours=23))["expired"] == 0
    assert bench.sweep(timedelta(days=7, seconds=1))["expired"] == 1
    assert refusal(bench.client.say("HEAD", one)) == (410, "upload.gone")
    assert not bench.uploads.path(one).exists()
    assert UploadRecord.objects.get().forget_at is not None


def test_an_expired_upload_takes_nothing_even_before_the_sweep(bench: Bench, item: Announced) -> None:
    one = bench.create(item)
    bench.now += timedelta(days=7, seconds=1)
    assert refusal(bench.client.patch(one, 0, PHOTO)) == (410, "upload.gone")


def test_a_sweep_leaves_alone_what_somebody_is_sending(bench: Bench, item: Announced) -> None:
    one = bench.create(item)
    lease = bench.locker.take(one)
    assert bench.sweep(timedelta(days=8))["expired"] == 0
    lease.release()
    assert bench.sweep(timedelta(days=8))["expired"] == 1


@pytest.mark.parametrize(("limits", "allowed"), [({"open_uploads": 3}, 3), ({"open_bytes": 250}, 2)])
def test_nobody_keeps_more_open_than_they_may(bench: Bench, limits: dict[str, int], allowed: int) -> None:
    bench.limits = Limits(max_bytes=1 << 20, **limits)
    for _ in range(allowed):
        bench.client.create(100, upload_concat="partial")
    with pytest.raises(DomainError) as refused:
        bench.client.create(100, upload_concat="partial")
    assert (refused.value.code, refused.value.status) == ("upload.too_many_open", 429)
    assert UploadRecord.objects.count() == allowed
    ended = UploadRecord.objects.first()
    bench.client.say("DELETE", ended.id)
    bench.client.create(100, upload_concat="partial")


def test_only_an_announced_item_of_ones_own_is_admitted(bench: Bench, item: Announced, visit: Visit) -> None:
    def told(length: int = item.size, **named: str) -> str:
        with pytest.raises(DomainError) as refused:
            bench.desk().admit(Wish(length, {"visit_id": item.visit_id, "client_id": item.client_id} | named))
        return refused.value.code

    assert told(client_id="somebody-elses") == "item.not_announced"
    assert told(visit_id="elsewhere") == "item.not_announced"
    assert told(length=item.size + 1) == "upload.wrong_length"
    Announced.objects(id=item.id).update(set__server_id="another")
    assert told() == "item.not_announced"
    Announced.objects(id=item.id).update(set__server_id=bench.server.id, set__state="held", set__evidence_id="e1")
    assert told() == "upload.already_held"


def test_an_item_that_got_its_visit_since_is_found_by_what_it_was_announced_under(
    bench: Bench, item: Announced
) -> None:
    Announced.objects(id=item.id).update(set__linked_at=bench.now)
    known = bench.desk().admit(Wish(item.size, {"client_id": item.client_id}))
    assert UploadRecord.objects.get(id=known.upload_id).announced_id == item.id


def test_a_full_upload_cannot_be_ended_any_more(bench: Bench, item: Announced) -> None:
    one = bench.create(item)
    bench.client.patch(one, 0, PHOTO)
    with pytest.raises(DomainError) as refused:
        bench.client.say("DELETE", one)
    assert refused.value.code == "upload.already_held"
    assert EvidenceItem.objects.count() == 1


def test_two_uploads_of_one_item_make_one_item(bench: Bench, item: Announced) -> None:
    first, second = bench.create(item), bench.create(item)
    bench.client.patch(first, 0, PHOTO[:10])
    assert bench.client.patch(second, 0, PHOTO).headers["Songda-Item-State"] == "held"
    assert EvidenceItem.objects.count() == 1
    # The other one is full as well, whoever still has its address, and no longer counts as under way.
    told = bench.client.say("HEAD", first)
    assert (told.headers["Upload-Offset"], told.headers["Songda-Item-State"]) == (str(item.size), "held")
    assert bench.client.patch(first, 10, PHOTO[10:]).status == 409
    assert UploadRecord.objects(state="open").count() == 0
    assert not bench.uploads.path(first).exists()


def test_bytes_in_a_bucket_land_too(
    bench: Bench, item: Announced, store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any store of uploads that cannot hand over a file is read."""

    class Elsewhere:
        """A store in memory."""

        def __init__(self) -> None:
            self.infos: dict[str, Info] = {}
            self.data: dict[str, bytes] = {}

        def create(self, info: Info) -> None:
            self.infos[info.upload_id], self.data[info.upload_id] = info, b""

        def info(self, upload_id: str) -> Info:
            return self.infos[upload_id]

        def offset(self, upload_id: str) -> int:
            return len(self.data[upload_id])

        def append(self, upload_id: str, *, offset: int, source: Any) -> int:
            assert offset == len(self.data[upload_id])
            buffer = memoryview(bytearray(1 << 20))
            while count := source.readinto(buffer):
                self.data[upload_id] += bytes(buffer[:count])
            return len(self.data[upload_id])

        def open(self, upload_id: str) -> io.BytesIO:
            return io.BytesIO(self.data[upload_id])

        def remove(self, upload_id: str) -> None:
            self.data.pop(upload_id, None)

    elsewhere = Elsewhere()
    bench.uploads = elsewhere  # type: ignore[assignment]  # another store
    one = bench.create(item)
    assert bench.client.patch(one, 0, PHOTO).headers["Songda-Item-State"] == "held"
    assert elsewhere.data == {}
    with store.open(EvidenceItem.objects.get().store_key) as held:
        assert held.read() == PHOTO


def test_creating_again_and_again_uses_up_nothing(bench: Bench, item: Announced) -> None:
    """A phone that never hears the answer to its POST."""
    bench.limits = Limits(max_bytes=1 << 20, open_uploads=6)
    made = []
    for _ in range(20):
        made.append(bench.create(item))
        bench.now += timedelta(seconds=1)
    assert refusal(bench.client.say("HEAD", made[0])) == (410, "upload.gone")
    bench.sweep(timedelta(0))
    assert UploadRecord.objects(state="open").count() == bench.limits.of_one_item
    assert bench.client.patch(made[-1], 0, PHOTO).headers["Songda-Item-State"] == "held"
    assert UploadRecord.objects(state="open").count() == 0
