"""Every way in which a seal does not hold has its reason; what was honestly captured has none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from evidence.capture import Sealed, verify_envelope
from evidence.capture.envelopes import Clock, SealedFix
from evidence.capture.reasons import REASONS, span_zh
from tests.unit.evidence.capture.world import (
    DEVICE,
    KEY,
    NOON,
    OTHER_KEY,
    SIGNER,
    TICKET,
    Shot,
    codes,
    link,
    resigned,
    roll,
    shoot,
    shutter,
    verdict,
)

DAY = timedelta(days=1)


def clock(offset: timedelta, rtt_ms: int = 80) -> Clock:
    return Clock(int(offset / timedelta(milliseconds=1)), rtt_ms, NOON)


def fix(**changes: Any) -> SealedFix:
    values: dict[str, Any] = {
        "lng": 116.37, "lat": 39.92, "datum": "GCJ-02", "accuracy_m": 12.0, "provider": "gps", "mock": False,
        "at": NOON,
    }  # fmt: skip
    return SealedFix(**(values | changes))


def test_what_was_captured_with_a_ticket_and_a_key_is_sealed() -> None:
    camera = shutter(clock=clock(timedelta(seconds=3)))
    found = verdict(shoot(camera, fixes=[fix(), fix(lng=116.38)]), camera.note)
    assert (found.verdict, found.reasons, found.waiting) == ("sealed", (), False)
    assert found.ticket == TICKET
    assert found.document()["clock_offset_ms"] == 3000


def test_what_came_without_an_envelope_is_unsealed_and_not_doubted() -> None:
    camera = shutter()
    shot = shoot(camera)
    found = verdict(replace(shot, sealed=None), camera.note)  # type: ignore[arg-type]  # nothing was signed
    assert (found.verdict, codes(found)) == ("unsealed", ["envelope.missing"])


def test_an_envelope_needs_nothing_but_bytes_to_be_checked() -> None:
    camera = shutter()
    sealed = shoot(camera).sealed
    good = verify_envelope(sealed.payload, sealed.signature, KEY.public_key, camera.note, SIGNER.verifier)
    assert (good.reasons, good.ticket) == ((), TICKET)
    wrong_key = verify_envelope(sealed.payload, sealed.signature, OTHER_KEY.public_key, camera.note, SIGNER.verifier)
    assert [one.code for one in wrong_key.reasons] == ["envelope.bad_signature", "ticket.other_device"]
    no_ticket = verify_envelope(sealed.payload, sealed.signature, KEY.public_key, None, SIGNER.verifier)
    assert [one.code for one in no_ticket.reasons] == ["ticket.unknown"]


def test_a_payload_changed_by_whoever_has_no_key_is_noticed() -> None:
    camera = shutter()
    shot = resigned(shoot(camera), b'"from":"camera"', b'"from":"pad"', OTHER_KEY)
    found = verdict(shot, camera.note)
    assert (found.verdict, codes(found)) == ("broken", ["envelope.bad_signature"])


def test_garbage_in_place_of_an_envelope_is_a_verdict_not_an_error() -> None:
    camera = shutter()
    for payload in (b"", b"{}", b"\xff\xfe", b"[" * 9_000, b'{"schema":"songda-capture/1"}', b"1e999"):
        found = verdict(replace(shoot(camera), sealed=Sealed(payload, b"", "d1")), camera.note)
        assert (found.verdict, codes(found)) == ("broken", ["envelope.unreadable"])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"visit_id": "v2"}, "ticket.other_visit"),
        ({"person_id": "p2"}, "ticket.other_person"),
        ({"sha256": "0" * 64}, "envelope.other_content"),
        ({"size": 8}, "envelope.other_content"),
        ({"client_id": "photo-9999"}, "envelope.other_item"),
        ({"kind": "photo_left"}, "envelope.other_item"),
    ],
)
def test_an_envelope_of_something_else_is_broken(changes: dict[str, Any], code: str) -> None:
    camera = shutter()
    shot = shoot(camera)
    found = verdict(replace(shot, stated=replace(shot.stated, **changes)), camera.note)
    assert found.verdict == "broken"
    assert code in codes(found)


def test_a_ticket_of_somebody_else_is_broken() -> None:
    for changes, code in (
        ({"person_id": "p2"}, "ticket.other_person"),
        ({"device_id": "d2"}, "ticket.other_device"),
        ({"device_key": OTHER_KEY.public_key}, "ticket.other_device"),
        ({"nonce": "cd" * 32}, "ticket.wrong_nonce"),
        ({"ticket_id": "t2"}, "ticket.other_ticket"),
    ):
        mine = shutter()
        theirs = shutter(replace(TICKET, **changes))
        found = verdict(shoot(mine), theirs.note)
        assert found.verdict == "broken"
        assert code in codes(found)


def test_a_ticket_the_court_did_not_sign_is_forged() -> None:
    camera = shutter()
    shot = shoot(camera)
    body, _, signature = camera.note.partition("\n\n")
    later = body.replace('"expires_at":"2026-11-22', '"expires_at":"2027-11-22')
    assert later != body
    for note in (f"{later}\n\n{signature}", camera.note.replace("京0102 ", "京0105 "), "", "songda-ticket/1\n"):
        found = verdict(shot, note)
        assert (found.verdict, codes(found)) == ("broken", ["ticket.forged"])
    assert codes(verdict(shot, None)) == ["ticket.unknown"]


def test_a_note_the_court_signed_for_something_else_is_no_ticket() -> None:
    camera = shutter()
    shot = shoot(camera)
    body = TICKET.body()
    for text in (
        body.replace("songda-ticket/1", "songda-ticket/2"),
        "songda/京0102\n31\n" + "A" * 43 + "=\n",
        body.replace(',"visit"', ', "visit"'),  # the same values, another spelling
        body[:-2] + ',"more":1}\n',
    ):
        assert codes(verdict(shot, SIGNER.sign_text(text))) == ["ticket.unreadable"]


def test_a_ticket_without_a_visit_is_good_for_any_visit() -> None:
    camera = shutter(replace(TICKET, visit_id=""))
    assert verdict(shoot(camera), camera.note).verdict == "sealed"


def test_the_key_must_be_known_and_the_persons_own() -> None:
    camera = shutter()
    shot = shoot(camera)
    assert "device.unknown" in codes(verdict(shot, camera.note, device=None))
    assert codes(verdict(shot, camera.note, device=replace(DEVICE, device_id="d9"))) == ["device.unknown"]
    other = replace(DEVICE, person_id="p2")
    assert codes(verdict(shot, camera.note, device=other)) == ["device.other_person"]
    renamed = replace(shot, sealed=Sealed(shot.sealed.payload, shot.sealed.signature, "d9"))
    assert codes(verdict(renamed, camera.note)) == ["device.unknown"]


def test_a_revoked_key_still_holds_for_what_the_court_knew_before() -> None:
    camera = shutter()
    shot = shoot(camera)

    def revoked(at: datetime) -> Any:
        return verdict(shot, camera.note, device=replace(DEVICE, revoked_at=at))

    assert revoked(NOON + timedelta(hours=7)).verdict == "sealed"
    since = revoked(NOON + timedelta(hours=1))
    assert (since.verdict, codes(since)) == ("doubt", ["device.revoked_since"])
    before = revoked(NOON - timedelta(hours=1))
    assert (before.verdict, codes(before)) == ("broken", ["device.revoked_before"])


@pytest.mark.parametrize("offset", [DAY, -DAY, timedelta(minutes=6), timedelta(minutes=-6)])
def test_a_clock_that_is_off_and_says_so_is_corrected_and_told(offset: timedelta) -> None:
    camera = shutter(clock=clock(offset))
    shot = shoot(camera, taken_at=NOON - offset)
    corrected = replace(shot, stated=replace(shot.stated, captured_at=NOON))
    assert codes(verdict(corrected, camera.note)) == ["clock.off"]
    found = verdict(shot, camera.note)
    assert (found.verdict, codes(found)) == ("doubt", ["clock.off"])
    assert found.envelope is not None
    assert found.envelope.server_time == NOON
    assert span_zh(round(abs(offset.total_seconds()) / 60)) in found.reasons[0].title


def test_a_difference_within_five_minutes_is_nothing() -> None:
    camera = shutter(clock=clock(timedelta(minutes=-4, seconds=-59)))
    assert verdict(shoot(camera), camera.note).verdict == "sealed"


@pytest.mark.parametrize(
    ("taken_at", "expected"),
    [
        (NOON + DAY, {"clock.future"}),
        (NOON - DAY, {"ticket.not_yet"}),
        (datetime(1970, 1, 1, tzinfo=UTC), {"clock.impossible", "ticket.not_yet"}),
        (NOON + 60 * DAY, {"clock.future", "ticket.expired"}),
        (datetime(1, 1, 1, tzinfo=UTC), {"clock.impossible", "ticket.not_yet"}),
        (datetime(9999, 12, 31, 23, tzinfo=UTC), {"clock.future", "ticket.expired"}),
    ],
)
def test_a_clock_that_is_off_and_does_not_say_so_is_found_by_ticket_and_receipt(
    taken_at: datetime, expected: set[str]
) -> None:
    camera = shutter()
    found = verdict(shoot(camera, taken_at=taken_at), camera.note)
    assert (found.verdict, set(codes(found))) == ("doubt", expected)


def test_a_claimed_offset_cannot_take_a_time_beyond_what_times_are() -> None:
    camera = shutter(clock=clock(timedelta(days=36_000)))
    found = verdict(shoot(camera, taken_at=datetime(9999, 12, 31, tzinfo=UTC)), camera.note)
    assert found.verdict == "doubt"


def test_what_is_captured_after_the_ticket_expired_is_doubted() -> None:
    camera = shutter()
    late = TICKET.expires_at + timedelta(minutes=10)
    found = verdict(shoot(camera, taken_at=late), camera.note, known_at=late, now=late)
    assert codes(found) == ["ticket.expired"]


def test_announced_and_sealed_time_must_agree() -> None:
    camera = shutter()
    shot = shoot(camera)
    found = verdict(replace(shot, stated=replace(shot.stated, captured_at=NOON + timedelta(minutes=9))), camera.note)
    assert (found.verdict, codes(found)) == ("doubt", ["envelope.other_time"])


def test_the_gallery_is_open_only_where_the_court_allows_it_and_always_marked() -> None:
    closed = shutter()
    found = verdict(shoot(closed, source="gallery"), closed.note)
    assert (found.verdict, codes(found)) == ("doubt", ["source.gallery"])
    opened = shutter(replace(TICKET, gallery_allowed=True))
    found = verdict(shoot(opened, source="gallery"), opened.note)
    assert (found.verdict, codes(found)) == ("sealed", ["source.gallery_allowed"])
    assert found.document()["from"] == "gallery"


def test_one_mocked_position_among_many_is_told() -> None:
    camera = shutter()
    found = verdict(shoot(camera, fixes=[fix(), fix(mock=True)]), camera.note)
    assert (found.verdict, codes(found)) == ("doubt", ["fix.mock"])


def test_an_envelope_used_before_is_replayed() -> None:
    camera = shutter()
    found = verdict(shoot(camera), camera.note, used_before=True)
    assert (found.verdict, codes(found)) == ("broken", ["envelope.replayed"])


def test_strangers_cannot_break_a_chain_they_have_no_key_for() -> None:
    """What does not carry a genuine signature is judged for itself and never speaks of the order."""
    note, shots = roll(2)
    stolen: Shot = resigned(shots[1], b'"seq":1', b'"seq":7', OTHER_KEY)
    assert codes(verdict(stolen, note, [shots[0]])) == ["envelope.bad_signature"]


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(0, "0分钟"), (59, "59分钟"), (60, "1小时"), (65, "1小时5分钟"), (1440, "1天"), (1754, "1天5小时")],
)
def test_a_span_is_said_as_people_say_it(minutes: int, said: str) -> None:
    assert span_zh(minutes) == said


def test_every_reason_reads_as_a_sentence() -> None:
    values = {"minutes": 7, "span": "7分钟", "number": 3, "year": 1970}
    for code, (weight, text) in REASONS.items():
        assert weight in ("broken", "doubt", "waiting", "note"), code
        assert "{" not in text.format(**values)


def test_links_are_those_of_the_payload() -> None:
    _, shots = roll(2)
    assert link(shots[1].sealed).prev == link(shots[0].sealed).sha256
