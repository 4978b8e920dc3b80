"""What several papers take from a task in the same way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.core.errors import Conflict, NotFound
from server.papers import data as paper
from server.papers import forms
from server.reports.forms.material import Material
from server.service.models import Attempt

PLAINTIFFS = ("原告", "上诉人", "申请执行人", "申请人", "再审申请人")
DEFENDANTS = ("被告", "被上诉人", "被执行人", "被申请人")
THIRD_PARTIES = ("第三人",)
_REGIONS = {"": forms.Region.DOMESTIC, "abroad": forms.Region.ABROAD, "hkmo": forms.Region.HKMO}


@dataclass(frozen=True, slots=True)
class Head:
    """The paper's own number and version, when it is made and by whom."""

    number: str
    version: int
    made_at: datetime
    made_by: str

    def of(self, one: Material) -> dict[str, Any]:
        """The keyword arguments every form begins with."""
        return {
            "court_name": one.court.name,
            "case_number": one.task.case_number,
            "cause": one.task.cause or "",
            "number": self.number,
            "version": self.version,
            "made_at": self.made_at,
        }


def documents_of(one: Material) -> tuple[paper.DocumentLine, ...]:
    """What is meant for the paper's recipient."""
    return tuple(paper.DocumentLine(name=name, copies=copies) for name, copies in one.documents_of(one.recipient))


def contact_of(one: Material, typed: Mapping[str, Any]) -> forms.Contact:
    """As typed; else the clerk, or the judge, with the number the case names."""
    name = typed.get("contact_name") or one.task.clerk_name or one.task.judge_name or ""
    phone = typed.get("contact_phone") or one.clerk_phone() or one.judge_phone()
    return forms.Contact(
        name=name, phone=phone, address=typed.get("court_address") or "", postcode=typed.get("court_postcode") or ""
    )


def region_of(one: Material, typed: Mapping[str, Any]) -> forms.Region:
    """As typed; else as the recipient's situation says."""
    if typed.get("region"):
        return forms.Region(typed["region"])
    said = (one.recipient.situation or {}).get("region") or ""
    return forms.Region.TAIWAN if said == "taiwan" else _REGIONS[said]


def names_of(one: Material, standings: tuple[str, ...]) -> str:
    """The parties of the case with one of these standings, in order of entry: 甲、乙."""
    found = sorted(one.parties.values(), key=lambda party: party.created_at)
    return "、".join(party.name for party in found if (party.standing or "").startswith(standings))


def attempt_of(one: Material, typed: Mapping[str, Any], *, channels: tuple[str, ...], what: str) -> Attempt:
    """The attempt named, or the newest that ended. Raises `attempt.not_found`, `papers.no_attempt`."""
    ours = one.attempts_of(one.recipient)
    wanted = typed.get("attempt_id")
    if wanted:
        named = [found for found in ours if found.id == wanted]
        if not named:
            raise NotFound(code="attempt.not_found", title="没有这次送达行为")
        return named[0]
    fitting = [found for found in ours if found.channel in channels and found.outcome]
    if not fitting:
        raise Conflict(code="papers.no_attempt", title=f"没有可以制作{what}的送达行为")
    return max(fitting, key=lambda found: found.happened_at or found.opened_at)


def moment_of(value: datetime | str) -> datetime:
    """A time as stored, or as ISO text with its zone."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value
