"""The import kind "servers": a roster file becomes accounts of process servers and the roster of its day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from server.accounts import services as accounts
from server.cases import importers
from server.cases.importers import ImportContext, Importer, Saved, WriteConflict
from server.cases.rules.problems import Checked, Problem
from server.core import events
from server.core.errors import DomainError
from server.dispatch import personal, roster_rows
from server.dispatch.roster_rows import RosterRow
from server.dispatch.services.roster import holding_visits, merge_entries
from server.dispatch.services.withdraw import free_recipient, on_attempt_withdrawn, take_back
from server.service import doors

KIND = "servers"
ROLE = "process_server"
# A list cannot bring somebody back who left, nor join duties that are kept apart: such a row is reported.
_NOT_TO_BE_GIVEN = ("person.has_left", "roles.separated_duties")


def register() -> None:
    """Makes the kind known and hears of withdrawn visits; called when the program is composed."""
    events.subscriptions.subscribe("visit.withdrawn", free_recipient)
    events.subscriptions.subscribe("attempt.withdrawn", on_attempt_withdrawn)
    doors.register(take_back)
    personal.register()
    importers.register(Importer(kind=KIND, columns=roster_rows.COLUMNS, check=_check, save=_save, needs_day=True))


def _check(number: int, texts: Mapping[str, str], _context: ImportContext) -> Checked[Any]:
    return roster_rows.check_row(number, texts)


def _save(rows: Sequence[tuple[int, Any]], context: ImportContext) -> Saved:
    """Accounts first, then the day's roster in one guarded write."""
    if context.day is None:
        raise ValueError("a roster needs a day")
    day = context.day.isoformat()
    held = holding_visits(court=context.court, day=day)
    entries, problems = [], []
    for number, row in rows:
        try:
            server_id = _account(row, context)
        except DomainError as error:
            if error.code not in _NOT_TO_BE_GIVEN:
                raise
            problems.append(Problem(number, "工号", error.code, error.title, row.staff_no))
            continue
        if row.status == "off" and server_id in held:
            reason = "当日还有已分派的任务，请先改派再标为不在岗"
            problems.append(Problem(number, "今日状态", "import.has_visits", reason, ""))
            continue
        entries.append(row.as_entry(server_id))
    try:
        created, updated = merge_entries(court=context.court, day=day, entries=entries, now=context.now)
    except DomainError as error:
        raise WriteConflict from error
    return Saved(created, updated, len(entries) - created - updated, tuple(problems))


def _account(row: RosterRow, context: ImportContext) -> str:
    """The server's account; there is no password, phones are bound by a one-time code."""
    wanted: dict[str, Any] = {
        "court": context.court,
        "name": row.name,
        "staff_no": row.staff_no,
        "roles": (ROLE,),
        "now": context.now,
    }
    try:
        person, _ = accounts.ensure_person(username=row.username, **wanted)
    except DomainError as error:
        if error.code != "person.username_taken":
            raise
        # Another court has the same staff number; nobody signs in with this name, so it may be longer.
        person, _ = accounts.ensure_person(username=f"{row.username}@{context.court}", **wanted)
    return str(person.id)
