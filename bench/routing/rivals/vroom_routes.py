"""A court day as VROOM can say it: breaks, several windows, skills, a maximum of tasks; priorities stand for prices.

VROOM serves by priority (0 to 100) first and looks at cost afterwards; prices are spread over that range. Crews are
left out. Skills, locks and recusals all become "may this server come": one skill per distinct set of servers.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import vroom

from routing.instance import Instance, Order

# (visits per second of budget at most, exploration level): a higher level starts more searches and, when time is short,
# overruns and finishes none of them. Measured on days of 100, 400 and 1000 visits.
EXPLORATION = ((15.0, 5), (60.0, 1), (float("inf"), 0))
HIGHEST = 100


def routes(instance: Instance, seconds: float, *, threads: int) -> list[Order]:
    """Orders after at most so many seconds; crew visits are left out. VROOM knows no seed."""
    orders: list[Order] = [[] for _ in instance.servers]
    singles = [v for v in range(instance.n) if instance.visits[v].crew == 1 and instance.allowed[v]]
    if not singles or seconds <= 0:
        return orders
    solution = _input(instance, singles).solve(
        level(instance.n / seconds), nb_threads=threads, timeout=timedelta(seconds=seconds)
    )
    table = solution.routes
    jobs = table[table["type"] == "job"]
    for server, visit in zip(jobs["vehicle_id"], jobs["id"], strict=True):
        orders[int(server)].append(int(visit))
    return orders


def level(visits_per_second: float) -> int:
    """The exploration level worth its time."""
    return next(level for most, level in EXPLORATION if visits_per_second <= most)


def _input(instance: Instance, singles: list[int]) -> vroom.Input:
    model = vroom.Input()
    profile_of: dict[int, str] = {}
    for matrix in instance.seconds:
        if id(matrix) not in profile_of:
            profile_of[id(matrix)] = f"p{len(profile_of)}"
            model.set_durations_matrix(profile_of[id(matrix)], matrix.astype(np.uint32))
    skill_of: dict[frozenset[int], int] = {}
    for visit in singles:
        if len(instance.allowed[visit]) < len(instance.servers):
            skill_of.setdefault(instance.allowed[visit], len(skill_of) + 1)
    for server in range(len(instance.servers)):
        skills = {number for allowed, number in skill_of.items() if server in allowed}
        model.add_vehicle(_vehicle(instance, server, profile_of[id(instance.seconds[server])], skills))
    dearest = max((instance.penalty[v] for v in singles if instance.visits[v].drop_penalty is not None), default=1)
    model.add_job([_job(instance, visit, skill_of, dearest) for visit in singles])
    return model


def _vehicle(instance: Instance, server: int, profile: str, skills: set[int]) -> vroom.Vehicle:
    opens, _ = instance.shift[server]
    most, end = instance.servers[server].max_visits, instance.end_point[server]
    pauses = [
        vroom.Break(number, time_windows=[vroom.TimeWindow(first, last - length)], service=length)
        for number, (first, last, length) in enumerate(instance.breaks[server])
    ]
    return vroom.Vehicle(
        server,
        start=instance.start_point[server],
        end=end if end >= 0 else None,
        profile=profile,
        skills=skills,
        time_window=vroom.TimeWindow(opens, instance.latest_end(server)),
        breaks=pauses,
        max_tasks=instance.n if most is None else most,
    )


def _job(instance: Instance, visit: int, skill_of: dict[frozenset[int], int], dearest: int) -> vroom.Job:
    mandatory = instance.visits[visit].drop_penalty is None
    # Mandatory ones above all others.
    priority = HIGHEST if mandatory else max(1, round((HIGHEST - 10) * instance.penalty[visit] / dearest))
    skill = skill_of.get(instance.allowed[visit])
    return vroom.Job(
        visit,
        location=int(instance.point_of[visit]),
        default_service=int(instance.service[visit]),
        skills=set() if skill is None else {skill},
        priority=priority,
        time_windows=[vroom.TimeWindow(opens, closes) for opens, closes in instance.windows[visit]],
    )
