"""Loader of a court's exported day (cases.xlsx, servers.csv) into a routing problem, for benchmarks."""

import csv
import datetime as dt
from pathlib import Path
from typing import Any

import openpyxl

from routing import Break, Mode, Point, Problem, Server, Visit, Window, to_wgs84

MODE_OF: dict[str, Mode] = {
    "汽车": "car",
    "公共交通": "transit",
    "电动车": "ebike",
    "步行": "walk",
    "自行车": "bike",
}
SERVICE_S, CREW_SERVICE_S = 8 * 60, 12 * 60
# What leaving a visit for another day costs, by days to its due date, in objective seconds.
PENALTY_BY_DAYS_LEFT = {0: 14_400, 1: 7_200, 2: 5_400}
PENALTY_LATER = 3_600


def _clock(text: str) -> int:
    hours, minutes = text.strip().split(":")
    return int(hours) * 3600 + int(minutes) * 60


def _windows(text: str) -> tuple[Window, ...]:
    if not text:
        return ()
    first, last = text.split("-")
    return (Window(_clock(first), _clock(last)),)


def _point(lng: Any, lat: Any, datum: str) -> Point:
    return Point(*to_wgs84(float(lng), float(lat), datum))


def load_servers(path: Path) -> tuple[Server, ...]:
    """Roster rows that are on duty (在岗)."""
    servers = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if row["今日状态"] != "在岗":
                continue
            depot = _point(row["出发点经度"], row["出发点纬度"], row["坐标系"])
            lunch = Window(_clock(row["午休开始"]), _clock(row["午休结束"]))
            servers.append(
                Server(
                    id=row["工号"],
                    start=depot,
                    end=depot,
                    shift=Window(_clock(row["上班"]), _clock(row["下班"])),
                    breaks=(Break(lunch, lunch.end_s - lunch.start_s),),
                    mode=MODE_OF[row["交通方式"]],
                    skills=frozenset(filter(None, row["技能"].split(";"))),
                    max_visits=int(row["最多件数"]),
                )
            )
    return tuple(servers)


def load_visits(path: Path, date: dt.date) -> tuple[Visit, ...]:
    """Every row as a visit, whatever its channel: the benchmark plans the full list."""
    book = openpyxl.load_workbook(path, read_only=True)
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    book.close()
    header = [str(cell) for cell in rows[0]]
    visits = []
    for number, cells in enumerate(rows[1:], start=1):
        row = dict(zip(header, cells, strict=True))
        crew = 2 if row["备注"] == "须两人同往" else 1
        days_left = (dt.date.fromisoformat(str(row["要求完成日期"])[:10]) - date).days
        visits.append(
            Visit(
                id=f"V{number:04d}",
                point=_point(row["经度"], row["纬度"], str(row["坐标系"])),
                service_s=CREW_SERVICE_S if crew == 2 else SERVICE_S,
                windows=_windows(str(row["可上门时段"] or "")),
                drop_penalty=PENALTY_BY_DAYS_LEFT.get(days_left, PENALTY_LATER),
                skills=frozenset({"行政执行"}) if row["案件类型"] == "执行" else frozenset(),
                crew=crew,
                label=str(row["送达地址"]),
            )
        )
    return tuple(visits)


def load_day(folder: Path) -> Problem:
    """The problem of a folder `…/day-YYYY-MM-DD[…]`."""
    date = dt.date.fromisoformat(folder.name[4:14])
    return Problem(load_visits(folder / "cases.xlsx", date), load_servers(folder / "servers.csv"))
