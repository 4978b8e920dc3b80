"""The page for checking evidence is whole: every file is served, every code has its sentence."""

from __future__ import annotations

import json
import re

import pytest
from flask import Flask

from evidence.bundle.words import VERDICTS, WORDS
from portal.verify.pages import FILES, STATIC, blueprint
from portal.verify.words import BROWSER, VERDICT_ZH, script

CODE = re.compile(r'"((?:bundle|file|listing|manifest|original|entry|proof|checkpoint|envelope|ticket|chain|late|key'
                  r'|signature|stamp|remark|browser)\.[a-z0-9_]+)"')  # fmt: skip
# Files of a bundle are called like codes are.
NAMES = {"bundle.json", "key.txt"}


@pytest.fixture(scope="module")
def app() -> Flask:
    made = Flask("verify")
    made.register_blueprint(blueprint)
    return made


def test_every_file_of_the_page_is_served_and_confined(app: Flask) -> None:
    assert {path.name for path in STATIC.iterdir()} == set(FILES)
    client = app.test_client()
    for name in ("/verify", "/verify/words.js", *(f"/verify/{one}" for one in FILES)):
        with client.get(name) as answer:
            assert answer.status_code == 200, name
            assert "connect-src 'none'" in answer.headers["Content-Security-Policy"]
            assert answer.mimetype in ("text/html", "text/css", "text/javascript")


def test_the_page_loads_nothing_from_elsewhere(app: Flask) -> None:
    texts = [app.test_client().get("/verify").text, *((STATIC / name).read_text(encoding="utf-8") for name in FILES)]
    for text in texts:
        assert re.findall(r"(?:src|href|action)=[\"'](?!/verify/)[^\"']+", text) == []
        assert re.findall(r"(?m)^import .*from \"(?!\./)|\bimport\(", text) == []
        assert re.findall(r"\bfetch\(|XMLHttpRequest|sendBeacon|innerHTML|\beval\(|localStorage|indexedDB", text) == []


def test_every_code_the_scripts_know_has_a_sentence() -> None:
    used = {code for name in FILES for code in CODE.findall((STATIC / name).read_text(encoding="utf-8"))} - NAMES
    assert len(used) > 40
    assert used - set(WORDS) - set(BROWSER) == set()
    # What the library finds and the browser leaves to the command line: time-stamps.
    assert set(WORDS) - used == {
        "late.stamp",
        "stamp.wrong",
        "stamp.untrusted",
        "remark.court_stamp",
        "remark.own_roots",
    }


def test_the_words_are_a_script_of_plain_values() -> None:
    first, second = script().splitlines()
    words = json.loads(first.removeprefix("export const WORDS = ").removesuffix(";"))
    verdicts = json.loads(second.removeprefix("export const VERDICTS = ").removesuffix(";"))
    assert [verdict for verdict, _ in verdicts] == list(VERDICTS)
    assert {verdict for verdict, _ in words.values()} <= set(VERDICT_ZH)
    assert words["file.missing"] == ["MISSING", "缺少文件 {what}"]
