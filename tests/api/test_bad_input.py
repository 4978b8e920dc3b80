"""Bad input through the whole API: a clear 4xx (or row report) with its stable code and Chinese title, nothing stored.

The list of the first issue, and where each is tested:
* photos and signatures (wrong magic bytes, 0 bytes, 60 MB, broken EXIF, one dot), times, positions and datum beside
  them: tests/api/phone/test_evidence.py
* times in the future or in 1970, positions outside China or coarse, wrong datum, in events and batches:
  tests/api/phone/test_visits.py, test_positions_and_sync.py
* ids of another court: tests/api/phone/test_visits.py, tests/api/board/test_days.py, test_evidence.py
* what rows of a list may hold: tests/integration/cases/test_imports.py; what a file may be:
  tests/unit/cases/test_reading.py
Here: files through the upload, bodies that are no JSON or absurd JSON, multipart that is none, hostile ids, and 60 MB
against a real gunicorn. What the document allows and forbids by schema: test_fuzz.py.
"""

from __future__ import annotations

import http.client
import io
import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from server.accounts.models import Person
from server.cases import services as cases
from server.config import Settings
from server.core import database as core_database
from server.core.clock import utc_now
from tests.api.conftest import Browser, Phone
from tests.factories import visits as make
from tests.factories.case_lists import HEADER, csv_of, good_row, xlsx_of
from tests.factories.media import small_photo
from tests.stack.processes import Processes
from tools.stack.ports import free_port

# The refusal itself is recorded (tests/api/audit); keys are made when they are first needed.
NOT_OURS = {"sessions", "people", "courts", "bind_codes", "audit_entries", "audit_heads", "data_keys", "subject_keys"}


@pytest.fixture
def admin(sign_in: Callable[[str], Browser]) -> Browser:
    return sign_in("admin")


@pytest.fixture
def stored(app: Flask, api_settings: Settings) -> Callable[[], dict[str, int]]:
    """Counts documents of every collection and files of the evidence store."""
    root = Path(urlsplit(api_settings.evidence_store).path)

    def stored() -> dict[str, int]:
        found = core_database.database()
        counts = {name: found[name].count_documents({}) for name in found.list_collection_names()}
        counts["files"] = sum(1 for path in root.rglob("*") if path.is_file())
        return {name: count for name, count in counts.items() if count and name not in NOT_OURS}

    return stored


def refused(answer: Any) -> tuple[int, str]:
    """Status and code of a whole problem document with a Chinese title."""
    document = answer.json
    assert answer.mimetype == "application/problem+json", answer.get_data(as_text=True)
    assert any("\u4e00" < one < "\u9fff" for one in document["title"]), document
    assert document["status"] == answer.status_code
    return answer.status_code, document["code"]


def upload(browser: Browser, content: bytes, name: str = "cases.xlsx", **form: str) -> Any:
    # Encoded here: the test client would leave its temporary file of a big body open.
    file = FileStorage(io.BytesIO(content), filename=name, name="file")
    boundary, body = encode_multipart({"kind": "cases", **form, "file": file})
    return browser.post("/api/board/imports", data=body, content_type=f'multipart/form-data; boundary="{boundary}"')


def bomb() -> bytes:
    """40 KB that unpack to 40 MB."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(xlsx_of([good_row()]))) as good,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bad,
    ):
        for one in good.infolist():
            bad.writestr(one, good.read(one))
        bad.writestr("xl/worksheets/sheet2.xml", bytes(40 * 1024 * 1024))
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "form", "expected"),
    [
        (b"", "cases.xlsx", {}, (422, "import.empty_file")),
        (b"\xef\xbb\xbf", "cases.csv", {}, (422, "import.empty_file")),
        (xlsx_of([good_row()], HEADER[:5]), "cases.xlsx", {}, (422, "import.columns_missing")),
        (bytes(30 * 1024 * 1024), "cases.xlsx", {}, (413, "import.file_too_large")),
        (bytes(40 * 1024 * 1024), "cases.xlsx", {}, (413, "request.too_large")),
        (bomb(), "cases.xlsx", {}, (422, "import.zip_bomb")),
        (small_photo(), "cases.xlsx", {}, (422, "import.not_a_table")),
        (xlsx_of([good_row()]), "cases.xlsx", {"kind": "recipes"}, (422, "request.invalid")),
        (xlsx_of([good_row()]), "cases.xlsx", {"kind": "\0"}, (422, "request.invalid")),
        (xlsx_of([good_row()]), "cases.xlsx", {"day": "0000-00-00"}, (422, "import.bad_date")),
        (xlsx_of([good_row()]), "cases.xlsx", {"note": "x"}, (422, "request.invalid")),
        (xlsx_of([good_row()]), "cases.xlsx", {"day": "9" * 2_000_000}, (413, "request.too_large")),
    ],
    ids=[
        "empty",
        "bom-only",
        "columns",
        "30MB",
        "40MB",
        "bomb",
        "photo",
        "kind",
        "null",
        "year-0",
        "extra",
        "huge-field",
    ],
)
def test_a_bad_file_is_refused_by_name_and_leaves_nothing(
    admin: Browser,
    stored: Callable[[], dict[str, int]],
    content: bytes,
    name: str,
    form: dict[str, str],
    expected: tuple[int, str],
) -> None:
    before = stored()
    assert refused(upload(admin, content, name, **form)) == expected
    assert stored() == before


@pytest.mark.parametrize("encoding", ["gbk", "utf-8-sig"])
def test_a_list_in_gbk_or_with_a_bom_goes_in_and_its_formula_is_reported(
    app: Flask, admin: Browser, encoding: str
) -> None:
    content = csv_of([good_row(1), good_row(2, 备注="=cmd()"), good_row(3, 受送达人="=1+1")], encoding=encoding)
    run_id = upload(admin, content, "清单.csv").json["id"]
    cases.run_import(run_id=run_id, now=utc_now(), store=app.extensions["evidence_store"])
    run = admin.get(f"/api/board/imports/{run_id}").json
    assert (run["counts"]["created"], run["counts"]["bad"]) == (1, 2)
    assert [(one["row"], one["column"], one["code"]) for one in run["problems"]] == [
        (3, "备注", "import.formula"),
        (4, "受送达人", "import.formula"),
    ]
    assert core_database.database()["parties"].count_documents({}) == 1


@pytest.fixture
def targets(admin: Browser, phone: Callable[[str], Phone], people: dict[str, Person]) -> list[tuple[Any, str]]:
    """(client, path) of everything that takes JSON about a visit, a day, or nothing."""
    wc001 = phone("wc001")
    visit = make.visit(server=people["wc001"])
    board = ("assign", "unassign", "price", "review")
    mobile = ("events", "outcome", "claim", "release")
    return [
        *((admin, f"/api/board/visits/{visit.id}/{verb}") for verb in board),
        *((wc001, f"/api/phone/visits/{visit.id}/{verb}") for verb in mobile),
        *(
            (admin, f"/api/board/{path}")
            for path in ("tasks/review-batch", "visits/assign-batch", "days/2026-11-24/plans")
        ),
        *((wc001, f"/api/phone/{path}") for path in ("positions", "sync", "session", "bindings")),
        (admin, "/api/session"),
    ]


def happened(at: str) -> bytes:
    return json.dumps({"client_id": "client-0001", "kind": "accept", "happened_at": at, "code": "moved"}).encode()


ABSURD = {
    "nothing": b"",
    "half": b'{"client_id": ',
    "not-utf8": b'{"client_id": "\xff\xfe"}',
    "list": b"[]",
    "number": b"1e400",
    "null": b"null",
    "nan": b'{"client_id": NaN, "seconds": NaN, "version": Infinity, "position": -Infinity}',
    "1e400": b'{"seconds": 1e400, "seed": 1e400, "version": 1e400, "position": 1e400, "server_id": "p"}',
    "digits": b'{"version": ' + b"9" * 5000 + b"}",
    "deep": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "deep-list": b'{"fixes": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "null-byte": b'{"client_id": "\\u0000aaaaaaaaa", "server_id": "\\u0000", "reason": "\\u0000", "code": "\\u0000"}',
    "surrogate": b'{"client_id": "\\ud800aaaaaaaaa", "server_id": "\\ud800", "reason": "\\ud800", '
    b'"username": "\\ud800", "password": "\\ud800", "code": "\\ud800", "visits": ["\\ud800"]}',
    "keys": b'{"$where": "1", "a.b": 1, "\\u0000": 1, "\\ud800": 1}',
    "operator": b'{"server_id": {"$ne": null}, "username": {"$gt": ""}, "password": {"$gt": ""}, '
    b'"client_id": {"$ne": 1}}',
    "year-0": happened("0000-01-01T00:00:00Z"),
    "year-1": happened("0001-01-01T00:00:00+14:00"),
    "year-9999": happened("9999-12-31T23:59:59-14:00"),
    "long": json.dumps({"reason": "长" * 600_000, "client_id": "c" * 600_000, "username": "u" * 600_000}).encode(),
}


@pytest.mark.parametrize("name", ABSURD)
def test_a_body_that_makes_no_sense_is_a_4xx_everywhere(
    targets: list[tuple[Any, str]], stored: Callable[[], dict[str, int]], name: str
) -> None:
    before = stored()
    for client, path in targets:
        answer = client.post(path, data=ABSURD[name], content_type="application/json")
        if name in ("nothing", "nan", "null") and answer.status_code < 300:
            continue  # a verb whose fields are all optional
        status, code = refused(answer)
        assert 400 <= status < 500, (path, status, code)
    after = stored()
    assert {key: after[key] for key in after if after[key] != before.get(key)}.keys() <= {
        "sign_in_failures",
        "day_plans",
        "day_sheets",
    }


HOSTILE = ["\0", "%", "..", "../../etc/passwd", "$where", "a" * 5_000, "送达", "\u202e", "{}", "null", " ", "\ufffd"]


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_an_id_that_cannot_be_one_is_not_found(admin: Browser, phone: Callable[[str], Phone], hostile: str) -> None:
    one = quote(hostile, safe="")
    wc001 = phone("wc001")
    for path in ("tasks", "visits", "imports", "plans"):
        assert refused(admin.get(f"/api/board/{path}/{one}"))[0] in (404, 422), path
    for path in (f"evidence/{one}/file", f"papers/{one}/file", f"imports/{one}/report.xlsx"):
        assert refused(admin.get(f"/api/board/{path}"))[0] in (404, 422), path
    for path in (f"days/{one}", f"days/{one}/roster", f"days/{one}/positions", f"days/{one}/mileage"):
        assert refused(admin.get(f"/api/board/{path}"))[0] in (404, 422), path
    assert refused(wc001.get(f"/api/phone/visits/{one}"))[0] == 404
    assert refused(wc001.post(f"/api/phone/visits/{one}/events", json=make.event()))[0] == 404
    assert refused(wc001.post(f"/api/phone/visits/{one}/evidence", data=make.form(small_photo())))[0] == 404


PARTS = st.binary(max_size=200) | st.sampled_from(
    [
        b"--b\r\n",
        b"--b--\r\n",
        b'Content-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n',
        b'Content-Disposition: form-data; name="file"; filename="\xff\x00"\r\n\r\n',
        b'Content-Disposition: form-data; name="kind"\r\n\r\ncases\r\n',
        b'Content-Disposition: form-data; name="client_id"\r\n\r\nclient-0001\r\n',
        b"Content-Type: text/plain; charset=utf-7\r\n",
        b"Content-Transfer-Encoding: base64\r\n",
        small_photo(),
    ]
)
TYPES = st.sampled_from(
    [
        "multipart/form-data; boundary=b",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=" + "b" * 3_000,
        "multipart/mixed; boundary=b",
        "application/json",
        "application/x-www-form-urlencoded; charset=none",
        "text/plain",
        "",
        "multipart/form-data; boundary=\u00ff",
    ]
)


def test_no_bytes_in_place_of_an_upload_make_it_fail(
    admin: Browser,
    phone: Callable[[str], Phone],
    people: dict[str, Person],
    stored: Callable[[], dict[str, int]],
) -> None:
    wc001, visit = phone("wc001"), make.visit(server=people["wc001"])
    before = stored()

    @settings(max_examples=60, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(parts=st.lists(PARTS, max_size=8), content_type=TYPES)
    def send(parts: list[bytes], content_type: str) -> None:
        body = b"".join(parts)
        for client, path in ((admin, "/api/board/imports"), (wc001, f"/api/phone/visits/{visit.id}/evidence")):
            status, _ = refused(client.post(path, data=body, content_type=content_type))
            assert 400 <= status < 500, (path, status)

    send()
    assert stored() == before


def test_60_megabytes_are_answered_by_a_real_web_server(
    processes: Processes, stack_env: dict[str, str], database: Any, clean_redis: Any
) -> None:
    """The answer must reach a client that is still sending: a reset connection would look like a lost network."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{port}", "--threads", "2", "wsgi:app"]
    processes.start("web", command, env=stack_env, url=f"http://127.0.0.1:{port}/healthz")
    for path, sent in (("/api/session", 60 * 1024 * 1024), ("/api/phone/bindings", 60 * 1024 * 1024)):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("POST", path, body=b" " * sent, headers={"Content-Type": "application/json"})
        answer = connection.getresponse()
        document = json.loads(answer.read())
        connection.close()
        assert (answer.status, document["code"]) == (413, "request.too_large")
