"""Rescue exports are read safely: nothing is believed that the bytes do not bear out; one bad item spoils no other."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.errors import EvidenceError
from evidence.rescue import MOST_ITEMS, open_rescue
from tests.factories import rescue as make

GOOD = [(make.item(data), data) for data in (b"first" * 400, b"second" * 300, b"third" * 200)]
WHOLE = make.export(GOOD)


def read(data: bytes) -> dict[str, Any]:
    """client id → bytes, or the code of the item's problem."""
    found: dict[str, Any] = {}
    with open_rescue(io.BytesIO(data)) as export:
        for number, item in enumerate(export.items):
            key = item.client_id or str(number)
            if item.problem:
                found[key] = item.problem.code
                continue
            try:
                with export.bytes_of(item) as stream:
                    found[key] = stream.read()
            except EvidenceError as error:
                found[key] = error.code
    return found


def outcome(data: bytes) -> list[Any]:
    """What each item gave, or the code of the refusal of the whole."""
    try:
        return list(read(data).values())
    except EvidenceError as error:
        return [error.code]


def refusal(data: bytes) -> str:
    with pytest.raises(EvidenceError) as caught:
        read(data)
    return caught.value.code


def test_an_export_gives_back_what_was_put_in() -> None:
    assert read(WHOLE) == {said["client_id"]: data for said, data in GOOD}
    with open_rescue(io.BytesIO(WHOLE)) as export:
        assert (export.court, export.staff_no, export.strange) == ("京0102", "WC001", 0)
        assert export.items[0].fix is not None


def _lying(data: bytes, size: int) -> bytes:
    """The announced size and the zip's own records changed: what an entry claims is not what it holds."""
    said = {**GOOD[0][0], "size": size}
    whole = bytearray(
        make.packed({"rescue.json": json.dumps(make.index([said])).encode(), f"files/{said['client_id']}": data})
    )
    at = whole.rfind(b"PK\x01\x02")
    struct.pack_into("<L", whole, at + 24, size)
    return bytes(whole)


def test_an_item_is_never_read_beyond_what_was_announced() -> None:
    """A bomb: two thousand bytes announced and claimed, two hundred million packed."""
    bomb = _lying(b"\0" * 20_000_000, 2_000)
    client_id = GOOD[0][0]["client_id"]
    assert read(bomb)[client_id] in ("rescue.file_other", "rescue.file_damaged")
    honest = make.export([({**GOOD[0][0], "size": 2_000}, b"\0" * 20_000_000)])
    assert read(honest) == {client_id: "rescue.file_other"}


SPOILT: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "no bytes": (lambda said: {**said, "client_id": "nothing-in-files"}, "rescue.file_missing"),
    "another hash": (lambda said: {**said, "sha256": "0" * 64}, "rescue.file_other"),
    "another size": (lambda said: {**said, "size": said["size"] + 1}, "rescue.file_other"),
    "no size": (lambda said: {key: one for key, one in said.items() if key != "size"}, "rescue.item_unreadable"),
    "size as text": (lambda said: {**said, "size": "5"}, "rescue.item_unreadable"),
    "size true": (lambda said: {**said, "size": True}, "rescue.item_unreadable"),
    "huge size": (lambda said: {**said, "size": 10**12}, "rescue.item_unreadable"),
    "a way out": (lambda said: {**said, "client_id": "../../etc/passwd"}, "rescue.item_unreadable"),
    "a time without offset": (lambda said: {**said, "captured_at": "2026-11-24T09:00:00"}, "rescue.item_unreadable"),
    "no time": (lambda said: {**said, "captured_at": None}, "rescue.item_unreadable"),
    "half a position": (lambda said: {**said, "fix": {"point": {"lng": 1}}}, "rescue.item_unreadable"),
    "a position nowhere": (
        lambda said: {**said, "fix": {**said["fix"], "accuracy_m": float("inf")}}, "rescue.item_unreadable"
    ),
    "a list": (lambda said: [said], "rescue.item_unreadable"),
    "nothing": (lambda _: None, "rescue.item_unreadable"),
}  # fmt: skip


@pytest.mark.parametrize("how", list(SPOILT))
def test_one_bad_item_spoils_no_other(how: str) -> None:
    spoil, code = SPOILT[how]
    items = [spoil(GOOD[0][0]), GOOD[1][0], GOOD[2][0]]
    files = {f"files/{said['client_id']}": data for said, data in GOOD}
    found = read(make.packed({"rescue.json": json.dumps(make.index(items)).encode(), **files}))
    assert code in found.values()
    assert [found[said["client_id"]] for said, _ in GOOD[1:]] == [data for _, data in GOOD[1:]]


def test_an_envelope_that_is_none_is_left_out() -> None:
    for envelope in ({"payload": "%%%", "signature": "", "device_id": "d"}, {"payload": "AA=="}, "text", 5):
        with open_rescue(io.BytesIO(make.export([({**GOOD[0][0], "envelope": envelope}, GOOD[0][1])]))) as export:
            assert export.items[0].problem is None
            assert export.items[0].envelope is None


def _doubled() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("rescue.json", json.dumps(make.index([])))
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("rescue.json", json.dumps(make.index([])))
    return out.getvalue()


@pytest.mark.parametrize(
    ("what", "code"),
    [
        (b"", "rescue.not_an_export"),
        (b"PK\x05\x06", "rescue.not_an_export"),
        (WHOLE[: len(WHOLE) // 2], "rescue.not_an_export"),
        (WHOLE[:-1], "rescue.not_an_export"),
        (b"%PDF-1.7 " * 1000, "rescue.not_an_export"),
        (make.packed({"other.json": b"{}"}), "rescue.not_an_export"),
        (make.packed({"rescue.json": b"{"}), "rescue.not_an_export"),
        (make.packed({"rescue.json": b"[" * 200_000}), "rescue.not_an_export"),
        (make.packed({"rescue.json": b" " * 40_000_000}), "rescue.not_an_export"),
        (make.packed({"rescue.json": b"[]"}), "rescue.not_an_export"),
        (make.export([], schema="songda-rescue/2"), "rescue.other_schema"),
        (make.export([], staff_no=None), "rescue.not_an_export"),
        (make.export([], court=5), "rescue.not_an_export"),
        (make.export([], made_at="yesterday"), "rescue.not_an_export"),
        (make.export([], items={}), "rescue.not_an_export"),
        (make.export([], items=[None] * (MOST_ITEMS + 1)), "rescue.too_many_items"),
        (make.export([], items=[GOOD[0][0]] * 2), "rescue.doubled"),
        (make.packed({f"files/{number:08d}": b"" for number in range(MOST_ITEMS + 200)}), "rescue.too_many_items"),
        (make.packed({"rescue.json": b"{}"}, zipfile.ZIP_LZMA), "rescue.not_an_export"),
    ],
    ids=range(19),
)  # fmt: skip
def test_what_is_no_export_is_refused_whole(what: bytes, code: str) -> None:
    assert refusal(what) == code


def test_two_entries_of_one_name_are_refused() -> None:
    assert refusal(_doubled()) == "rescue.doubled"


def test_entries_that_belong_to_nobody_are_left_alone() -> None:
    files = {f"files/{said['client_id']}": data for said, data in GOOD} | {"../evil": b"x", "files/unknown-item": b"y"}
    whole = make.packed({"rescue.json": json.dumps(make.index([said for said, _ in GOOD])).encode(), **files})
    with open_rescue(io.BytesIO(whole)) as export:
        assert export.strange == 2
    assert len(read(whole)) == 3


@settings(max_examples=300, deadline=None)
@given(at=st.integers(0, len(WHOLE) - 1), bit=st.integers(0, 7), cut=st.booleans())
def test_no_damage_gives_other_bytes_than_were_announced(at: int, bit: int, cut: bool) -> None:
    """Any bit flipped or any tail missing: each item is itself or is named as damaged, or the whole is refused."""
    spoilt = bytearray(WHOLE)
    if cut:
        del spoilt[at:]
    else:
        spoilt[at] ^= 1 << bit
    good = {said["sha256"]: data for said, data in GOOD}
    for value in outcome(bytes(spoilt)):
        assert value in good.values() or str(value).startswith("rescue.")
