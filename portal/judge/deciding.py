"""Deciding on the judge's pages: what waits for me, confirming or refusing an effect, approving an announcement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, current_app, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from portal.judge import signing, views
from server.accounts import services as accounts
from server.core import audit
from server.core.clock import court_day, utc_now
from server.core.errors import DomainError, NotFound
from server.core.files import stream
from server.core.permissions import Principal, current, needs
from server.custody import decoding
from server.custody.services import copies
from server.field.services import open_evidence
from server.field.services.course import course_of_task
from server.reports import services as reports
from server.service import errors, machines, queries
from server.service.actor import Actor
from server.service.services import deciding, exhibits, ledger, todos
from server.service.todo_rules import BY_DECISION, KINDS

Answer = BaseResponse | tuple[str, int]

blueprint = signing.blueprint


def waiting(principal: Principal) -> list[dict[str, object]]:
    """What waits for this person: court staff's matters for both, the judge's for the judge."""
    found = todos.waiting_for(court=principal.court, person_id=principal.person_id)
    mine = ("court_staff", "judge") if "effects.decide" in principal.permissions else ("court_staff",)
    return [one for one in found if one["meant_for"] in mine]


@blueprint.get("/confirm")
@needs("judge.view", least="own")
def confirm() -> str:
    """What waits for me in my own cases, oldest due first."""
    principal, now = current(), utc_now()
    return render_template(
        "judge/confirm.html",
        csrf=accounts.csrf_of(principal.session_id),
        rows=waiting(principal),
        now=now,
        kinds=KINDS,
        by_decision=BY_DECISION,
    )


def task_page(task_id: str, problem: str | None = None) -> str:
    """One task: matrix, recipients with their effects and ledger, papers, timeline."""
    principal, now = current(), utc_now()
    found = queries.task_of_judge(court=principal.court, person_id=principal.person_id, task_id=task_id)
    cards = views.cards_of(task=found, principal=principal, now=now)
    return render_template(
        "judge/task.html",
        task=found,
        cards=cards,
        documents=[one.name for one in found.documents],
        steps=list(reversed(course_of_task(found))),
        papers=reports.list_papers(court=principal.court, task_id=task_id),
        labels=reports.LABELS,
        states=machines.TASK.states,
        recipient_states=machines.RECIPIENT.states,
        words=views.words(),
        today=court_day(now).isoformat(),
        problem=problem,
        csrf=accounts.csrf_of(principal.session_id),
    )


@blueprint.post("/effects/<effect_id>/decide")
@needs("effects.confirm", on="effect:effect_id", does="effect.decide")
def decide(effect_id: str) -> Answer:
    """Form fields what, version, reason; state and served_on with what=set. Back to the task, or there with why not."""
    me = current()
    effect = deciding.get_effect(court=me.court, effect_id=effect_id)
    what, reason = _typed("what", 16), _typed("reason", 500)
    audit.change(before={"status": effect["status"]}, after={"what": what, "state": _typed("state", 20)})
    audit.note(reason=reason, task_id=effect["task_id"])
    try:
        deciding.decide(
            court=me.court,
            effect_id=effect_id,
            what=what,
            acting_as=_acting_as(me, effect),
            actor=Actor.of(me),
            now=utc_now(),
            reason=reason,
            state=_typed("state", 20) or None if what == "set" else None,
            served_on=_typed("served_on", 10) or None if what == "set" else None,
            version=_number(_typed("version", 9)),
        )
    except DomainError as error:
        return _refused(effect["task_id"], error)
    return _back(effect["task_id"], effect["recipient_id"])


@blueprint.post("/tasks/<task_id>/recipients/<recipient_id>/confirm")
@needs("effects.confirm", on="task:task_id", does="effect.decide")
def confirm_all(task_id: str, recipient_id: str) -> Answer:
    """Form fields effect (id:version, each): confirms the documents of one recipient that were on the page.

    Each is decided by itself: the first that cannot be says why, and those before it stand.
    """
    me = current()
    asked = [one.partition(":") for one in request.form.getlist("effect")[:50]]
    audit.note(recipient_id=recipient_id, effects=[effect_id[:64] for effect_id, _, _ in asked])
    try:
        for effect_id, _, version in asked:
            effect = deciding.get_effect(court=me.court, effect_id=effect_id)
            if (effect["task_id"], effect["recipient_id"]) != (task_id, recipient_id):
                raise errors.effect_not_found()
            deciding.decide(
                court=me.court,
                effect_id=effect_id,
                what="confirm",
                acting_as=_acting_as(me, effect),
                actor=Actor.of(me),
                now=utc_now(),
                version=_number(version),
            )
    except DomainError as error:
        return _refused(task_id, error)
    return _back(task_id, recipient_id)


def _acting_as(me: Principal, effect: Mapping[str, Any]) -> str:
    return "judge" if views.is_judge(me, effect.get("judge_id")) else "court_staff"


@blueprint.post("/tasks/<task_id>/recipients/<recipient_id>/notice")
@needs("effects.decide", on="task:task_id", does="notice.approve")
def approve_notice(task_id: str, recipient_id: str) -> Answer:
    """Form field reason: the judge approves announcement for this recipient."""
    return _on_notice(ledger.approve_notice, task_id, recipient_id)


@blueprint.post("/tasks/<task_id>/recipients/<recipient_id>/notice/revoke")
@needs("effects.decide", on="task:task_id", does="notice.revoke")
def revoke_notice(task_id: str, recipient_id: str) -> Answer:
    """Form field reason: the approval is taken back while nothing was published."""
    return _on_notice(ledger.revoke_notice, task_id, recipient_id)


def _on_notice(said: Callable[..., Any], task_id: str, recipient_id: str) -> Answer:
    """The judge's word on an announcement, with the reason typed."""
    me, reason = current(), _typed("reason", 500)
    audit.note(recipient_id=recipient_id, reason=reason)
    try:
        said(
            court=me.court,
            task_id=task_id,
            recipient_id=recipient_id,
            reason=reason,
            actor=Actor.of(me),
            now=utc_now(),
        )
    except DomainError as error:
        return _refused(task_id, error)
    return _back(task_id, recipient_id)


@blueprint.post("/todos/<todo_id>/close")
@needs("effects.confirm", on="todo:todo_id", does="todo.close")
def close_todo(todo_id: str) -> BaseResponse:
    """Form field result: what the judge has done about it."""
    me = current()
    audit.note(result=_typed("result", 500))
    todos.close(court=me.court, todo_id=todo_id, result=_typed("result", 500), actor=Actor.of(me), now=utc_now())
    return redirect(url_for("judge.confirm"), 303)


@blueprint.get("/exhibits/<exhibit_id>")
@needs("judge.view", on="exhibit:exhibit_id", does="exhibit.view")
def exhibit(exhibit_id: str) -> Response:
    """A scan, slip, screenshot or recording as it was handed in; opens in place. Who opened it is recorded."""
    me = current()
    found, source = exhibits.open_exhibit(
        court=me.court, exhibit_id=exhibit_id, store=current_app.extensions["evidence_store"]
    )
    audit.note(task_id=found["task_id"], evidence_kind=found["kind"])
    return stream(source, media_type=found["media_type"], size=found["size"], etag=found["sha256"], name=found["kind"])


@blueprint.get("/tasks/<task_id>/evidence/<evidence_id>")
@needs("judge.view", on="task:task_id", does="evidence.view")
def evidence(task_id: str, evidence_id: str) -> Response:
    """A photo, signature or recording from the door, for a case of one's own."""
    me = current()
    store = current_app.extensions["evidence_store"]
    item, source = open_evidence(court=me.court, evidence_id=evidence_id, store=store)
    source.close()
    if item.task_id != task_id:
        raise DomainError(code="evidence.not_found", status=404, title="没有这份证据材料")
    audit.note(evidence_id=evidence_id, evidence_kind=item.kind)
    shown = copies.open_for_eyes(item, store=store, sandbox=decoding.sandbox)
    name = f"{item.kind}-{item.id}"
    return stream(shown.stream, media_type=shown.media_type, size=shown.size, etag=shown.etag, name=name)


def _typed(name: str, most: int) -> str:
    return request.form.get(name, "").strip()[:most]


def _number(typed: str) -> int | None:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else None


def _refused(task_id: str, error: DomainError) -> Answer:
    """The task again, with the reason on top: what was typed elsewhere on it is not lost by leaving the page."""
    try:
        page = task_page(task_id, "；".join([error.title, *(error.extra.get("lines") or ())]))
    except NotFound:
        raise error from None  # court staff who may decide, but have no pages of this case
    g.problem_code = error.code
    return page, error.status


def _back(task_id: str, recipient_id: str) -> BaseResponse:
    return redirect(url_for("judge.task", task_id=task_id, _anchor=f"r-{recipient_id}"), 303)
