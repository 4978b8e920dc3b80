"""What a new plan changes against the published one: exactly, for each server and each visit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from routing.explain import reason_text_zh
from routing.plan import Plan, PlannedStop, Reason, Route
from routing.problem import Problem
from routing.words import clock, minutes

# A promised time that moves by less is no change to people.
PROMISE_S = 15 * 60

Kind = Literal["added", "moved", "reordered", "retimed", "dropped", "cancelled", "regained"]


@dataclass(frozen=True, slots=True)
class VisitChange:
    """One visit that is not as published.

    added: new and planned; moved: another server leads or seconds; reordered: same servers, another place in the
    sequence; retimed: only its start moved, by more than PROMISE_S; dropped: planned before, left out now (or new and
    left out); cancelled: no longer asked for; regained: asked for before, planned only now. `servers_*` name the
    leader first. `displaced_by` is the visit that took its place, if one did.
    """

    visit_id: str
    kind: Kind
    servers_before: tuple[str, ...] = ()
    servers_after: tuple[str, ...] = ()
    start_before_s: int | None = None
    start_after_s: int | None = None
    reasons: tuple[Reason, ...] = ()
    displaced_by: str | None = None

    @property
    def shift_s(self) -> int:
        """How much later it starts; 0 when it had or has no start."""
        if self.start_before_s is None or self.start_after_s is None:
            return 0
        return self.start_after_s - self.start_before_s


@dataclass(frozen=True, slots=True)
class ServerChange:
    """What one server's day loses and gains. `shifted` are (visit id, seconds later) of the visits that stay in
    sequence and start at another second than published; `reordered` those that left the sequence."""

    server_id: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    reordered: tuple[str, ...] = ()
    shifted: tuple[tuple[str, int], ...] = ()
    absent: bool = False

    @property
    def none(self) -> bool:
        return not (self.added or self.removed or self.reordered or self.shifted or self.absent)


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over what is still ahead."""

    planned: int
    unplanned: int
    travel_s: int
    distance_m: int


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that is different, and the totals of what lay ahead before and after."""

    servers: tuple[ServerChange, ...]
    visits: tuple[VisitChange, ...]
    before: Totals
    after: Totals

    @property
    def others_moved(self) -> tuple[str, ...]:
        """Published visits that got another server or place, or were left out."""
        kinds = ("moved", "reordered", "dropped")
        return tuple(one.visit_id for one in self.visits if one.kind in kinds and one.servers_before)


def compare(before: Problem, published: Plan, after: Problem, plan: Plan, displaced: Mapping[str, str]) -> Changes:
    """The changes between the published plan of `before` and the `plan` of `after`; `displaced` says by whom."""
    asked = {visit.id for visit in before.visits}
    old = {route.server_id: [stop for stop in route.stops if stop.visit_id in asked] for route in published.routes}
    new = {route.server_id: list(route.stops) for route in plan.routes}
    there = {server.id for server in after.servers}
    names = list(dict.fromkeys([*(server.id for server in before.servers), *new, *old]))
    servers = [_server_change(name, old.get(name, []), new.get(name, []), name not in there) for name in names]
    servers = [one for one in servers if not one.none]
    visits = _visit_changes(before, published, after, plan, servers, displaced)
    return Changes(tuple(servers), visits, _totals(before, published, asked), _totals(after, plan, None))


def _server_change(name: str, old: Sequence[PlannedStop], new: Sequence[PlannedStop], absent: bool) -> ServerChange:
    was, now = {stop.visit_id: stop for stop in old}, {stop.visit_id: stop for stop in new}
    common_old = [stop.visit_id for stop in old if stop.visit_id in now]
    common_new = [stop.visit_id for stop in new if stop.visit_id in was]
    kept = set(longest_common(common_old, common_new))
    return ServerChange(
        name,
        added=tuple(stop.visit_id for stop in new if stop.visit_id not in was),
        removed=tuple(stop.visit_id for stop in old if stop.visit_id not in now),
        reordered=tuple(key for key in common_new if key not in kept),
        shifted=tuple(
            (key, now[key].start_s - was[key].start_s)
            for key in common_new
            if key in kept and now[key].start_s != was[key].start_s
        ),
        absent=absent,
    )


def longest_common(one: Sequence[str], other: Sequence[str]) -> list[str]:
    """A longest common subsequence; the rest is the fewest that must have been moved."""
    place = {key: k for k, key in enumerate(other)}
    # Both hold the same keys once each: a longest increasing subsequence of the places.
    best: list[tuple[int, int]] = []
    for k, key in enumerate(one):
        longest, via = max(
            ((best[j][0], j) for j in range(k) if place[one[j]] < place[key]), default=(0, -1), key=lambda item: item[0]
        )
        best.append((longest + 1, via))
    if not best:
        return []
    at = max(range(len(best)), key=lambda k: best[k][0])
    found = []
    while at >= 0:
        found.append(one[at])
        at = best[at][1]
    return found[::-1]


def _visit_changes(
    before: Problem,
    published: Plan,
    after: Problem,
    plan: Plan,
    servers: Sequence[ServerChange],
    displaced: Mapping[str, str],
) -> tuple[VisitChange, ...]:
    reordered = {visit_id for one in servers for visit_id in one.reordered}
    reasons = {item.visit_id: item.reasons for item in plan.unplanned}
    asked_before, asked_after = {visit.id for visit in before.visits}, {visit.id for visit in after.visits}
    was, now = _places(published, asked_before), _places(plan, asked_after)
    found = []
    for visit_id in dict.fromkeys([*(visit.id for visit in before.visits), *(visit.id for visit in after.visits)]):
        old, new = was.get(visit_id, ((), None)), now.get(visit_id, ((), None))
        kind = _kind(old, new, visit_id in asked_before, visit_id in asked_after, visit_id in reordered)
        if kind is not None:
            by = displaced.get(visit_id) if kind in ("dropped", "moved", "reordered") else None
            found.append(VisitChange(visit_id, kind, old[0], new[0], old[1], new[1], reasons.get(visit_id, ()), by))
    return tuple(found)


_Place = tuple[tuple[str, ...], int | None]


def _places(plan: Plan, asked: set[str]) -> dict[str, _Place]:
    """Servers (leader first) and start of every planned visit."""
    found: dict[str, list[tuple[bool, str, int]]] = {}
    for route in plan.routes:
        for stop in route.stops:
            if stop.visit_id in asked:
                found.setdefault(stop.visit_id, []).append((stop.role == "second", route.server_id, stop.start_s))
    return {
        visit_id: (tuple(name for _, name, _ in sorted(comers)), comers[0][2]) for visit_id, comers in found.items()
    }


def _kind(old: _Place, new: _Place, asked_before: bool, asked_after: bool, reordered: bool) -> Kind | None:
    if not asked_after:
        return "cancelled"
    if not asked_before:
        return "added" if new[0] else "dropped"
    if old[0] != new[0]:
        return "dropped" if not new[0] else "moved" if old[0] else "regained"
    if not new[0] or old[1] is None or new[1] is None:
        return None
    if reordered:
        return "reordered"
    return "retimed" if abs(new[1] - old[1]) > PROMISE_S else None


def _totals(problem: Problem, plan: Plan, asked: set[str] | None) -> Totals:
    """Totals of the stops still asked for (None: all), ways home included."""
    planned = {
        stop.visit_id for route in plan.routes for stop in route.stops if asked is None or stop.visit_id in asked
    }
    travel_s, metres = 0, 0
    for route in plan.routes:
        left = _ahead(route, asked)
        travel_s += left[0]
        metres += left[1]
    return Totals(len(planned), len(problem.visits) - len(planned), travel_s, metres)


def _ahead(route: Route, asked: set[str] | None) -> tuple[int, int]:
    gone = [stop for stop in route.stops if asked is not None and stop.visit_id not in asked]
    if len(gone) == len(route.stops):
        return 0, 0
    return route.travel_s - sum(stop.travel_s for stop in gone), route.distance_m - sum(stop.travel_m for stop in gone)


def change_text_zh(change: VisitChange, names: Mapping[str, str] | None = None) -> str:
    """One Chinese sentence for a visit's change; `names` replaces ids by what people call them."""
    called = names or {}

    def name(key: str) -> str:
        return called.get(key, key)

    def who(servers: tuple[str, ...]) -> str:
        return "、".join(name(key) for key in servers)

    visit = f"任务 {name(change.visit_id)}"
    at = f"，{clock(change.start_after_s)} 上门" if change.start_after_s is not None else ""
    because = f"，为 {name(change.displaced_by)} 让出时间" if change.displaced_by is not None else ""
    match change.kind:
        case "added":
            return f"新增{visit}，由 {who(change.servers_after)} 送达{at}"
        case "moved":
            return f"{visit} 由 {who(change.servers_before)} 改为 {who(change.servers_after)} 送达{at}{because}"
        case "reordered":
            return f"{visit} 在 {who(change.servers_after)} 的路线中调整了次序{at}{because}"
        case "retimed":
            return f"{visit} 的上门时间{_shift_zh(change.shift_s)}{at}"
        case "cancelled":
            return f"{visit} 已取消" + (
                f"，从 {who(change.servers_before)} 的路线中移出" if change.servers_before else ""
            )
        case "regained":
            return f"{visit} 此前未能安排，现由 {who(change.servers_after)} 送达{at}"
        case "dropped":
            told = "；".join(reason_text_zh(reason) for reason in change.reasons)
            from_zh = f"从 {who(change.servers_before)} 的路线中移出，" if change.servers_before else ""
            return f"{visit} {from_zh}今日未能安排{because}" + (f"：{told}" if told else "")


def _shift_zh(seconds: int) -> str:
    return f"{'推迟' if seconds > 0 else '提前'} {minutes(abs(seconds))}"


def server_text_zh(change: ServerChange, names: Mapping[str, str] | None = None) -> str:
    """One Chinese sentence for what happens to a server's day."""
    called = names or {}
    who = called.get(change.server_id, change.server_id)
    parts = ["不再出勤"] if change.absent else []
    parts += [f"增加 {len(change.added)} 件"] if change.added else []
    parts += [f"减少 {len(change.removed)} 件"] if change.removed else []
    parts += [f"{len(change.reordered)} 件调整次序"] if change.reordered else []
    if change.shifted:
        most = max((seconds for _, seconds in change.shifted), key=abs)
        parts.append(f"{len(change.shifted)} 件时间变动，最多{_shift_zh(most)}")
    return f"{who}：{'，'.join(parts)}"


def totals_text_zh(changes: Changes) -> str:
    """One Chinese sentence comparing the totals."""
    old, new = changes.before, changes.after
    way = (new.distance_m - old.distance_m) / 1000
    road = round((new.travel_s - old.travel_s) / 60)
    return (
        f"安排 {new.planned} 件（原 {old.planned} 件），未安排 {new.unplanned} 件（原 {old.unplanned} 件），"
        f"里程{'增加' if way >= 0 else '减少'} {abs(way):.1f} 公里，"
        f"路上时间{'增加' if road >= 0 else '减少'} {abs(road)} 分钟"
    )
