"""Small made-up days for the tests: points around a city centre, servers and visits with few arguments."""

import numpy as np

from routing import Break, Point, Problem, Server, Visit, Weights, Window

HOUR = 3600
CENTRE = Point(116.40, 39.92)
DAY = Window(9 * HOUR, 17 * HOUR)
LUNCH = Break(Window(12 * HOUR, 13 * HOUR), HOUR)


def near(east_m: float, north_m: float) -> Point:
    """A point so many metres from the centre."""
    return Point(CENTRE.lng + east_m / 85_400, CENTRE.lat + north_m / 111_000)


def server(name: str = "s1", **changes: object) -> Server:
    """A car from the centre and back, 9 to 17, lunch at noon."""
    fields: dict[str, object] = {"start": CENTRE, "end": CENTRE, "shift": DAY, "breaks": (LUNCH,), **changes}
    return Server(id=name, **fields)  # type: ignore[arg-type]  # a test's keyword bag


def visit(name: str, east_m: float = 1000, north_m: float = 0, **changes: object) -> Visit:
    """Ten minutes at a door, worth an hour."""
    fields: dict[str, object] = {"service_s": 600, "drop_penalty": 3600, **changes}
    return Visit(id=name, point=near(east_m, north_m), **fields)  # type: ignore[arg-type]  # a test's keyword bag


def problem(visits: list[Visit], servers: list[Server] | None = None, **changes: object) -> Problem:
    """A problem with one server unless told otherwise."""
    return Problem(tuple(visits), tuple([server()] if servers is None else servers), **changes)  # type: ignore[arg-type]  # fields by name


def random_day(seed: int, visits: int, servers: int, *, crews: bool = True, weights: Weights | None = None) -> Problem:
    """A mixed day: windows (one or two), skills, crews, modes, lunches, shared buildings."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(visits):
        opens = int(rng.integers(9, 15)) * HOUR
        kind = rng.random()
        windows: tuple[Window, ...] = ()
        if kind < 0.3:
            windows = (Window(opens, opens + 2 * HOUR),)
        elif kind < 0.4:
            windows = (Window(9 * HOUR, 10 * HOUR), Window(15 * HOUR, 16 * HOUR))
        made.append(
            visit(
                f"v{number}",
                float(rng.normal(0, 5000)),
                float(rng.normal(0, 5000)),
                service_s=int(rng.integers(5, 15)) * 60,
                windows=windows,
                drop_penalty=int(rng.choice([1800, 3600, 7200, 14400])),
                skills=frozenset({"执行"}) if rng.random() < 0.2 else frozenset(),
                crew=2 if crews and rng.random() < 0.15 else 1,
                building=f"b{number // 4}" if rng.random() < 0.3 else None,
            )
        )
    staff = [
        server(
            f"s{number}",
            mode=["car", "ebike", "transit"][number % 3],
            skills=frozenset({"执行"}) if number % 2 == 0 else frozenset(),
            max_visits=[None, 12, 8][number % 3],
        )
        for number in range(servers)
    ]
    return problem(made, staff, weights=weights or Weights())
