"""What comes up during a day and makes its plan wrong: said as facts, applied to the day's raw documents. Pure.

A happening changes nothing by itself. A plan is made for the day as it would be, a manager reads what it asks of whom,
and only with the plan the fact itself is written down (`services.replans`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from server.dispatch import errors
from server.dispatch.planning import MOVABLE

Raw = dict[str, Any]

# kind → Chinese name; the first group is about a visit, the second about a server.
ABOUT_VISIT = {
    "urgent": "加急上门",
    "withdrawn": "取消上门",
    "second": "须两人同往",
    "window": "改约时段",
    "recused": "送达员回避",
}
ABOUT_SERVER = {"absent": "送达员缺勤", "late": "送达员晚到"}
KINDS = {**ABOUT_VISIT, **ABOUT_SERVER}


@dataclass(frozen=True, slots=True)
class Happening:
    """`kind` is a key of KINDS. Times are seconds of the day.

    urgent: `visit_id` must be made today. withdrawn: nobody goes to `visit_id` (`reason`). second: it needs two.
    window: it can only be met within `windows` / `witness_windows`. recused: `server_id` must not go to `visit_id`.
    absent: `server_id` makes no more visits today. late: `server_id` sets out at `from_s` at the earliest.
    """

    kind: str
    visit_id: str | None = None
    server_id: str | None = None
    from_s: int | None = None
    windows: tuple[tuple[int, int], ...] = ()
    witness_windows: tuple[tuple[int, int], ...] = ()
    reason: str | None = None

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Happening:
        """From what was stored or sent."""
        known = {name: raw[name] for name in cls.__slots__ if raw.get(name) is not None}
        for name in ("windows", "witness_windows"):
            known[name] = tuple((int(first), int(last)) for first, last in known.get(name) or ())
        return cls(**known)

    def as_document(self) -> Raw:
        plain = asdict(self)
        plain["windows"] = [list(span) for span in self.windows]
        plain["witness_windows"] = [list(span) for span in self.witness_windows]
        return {key: value for key, value in plain.items() if value not in (None, [])}


def check(happening: Happening, entries: Sequence[Mapping[str, Any]], visits: Sequence[Mapping[str, Any]]) -> None:
    """Raises `replan.incomplete`, `visit.withdrawn`, `visit.under_way` or `roster.not_on_duty`."""
    missing = _missing(happening)
    if missing:
        raise errors.replan_incomplete(missing)
    if happening.kind in ABOUT_VISIT:
        visit = next((one for one in visits if one["_id"] == happening.visit_id), None)
        if visit is None:
            raise errors.visit_withdrawn()
        if visit["state"] not in MOVABLE:
            raise errors.visit_under_way(visit["state"])
    if happening.server_id is not None:
        _must_work(entries, happening.server_id)


def _must_work(entries: Sequence[Mapping[str, Any]], server_id: str) -> None:
    if not any(entry["server_id"] == server_id and entry["status"] == "on_duty" for entry in entries):
        raise errors.server_not_on_duty()


def _missing(happening: Happening) -> list[str]:
    needed = ["visit_id"] if happening.kind in ABOUT_VISIT else ["server_id"]
    needed += {"withdrawn": ["reason"], "recused": ["server_id"], "late": ["from_s"]}.get(happening.kind, [])
    missing = [name for name in needed if getattr(happening, name) is None]
    if happening.kind == "window" and not happening.windows and not happening.witness_windows:
        missing.append("windows")
    spans = (*happening.windows, *happening.witness_windows)
    return [*missing, *(["windows"] if any(first >= last for first, last in spans) else [])]


def entries_after(happening: Happening, entries: Sequence[Mapping[str, Any]]) -> list[Raw]:
    """The roster as the happening leaves it."""
    return [{**entry, **change_of_entry(happening, entry)} for entry in entries]


def change_of_entry(happening: Happening, entry: Mapping[str, Any]) -> Raw:
    """The fields of a roster entry the happening changes; empty for everybody else."""
    if entry["server_id"] != happening.server_id:
        return {}
    if happening.kind == "absent":
        return {"status": "off"}
    if happening.kind == "late" and happening.from_s is not None:
        return {"shift_start_s": min(max(entry["shift_start_s"], happening.from_s), entry["shift_end_s"])}
    return {}


def visits_after(happening: Happening, visits: Sequence[Mapping[str, Any]]) -> list[Raw]:
    """The day's visits as the happening leaves them; a withdrawn one is gone."""
    if happening.kind == "withdrawn":
        return [dict(visit) for visit in visits if visit["_id"] != happening.visit_id]
    return [{**visit, **change_of_visit(happening, visit)} for visit in visits]


def change_of_visit(happening: Happening, visit: Mapping[str, Any]) -> Raw:
    """The fields of a visit the happening changes."""
    if visit["_id"] != happening.visit_id:
        return {}
    changes: dict[str, Raw] = {
        "urgent": {"priority": URGENT_PRIORITY},
        "second": {"crew": 2},
        "window": {
            "windows": [list(span) for span in happening.windows] or visit.get("windows") or [],
            "witness_windows": [list(span) for span in happening.witness_windows] or visit.get("witness_windows") or [],
        },
        "recused": {"recused": sorted({*(visit.get("recused") or ()), str(happening.server_id)})},
    }
    return changes.get(happening.kind, {})


# Above every ordinary priority: an urgent visit goes before what may wait.
URGENT_PRIORITY = 20


def text_zh(happening: Happening, visits: Mapping[str, str], servers: Mapping[str, str]) -> str:
    """One line: 加急上门：某某; 送达员缺勤：某某."""
    who = servers.get(happening.server_id or "", "")
    where = visits.get(happening.visit_id or "", "")
    parts = {
        "late": f"{who}，{_clock(happening.from_s or 0)} 后方能外出",
        "absent": who,
        "recused": f"{who}回避{where}",
    }
    line = f"{KINDS[happening.kind]}：{parts.get(happening.kind, where)}"
    return f"{line}（{happening.reason}）" if happening.reason else line


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"
