"""The gate, asked on the spot: would this outcome stand, with what is on its way and with what is here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from server.custody.models import Announced
from server.field import errors, rules
from server.field.models import EvidenceItem
from server.field.services import guard
from server.field.services.outcome import Entry, circumstances_of, fields_of
from server.law import required_evidence
from server.law.outcomes import OUTCOMES
from server.service.actor import Actor

_WHY_NOT = {
    "announced": ("evidence_not_held", "所列证据材料尚未上传完成"),
    "refused": ("evidence_refused", "所列证据材料不符合要求，请重新采集"),
    "withdrawn": ("evidence_withdrawn", "所列证据材料已撤回"),
    "broken": ("evidence_broken", "所列证据材料已损坏、无法辨认，请重新采集"),
    "late": ("evidence_late", "所列证据材料为迟到材料，未经采纳不能作为依据"),
    "unknown": ("evidence_unknown", "所列证据材料尚未登记"),
}


@dataclass(frozen=True, slots=True)
class CheckedItem:
    """`state`: held, announced, refused, withdrawn, broken (held, but unreadable), late, unknown."""

    client_id: str
    state: str
    kind: str | None


@dataclass(frozen=True, slots=True)
class Checked:
    """`missing` counts what is announced or held, `missing_held` only what is held: [{code, text, article|client_id}].

    `bar`: {code, text, article} when this outcome is closed here whatever is collected.
    """

    bar: dict[str, Any] | None
    missing: list[dict[str, Any]]
    missing_held: list[dict[str, Any]]
    items: list[CheckedItem]

    @property
    def enough(self) -> bool:
        """Everything has been captured: the server may leave, the bytes follow."""
        return self.bar is None and not self.missing

    @property
    def ready(self) -> bool:
        """The outcome may be entered now."""
        return self.bar is None and not self.missing_held


def check(*, court: str, visit_id: str, actor: Actor, entry: Entry) -> Checked:
    """What `record_outcome` would say of this outcome now, and what it would say once everything has come.

    Raises `outcome.unknown`, `visit.not_found`, `visit.not_yours`, `visit.withdrawn`.
    """
    visit = guard.find(court=court, visit_id=visit_id)
    guard.check_mine(visit, actor.id)
    if entry.code not in OUTCOMES:
        raise errors.unknown_outcome()
    case = circumstances_of(visit)
    closed = required_evidence.bar(entry.code, case)
    items = states_of(court=court, visit_id=visit_id, server_id=actor.id, client_ids=entry.evidence)
    held = [one for one in items if one.state == "held"]
    coming = [one for one in items if one.state in ("held", "announced")]
    wanted = _law(entry, case, coming)
    wanted_held = _law(entry, case, held)
    return Checked(
        bar={"code": closed.code, "text": closed.text_zh, "article": closed.article} if closed else None,
        missing=_listed(items, ("unknown", "withdrawn", "refused")) + wanted + _told(wanted, items),
        missing_held=_listed(items, ("unknown", "withdrawn", "refused", "announced"))
        + wanted_held
        + _told(wanted_held, items),
        items=items,
    )


def states_of(*, court: str, visit_id: str, server_id: str, client_ids: Sequence[str]) -> list[CheckedItem]:
    """Where each listed item of a visit stands, in the order listed, each once."""
    wanted = list(dict.fromkeys(client_ids))
    where = {"court": court, "visit_id": visit_id, "client_id": {"$in": wanted}}
    shown = {"client_id": 1, "kind": 1, "analysis.state": 1, "late.state": 1}
    held = {one["client_id"]: one for one in EvidenceItem._get_collection().find(where, shown)}
    entries = Announced._get_collection().find(
        {**where, "server_id": server_id}, {"client_id": 1, "kind": 1, "state": 1}
    )
    announced = {one["client_id"]: one for one in entries}
    return [_state(client_id, held.get(client_id), announced.get(client_id)) for client_id in wanted]


def _state(client_id: str, held: Mapping[str, Any] | None, entry: Mapping[str, Any] | None) -> CheckedItem:
    if held is not None:
        why = rules.useless(held)
        return CheckedItem(client_id, why.code.removeprefix("evidence_") if why else "held", held["kind"])
    if entry is not None:
        # An entry that says held without an item is being written this moment: not yet here.
        return CheckedItem(client_id, "announced" if entry["state"] == "held" else entry["state"], entry["kind"])
    return CheckedItem(client_id, "unknown", None)


def _law(entry: Entry, case: required_evidence.Circumstances, items: Iterable[CheckedItem]) -> list[dict[str, Any]]:
    kinds = Counter(one.kind for one in items if one.kind)
    entered = required_evidence.Entered(kinds, fields_of(entry))
    found = required_evidence.missing(entry.code, circumstances=case, entered=entered)
    return [{"code": one.code, "text": one.text_zh, "article": one.article} for one in found]


def _listed(items: Iterable[CheckedItem], states: Sequence[str]) -> list[dict[str, Any]]:
    return [_why_not(one) for one in items if one.state in states]


def _told(wanted: Sequence[Mapping[str, Any]], items: Iterable[CheckedItem]) -> list[dict[str, Any]]:
    """What is here and does not count stands in nobody's way, and is named where something is missing."""
    return _listed(items, ("broken", "late")) if wanted else []


def _why_not(item: CheckedItem) -> dict[str, Any]:
    code, text = _WHY_NOT[item.state]
    return {"code": code, "text": text, "client_id": item.client_id}
