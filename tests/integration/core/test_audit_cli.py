"""`flask audit …` as an operator meets it: Chinese answers, and an exit code a script can act on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from cryptography.hazmat.primitives.serialization import Encoding
from flask import Flask

from evidence.log import CompactRange, Verifier, leaf_hash
from evidence.stores import store_from_url
from server.config import Settings
from server.core import crypto
from server.core.audit import cli, tasks
from server.core.audit.chain import append
from server.core.audit.walk import entry_of
from server.core.clock import utc_now
from tests.emulators.tsa import POLICY, Tsa
from tests.integration.core.audit_chain import COURT, row

Run = Callable[..., Result]


@pytest.fixture
def app(database: Any, settings: Settings) -> Flask:
    crypto.use(crypto.Vault.from_master(bytes(range(32))))
    made = Flask("audit")
    made.extensions["settings"] = settings
    made.extensions["evidence_store"] = store_from_url(settings.evidence_store)
    cli.init_app(made)
    long_ago = utc_now() - timedelta(days=400)
    append([replace(row(n), at=long_ago + timedelta(days=n)) for n in range(12)])
    append([row(n, "") for n in range(3)])
    return made


@pytest.fixture
def run(app: Flask) -> Run:
    return lambda *arguments: app.test_cli_runner().invoke(args=["audit", *arguments])


def test_an_untouched_log_is_called_sound(run: Run) -> None:
    found = run("verify")
    assert found.exit_code == 0, found.output
    assert found.stdout.splitlines() == ["平台：完好，3 条记录，0 个检查点", f"{COURT}：完好，12 条记录，0 个检查点"]


def test_the_first_bad_entry_is_named_in_chinese_and_by_the_exit_code(run: Run, database: Any) -> None:
    entry = database.audit_entries.find_one_and_update({"court": COURT, "seq": 4}, {"$set": {"result": "failed"}})
    found = run("verify", "--court", COURT)
    assert found.exit_code == 1
    assert found.stdout == f"{COURT}：有问题！第 5 条记录（编号 {entry['_id']}）被改动；此前 4 条完好\n"
    assert run("verify", "--court", "").exit_code == 0
    assert run("verify").exit_code == 1


@pytest.mark.parametrize(
    ("collection", "told"),
    [("audit_heads", "日志头部缺失"), ("audit_entries", "第 1 条记录起末尾被截断")],
)
def test_whatever_is_bad_is_told(run: Run, database: Any, collection: str, told: str) -> None:
    database[collection].delete_many({"court": COURT} if collection == "audit_entries" else {"_id": COURT})
    found = run("verify", "--court", COURT)
    assert (found.exit_code, told in found.stdout) == (1, True), found.stdout


def test_json_is_for_scripts(run: Run, database: Any) -> None:
    database.audit_entries.delete_one({"court": COURT, "seq": 4})
    found = [json.loads(line) for line in run("verify", "--json").stdout.splitlines()]
    assert [(one["court"], one["ok"], one["entries"]) for one in found] == [("", True, 3), (COURT, False, 4)]
    assert found[1]["first_bad"] == {"where": "entry", "what": "missing", "seq": 4, "id": ""}


def test_checkpoints_are_printed_and_open_under_the_printed_key(run: Run, tmp_path: Path, database: Any) -> None:
    made = run("checkpoint", "--court", COURT)
    assert made.exit_code == 0, made.output
    assert "新签检查点 1 个" in made.stderr
    note = made.stdout.rstrip("\n") + "\n"
    verifier = Verifier.from_text(run("key", "--court", COURT).stdout.strip())
    assert verifier.open(note).size == 12
    kept = tmp_path / "kept.txt"
    kept.write_text(note, encoding="utf-8")
    assert run("verify", "--court", COURT, "--checkpoint", str(kept)).exit_code == 0
    assert run("verify", "--checkpoint", str(kept)).exit_code == 2
    kept.write_text(note.replace("\n12\n", "\n13\n"), encoding="utf-8")
    refused = run("verify", "--court", COURT, "--checkpoint", str(kept))
    assert (refused.exit_code, "检查点签名不正确" in refused.output) == (1, True)


def test_checkpoints_are_stamped_by_the_authority_of_the_settings(
    run: Run, app: Flask, settings: Settings, tmp_path: Path
) -> None:
    with Tsa() as tsa:
        roots = tmp_path / "roots.pem"
        roots.write_bytes(tsa.root.public_bytes(Encoding.PEM))
        app.extensions["settings"] = replace(settings, tsa_url=tsa.url, tsa_certificates=roots, tsa_policy=POLICY)
        with app.app_context():
            tasks.make_checkpoints.run()
        append([row(20)])
        assert "新签检查点 1 个，取得时间戳 1 个，0 个等待时间戳" in run("checkpoint").stderr
    assert "2 个检查点，2 个带时间戳（已核对 2 个）" in run("verify").stdout


def test_old_entries_are_archived_removed_and_exported(run: Run, database: Any, mongo_uri: str, tmp_path: Path) -> None:
    day = (utc_now() - timedelta(days=390)).date().isoformat()
    made = run("archive", "--court", COURT, "--before", day)
    assert made.exit_code == 0, made.output
    count = database.audit_segments.find_one({})["end"]
    assert 8 < count < 12
    assert made.stdout == f"{COURT}：归档 {count} 条，1 个文件\n"
    removed = run("remove", "--court", COURT, "--admin-uri", mongo_uri)
    assert removed.stdout == f"{COURT}：删除已归档的记录 {count} 条\n"
    assert f"14 条记录（其中已归档 {count} 条）" in run("verify", "--court", COURT).stdout
    out = tmp_path / "log.ndjson"
    assert run("export", "--court", COURT, "--out", str(out)).exit_code == 0
    lines = out.read_bytes().splitlines()
    assert [json.loads(line)["seq"] for line in lines] == list(range(14))
    assert (
        tree_of(lines).root() == CompactRange.from_dict(database.audit_heads.find_one({"_id": COURT})["range"]).root()
    )


def tree_of(lines: list[bytes]) -> CompactRange:
    """As an outsider would recompute it from the exported file, with nothing but SHA-256 and JSON."""
    grown = CompactRange()
    for line in lines:
        body = json.loads(line)
        for name in ("hash", "key", "mac"):
            body.pop(name)
        text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        grown.append(leaf_hash(text.encode()))
    return grown


def test_a_refusal_is_told_in_chinese(run: Run) -> None:
    refused = run("archive", "--before", utc_now().date().isoformat())
    assert (refused.exit_code, "至少在线保存六个月" in refused.output) == (1, True)
    assert run("remove", "--admin-uri", "mongodb://127.0.0.1:1/x?serverSelectionTimeoutMS=100").exit_code == 0


def test_an_exported_line_is_the_stored_entry(run: Run, database: Any, tmp_path: Path) -> None:
    out = tmp_path / "log.ndjson"
    run("export", "--court", "", "--out", str(out))
    line = out.read_bytes().splitlines()[0]
    assert entry_of(line)["hash"] == database.audit_entries.find_one({"court": "", "seq": 0})["hash"]


def test_unfinished_deeds_are_swept(app: Flask, database: Any) -> None:
    database.audit_pending.insert_one({"_id": "p", "court": "", "at": utc_now() - timedelta(hours=1), "action": "x.y"})
    with app.app_context():
        tasks.sweep_pending.run()
    found = database.audit_entries.find_one({"_id": "p?"})
    assert (found["action"], found["result"], found["seq"]) == ("x.y", "unknown", 3)
