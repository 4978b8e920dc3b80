"""Why a visit is not planned: facts computed against the plan itself, then put into Chinese sentences.

Every server who might come is sorted into the first hurdle that stops them, from what no plan could change (skill,
window, shift) to what this plan decided (full, no gap, not worth it). A visit's reasons are these groups.
"""

import copy
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from routing.construct import Builder
from routing.instance import Instance, Order
from routing.plan import Reason
from routing.problem import Visit
from routing.slots import ENDLESS, WindowTable, fits, route_state

# Hurdles in the order they are told; the first that no plan could change comes first.
_ORDER = (
    "window.unreachable",
    "shift.too_short",
    "server.max_visits",
    "server.max_km",
    "route.no_gap",
    "crew.no_common_time",
    "value.too_low",
    "search.stopped",
)


def explain(
    instance: Instance, orders: Sequence[Order], only: Collection[str] | None = None
) -> dict[str, tuple[Reason, ...]]:
    """Reasons by visit id for every visit (of `only`, if given) that the (feasible) orders leave out."""
    return explain_left(Builder(instance, orders), only)


def explain_left(builder: Builder, only: Collection[str] | None = None) -> dict[str, tuple[Reason, ...]]:
    """`explain` for orders that a builder holds already."""
    instance = builder.instance
    left = [
        visit
        for visit in range(instance.n)
        if not builder.planned[visit] and (only is None or instance.visits[visit].id in only)
    ]
    facts = _Facts(builder, left)
    builder.look_ahead([visit for visit in left if instance.visits[visit].crew == 2])
    return {instance.visits[visit].id: _reasons(facts, visit) for visit in left}


def reasons_for(builder: Builder, visit: int) -> tuple[Reason, ...]:
    """Every binding reason why the visit is not in the builder's routes."""
    return _reasons(_Facts(builder, [visit]), visit)


def _reasons(facts: "_Facts", visit: int) -> tuple[Reason, ...]:
    instance = facts.builder.instance
    ruled_out = _ruled_out(instance, instance.visits[visit])
    if ruled_out is not None:
        return (ruled_out,)
    if instance.visits[visit].crew == 2:
        return _crew_reasons(facts, visit)
    return _grouped(facts, visit, instance.allowed[visit])


class _Facts:
    """For visits × servers: would it fit if the server did nothing else, the same with no window, and in the plan."""

    def __init__(self, builder: Builder, visits: list[int]) -> None:
        self.builder = builder
        self.row = {visit: row for row, visit in enumerate(visits)}
        instance = builder.instance
        nodes = np.array(visits, dtype=np.int64)
        shape = (len(visits), len(instance.servers))
        self.alone, self.any_time = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
        self.price = np.full(shape, np.inf)
        self.too_far = np.zeros(shape, dtype=bool)
        opened = WindowTable(np.zeros((instance.n, 1)), np.full((instance.n, 1), ENDLESS))
        able = {k for visit in visits for node in instance.nodes_of(visit) for k in instance.allowed[node]}
        for server in sorted(able):
            idle = route_state(instance, server, [], {})
            self.alone[:, server] = fits(instance, builder.table, idle, nodes).extra[:, 0] < ENDLESS
            self.any_time[:, server] = fits(instance, opened, idle, nodes).extra[:, 0] < ENDLESS
            extra = builder.fits(server, nodes).extra.min(axis=1)
            price = instance.problem.weights.travel_s * extra + builder.extra_price(nodes, server)
            self.price[:, server] = np.where(extra < ENDLESS, price, np.inf)
            if instance.max_m[server] >= 0:
                endless = copy.copy(builder)
                endless.instance = replace(instance, max_m=[-1] * len(instance.max_m))
                self.too_far[:, server] = endless.fits(server, nodes).extra.min(axis=1) < ENDLESS

    def hurdle(self, visit: int, server: int) -> tuple[str, float]:
        """The first thing that keeps the server from the visit, and the price (objective seconds) if it would fit."""
        row = self.row[visit]
        if not self.alone[row, server]:
            return ("window.unreachable" if self.any_time[row, server] else "shift.too_short"), 0.0
        if not self.builder.room(server):
            return "server.max_visits", 0.0
        price = float(self.price[row, server])
        if np.isfinite(price):
            return "value.too_low", price
        return ("server.max_km" if self.too_far[row, server] else "route.no_gap"), 0.0

    def hurdles(self, visit: int, servers: frozenset[int]) -> dict[str, list[tuple[int, float]]]:
        """Servers by hurdle."""
        groups: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for server in sorted(servers):
            code, price = self.hurdle(visit, server)
            groups[code].append((server, price))
        return groups


def _ruled_out(instance: Instance, visit: Visit) -> Reason | None:
    """What rules the visit out whatever the day looks like: nobody there, lock, skill, crew."""
    servers = instance.servers
    if not servers:
        return Reason("server.none")
    if visit.locked_server is not None and visit.locked_server not in instance.server_index:
        return Reason("lock.absent", {"server": visit.locked_server})
    if all(server.id in visit.forbidden_servers for server in servers):
        return Reason("recusal.all")
    skilled = [server for server in servers if visit.skills <= server.skills]
    if not skilled:
        return Reason("skill.none", {"skills": sorted(visit.skills)})
    if all(server.id in visit.forbidden_servers for server in skilled):
        return Reason("recusal.skilled", {"skills": sorted(visit.skills)})
    if visit.locked_server is not None and all(server.id != visit.locked_server for server in skilled):
        locked = servers[instance.server_index[visit.locked_server]]
        missing = sorted(visit.skills - locked.skills)
        return Reason("lock.skill", {"server": visit.locked_server, "skills": missing})
    if not instance.allowed[instance.visit_index[visit.id]]:
        return Reason("crew.too_few", {"able": sum(server.crew_ok for server in servers)})
    return None


def _grouped(facts: _Facts, visit: int, servers: frozenset[int]) -> tuple[Reason, ...]:
    """Reasons from grouping the servers by hurdle."""
    builder, groups = facts.builder, facts.hurdles(visit, servers)
    reasons = []
    for code in _ORDER:
        if code not in groups:
            continue
        params = _params(builder, visit, code, groups[code], len(servers))
        fits = code == "value.too_low" and min(price for _, price in groups[code]) < builder.instance.penalty[visit]
        reasons.append(Reason("search.stopped" if fits else code, params))
    return tuple(reasons)


def _params(builder: Builder, visit: int, code: str, group: list[tuple[int, float]], eligible: int) -> dict[str, Any]:
    instance = builder.instance
    params: dict[str, Any] = {
        "servers": [instance.servers[server].id for server, _ in group],
        "count": len(group),
        "eligible": eligible,
    }
    if code == "window.unreachable":
        params["windows"] = [list(window) for window in instance.windows[visit]]
    if code == "value.too_low":
        server, price = min(group, key=lambda item: item[1])
        params["server"] = instance.servers[server].id
        params["costs_minutes"] = round(price / 60)
        params["worth_minutes"] = round(instance.penalty[visit] / 60)
    return params


def _crew_reasons(facts: _Facts, visit: int) -> tuple[Reason, ...]:
    """A crew fails for its leader, for its second, or because no two can be there at one time."""
    builder, instance = facts.builder, facts.builder.instance
    lead = facts.hurdles(visit, instance.allowed[visit])
    second = facts.hurdles(visit, instance.allowed[visit + instance.n])
    leaders = {server for server, _ in lead.get("value.too_low", ())}
    seconds = {server for server, _ in second.get("value.too_low", ())}
    if not leaders:
        return _grouped(facts, visit, instance.allowed[visit])
    if len(leaders | seconds) < 2:
        others = instance.allowed[visit + instance.n] - leaders
        free = sorted(instance.servers[server].id for server in leaders)
        return (Reason("crew.second_missing", {"free": free}), *_grouped(facts, visit, others))
    price = builder.crew_price(visit)
    if price is None:
        return (Reason("crew.no_common_time", {"able": len(leaders | seconds)}),)
    worth = instance.penalty[visit]
    code = "value.too_low" if price >= worth else "search.stopped"
    params = {"costs_minutes": round(price / 60), "worth_minutes": round(worth / 60)}
    return (Reason(code, {**params, "count": len(leaders), "eligible": len(instance.allowed[visit])}),)
