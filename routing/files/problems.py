"""A day to plan as JSON; see docs/routing.md for the format."""

from dataclasses import fields
from typing import Any

from routing.problem import Break, Problem, Server, Visit, Weights, Window

from .reading import Field, head, header
from .travel import point_from_json, point_to_json, travel_from_json, travel_to_json

_WEIGHTS = frozenset(weight.name for weight in fields(Weights))
_VISIT = frozenset(one.name for one in fields(Visit))
_SERVER = frozenset(one.name for one in fields(Server))
# No court has more; a file that says so is not meant.
_MOST = 20_000


def problem_to_json(problem: Problem) -> dict[str, Any]:
    """A problem as JSON values; fields that have their usual value are left out."""
    return {
        **head("problem"),
        "weights": {weight.name: getattr(problem.weights, weight.name) for weight in fields(Weights)},
        "travel": travel_to_json(problem),
        "servers": [_server_to_json(server) for server in problem.servers],
        "visits": [_visit_to_json(visit) for visit in problem.visits],
    }


def problem_from_json(content: Any) -> Problem:
    """The problem of a file's content. Raises FileError, which names the field."""
    top = header(content, "problem", frozenset({"weights", "travel", "servers", "visits"}))
    servers = _few(top.get("servers")).each(_server)
    visits = _few(top.get("visits")).each(_visit)
    weights = top.optional("weights", _weights, Weights())
    if not top.has("travel"):
        return top.made(lambda: Problem(visits, servers, weights=weights))
    travel = travel_from_json(top.get("travel"))
    return top.made(lambda: Problem(visits, servers, travel, weights))


def _few(field: Field) -> Field:
    if isinstance(field.value, list) and len(field.value) > _MOST:
        field.refuse("file.too_large", f"最多 {_MOST} 项")
    return field


def _weights(field: Field) -> Weights:
    field.record(_WEIGHTS)
    return field.made(lambda: Weights(**{name: field.get(name).whole() for name in field.value}))


def _window_to_json(window: Window) -> list[int]:
    return [window.start_s, window.end_s]


def _window(field: Field) -> Window:
    start, end = field.pair()
    return field.made(lambda: Window(start.moment(), end.moment()))


def _windows(field: Field) -> tuple[Window, ...]:
    return field.each(_window)


def _plain(value: Any) -> Any:
    """Sets as sorted lists."""
    return sorted(value) if isinstance(value, frozenset) else value


def _visit_to_json(visit: Visit) -> dict[str, Any]:
    made: dict[str, Any] = {"id": visit.id, "point": point_to_json(visit.point), "service_s": visit.service_s}
    for one in fields(Visit):
        value = getattr(visit, one.name)
        if one.name not in made and value != one.default:
            windows = one.name in ("windows", "witness_windows")
            made[one.name] = [_window_to_json(window) for window in value] if windows else _plain(value)
    return made


def _visit(field: Field) -> Visit:
    field.record(_VISIT)
    told = {
        "id": field.get("id").text(),
        "point": point_from_json(field.get("point")),
        "service_s": field.get("service_s").whole(),
        "windows": field.optional("windows", _windows, ()),
        "witness_windows": field.optional("witness_windows", _windows, ()),
        "drop_penalty": field.optional("drop_penalty", Field.whole, None),
        "skills": field.optional("skills", Field.texts, frozenset()),
        "forbidden_servers": field.optional("forbidden_servers", Field.texts, frozenset()),
        "crew": field.optional("crew", Field.whole, 1),
        "building": field.optional("building", Field.text, None),
        "locked_server": field.optional("locked_server", Field.text, None),
        "pinned": field.optional("pinned", Field.flag, False),
        "position": field.optional("position", Field.text, None),
        "area": field.optional("area", Field.text, None),
        "label": field.optional("label", Field.text, ""),
    }
    return field.made(lambda: Visit(**_complete(told, _VISIT)))


def _server_to_json(server: Server) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": server.id,
        "start": point_to_json(server.start),
        "end": None if server.end is None else point_to_json(server.end),
        "shift": _window_to_json(server.shift),
        "breaks": [{"window": _window_to_json(one.window), "duration_s": one.duration_s} for one in server.breaks],
    }
    for one in fields(Server):
        value = getattr(server, one.name)
        if one.name not in made and value != one.default:
            made[one.name] = _plain(value)
    return made


def _break(field: Field) -> Break:
    field.record({"window", "duration_s"})
    window = _window(field.get("window"))
    return field.made(lambda: Break(window, field.get("duration_s").whole()))


def _server(field: Field) -> Server:
    field.record(_SERVER)
    told = {
        "id": field.get("id").text(),
        "start": point_from_json(field.get("start")),
        # Missing means the route ends at the last door, as null does.
        "end": field.optional("end", point_from_json, None),
        "shift": _window(field.get("shift")),
        "breaks": field.optional("breaks", lambda one: one.each(_break), ()),
        "mode": field.optional("mode", Field.text, "car"),
        "skills": field.optional("skills", Field.texts, frozenset()),
        "max_visits": field.optional("max_visits", Field.whole, None),
        "crew_ok": field.optional("crew_ok", Field.flag, True),
        "overtime_s": field.optional("overtime_s", Field.whole, 0),
        "max_km": field.optional("max_km", Field.number, None),
        "areas": field.optional("areas", Field.texts, frozenset()),
        "fixed_cost": field.optional("fixed_cost", Field.whole, 0),
        "ready_s": field.optional("ready_s", Field.moment, None),
        "not_with": field.optional("not_with", Field.texts, frozenset()),
    }
    return field.made(lambda: Server(**_complete(told, _SERVER)))


def _complete(told: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    """Every field of the model is read here: a new one that is not must not be lost silently."""
    if told.keys() != names:
        raise TypeError(f"fields of the model that files do not keep: {sorted(names ^ told.keys())}")
    return told
