"""Every query an import makes is answered from an index, and so are those of its pages and sweep."""

from __future__ import annotations

from typing import Any

from server.cases import services
from tests.factories.case_lists import COURT, good_row
from tests.integration.cases.importing import Importing

OURS = {"cases", "parties", "contact_points", "service_tasks", "imported_rows", "import_runs", "people"}


def stages(plan: dict[str, Any]) -> set[str]:
    found = {plan["stage"]}
    for child in [plan.get("inputStage"), *plan.get("inputStages", [])]:
        if child:
            found |= stages(child)
    return found


def test_no_query_of_an_import_scans_a_collection(importing: Importing, database: Any) -> None:
    importing.rows(*(good_row(number) for number in range(1, 30)))
    seen = record(importing, database)

    asked = {name for name, _, _ in seen}
    assert asked >= {"cases", "parties", "contact_points", "service_tasks", "imported_rows", "import_runs"}
    for name, wanted, sort in seen:
        query = database[name].find(wanted)
        plan = (query.sort(list(sort.items())) if sort else query).explain()["queryPlanner"]["winningPlan"]
        assert "COLLSCAN" not in stages(plan.get("queryPlan", plan)), (name, wanted)


def record(importing: Importing, database: Any) -> list[tuple[str, dict[str, Any], dict[str, Any] | None]]:
    """(collection, filter, sort) of what is asked while rows are edited, runs listed and lost runs swept.

    As the database's own profiler saw it.
    """
    database.command("profile", 2)
    try:
        importing.rows(*(good_row(number, 要求完成日期="2026-11-30") for number in range(1, 35)))
        services.list_imports(court=COURT)
        services.sweep_imports(now=importing.now)
    finally:
        database.command("profile", 0)
    ours = {f"{database.name}.{name}" for name in OURS}
    seen = []
    for entry in database["system.profile"].find({"ns": {"$in": sorted(ours)}}):
        command = entry.get("command") or {}
        name = entry["ns"].split(".", 1)[1]
        wanted = command.get("q") or command.get("filter") or command.get("query")
        if wanted:
            seen.append((name, wanted, command.get("sort")))
    database.drop_collection("system.profile")
    return seen
