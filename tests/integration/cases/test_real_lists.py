"""The lists of a real court day go in whole, and a second time change nothing."""

from __future__ import annotations

from typing import Any

import pytest

from server.addresses.models import ContactPoint
from server.cases.models import Case, Party
from server.service.models import ServiceTask
from tests.factories.case_lists import DATA
from tests.integration.cases.importing import Importing


@pytest.mark.parametrize(("day", "rows"), [("day-2026-11-24", 160), ("day-2026-11-25-large", 600)])
def test_a_court_day_goes_in_whole_and_a_second_time_changes_nothing(
    importing: Importing, database: Any, day: str, rows: int
) -> None:
    content = (DATA / day / "cases.xlsx").read_bytes()

    first = importing.whole(content)
    before = {name: list(database[name].find().sort("_id", 1)) for name in _COLLECTIONS}
    second = importing.whole(content)
    after = {name: list(database[name].find().sort("_id", 1)) for name in _COLLECTIONS}

    assert (first.state, first.problems, first.failure) == ("done", [], {})
    assert first.counts == {"rows": rows, "created": rows, "updated": 0, "unchanged": 0, "bad": 0, "warnings": 0}
    assert second.counts == {"rows": rows, "created": 0, "updated": 0, "unchanged": rows, "bad": 0, "warnings": 0}
    assert len(before["service_tasks"]) == rows
    assert after == before


def test_what_an_import_writes_are_valid_documents_of_the_models(importing: Importing) -> None:
    importing.whole((DATA / "day-2026-11-24" / "cases.xlsx").read_bytes())

    for model, count in ((Case, 96), (Party, 160), (ContactPoint, 160), (ServiceTask, 160)):
        documents = list(model.objects)
        assert len(documents) == count
        for document in documents:
            document.validate()
            assert document.to_mongo() == model._get_collection().find_one({"_id": document.id})


_COLLECTIONS = ("cases", "parties", "contact_points", "service_tasks", "imported_rows")
