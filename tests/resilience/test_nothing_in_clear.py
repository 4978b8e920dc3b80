"""A whole day is played; no identity number and no telephone is in any answer, event, log or collection in clear."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pymongo
import pytest
import requests

from server.demo.services import PASSWORD
from tests.resilience.test_day_twice import DAY, lists, play
from tests.stack.recorder import Recorder
from tests.stack.whole import WholeStack

pytestmark = [pytest.mark.resilience, pytest.mark.timeout(900)]

# Anything that looks like a mobile number or an identity number, standing alone.
MOBILE = re.compile(r"(?<![\dA-Za-z._-])1[3-9]\d{9}(?![\dA-Za-z._-])")
IDENTITY = re.compile(r"(?<![\dA-Za-z._-])\d{17}[\dXx](?![\dA-Za-z._-])")


def personal_values(cases: Path) -> set[str]:
    """Every identity number, credit code and mobile of the list."""
    sheet = openpyxl.load_workbook(cases).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    columns = [rows[0].index(name) for name in ("证件号码", "手机号码")]
    return {str(row[column]) for row in rows[1:] for column in columns if row[column]}


def found_in(text: str, values: set[str]) -> list[str]:
    return [value for value in values if value in text] + MOBILE.findall(text) + IDENTITY.findall(text)


class Listener(threading.Thread):
    """A manager's open board: keeps every event that arrives."""

    def __init__(self, url: str, cookies: Any) -> None:
        super().__init__(daemon=True)
        self.lines: list[str] = []
        self.answer = requests.get(f"{url}/live", cookies=cookies, stream=True, timeout=600)
        assert self.answer.status_code == 200, self.answer.text

    def run(self) -> None:
        try:
            self.lines.extend(self.answer.iter_lines(decode_unicode=True))
        except (requests.RequestException, AttributeError):
            return  # closed by the test

    def stop(self) -> None:
        self.answer.close()


def signed_in(url: str) -> requests.Session:
    browser = requests.Session()
    answer = browser.post(f"{url}/api/session", json={"username": "manager", "password": PASSWORD}, timeout=30)
    assert answer.status_code == 201, answer.text
    return browser


def read_everything(browser: requests.Session, url: str) -> None:
    """What a manager opens in a day: lists, details, reports."""

    def get(path: str) -> Any:
        answer = browser.get(f"{url}/api/board/{path}", timeout=60)
        assert answer.status_code == 200, (path, answer.text[:300])
        return answer.json() if "json" in answer.headers["Content-Type"] else None

    tasks = get("tasks?page_size=200")["items"]
    for one in tasks[:5]:
        get(f"tasks/{one['id']}")
    day = get(f"days/{DAY}")
    for one in day["visits"][:5]:
        get(f"visits/{one['id']}")
    for path in ("days", "reviews?state=pending", "people", f"days/{DAY}/positions", f"days/{DAY}/mileage"):
        get(path)
    for run in get("imports")["items"]:
        get(f"imports/{run['id']}")


def documents(uri: str) -> Iterator[tuple[str, str]]:
    """(collection, text of the raw document) of the whole database, as a dump would hold it."""
    with pymongo.MongoClient(uri) as client:
        database = client.get_default_database()
        for name in database.list_collection_names():
            for document in database[name].find({}):
                yield name, repr(document)


def test_a_played_day_leaves_no_number_in_clear(stack: WholeStack, tmp_path: Path) -> None:
    cases, servers = lists(tmp_path, 63)
    values = personal_values(cases)
    assert len(values) >= 20
    with Recorder(stack.url) as recorder:
        browser = signed_in(recorder.url)
        listener = Listener(stack.live_url, browser.cookies)
        listener.start()
        code, _, told = play(stack, (cases, servers), url=recorder.url, drop=0.0)
        assert code == 0, told
        read_everything(browser, recorder.url)
        listener.stop()
    assert len(recorder.answers) > 200
    for path, text in recorder.answers:
        assert not found_in(text, values), (path, found_in(text, values))
    assert len(listener.lines) > 50
    assert not found_in("\n".join(listener.lines), values)
    for log in [*stack.place.var.rglob("*.log"), *stack.place.var.parent.glob("*.log")]:
        assert not found_in(log.read_text(encoding="utf-8", errors="replace"), values), log
    seen: set[str] = set()
    for collection, text in documents(stack.mongodb_uri):
        seen.add(collection)
        clear = [value for value in values if value in text]
        assert not clear, (collection, text[:200])
    assert {"parties", "contact_points", "service_tasks", "visits", "audit_entries", "import_runs"} <= seen
