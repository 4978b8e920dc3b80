"""Whatever is done to the log directly in MongoDB is found, and an untouched log is never accused.

One log of thirty entries and three checkpoints is made once and put back before every tampering.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.core import crypto
from server.core.audit import checkpoints, entries
from server.core.audit.chain import append
from server.core.audit.verify import courts, verify
from tests.integration.core.audit_chain import COURT, START, row
from tests.integration.core.audit_tamperings import (
    MARKS,
    SIZE,
    TAMPERINGS,
    Log,
    cut_the_tail,
    delete_one,
    forge_one,
    insert_a_copy,
    swap_two,
)

quickly = settings(
    max_examples=220, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture
def log(database: Any) -> Log:
    crypto.use(crypto.Vault.from_master(bytes(range(32))))
    for seq in range(SIZE):
        append([row(seq)])
        if seq + 1 in MARKS:
            assert checkpoints.checkpoint(COURT, now=START + timedelta(hours=seq))
    found = Log(database)
    assert verify(COURT).ok
    return found


places = st.integers(0, SIZE - 1)


def found_anywhere() -> bool:
    return any(not verify(court).ok for court in courts())


@quickly
@given(how=st.sampled_from(TAMPERINGS), one=places, other=places, bit=st.integers(0, 100_000))
def test_every_tampering_is_found(log: Log, how: Any, one: int, other: int, bit: int) -> None:
    log.restore()
    assert verify(COURT).ok
    what = how(log, one, other, bit)
    assert what is None or found_anywhere(), what


@pytest.mark.parametrize("how", TAMPERINGS)
def test_no_kind_of_tampering_is_left_out(log: Log, how: Any) -> None:
    for one, other, bit in ((0, 1, 0), (7, 3, 1), (SIZE - 1, 12, 2), (14, 28, 3), (SIZE - 1, 0, 4), (3, 2, 5)):
        log.restore()
        what = how(log, one, other, bit)
        assert what is None or found_anywhere(), what


def first_bad(how: Any, log: Log, one: int, other: int = 0, bit: int = 0) -> tuple[str, int | None, str]:
    how(log, one, other, bit)
    report = verify(COURT)
    assert report.first_bad is not None
    return report.first_bad.what, report.first_bad.seq, report.first_bad.id


def test_the_first_altered_entry_is_named(log: Log) -> None:
    log.entries.update_one({"seq": 21}, {"$set": {"person_name": "另一人"}})
    log.entries.update_one({"seq": 12}, {"$set": {"at": START}})
    report = verify(COURT)
    assert report.first_bad is not None
    assert (report.first_bad.where, report.first_bad.what) == ("entry", "altered")
    assert (report.first_bad.seq, report.first_bad.id) == (12, log.entry(12)["_id"])
    assert report.entries == 12


def test_a_missing_entry_is_called_missing(log: Log) -> None:
    assert first_bad(delete_one, log, 5)[:2] == ("missing", 5)


def test_a_cut_tail_is_called_cut(log: Log) -> None:
    assert first_bad(cut_the_tail, log, 29)[:2] == ("cut", 29)


def test_swapped_entries_are_called_reordered(log: Log) -> None:
    assert first_bad(swap_two, log, 4, 11, 0)[:2] == ("reordered", 4)


def test_a_forged_entry_is_called_forged(log: Log) -> None:
    assert first_bad(forge_one, log, 4) == ("forged", SIZE, "forged")


def test_a_copy_without_a_place_is_called_inserted(log: Log) -> None:
    assert first_bad(insert_a_copy, log, 4, bit=5)[0] == "inserted"


def test_the_log_of_a_court_that_is_none_is_found(log: Log) -> None:
    log.entries.insert_one({**log.entry(4), "_id": "copy", "court": None})
    assert [court for court in courts() if not verify(court).ok] == [None]
    log.entries.update_one({"_id": "copy"}, {"$set": {"court": "京0105"}})
    assert [court for court in courts() if not verify(court).ok] == ["京0105"]


def test_a_lost_head_is_recorded_when_the_log_goes_on(log: Log) -> None:
    log.parts["audit_heads"].delete_one({"_id": COURT})
    log.entries.delete_one({"seq": SIZE - 1})
    append([row(SIZE)])
    last = list(log.entries.find({"court": COURT}).sort("seq", -1).limit(2))
    assert [one["action"] for one in last] == ["visit.assign", "audit.head_lost"]


def test_going_on_after_the_tail_was_cut_hides_nothing(log: Log) -> None:
    log.entries.delete_many({"seq": {"$gte": 27}})
    append([row(n) for n in range(SIZE, SIZE + 3)])
    report = verify(COURT)
    assert report.first_bad is not None
    assert (report.first_bad.what, report.first_bad.seq) == ("missing", 27)


def relinked(log: Log, begin: int, *, seq: int, prev: bytes) -> None:
    """By someone who has the court's key, too: from `begin` on, numbered from `seq`."""
    key = entries.key_of(COURT)
    for n in range(begin, SIZE):
        entry = log.entry(n)
        entry["at"] = entries.stored_time(entry["at"])
        log.entries.delete_one({"_id": entry["_id"]})
        prev = entries.link(entry, seq + n - begin, prev, key)
        log.parts["audit_entries"].insert_one(entry)


def bad_after(log: Log) -> tuple[str, str, int | None]:
    report = verify(COURT)
    assert report.first_bad is not None
    return report.first_bad.where, report.first_bad.what, report.first_bad.seq


def test_even_with_the_key_a_link_to_nothing_is_found(log: Log) -> None:
    relinked(log, 25, seq=25, prev=bytes(32))
    assert bad_after(log) == ("entry", "reordered", 25)


def test_even_with_the_key_a_gap_in_the_numbers_is_found(log: Log) -> None:
    log.entries.delete_many({"seq": {"$gte": 25}})
    relinked(log, 25, seq=26, prev=log.entry(24)["hash"])
    assert bad_after(log) == ("entry", "missing", 25)


def test_even_with_the_key_history_cannot_be_written_anew_under_a_checkpoint(log: Log) -> None:
    log.kept["audit_entries"][:] = [
        {**one, "person_name": "另一人"} if one["seq"] == 5 else one for one in log.kept["audit_entries"]
    ]
    relinked(log, 5, seq=5, prev=log.entry(4)["hash"])
    assert bad_after(log) == ("checkpoint", "altered", 1)


def test_even_with_the_key_the_head_knows_the_last_entries(log: Log) -> None:
    relinked(log, SIZE - 1, seq=SIZE - 1, prev=log.entry(SIZE - 2)["hash"])
    assert verify(COURT).ok  # the same entry, linked the same way
    log.kept["audit_entries"][:] = [{**one, "result": "failed"} for one in log.kept["audit_entries"]]
    relinked(log, SIZE - 1, seq=SIZE - 1, prev=log.entry(SIZE - 2)["hash"])
    assert bad_after(log) == ("head", "altered", SIZE - 1)


def test_an_older_head_put_back_over_a_cut_tail_is_betrayed_by_the_checkpoint(log: Log) -> None:
    older = log.parts["audit_heads"].find_one({"_id": COURT})
    append([row(n) for n in range(SIZE, SIZE + 3)])
    assert checkpoints.checkpoint(COURT, now=START)
    log.entries.delete_many({"seq": {"$gte": SIZE}})
    log.parts["audit_heads"].replace_one({"_id": COURT}, older)
    assert bad_after(log) == ("entry", "cut", SIZE)


def test_a_checkpoint_taken_away_together_with_its_mention_is_missed(log: Log) -> None:
    before = log.kept["audit_checkpoints"][-2]
    log.parts["audit_checkpoints"].delete_one({"number": len(MARKS)})
    said = {"checkpoints.count": before["number"], "checkpoints.last": before["mac"]}
    log.parts["audit_heads"].update_one({"_id": COURT}, {"$set": said})
    assert bad_after(log)[:2] == ("head", "altered")
