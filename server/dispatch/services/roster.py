"""The day roster: who works, from where, when, how they travel and what they can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from routing import to_wgs84
from server.core.ids import new_id
from server.dispatch import errors
from server.dispatch.models import Roster, Visit
from server.dispatch.services import moves
from server.dispatch.services.daysheet import parse_day

_NOT_IN_FILES = ("areas", "max_km", "second_break_start_s", "second_break_end_s")
_MODES = ("car", "ebike", "bike", "transit", "walk")


def get_roster(*, court: str, day: str) -> dict[str, Any]:
    """The raw roster; an empty one of version 0 when nobody has made it yet."""
    parse_day(day)
    found = Roster._get_collection().find_one({"court": court, "date": day})
    return found or {"court": court, "date": day, "entries": [], "version": 0}


def put_roster(
    *, court: str, day: str, entries: Sequence[Mapping[str, Any]], version: int | None, now: datetime
) -> dict[str, Any]:
    """Replaces the day's roster. `version` is the one the caller saw (0: there was none).

    Raises `roster.invalid` with every problem, `roster.changed`, or `roster.has_visits` when somebody who has
    assigned visits would no longer be on duty.
    """
    parse_day(day)
    problems = [problem for row, entry in enumerate(entries) for problem in _problems(row, entry)]
    problems += _doubles(entries)
    if problems:
        raise errors.roster_invalid(problems)
    _refuse_stranding(court, day, entries)
    stored = _store(court, day, [dict(entry) for entry in entries], version, now)
    _retime(court, day)
    return stored


def _retime(court: str, day: str) -> None:
    """Shifts, breaks or ways of travel may have changed: routes that are out already get their times anew."""
    if holding_visits(court=court, day=day):
        moves.retime_day(court, day)


def _problems(row: int, entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    checks = (
        (entry["shift_start_s"] < entry["shift_end_s"], "shift_end_s", "下班时间应晚于上班时间"),
        (entry["mode"] in _MODES, "mode", "未知的交通方式"),
        (0 <= entry["max_stops"] <= 200, "max_stops", "最多件数应在 0 到 200 之间"),
        (_break_holds(entry, "break"), "break_end_s", "午休应在上下班时间之内，且结束晚于开始"),
        (
            _break_holds(entry, "second_break") and _breaks_apart(entry),
            "second_break_end_s",
            "第二次休息应在上下班时间之内，结束晚于开始，且不与午休重叠",
        ),
    )
    return [{"row": row, "field": field, "reason": reason} for good, field, reason in checks if not good]


def _breaks_apart(entry: Mapping[str, Any]) -> bool:
    one, other = entry.get("break_start_s"), entry.get("second_break_start_s")
    if one is None or other is None:
        return True
    return bool(other >= entry["break_end_s"] or entry["second_break_end_s"] <= one)


def _break_holds(entry: Mapping[str, Any], name: str) -> bool:
    begin, end = entry.get(f"{name}_start_s"), entry.get(f"{name}_end_s")
    if begin is None and end is None:
        return True
    if begin is None or end is None:
        return False
    return bool(entry["shift_start_s"] <= begin < end <= entry["shift_end_s"])


def _doubles(entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    seen: set[str] = set()
    found = []
    for row, entry in enumerate(entries):
        if entry["server_id"] in seen:
            found.append({"row": row, "field": "server_id", "reason": "同一人出现两次"})
        seen.add(entry["server_id"])
    return found


def holding_visits(*, court: str, day: str) -> set[str]:
    """Servers who have visits of that day that are not over."""
    holding: set[str] = set()
    for field in ("server_id", "second_server_id"):
        where = {"court": court, "date": day, "state": {"$in": ["assigned", "accepted", "departed", "arrived"]}}
        holding |= set(Visit._get_collection().distinct(field, where)) - {None}
    return holding


def merge_entries(*, court: str, day: str, entries: Sequence[Mapping[str, Any]], now: datetime) -> tuple[int, int]:
    """Adds these entries to the day's roster or replaces those of the same servers; returns (created, updated).

    Raises `roster.changed` when somebody wrote the roster in between: call again.
    """
    roster = get_roster(court=court, day=day)
    before = {entry["server_id"]: entry for entry in roster["entries"]}
    after = {**before, **{entry["server_id"]: _kept(before.get(entry["server_id"]), entry) for entry in entries}}
    created = len(after.keys() - before.keys())
    updated = sum(1 for server, entry in before.items() if after[server] != entry)
    if created or updated:
        in_order = sorted(after.values(), key=lambda entry: entry["staff_no"])
        _store(court, day, in_order, roster["version"], now)
        _retime(court, day)
    return created, updated


def _kept(before: Mapping[str, Any] | None, entry: Mapping[str, Any]) -> dict[str, Any]:
    """The entry with what was entered on the board before and no file says."""
    return {**{name: before[name] for name in _NOT_IN_FILES if before and name in before}, **entry}


def _refuse_stranding(court: str, day: str, entries: Sequence[Mapping[str, Any]]) -> None:
    staying = {entry["server_id"] for entry in entries if entry["status"] == "on_duty"}
    stranded = holding_visits(court=court, day=day) - staying
    if stranded:
        before = {entry["server_id"]: entry["name"] for entry in get_roster(court=court, day=day)["entries"]}
        raise errors.server_has_visits(sorted(before.get(server, server) for server in stranded))


def _store(court: str, day: str, entries: list[dict[str, Any]], version: int | None, now: datetime) -> dict[str, Any]:
    collection = Roster._get_collection()
    where: dict[str, Any] = {"court": court, "date": day}
    if version:
        where["version"] = version
    change = {"$set": {"entries": entries, "updated_at": now}, "$inc": {"version": 1}}
    if not version:
        # Version 0 inserts; the unique day then refuses it when somebody else was first.
        change["$setOnInsert"] = {"_id": new_id()}
        if version == 0:
            where["version"] = 0
    try:
        stored = collection.find_one_and_update(where, change, upsert=not version, return_document=ReturnDocument.AFTER)
    except DuplicateKeyError:
        stored = None
    if stored is None:
        raise errors.roster_changed(get_roster(court=court, day=day)["version"])
    return dict(stored)


def point_of(lng: float, lat: float, datum: str) -> dict[str, Any]:
    """A raw DatumPoint: as given, and in WGS-84. Raises ValueError for an unknown datum."""
    return {
        "lng": lng,
        "lat": lat,
        "datum": datum,
        "wgs84": {"type": "Point", "coordinates": list(to_wgs84(lng, lat, datum))},
    }
