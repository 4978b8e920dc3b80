"""Crews: two different servers who go together, one leading, starting at one moment."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from routing.plan import Plan, PlannedStop, Violation
from routing.problem import Server, Visit


def crews(plan: Plan, visits: Mapping[str, Visit], servers: Mapping[str, Server]) -> Iterator[Violation]:
    """Every broken rule of the crews a plan states."""
    meetings: dict[str, list[tuple[str, PlannedStop]]] = defaultdict(list)
    for route in plan.routes:
        for stop in route.stops:
            if stop.visit_id in visits and visits[stop.visit_id].crew == 2:
                meetings[stop.visit_id].append((route.server_id, stop))
    for visit_id, pair in meetings.items():
        who = {server_id for server_id, _ in pair}
        if len(who) != len(pair):
            yield Violation("crew.same_server", visit_id=visit_id)
        if any(other in servers[one].not_with for one in who & servers.keys() for other in who - {one}):
            yield Violation("crew.apart", visit_id=visit_id, params={"servers": sorted(who)})
        if len({stop.start_s for _, stop in pair}) != 1:
            yield Violation("crew.not_together", visit_id=visit_id)
        if sorted(stop.role for _, stop in pair) != ["lead", "second"]:
            yield Violation("crew.roles", visit_id=visit_id)
