"""What lies in the database of an imported list tells nobody's number or address; and one person can be destroyed."""

from __future__ import annotations

import io
from typing import Any

import bson
import openpyxl
import pytest

from server.addresses.models import ContactPoint
from server.cases import parties, privacy
from server.cases.models import ImportRun, Party
from server.core import crypto
from server.core.crypto import SubjectDestroyed
from server.core.crypto.ciphers import is_sealed
from server.core.crypto.places import places
from server.core.errors import DomainError
from server.dispatch import personal as dispatch_personal
from server.dispatch.models import Visit
from server.dispatch.services import select_visits, show_addresses
from server.dispatch.services.selection import Selection
from server.service import services as service
from server.service.models import ServiceTask
from tests.factories.case_lists import COURT, DATA, good_row, resident_id
from tests.integration.cases.importing import CLERK, Importing

DAY = "2026-11-24"
PERSONAL = ("证件号码", "手机号码", "送达地址")


def personal_values(content: bytes) -> set[str]:
    """Every identity number, phone and address of a list."""
    sheet = openpyxl.load_workbook(io.BytesIO(content), read_only=True).worksheets[0]
    header, *rows = sheet.iter_rows(values_only=True)
    return {str(row[header.index(name)]) for row in rows for name in PERSONAL if row[header.index(name)]}


def raw_bytes(database: Any) -> bytes:
    """Every document of every collection, as a dump would hold them."""
    return b"".join(
        bson.encode(document) for name in database.list_collection_names() for document in database[name].find()
    )


def select(importing: Importing) -> Selection:
    service.approve_tasks(court=COURT, task_ids=None, actor=CLERK, now=importing.now)
    return select_visits(court=COURT, day=DAY, actor=CLERK, now=importing.now)


def test_no_number_and_no_address_lies_in_clear_anywhere(importing: Importing, database: Any) -> None:
    content = (DATA / "day-2026-11-24" / "cases.xlsx").read_bytes()
    run = importing.whole(content)
    select(importing)

    values = personal_values(content)
    dump = raw_bytes(database)
    with importing.store.open(run.store_key) as stored:
        kept = stored.read()

    assert len(values) > 300
    assert Visit.objects.count() > 100
    assert [value for value in values if value.encode() in dump] == []
    # Up to its building an address still says where somebody lives.
    assert "号楼".encode() not in dump
    assert not kept.startswith(b"PK")
    assert not any(value.encode() in kept for value in values)


def test_every_sealed_value_lies_where_rotation_looks(importing: Importing, database: Any) -> None:
    """A ciphertext in a field that is no `SealedText` would be forgotten by rotation: there is none."""
    importing.whole((DATA / "day-2026-11-24" / "cases.xlsx").read_bytes())
    select(importing)
    known = {
        (place.collection, path, value)
        for place in places()
        for document in database[place.collection].find()
        for path, value in place.values(document)
    }
    found = {
        (name, path, value)
        for name in database.list_collection_names()
        for document in database[name].find()
        for path, value in _texts(document, "")
        if value.startswith(("1.", "2.")) and is_sealed(value)
    }
    assert found == known
    assert {name for name, _, _ in found} == {"parties", "contact_points", "service_tasks", "visits", "import_runs"}


def _texts(value: Any, path: str) -> Any:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, inside in value.items():
            yield from _texts(inside, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list):
        for number, inside in enumerate(value):
            yield from _texts(inside, f"{path}.{number}")


def test_the_same_address_is_sealed_once_and_shown_whole_only_while_it_is_needed(importing: Importing) -> None:
    importing.rows(good_row(1))
    select(importing)
    point, task, visit = ContactPoint.objects.get(), ServiceTask.objects.get(), Visit._get_collection().find_one()

    assert point.text.text == task.recipients[0].address.text == visit["address"]["text"]
    (coming,) = show_addresses([visit], court=COURT, now=importing.now)
    (over,) = show_addresses([{**visit, "state": "ended"}], court=COURT, now=importing.now)
    (past,) = show_addresses([{**visit, "date": "2026-11-20"}], court=COURT, now=importing.now)
    assert (coming["address"], coming["address_masked"]) == ("北京市西城区某某胡同1号", False)
    assert (over["address"], over["address_masked"]) == ("北京市西城区某某胡同**", True)
    assert past["address_masked"]


@pytest.mark.parametrize("written", ["19900000001", "+86 199 0000 0001", "199-0000-0001"])
def test_a_party_is_found_by_phone_however_it_is_written(importing: Importing, written: str) -> None:
    importing.rows(good_row(1), good_row(2))

    (found,) = parties.find(court=COURT, phone=written)

    assert (found.case_number, found.name) == ("（2026）京0102民初10001号", "张某1")
    assert (found.phone_mask, found.id_mask) == ("199****0001", "110***********" + resident_id(1)[-4:])
    assert parties.find(court="京0105", phone=written) == []


def test_a_party_is_found_by_identity_number_and_nobody_by_nothing(importing: Importing) -> None:
    importing.rows(good_row(1), good_row(2))

    assert [one.name for one in parties.find(court=COURT, id_number=resident_id(2).lower())] == ["张某2"]
    assert parties.find(court=COURT, id_number=resident_id(2), phone="19900000001") == []
    assert parties.find(court=COURT) == []
    assert parties.find(court=COURT, phone="", id_number="") == []


def shred(importing: Importing, party_id: str, reason: str = "当事人书面申请") -> privacy.Shredded:
    return privacy.shred_party(court=COURT, party_id=party_id, reason=reason, actor=CLERK, now=importing.now)


def code_of(importing: Importing, party_id: str, reason: str = "当事人书面申请") -> str:
    with pytest.raises(DomainError) as refused:
        shred(importing, party_id, reason)
    return refused.value.code


def close_everything() -> None:
    ServiceTask._get_collection().update_many({}, {"$set": {"state": "completed"}})
    Visit._get_collection().update_many({}, {"$set": {"state": "ended", "review.state": "accepted"}})


def test_a_person_who_is_still_to_be_reached_is_not_destroyed(importing: Importing) -> None:
    dispatch_personal.register()
    importing.rows(good_row(1))
    select(importing)
    party = Party.objects.get()
    assert code_of(importing, party.id) == "privacy.still_needed"
    ServiceTask._get_collection().update_many({}, {"$set": {"state": "completed"}})
    assert code_of(importing, party.id) == "privacy.still_needed"  # somebody is out to them
    close_everything()
    assert code_of(importing, party.id, " ") == "privacy.reason_required"
    assert code_of(importing, "another") == "party.not_found"
    assert party.phone.open(court=COURT) == "19900000001"


def test_a_destroyed_person_is_destroyed_in_every_copy_also_in_a_backup(importing: Importing, database: Any) -> None:
    dispatch_personal.register()
    run = importing.rows(good_row(1), good_row(2))
    select(importing)
    party, other = Party.objects.get(name="张某1"), Party.objects.get(name="张某2")
    sealed = crypto.vault().seal(resident_id(9), court=COURT, subject=party.id)
    left = {"signer": {"name": "某甲", "id_mask": "110***********0009", "id_sealed": sealed}}
    database.visits.update_one({"party_id": party.id}, {"$set": {"outcome": left, "submissions": [left]}})
    close_everything()
    backup = {name: list(database[name].find({})) for name in ("parties", "contact_points", "service_tasks", "visits")}

    done = shred(importing, party.id)

    assert done.cleared == {"parties": 1, "import_runs": 1, "contact_points": 1, "service_tasks": 1, "visits": 1}
    assert parties.find(court=COURT, phone="19900000001") == []
    assert [one.party_id for one in parties.find(court=COURT, phone="19900000002")] == [other.id]
    assert other.phone.open(court=COURT) == "19900000002"
    dump = raw_bytes(database)
    for gone in ("199****0001", "某某胡同1", "110***********" + resident_id(1)[-4:], "110***********0009", sealed):
        assert gone.encode() not in dump.replace(b"199****0002", b"")
    for document in backup["parties"]:
        if document["_id"] == party.id:
            with pytest.raises(SubjectDestroyed):
                crypto.vault().open(document["phone"]["text"], court=COURT)
    with pytest.raises(SubjectDestroyed):
        crypto.vault().open(sealed, court=COURT)
    (shown,) = show_addresses(
        [database.visits.find_one({"party_id": party.id}) | {"state": "assigned"}], court=COURT, now=importing.now
    )
    assert shown["address"] == "已销毁"
    assert ImportRun.objects.get(id=run.id).file_key is None
    shred(importing, party.id)  # again is harmless


def test_the_same_list_brings_a_destroyed_person_back_to_nobody(importing: Importing, database: Any) -> None:
    importing.rows(good_row(1))
    close_everything()
    party = Party.objects.get()
    shred(importing, party.id)

    again = importing.rows(good_row(1))

    assert again.counts["unchanged"] == 1
    assert (Party.objects.count(), Party.objects.get().phone.mask) == (1, "已销毁")
    assert parties.find(court=COURT, phone="19900000001") == []
    assert b"199****0001" not in raw_bytes(database)
