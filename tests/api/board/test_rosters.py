from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from server.accounts.models import Person, holding
from server.board.schemas.days import BoardRosterSchema
from server.board.schemas.imports import BoardImportRunSchema
from server.cases import services as cases
from server.core.clock import utc_now
from server.dispatch.models import Roster
from tests.api.board.conftest import DAY, ok, problem
from tests.api.conftest import COURT, Browser

HEADER = "工号,姓名,出发点经度,出发点纬度,坐标系,上班,下班,午休开始,午休结束,交通方式,最多件数,技能,今日状态"
ROW = "{no},外出送达员{no},116.3743,39.9297,GCJ-02,08:30,17:30,12:00,13:00,{mode},{most},执法记录仪;双人组,{status}"


def line(no: str, mode: str = "汽车", most: str = "30", status: str = "在岗") -> str:
    return ROW.format(no=no, mode=mode, most=most, status=status)


def send(browser: Browser, *lines: str, encoding: str = "utf-8", kind: str = "servers", day: str | None = DAY) -> Any:
    content = "\n".join((HEADER, *lines)).encode(encoding)
    form = {"file": (io.BytesIO(content), "servers.csv"), "kind": kind}
    if day:
        form["day"] = day
    return browser.post("/api/board/imports", data=form, content_type="multipart/form-data")


def bring_in(browser: Browser, *lines: str, **more: Any) -> dict[str, Any]:
    run = ok(send(browser, *lines, **more), 202)
    store = browser.client.application.extensions["evidence_store"]
    cases.run_import(run_id=run["id"], now=utc_now(), store=store)
    return dict(ok(browser.get(f"/api/board/imports/{run['id']}")))


def asked(person: Person, **changes: Any) -> dict[str, Any]:
    made = {
        "server_id": person.id,
        "shift": [30600, 63000],
        "break": [43200, 46800],
        "mode": "ebike",
        "max_stops": 28,
        "skills": ["执法记录仪"],
        "start": {"point": {"lng": 116.3743, "lat": 39.9297, "datum": "GCJ-02"}},
        "status": "on_duty",
    }
    return {**made, **changes}


def put(browser: Browser, *entries: dict[str, Any], version: int | None = None) -> Any:
    return browser.put(f"/api/board/days/{DAY}/roster", json={"entries": list(entries), "version": version})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_a_roster_file_makes_accounts_and_the_days_roster(
    manager: Browser, people: dict[str, Person], encoding: str
) -> None:
    run = bring_in(manager, line("WC001"), line("WC009", mode="公共交通", status="请假"), encoding=encoding)
    assert BoardImportRunSchema().validate(run) == {}
    assert (run["state"], run["counts"]["created"], run["counts"]["bad"]) == ("done", 2, 0)
    known, new = ok(manager.get(f"/api/board/days/{DAY}/roster"))["entries"]
    assert known["server_id"] == people["wc001"].id
    assert (new["mode"], new["status"], new["skills"]) == ("transit", "off", ["执法记录仪", "双人组"])
    person = Person.objects(court=COURT, staff_no="WC009").get()
    assert (person.username, person.roles, person.password_hash) == ("wc009", ["process_server"], None)


def test_the_same_file_twice_changes_nothing_and_an_edited_row_updates(
    manager: Browser, people: dict[str, Person]
) -> None:
    lines = [line("WC001"), line("WC002")]
    bring_in(manager, *lines)
    version = Roster.objects.get().version
    again = bring_in(manager, *lines)
    assert (again["counts"]["unchanged"], again["counts"]["updated"]) == (2, 0)
    assert Roster.objects.get().version == version
    edited = bring_in(manager, line("WC001", most="12"), line("WC002"))
    assert (edited["counts"]["unchanged"], edited["counts"]["updated"]) == (1, 1)
    assert ok(manager.get(f"/api/board/days/{DAY}/roster"))["entries"][0]["max_stops"] == 12


def test_bad_rows_are_reported_and_the_rest_goes_in(manager: Browser) -> None:
    run = bring_in(manager, line("WC001", mode="飞毯"), line("WC002"), line("wc002"), line("=cmd()"))
    problems = [(one["row"], one["column"], one["code"]) for one in run["problems"]]
    assert (2, "交通方式", "import.unknown_mode") in problems
    assert (4, "工号", "import.duplicate_row") in problems
    assert (5, "工号", "import.formula") in problems
    assert (run["counts"]["created"], run["counts"]["bad"]) == (1, 3)
    report = manager.get(f"/api/board/imports/{run['id']}/report.xlsx")
    assert (report.status_code, report.data[:2]) == (200, b"PK")


def test_a_roster_without_a_day_or_with_other_columns_is_refused_whole(manager: Browser) -> None:
    assert problem(send(manager, line("WC001"), day=None)) == (422, "import.day_missing")
    assert problem(send(manager, line("WC001"), kind="cases")) == (422, "import.columns_missing")
    assert problem(send(manager, line("WC001"), kind="cats")) == (422, "request.invalid")
    assert problem(manager.post("/api/board/imports", data={"kind": "servers"})) == (422, "request.invalid")
    assert ok(manager.get("/api/board/imports"))["total"] == 0


def test_a_roster_is_read_and_written_whole(manager: Browser, people: dict[str, Person]) -> None:
    empty = ok(manager.get(f"/api/board/days/{DAY}/roster"))
    assert (empty["version"], empty["entries"]) == (0, [])
    stored = ok(put(manager, asked(people["wc001"]), version=0))
    assert BoardRosterSchema().validate(stored) == {}
    assert stored["version"] == 1
    [entry] = stored["entries"]
    assert (entry["staff_no"], entry["name"], entry["break"]) == ("WC001", "wc001", [43200, 46800])
    assert entry["start"]["wgs84"] == [pytest.approx(116.36806, abs=1e-3), pytest.approx(39.9283, abs=1e-3)]
    assert problem(put(manager, asked(people["wc002"]), version=0)) == (409, "roster.changed")
    assert ok(put(manager, asked(people["wc002"]), version=1))["version"] == 2


def test_of_two_who_write_the_roster_at_once_one_is_told(manager: Browser, people: dict[str, Person]) -> None:
    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(put, manager, asked(people["wc001"]), version=0) for _ in range(4)]
    assert sorted(run.result().status_code for run in runs) == [200, 409, 409, 409]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"shift": [63000, 30600]}, "shift_end_s"),
        ({"break": [20000, 30000]}, "break_end_s"),
        ({"break": [46800, 43200]}, "break_end_s"),
    ],
)
def test_a_day_that_cannot_be_worked_is_refused(
    manager: Browser, people: dict[str, Person], changes: dict[str, Any], field: str
) -> None:
    answer = put(manager, asked(people["wc001"], **changes))
    assert problem(answer) == (422, "roster.invalid")
    assert field in [one["field"] for one in answer.json["problems"]]


def test_only_this_courts_process_servers_work_a_day(manager: Browser, people: dict[str, Person]) -> None:
    for name in ("judge", "other-wc001"):
        assert problem(put(manager, asked(people[name]))) == (422, "roster.unknown_person")
    twice = put(manager, asked(people["wc001"]), asked(people["wc001"]))
    assert problem(twice) == (422, "roster.invalid")


def test_somebody_with_visits_cannot_be_taken_off_the_day(
    manager: Browser, day: list[dict[str, Any]], people: dict[str, Person]
) -> None:
    ok(manager.post(f"/api/board/visits/{day[0]['_id']}/assign", json={"server_id": people["wc001"].id}))
    answer = put(manager, asked(people["wc002"]))
    assert problem(answer) == (409, "roster.has_visits")
    assert answer.json["names"] == ["wc001"]
    run = bring_in(manager, line("WC001", status="请假"))
    assert [one["code"] for one in run["problems"]] == ["import.has_visits"]


def test_a_later_shift_moves_the_times_of_a_route_that_is_out(
    manager: Browser, day: list[dict[str, Any]], people: dict[str, Person]
) -> None:
    path = f"/api/board/visits/{day[0]['_id']}"
    before = ok(manager.post(f"{path}/assign", json={"server_id": people["wc001"].id}))["planned_arrive_at"]
    ok(put(manager, asked(people["wc001"], shift=[36000, 63000])))
    after = ok(manager.get(path))["planned_arrive_at"]
    assert before.startswith("2026-11-24T00:")
    assert after.startswith("2026-11-24T02:")


def test_a_roster_file_neither_brings_back_who_left_nor_joins_duties_kept_apart(
    manager: Browser, people: dict[str, Person]
) -> None:
    Person.objects(id=people["wc002"].id).update(set__active=False, set__grants=[])
    Person.objects(id=people["clerk"].id).update(set__grants=holding("security_auditor"))
    run = bring_in(manager, line("WC001"), line("WC002"), line("CLERK"))
    assert [(one["row"], one["code"]) for one in run["problems"]] == [
        (3, "person.has_left"),
        (4, "roles.separated_duties"),
    ]
    assert [one["server_id"] for one in ok(manager.get(f"/api/board/days/{DAY}/roster"))["entries"]] == [
        people["wc001"].id
    ]
    assert Person.objects.get(id=people["clerk"].id).roles == ["security_auditor"]
    assert Person.objects.get(id=people["wc002"].id).roles == []
