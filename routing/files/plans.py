"""A plan as JSON; see docs/routing.md for the format."""

from typing import Any

from routing.plan import Plan, PlannedStop, Reason, Role, Route, Unplanned

from .reading import Field, head, header

_STOP = ("visit_id", "arrive_s", "start_s", "leave_s", "travel_s", "travel_m", "role")
_ROUTE = ("server_id", "depart_s", "back_s", "distance_m", "travel_s")
_PLAN = ("objective", "distance_m", "travel_s", "engine", "seed", "elapsed_s")


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """A plan as JSON values."""
    return {
        **head("plan"),
        **{name: getattr(plan, name) for name in _PLAN},
        "routes": [
            {
                **{name: getattr(route, name) for name in _ROUTE},
                "breaks": [list(pause) for pause in route.breaks],
                "stops": [{name: getattr(stop, name) for name in _STOP} for stop in route.stops],
            }
            for route in plan.routes
        ],
        "unplanned": [
            {
                "visit_id": item.visit_id,
                "reasons": [{"code": reason.code, "params": reason.params} for reason in item.reasons],
            }
            for item in plan.unplanned
        ],
    }


def plan_from_json(content: Any) -> Plan:
    """The plan of a file's content; whether it holds is for `check` to say. Raises FileError."""
    top = header(content, "plan", frozenset((*_PLAN, "routes", "unplanned")))
    return Plan(
        routes=top.get("routes").each(_route),
        unplanned=top.optional("unplanned", lambda one: one.each(_unplanned), ()),
        objective=top.get("objective").whole(),
        distance_m=top.get("distance_m").whole(),
        travel_s=top.get("travel_s").whole(),
        engine=top.optional("engine", Field.text, ""),
        seed=top.optional("seed", Field.whole, 0),
        elapsed_s=top.optional("elapsed_s", Field.number, 0.0),
    )


def _route(field: Field) -> Route:
    field.record({*_ROUTE, "breaks", "stops"})
    pauses = field.optional("breaks", lambda one: one.each(_pause), ())
    return Route(
        server_id=field.get("server_id").text(),
        stops=field.get("stops").each(_stop),
        breaks=pauses,
        depart_s=field.get("depart_s").whole(),
        back_s=field.get("back_s").whole(),
        distance_m=field.get("distance_m").whole(),
        travel_s=field.get("travel_s").whole(),
    )


def _pause(field: Field) -> tuple[int, int]:
    first, last = field.pair()
    return first.whole(), last.whole()


def _stop(field: Field) -> PlannedStop:
    field.record(set(_STOP))
    return PlannedStop(
        visit_id=field.get("visit_id").text(),
        arrive_s=field.get("arrive_s").whole(),
        start_s=field.get("start_s").whole(),
        leave_s=field.get("leave_s").whole(),
        travel_s=field.get("travel_s").whole(),
        travel_m=field.get("travel_m").whole(),
        role=field.optional("role", _role, "lead"),
    )


def _role(field: Field) -> Role:
    if field.text() == "lead":
        return "lead"
    if field.text() != "second":
        field.refuse("file.value", "应为 lead 或 second")
    return "second"


def _unplanned(field: Field) -> Unplanned:
    field.record({"visit_id", "reasons"})
    reasons = field.optional("reasons", lambda one: one.each(_reason), ())
    return Unplanned(field.get("visit_id").text(), reasons)


def _reason(field: Field) -> Reason:
    field.record({"code", "params"})
    params = field.optional("params", lambda one: one, Field({}))
    if not isinstance(params.value, dict):
        params.refuse("file.type", "应为对象")
    return Reason(field.get("code").text(), dict(params.value))
