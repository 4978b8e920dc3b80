"""What belongs to a visit, a case, a day or a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from server.cases.models import Case
from server.core.errors import NotFound
from server.custody.models import Announced
from server.dispatch import errors as dispatch_errors
from server.dispatch.models import Visit
from server.field.models import EvidenceItem
from server.papers.kinds import KINDS
from server.reports.bundle_content import Chosen
from server.reports.bundle_models import EvidenceBundle
from server.reports.models import Paper
from server.reports.sealing import paper_not_found
from server.service.models import Exhibit, ServiceTask

_ENVELOPED = {"outbox": 0, "analysis": 0, "facts": 0}


def title_of(*, court: str, scope: str, object_id: str) -> str:
    """What it is called. Raises the 404 of what is not there in this court."""
    if scope == "day":
        return object_id
    if scope == "case":
        return str(case_of(court, object_id).number)
    if scope == "visit":
        visit = Visit.objects(court=court, id=object_id).first()
        if visit is None:
            raise dispatch_errors.visit_not_found()
        return f"{visit.case_number} {visit.recipient_name} {visit.date}"
    paper = _paper(court, object_id)
    return f"{KINDS[paper.kind].title} {paper.number}"


def missing(scope: str) -> NotFound:
    """What is not there, or not within reach: nobody is told which."""
    return {"visit": dispatch_errors.visit_not_found, "case": case_not_found, "report": paper_not_found}[scope]()


def case_not_found() -> NotFound:
    return NotFound(code="case.not_found", title="没有这个案件")


def task_of(court: str, paper_id: str) -> str:
    """The task a paper hangs on, which says who may see it. Raises `paper.not_found`."""
    return str(_paper(court, paper_id).task_id)


def visits_of_day(*, court: str, day: str, within: Mapping[str, Any]) -> list[str]:
    """Ids of a day's visits (ISO date) within reach."""
    found = Visit._get_collection().find({"$and": [dict(within), {"court": court, "date": day}]}, {"_id": 1})
    return sorted(one["_id"] for one in found)


def case_of(court: str, case_id: str) -> Case:
    """Raises `case.not_found`."""
    found: Case | None = Case.objects(court=court, id=case_id).first()
    if found is None:
        raise case_not_found()
    return found


def case_by_number(court: str, number: str) -> Case:
    """Raises `case.not_found`."""
    found: Case | None = Case.objects(court=court, number=number).first()
    if found is None:
        raise case_not_found()
    return found


def choose(bundle: EvidenceBundle) -> Chosen:
    """Reads it in a stable order."""
    court, key = bundle.court, bundle.object_id
    if bundle.scope == "visit":
        return _of_visits(court, [key])
    if bundle.scope == "day":
        return _of_day(court, key, bundle.visit_ids, whole=bundle.whole_day)
    if bundle.scope == "case":
        task_ids = [one.id for one in ServiceTask.objects(court=court, case_id=key).only("id")]
        return _of_tasks(court, task_ids)
    return _of_report(court, key)


def _of_visits(court: str, visit_ids: Sequence[str], *, more: Sequence[str] = ()) -> Chosen:
    """`more`: evidence ids without a visit."""
    visits = list(
        Visit._get_collection().find({"court": court, "_id": {"$in": list(visit_ids)}}).sort([("date", 1), ("_id", 1)])
    )
    where: dict[str, Any] = {"court": court, "visit_id": {"$in": list(visit_ids)}}
    items = _items(where) + (_items({"court": court, "_id": {"$in": list(more)}}) if more else [])
    return Chosen(
        items=sorted(items, key=lambda one: (one["captured_at"], one["_id"])),
        papers=list(Paper.objects(court=court, visit_id__in=list(visit_ids)).order_by("made_at", "id")),
        exhibits=_exhibits({"court": court, "attempt_id__in": [one["attempt_id"] for one in visits]}),
        visits=visits,
        announced=where,
    )


def _of_day(court: str, day: str, visit_ids: Sequence[str], *, whole: bool) -> Chosen:
    """All visits of the date; with the whole court in reach, also what was captured without a visit."""
    if not whole:
        return _of_visits(court, visit_ids)
    ids = [one["_id"] for one in Visit._get_collection().find({"court": court, "date": day}, {"_id": 1})]
    free = {"court": court, "date": day, "visit_id": ""}
    more = [
        one["evidence_id"]
        for one in Announced._get_collection().find(free, {"evidence_id": 1})
        if one.get("evidence_id")
    ]
    chosen = _of_visits(court, ids, more=more)
    announced = {"court": court, "$or": [{"visit_id": {"$in": ids}}, {"date": day, "visit_id": ""}]}
    return Chosen(chosen.items, chosen.papers, chosen.exhibits, chosen.visits, announced)


def _of_tasks(court: str, task_ids: Sequence[str]) -> Chosen:
    where = {"court": court, "task_id": {"$in": list(task_ids)}}
    visits = list(Visit._get_collection().find(where).sort([("date", 1), ("_id", 1)]))
    return Chosen(
        items=_items(where),
        papers=list(Paper.objects(court=court, task_id__in=list(task_ids)).order_by("made_at", "id")),
        exhibits=_exhibits({"court": court, "task_id__in": list(task_ids)}),
        visits=visits,
        announced={"court": court, "visit_id": {"$in": [one["_id"] for one in visits]}},
    )


def _of_report(court: str, paper_id: str) -> Chosen:
    """The paper, and the evidence of the visit it reports on (of its task, when it is of no single visit)."""
    paper = _paper(court, paper_id)
    chosen = _of_visits(court, [paper.visit_id]) if paper.visit_id else _of_tasks(court, [paper.task_id])
    return Chosen(chosen.items, [paper], chosen.exhibits, chosen.visits, chosen.announced)


def _items(where: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = EvidenceItem._get_collection().find(where, _ENVELOPED)
    return list(found.sort([("captured_at", 1), ("_id", 1)]))


def _exhibits(where: Mapping[str, Any]) -> list[Exhibit]:
    return list(Exhibit.objects(**where).order_by("received_at", "id"))


def _paper(court: str, paper_id: str) -> Paper:
    found: Paper | None = Paper.objects(court=court, id=paper_id).first()
    if found is None:
        raise paper_not_found()
    return found
