"""Problems and plans straight from their JSON files (format: docs/routing.md), for the checker alone.

Read again from nothing here: a field that the optimiser's reader dropped or bent would otherwise go unnoticed.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from routing.instance import travel_matrices
from routing.plan import Plan, PlannedStop, Role, Route, Unplanned
from routing.problem import Break, Point, Problem, ProblemError, Server, Visit, Weights, Window
from routing.travel import DEFAULT_PACES, Asked, HasLngLat, HaversineTravel, IntMatrix, Pace, TravelTimes

from .unreadable import UnreadableError

Json = dict[str, Any]
_HEAD = {"format", "version", "kind"}
_SETS = ("skills", "forbidden_servers", "areas", "not_with")
_STOP = ("arrive_s", "start_s", "leave_s", "travel_s", "travel_m")


def read(path: Path) -> Json:
    """A JSON object of ours. Raises UnreadableError."""
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"), parse_constant=_refuse)
    except (OSError, ValueError, RecursionError) as error:
        raise UnreadableError(f"无法读取文件 {path.name}，或其内容不是有效的 JSON") from error
    if not isinstance(content, dict):
        raise UnreadableError(f"{path.name} 的内容不是对象")
    return content


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)


def read_problem(path: Path) -> Problem:
    """The problem a file states. Raises UnreadableError."""
    try:
        problem = _problem(_kind(read(path), "problem"))
        # A way the file does not list is missed here, where the file can still be named.
        travel_matrices(problem)
    except ProblemError as error:
        raise UnreadableError(f"{path.name}：{error.message_zh}（{error.subject}）") from error
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise UnreadableError(f"{path.name} 不是有效的待排问题：{error}") from error
    return problem


def read_plan(path: Path) -> Plan:
    """The plan a file states. Raises UnreadableError."""
    try:
        return _plan(_kind(read(path), "plan"))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableError(f"{path.name} 不是有效的路线计划：{error}") from error


def _kind(content: Json, kind: str) -> Json:
    if (content.get("format"), content.get("version"), content.get("kind")) != ("songda-routing", 1, kind):
        raise ValueError("format, version, kind")
    return {name: value for name, value in content.items() if name not in _HEAD}


def _only(content: Json, names: Sequence[str]) -> Json:
    """The content, if it has no other fields. A field nobody reads is a rule nobody keeps."""
    unknown = content.keys() - set(names)
    if unknown:
        raise ValueError(f"未知字段 {sorted(unknown)}")
    return {name: value for name, value in content.items() if value is not None}


def _problem(content: Json) -> Problem:
    told = _only(content, ("weights", "travel", "servers", "visits"))
    travel = {"travel": _travel(told["travel"])} if "travel" in told else {}
    return Problem(
        visits=tuple(_visit(one) for one in told["visits"]),
        servers=tuple(_server(one) for one in told["servers"]),
        weights=Weights(**told.get("weights", {})),
        **travel,
    )


def _visit(content: Json) -> Visit:
    told = _only(content, [field.name for field in fields(Visit)])
    for name in ("windows", "witness_windows"):
        told[name] = tuple(_window(span) for span in told.get(name, ()))
    return Visit(**{**told, **_sets(told), "point": _point(told["point"])})


def _server(content: Json) -> Server:
    told = _only(content, [field.name for field in fields(Server)])
    pauses = tuple(
        Break(_window(one["window"]), one["duration_s"])
        for one in (_only(pause, ("window", "duration_s")) for pause in told.get("breaks", ()))
    )
    end = _point(told["end"]) if "end" in told else None
    places = {"start": _point(told["start"]), "end": end}
    return Server(**{**told, **_sets(told), **places, "shift": _window(told["shift"]), "breaks": pauses})


def _sets(told: Json) -> Json:
    return {name: frozenset(told[name]) for name in _SETS if name in told}


def _point(content: Any) -> Point:
    lng, lat = content
    return Point(float(lng), float(lat))


def _window(content: Any) -> Window:
    first, last = content
    return Window(_moment(first), _moment(last))


def _moment(content: Any) -> int:
    """Seconds since midnight; a clock like "9:30" or "09:30:15" will do."""
    if isinstance(content, str):
        hours, minutes, *seconds = (int(part) for part in content.split(":"))
        return 3600 * hours + 60 * minutes + sum(seconds)
    return _int(content)


def _int(content: Any) -> int:
    if isinstance(content, bool) or not isinstance(content, int):
        raise TypeError(f"应为整数：{content!r}")
    return content


def _travel(content: Json) -> TravelTimes:
    if content["kind"] == "matrices":
        return _Listed(_only(content, ("kind", "points", "matrices")))
    if content["kind"] != "embedded":
        raise ValueError("travel.kind")
    told = _only(content, ("kind", "detour", "speed_kmh", "paces"))
    speeds = {(one["mode"], _int(one["hour"])): float(one["kmh"]) for one in told.get("speed_kmh", ())}
    paces = {mode: Pace(*map(float, pace)) for mode, pace in told.get("paces", {}).items()}
    return HaversineTravel(detour=told.get("detour", {}), speed_kmh=speeds, paces={**DEFAULT_PACES, **paces})


class _Listed:
    """Matrices as the file lists them: by mode, and by hours where it tells hours apart."""

    def __init__(self, content: Json) -> None:
        self.place = {tuple(map(float, point)): n for n, point in enumerate(content["points"])}
        self.entries = [
            (one["mode"], one.get("hours"), _square(one["seconds"]), _square(one["metres"]))
            for one in content["matrices"]
        ]

    def matrix(self, points: Sequence[HasLngLat], mode: str, hour: int) -> tuple[IntMatrix, IntMatrix]:
        """See TravelTimes.matrix."""
        return self.matrices(points, [(mode, (hour,))])[0]

    def matrices(self, points: Sequence[HasLngLat], asked: Sequence[Asked]) -> list[tuple[IntMatrix, IntMatrix]]:
        """See SeveralTravelTimes: these very hours, else the entry that shares most of them."""
        grid = np.ix_(*2 * [[self.place[point.lng, point.lat] for point in points]])
        made = []
        for mode, hours in asked:
            own = [entry for entry in self.entries if entry[0] == mode]
            exact = [entry for entry in own if entry[1] is not None and tuple(entry[1]) == hours]
            best = (exact or sorted(own, key=lambda entry: -len(set(entry[1] or ()) & set(hours))))[0]
            made.append((best[2][grid], best[3][grid]))
        return made


def _square(rows: Any) -> IntMatrix:
    table = np.array(rows)
    if table.size and (table.dtype.kind not in "iu" or table.ndim != 2 or table.min() < 0):
        raise ValueError("matrices")
    return np.asarray(table, dtype=np.int32)


def _plan(content: Json) -> Plan:
    names = ("objective", "distance_m", "travel_s", "engine", "seed", "elapsed_s", "routes", "unplanned")
    told = _only(content, names)
    elapsed = told.get("elapsed_s", 0.0)
    if not math.isfinite(elapsed):
        raise ValueError("elapsed_s")
    return Plan(
        routes=tuple(_route(one) for one in told["routes"]),
        unplanned=tuple(Unplanned(str(one["visit_id"])) for one in told.get("unplanned", ())),
        objective=_int(told["objective"]),
        distance_m=_int(told["distance_m"]),
        travel_s=_int(told["travel_s"]),
        engine=told.get("engine", ""),
        seed=told.get("seed", 0),
        elapsed_s=elapsed,
    )


def _route(content: Json) -> Route:
    told = _only(content, ("server_id", "depart_s", "back_s", "distance_m", "travel_s", "breaks", "stops"))
    return Route(
        server_id=told["server_id"],
        stops=tuple(_stop(one) for one in told["stops"]),
        breaks=tuple((_int(first), _int(last)) for first, last in told.get("breaks", ())),
        **{name: _int(told[name]) for name in ("depart_s", "back_s", "distance_m", "travel_s")},
    )


def _stop(content: Json) -> PlannedStop:
    told = _only(content, ("visit_id", *_STOP, "role"))
    role: Role = told.get("role", "lead")
    if role not in ("lead", "second"):
        raise ValueError(f"role：{role!r}")
    numbers = {name: _int(told[name]) for name in _STOP}
    return PlannedStop(visit_id=told["visit_id"], role=role, **numbers)
