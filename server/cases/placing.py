"""Brings rows of a case list in: finds those that changed, makes or changes their cases and parties, and hands them up.

A row that reads exactly as it did the last time changes nothing, whatever has happened to its task since: the last
reading is kept as a keyed hash (ImportedRow). Where several rows of one file name the same case or party, the first
decides what the case or party says; a task always shows what its own row says.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from pymongo import InsertOne, UpdateOne

from server.accounts.models import Person
from server.cases.importers import (
    CREATED,
    UNCHANGED,
    UPDATED,
    ImportContext,
    PlacedRow,
    Saved,
    WriteConflict,
    case_row_sinks,
)
from server.cases.models import Case, ImportedRow, Party
from server.cases.rules.rows import CaseRow
from server.cases.writing import write_all
from server.core import crypto
from server.core.fields import phone_index, sealed_id_number, sealed_phone
from server.core.ids import new_id

MAX_TRIES = 5


def save_case_rows(rows: Sequence[tuple[int, CaseRow]], context: ImportContext) -> Saved:
    """Saves a batch; may run twice. Raises WriteConflict when other imports keep getting in between."""
    officials = _officials(rows, context)
    placed = [_place(number, row, officials, context) for number, row in rows]
    digests = {one.key: _digest(one, context) for one in placed}
    known = _known(digests, context)
    changed = _without_known(placed, digests, known, context)
    for tries_left in reversed(range(MAX_TRIES)):
        try:
            _climb(changed, context)
            break
        except WriteConflict:
            if not tries_left:
                raise
    _remember(changed, digests, known, context)
    return Saved(
        created=sum(one.result == CREATED for one in placed),
        updated=sum(one.result == UPDATED for one in placed),
        unchanged=sum(one.result == UNCHANGED for one in placed),
        problems=tuple(problem for one in placed for problem in one.problems),
    )


def _climb(placed: Sequence[PlacedRow], context: ImportContext) -> None:
    """From floor to floor: cases and parties, then whoever registered above."""
    if not placed:
        return
    for one in placed:
        if one.result == CREATED:
            # Said on an earlier climb that lost against another import; who made the task will show.
            one.result = UNCHANGED
    _upsert_cases(placed, context)
    _upsert_parties(placed, context)
    for sink in case_row_sinks():
        sink(placed, context)


def _place(number: int, row: CaseRow, officials: dict[str, str], context: ImportContext) -> PlacedRow:
    identity = crypto.vault().index(row.who, court=context.court)
    parts = [context.court, row.case_number, identity, row.document_names]
    return PlacedRow(
        number=number,
        row=row,
        key=hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()[:40],
        identity=identity,
        judge_id=officials.get(row.judge_name),
        clerk_id=officials.get(row.clerk_name),
        division_id=context.memory["divisions"].get(officials.get(row.judge_name)),
        id_mask=crypto.mask_id_number(row.id_number) if row.id_number else "",
        phone_mask=crypto.mask_phone(row.phone) if row.phone else "",
        point=row.point.as_document() if row.point else None,
    )


def _officials(rows: Sequence[tuple[int, CaseRow]], context: ImportContext) -> dict[str, str]:
    """Name → person id, for the judges and clerks whose name exactly one person of the court bears.

    Their divisions are remembered beside: a task belongs to the 庭室 its judge is of when it comes in.
    """
    known: dict[str, str | None] = context.memory.setdefault("officials", {})
    divisions: dict[str, str | None] = context.memory.setdefault("divisions", {})
    names = {name for _, row in rows for name in (row.judge_name, row.clerk_name) if name and name not in known}
    if names:
        wanted = {"court": context.court, "name": {"$in": sorted(names)}, "active": {"$ne": False}}
        bearers: dict[str, list[str]] = {}
        for person in Person._get_collection().find(wanted, {"name": 1, "division": 1}):
            bearers.setdefault(person["name"], []).append(person["_id"])
            divisions[person["_id"]] = person.get("division")
        known.update({name: ids[0] if len(ids := bearers.get(name, [])) == 1 else None for name in names})
    return {name: person for name, person in known.items() if person}


def _digest(one: PlacedRow, context: ImportContext) -> str:
    # The accounts belong to it: a judge who got an account since must find the tasks.
    text = f"{one.row.canonical()}\0{one.judge_id}\0{one.clerk_id}"
    return crypto.vault().index(text, court=context.court)


def _known(digests: dict[str, str], context: ImportContext) -> dict[str, dict[str, Any]]:
    """What was read of these rows the last time, by key."""
    wanted = {"_id": {"$in": list(digests)}, "court": context.court}
    return {one["_id"]: one for one in ImportedRow._get_collection().find(wanted)}


def _without_known(
    placed: Sequence[PlacedRow], digests: dict[str, str], known: dict[str, dict[str, Any]], context: ImportContext
) -> list[PlacedRow]:
    """The rows that read otherwise than the last time. A row this very run has saved keeps the result it had."""
    changed = []
    for one in placed:
        before = known.get(one.key)
        if before is None or before["digest"] != digests[one.key]:
            changed.append(one)
        elif before["run_id"] == context.run_id:
            one.result = before["result"]
    return changed


def _remember(
    placed: Sequence[PlacedRow], digests: dict[str, str], known: dict[str, dict[str, Any]], context: ImportContext
) -> None:
    """Last of all, so that a run that is killed before this reads the row again."""
    values = {one.key: {"digest": digests[one.key], "run_id": context.run_id, "result": one.result} for one in placed}
    updates = {key: UpdateOne({"_id": key, "court": context.court}, {"$set": entry}) for key, entry in values.items()}
    inserts = {key: InsertOne({"_id": key, "court": context.court, **entry}) for key, entry in values.items()}
    try:
        write_all(ImportedRow, [updates[key] if key in known else inserts[key] for key in values])
    except WriteConflict:
        # Another run remembered some of the rows in between: now every one is there to be updated.
        write_all(ImportedRow, list(updates.values()))


def _upsert_cases(placed: Sequence[PlacedRow], context: ImportContext) -> None:
    wanted = {"court": context.court, "number": {"$in": sorted({one.row.case_number for one in placed})}}
    known = {case["number"]: case for case in Case._get_collection().find(wanted)}
    deciders: dict[str, int] = context.memory.setdefault("cases", {})
    operations: list[Any] = []
    for one in placed:
        number = one.row.case_number
        decides = deciders.setdefault(number, one.number) == one.number
        case = known.get(number)
        if case is None:
            case = known[number] = _new_case(one, context)
            operations.append(InsertOne(case))
        elif decides and (changes := _case_changes(one, case)):
            operations.append(UpdateOne(_one_of(case, context), {"$set": {**changes, "updated_at": context.now}}))
            one.touched()
        one.case_id = case["_id"]
    write_all(Case, operations)


def _new_case(one: PlacedRow, context: ImportContext) -> dict[str, Any]:
    return {
        "_id": new_id(),
        "court": context.court,
        "number": one.row.case_number,
        **_case_values(one, {}),
        "created_at": context.now,
        "updated_at": context.now,
    }


def _case_values(one: PlacedRow, held: dict[str, Any]) -> dict[str, Any]:
    """The row as fields of its case; what is `held` of the same official stays where the row is blank."""
    row = one.row
    values = {
        "kind": row.case_kind,
        "cause": row.cause,
        "procedure": row.procedure,
        "judge": _official(row.judge_name, row.judge_phone, one.judge_id, held.get("judge")),
        "clerk": _official(row.clerk_name, row.clerk_phone, one.clerk_id, held.get("clerk")),
    }
    return {name: value for name, value in values.items() if value}


def _official(name: str, phone: str, person_id: str | None, held: dict[str, str] | None) -> dict[str, str]:
    if not name:
        return {}
    values = {"name": name, "phone": phone, "person_id": person_id or ""}
    given = {key: value for key, value in values.items() if value}
    return {**held, **given} if held and held.get("name") == name else given


def _case_changes(one: PlacedRow, case: dict[str, Any]) -> dict[str, Any]:
    """What the row says otherwise. A blank cell takes nothing away."""
    changes = {name: value for name, value in _case_values(one, case).items() if case.get(name) != value}
    for role, label in (("judge", "法官电话"), ("clerk", "书记员电话")):
        old, new = case.get(role) or {}, changes.get(role) or {}
        if new.get("phone") and old.get("phone") != new["phone"]:
            one.changed(f"{label}：{old.get('phone') or '无'} → {new['phone']}")
    return changes


def _upsert_parties(placed: Sequence[PlacedRow], context: ImportContext) -> None:
    wanted = {
        "court": context.court,
        "case_id": {"$in": sorted({one.case_id for one in placed})},
    }
    known = {(party["case_id"], party["identity"]): party for party in Party._get_collection().find(wanted)}
    names = {(party["case_id"], party["name"]) for party in known.values()}
    deciders: dict[tuple[str, str], tuple[int, CaseRow]] = context.memory.setdefault("parties", {})
    fresh = {place: new_id() for one in placed if (place := (one.case_id, one.identity)) not in known}
    crypto.vault().prepare(fresh.values(), court=context.court)
    operations: list[Any] = []
    for one in placed:
        place = (one.case_id, one.identity)
        first_number, first_row = deciders.setdefault(place, (one.number, one.row))
        party = known.get(place)
        if party is None:
            party = known[place] = _new_party(one, fresh[place], context)
            operations.append(InsertOne(party))
            if (one.case_id, one.row.name) in names:
                one.warn(
                    "证件号码", "import.same_name", "本案已有同名而证件号码不同的当事人；如系更正号码，请撤回原任务"
                )
            names.add((one.case_id, one.row.name))
        elif first_number == one.number and (changes := _party_changes(one, party, context)):
            operations.append(UpdateOne(_one_of(party, context), {"$set": {**changes, "updated_at": context.now}}))
        elif first_number != one.number:
            _warn_of_contradiction(one, first_number, first_row)
        one.party_id = party["_id"]
    write_all(Party, operations)


def _new_party(one: PlacedRow, party_id: str, context: ImportContext) -> dict[str, Any]:
    row = one.row
    party: dict[str, Any] = {
        "_id": party_id,
        "court": context.court,
        "case_id": one.case_id,
        "identity": one.identity,
        "name": row.name,
        "kind": row.party_kind,
        "created_at": context.now,
        "updated_at": context.now,
    }
    if row.standing:
        party["standing"] = row.standing
    if row.id_number:
        party["id_number"] = sealed_id_number(row.id_number, court=context.court, subject=party["_id"])
    if row.phone:
        party["phone"] = sealed_phone(row.phone, court=context.court, subject=party["_id"])
    return party


def _party_changes(one: PlacedRow, party: dict[str, Any], context: ImportContext) -> dict[str, Any]:
    """What the row says otherwise; ciphertexts differ every time, so numbers are compared by their index."""
    row = one.row
    wanted = {"name": row.name, "kind": row.party_kind, "standing": row.standing}
    changes: dict[str, Any] = {key: value for key, value in wanted.items() if value and party.get(key) != value}
    old_phone = party.get("phone") or {}
    if row.phone and old_phone.get("index") != phone_index(row.phone, court=context.court):
        changes["phone"] = sealed_phone(row.phone, court=context.court, subject=party["_id"])
        one.changed(f"手机号码：{old_phone.get('mask') or '无'} → {one.phone_mask}")
    if changes:
        one.touched()
    return changes


def _warn_of_contradiction(one: PlacedRow, first_number: int, first: CaseRow) -> None:
    for column, here, there in (("手机号码", one.row.phone, first.phone), ("受送达人", one.row.name, first.name)):
        if here and there and here != there:
            one.warn(
                column,
                "import.contradiction",
                f"与第{first_number}行同一当事人的{column}不一致，档案以第{first_number}行为准",
            )


def _one_of(document: dict[str, Any], context: ImportContext) -> dict[str, str]:
    return {"_id": document["_id"], "court": context.court}
