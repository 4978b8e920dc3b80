"""From a wish to the data of the paper: checks what was typed, reads what is stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from evidence.stores import Store
from server.core.errors import Invalid
from server.papers.kinds import KINDS
from server.papers.render import RenderedPaper, prepare, render
from server.reports import wordings
from server.reports.forms import exhausted, letters, records, scene, whole
from server.reports.forms.catalogue import FORMS, Field
from server.reports.forms.common import Head
from server.reports.forms.material import Material, Wanted, read
from server.reports.making import About


@dataclass(frozen=True, slots=True)
class Gathered:
    """Ready to print: `render(number, version, made_by)`."""

    about: About
    render: Callable[[str, int, str], RenderedPaper]


def check(kind: str, wanted: Wanted) -> None:
    """Raises `papers.unknown_kind`, `papers.recipient_needed`, `papers.field_missing`, `papers.bad_field`."""
    form = FORMS.get(kind)
    if form is None:
        raise Invalid(code="papers.unknown_kind", title="没有这种文书", kind=kind)
    if form.about != "task" and not wanted.recipient_id:
        raise Invalid(code="papers.recipient_needed", title=f"{KINDS[kind].title}须写明受送达人")
    known = {one.name: one for one in form.fields}
    for name in wanted.fields:
        if name not in known:
            raise Invalid(code="papers.bad_field", title=f"{KINDS[kind].title}没有这一项：{name}", field=name)
    for one in form.fields:
        _check_field(one, wanted.fields.get(one.name))


def _check_field(one: Field, value: Any) -> None:
    if value in (None, "", []):
        if one.required:
            raise Invalid(code="papers.field_missing", title=f"请填写“{one.label}”", field=one.name)
        return
    if not _FITS[one.kind](value, one):
        raise Invalid(code="papers.bad_field", title=f"“{one.label}”填写有误", field=one.name)


def _is_text(value: Any, limit: int) -> bool:
    return isinstance(value, str) and len(value) <= limit


def _is_day(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value))
    except ValueError:
        return False


_FITS: dict[str, Callable[[Any, Field], bool]] = {
    "text": lambda value, _: _is_text(value, 200),
    "long": lambda value, _: _is_text(value, 4000),
    "day": lambda value, _: _is_day(value),
    "number": lambda value, _: isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 9999,
    "choice": lambda value, one: value in {code for code, _ in one.choices},
    "lines": lambda value, _: isinstance(value, list) and len(value) <= 100 and all(_is_text(x, 500) for x in value),
}


def try_out(kind: str, wanted: Wanted, *, store: Store, now: datetime) -> None:
    """Refuses what could not be printed, before it is promised. Raises as `gather`."""
    check(kind, wanted)
    if kind not in _HEAVY:
        one = read(wanted, store=store, now=now)
        prepare(kind, _BUILDERS[kind](one, wanted.fields, Head("", 1, now, "")))


def gather(kind: str, wanted: Wanted, *, store: Store, now: datetime) -> Gathered:
    """Reads everything the paper says. Raises what `check` raises, and what the kind refuses."""
    check(kind, wanted)
    one = read(wanted, store=store, now=now)
    build = _BUILDERS[kind]

    def print_it(number: str, version: int, made_by: str) -> RenderedPaper:
        words = wordings.in_force(court=wanted.court, kind=kind)
        return render(kind, build(one, wanted.fields, Head(number, version, now, made_by)), words)

    return Gathered(_about(kind, one, wanted), print_it)


def _about(kind: str, one: Material, wanted: Wanted) -> About:
    task = one.task
    if FORMS[kind].about == "task":
        return About(task.court, f"task:{task.id}", task.id, task.case_id)
    recipient_id = one.recipient.id
    subject = f"recipient:{task.id}:{recipient_id}"
    if FORMS[kind].about == "attempt" and wanted.fields.get("attempt_id"):
        subject = f"attempt:{wanted.fields['attempt_id']}"
    return About(task.court, subject, task.id, task.case_id, recipient_id)


_HEAVY = ("report",)  # reads every photo of the task: only where it is printed
_BUILDERS: dict[str, Callable[[Material, Mapping[str, Any], Head], Any]] = {
    "report": whole.report,
    "address_form": letters.address_form,
    "leaving_record": scene.leaving_record,
    "work_record": scene.work_record,
    "statement": letters.statement,
    "announcement": letters.announcement,
    "entrust_letter": letters.entrust_letter,
    "assist_letter": letters.assist_letter,
    "notice": letters.notice,
    "e_voucher": records.e_voucher,
    "exhaustion": exhausted.exhaustion,
}
