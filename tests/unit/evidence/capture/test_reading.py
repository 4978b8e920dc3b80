"""Payloads and notes are read strictly: one meaning, known fields, believable numbers, or the one refusal."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.capture import DeviceKey, Sealed, key_is_strong, parse, signature_holds, tickets
from evidence.capture.envelopes import MAX_BYTES, MAX_FIXES, signed_bytes
from evidence.errors import EvidenceError
from tests.unit.evidence.capture.world import KEY, NOON, SIGNER, TICKET, roll, shoot, shutter, verdict

NOTE, (SHOT,) = roll(1)
PAYLOAD = SHOT.sealed.payload
FIX = {
    "lng": 116.37, "lat": 39.92, "datum": "GCJ-02", "accuracy_m": 12, "provider": "gps", "mock": False,
    "at": "2026-11-20T12:30:00+08:00",
}  # fmt: skip
CLOCK = {"offset_ms": -3, "rtt_ms": 80, "measured_at": "2026-11-20T04:00:00.5Z"}


def changed(**changes: Any) -> bytes:
    return json.dumps(json.loads(PAYLOAD) | changes).encode()


def refused(payload: bytes) -> str:
    with pytest.raises(EvidenceError, match=r"envelope\.unreadable") as caught:
        parse(payload)
    return str(caught.value.extra["where"])


def test_what_a_phone_writes_is_read() -> None:
    found = parse(changed(fixes=[FIX], clock=CLOCK))
    assert found.fixes[0].at == datetime(2026, 11, 20, 4, 30, tzinfo=UTC)
    assert found.clock is not None
    assert found.clock.measured_at.microsecond == 500_000
    assert found.taken_at == NOON


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"schema": "songda-capture/2"}, "schema"),
        ({"seq": -1}, "seq"),
        ({"seq": 1.0}, "seq"),
        ({"seq": True}, "seq"),
        ({"prev": "AB" * 32}, "prev"),
        ({"nonce": "ab"}, "nonce"),
        ({"ticket": ""}, "ticket"),
        ({"ticket": "t1\n"}, "ticket"),
        ({"device": {"$ne": 1}}, "device"),
        ({"item": []}, "item"),
        ({"item": {"client_id": "photo-0000", "kind": "photo_door", "sha256": "0" * 64}}, "item.size"),
        ({"item": {"client_id": "photo-0000", "kind": "x", "sha256": "0" * 64, "size": 0}}, "item.size"),
        ({"taken_at": "2026-11-20T12:00:00"}, "taken_at"),  # no offset
        ({"taken_at": "2026-02-30T12:00:00Z"}, "taken_at"),
        ({"taken_at": "0001-01-01T00:00:00+14:00"}, "taken_at"),
        ({"taken_at": 1_700_000_000}, "taken_at"),
        ({"clock": {**CLOCK, "offset_ms": 10**19}}, "clock.offset_ms"),
        ({"clock": {**CLOCK, "more": 1}}, "clock.more"),
        ({"fixes": [FIX] * (MAX_FIXES + 1)}, "fixes"),
        ({"fixes": [{**FIX, "lng": 200}]}, "fixes[0].lng"),
        ({"fixes": [{**FIX, "lat": "39.9"}]}, "fixes[0].lat"),
        ({"fixes": [FIX, {**FIX, "datum": "gcj"}]}, "fixes[1].datum"),
        ({"fixes": [{**FIX, "mock": 0}]}, "fixes[0].mock"),
        ({"fixes": [{**FIX, "accuracy_m": -1}]}, "fixes[0].accuracy_m"),
        ({"facts": {"model": "\ud800", "system": "", "app": ""}}, "facts.model"),
        ({"facts": {"model": "a\u0000", "system": "", "app": ""}}, "facts.model"),
        ({"facts": {"model": "m" * 101, "system": "", "app": ""}}, "facts.model"),
        ({"from": "album"}, "from"),
        ({"court": "京0102"}, "court"),
    ],
)
def test_what_no_phone_of_ours_writes_is_refused_with_its_place(changes: dict[str, Any], where: str) -> None:
    assert refused(changed(**changes)) == where


def test_one_text_has_one_meaning() -> None:
    assert refused(PAYLOAD[:-1] + b',"seq":0}') == "json"
    for number in (b"NaN", b"Infinity", b"1e999", b"9" * 5_000):
        assert refused(PAYLOAD.replace(b'"fixes":[]', b'"fixes":[{"lng":' + number + b"}]")) != ""
    assert refused(b"\xef\xbb\xbf" + PAYLOAD) == "json"
    assert refused(PAYLOAD + b" " * MAX_BYTES) == "size"


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_byte_changed_anywhere_is_noticed(data: st.DataObject) -> None:
    """In the payload, in the signature, or in the ticket's note: the verdict is no longer sealed."""
    target = data.draw(st.sampled_from(("payload", "signature", "note")))
    parts = {"payload": PAYLOAD, "signature": SHOT.sealed.signature, "note": NOTE.encode()}
    whole = bytearray(parts[target])
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= 1 << data.draw(st.integers(0, 7))
    parts[target] = bytes(whole)
    shot = replace(SHOT, sealed=Sealed(parts["payload"], parts["signature"], "d1"))
    found = verdict(shot, parts["note"].decode(errors="surrogateescape"), [])
    assert found.verdict == "broken", (target, place, found)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=120).map(lambda one: one.encode("utf-8", "surrogatepass")))
def test_no_bytes_do_worse_than_be_refused(payload: bytes) -> None:
    assert refused(payload)
    found = verdict(replace(SHOT, sealed=Sealed(payload, payload[:64], "d1")), payload.decode(errors="replace"))
    assert found.verdict == "broken"


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
        max_leaves=6,
    ),
    st.sampled_from(sorted(json.loads(PAYLOAD))),
)
def test_any_value_in_any_field_is_read_or_refused(value: Any, name: str) -> None:
    payload = changed(**{name: value})
    with contextlib.suppress(EvidenceError):
        assert parse(payload).fixes == () or name == "fixes"


def test_a_ticket_says_after_signing_what_it_said_before() -> None:
    assert tickets.read(NOTE, SIGNER.verifier) == TICKET
    lines = NOTE.split("\n")
    assert lines[0] == "songda-ticket/1"
    assert json.loads(lines[1])["visit"] == "v1"


def test_keys_under_which_anything_verifies_are_no_keys() -> None:
    identity = bytes([1]) + bytes(31)
    forged = identity + bytes(32)  # R = identity, s = 0: fits every message under the identity as key
    assert not key_is_strong(identity)
    assert not key_is_strong(bytes([1]) + bytes(30) + b"\x80")
    assert not key_is_strong(KEY.public_key[:31])
    assert not signature_holds(b"anything", forged, identity)
    assert key_is_strong(KEY.public_key)
    assert signature_holds(b"x", KEY.sign(b"x"), KEY.public_key)
    assert not signature_holds(b"x", KEY.sign(b"x")[:63], KEY.public_key)


def test_a_signature_over_a_payload_is_not_one_over_bare_bytes() -> None:
    """The prefix keeps what a phone signs here from being anything else, and the other way round."""
    assert signed_bytes(b"{}") == b"songda-capture/1\n{}"
    assert DeviceKey.from_seed(bytes(32)).sign(b"x") == DeviceKey.from_seed(bytes(32)).sign(b"x")
    assert DeviceKey.new().public_key != DeviceKey.new().public_key


def test_a_full_envelope_is_within_the_limit() -> None:
    camera = shutter()
    shot = shoot(camera)
    full = changed(fixes=[{**FIX, "provider": "p" * 32, "lng": 116.37123456789, "lat": 39.123456789012}] * MAX_FIXES)
    assert len(full) < MAX_BYTES
    assert len(parse(full).fixes) == MAX_FIXES
    assert shot.sealed.as_json().keys() == {"payload", "signature", "device_id"}
