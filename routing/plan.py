"""What planning answers: routes with exact times, and for every visit left out the reasons."""

from dataclasses import dataclass, field
from typing import Any, Literal

Role = Literal["lead", "second"]


@dataclass(frozen=True, slots=True)
class PlannedStop:
    """One visit in a route. `travel_s`/`travel_m` lead to it; waiting is `start_s - arrive_s` less any break."""

    visit_id: str
    arrive_s: int
    start_s: int
    leave_s: int
    travel_s: int
    travel_m: int
    role: Role = "lead"


@dataclass(frozen=True, slots=True)
class Route:
    """A server's day. `breaks` are the pauses taken (start_s, end_s); `back_s` when the route is over.

    `depart_s` is the latest leaving of the start that keeps the first visit's time. Distance and travel include
    the way back to the end point, if there is one.
    """

    server_id: str
    stops: tuple[PlannedStop, ...]
    breaks: tuple[tuple[int, int], ...] = ()
    depart_s: int = 0
    back_s: int = 0
    distance_m: int = 0
    travel_s: int = 0

    @property
    def visit_ids(self) -> tuple[str, ...]:
        return tuple(stop.visit_id for stop in self.stops)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is not so: a stable code, and the facts `explain.reason_text_zh` puts into a sentence."""

    code: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unplanned:
    """A visit left out, with every binding reason."""

    visit_id: str
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Price:
    """What a change by hand costs: minutes of travel, kilometres, and the promises it would break.

    `shifted` lists (visit id, seconds later, negative = earlier) for other visits whose start moves. `objective_s` is
    what the day's objective rises by (broken promises have no price in it: they are listed).
    """

    minutes: float
    km: float
    broken: tuple["Violation", ...] = ()
    shifted: tuple[tuple[str, int], ...] = ()
    objective_s: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole day. `objective` is in objective seconds (see problem.Weights), lower is better.

    `price` is set by `insertion.insert` and `remove`: the cost of that change against the plan before it.
    """

    routes: tuple[Route, ...]
    unplanned: tuple[Unplanned, ...]
    objective: int
    distance_m: int
    travel_s: int
    engine: str
    seed: int
    elapsed_s: float
    price: Price | None = None

    def route_of(self, server_id: str) -> Route | None:
        """The server's route, None if the plan has none for this server."""
        return next((route for route in self.routes if route.server_id == server_id), None)

    def servers_of(self, visit_id: str) -> tuple[str, ...]:
        """Ids of the servers who make the visit, leader first; empty if it is unplanned."""
        found = [
            (stop.role == "second", route.server_id)
            for route in self.routes
            for stop in route.stops
            if stop.visit_id == visit_id
        ]
        return tuple(server_id for _, server_id in sorted(found))


@dataclass(frozen=True, slots=True)
class Refusal:
    """A change by hand that cannot be made without breaking the day: why, and what it would cost and break.

    `visit_id` is empty for a change of whole routes.
    """

    visit_id: str
    server_id: str
    reasons: tuple[Reason, ...]
    price: Price | None = None


@dataclass(frozen=True, slots=True)
class Retimed:
    """Times of a hand-made order; `violations` say what it breaks (empty: it holds)."""

    route: Route
    violations: tuple["Violation", ...] = ()

    @property
    def holds(self) -> bool:
        return not self.violations


@dataclass(frozen=True, slots=True)
class Progress:
    """A better plan was found: counts and totals of the best so far."""

    elapsed_s: float
    objective: int
    planned: int
    unplanned: int
    distance_m: int


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken rule of the problem; `params` carry the measure (late_s and the like)."""

    code: str
    server_id: str = ""
    visit_id: str = ""
    params: dict[str, Any] = field(default_factory=dict)
