"""Keys at the console, and a destroyed person on the web: commands in Chinese, every deed recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from server.cases.models import Party
from server.core import crypto
from server.core.clock import utc_now
from server.core.crypto import rotation
from server.core.fields import sealed_phone
from server.service.models import ServiceTask
from tests.api.conftest import COURT, Browser
from tests.factories.service import recipient
from tests.factories.service import task as make_task

PHONE = "19907613984"


@pytest.fixture
def task(app: Flask) -> ServiceTask:
    """A finished task whose recipient is a party with a phone."""
    now = utc_now()
    Party._get_collection().insert_one(
        {
            "_id": "party-1", "court": COURT, "case_id": "c", "identity": "i", "name": "赵某甲", "kind": "自然人",
            "phone": sealed_phone(PHONE, court=COURT, subject="party-1"), "created_at": now, "updated_at": now,
        }
    )  # fmt: skip
    made = make_task(court=COURT, state="completed")
    made.recipients = [recipient(court=COURT, party_id="party-1")]
    return made.save()


def run(app: Flask, *arguments: str, fails: bool = False) -> str:
    result = app.test_cli_runner().invoke(args=["keys", *arguments])
    assert (result.exit_code != 0) == fails, result.output
    return result.output


def recorded(database: Any, action: str) -> list[dict[str, Any]]:
    return list(database.audit_entries.find({"action": action}))


@pytest.mark.usefixtures("task")
def test_keys_are_listed_rotated_and_destroyed_at_the_console(app: Flask, database: Any) -> None:
    assert "seal 第1代" in run(app, "status")
    out = run(app, "rotate", "--court", COURT)
    assert f"{COURT}：已启用第2代密钥" in out
    assert "待重新加密 2" in run(app, "status")
    (old,) = (key for key in crypto.vault().ring.store.keys(COURT) if (key.purpose, key.generation) == ("seal", 1))
    assert "只能销毁已停用" in run(app, "destroy", old.id, fails=True)
    from_then = utc_now().replace(year=utc_now().year + 1)
    while not rotation.advance(crypto.vault(), court=COURT, now=from_then).retired:
        pass
    assert "已停用" in run(app, "status")
    assert f"密钥 {old.id} 已销毁" in run(app, "destroy", old.id)
    assert Party.objects.get().phone.open(court=COURT) == PHONE
    assert [row["object_id"] for row in recorded(database, "keys.destroy")] == [old.id]
    assert len(recorded(database, "keys.rotate")) == 1


@pytest.mark.usefixtures("task")
def test_rewrapping_with_the_same_master_key_changes_nothing(app: Flask) -> None:
    assert "已重新保护 0 个" in run(app, "rewrap")


def test_a_person_is_destroyed_at_the_console_and_gone_on_the_web(
    app: Flask, database: Any, task: ServiceTask, sign_in: Callable[[str], Browser]
) -> None:
    shred = ("shred", "--court", COURT, "--party", "party-1", "--reason", "当事人申请", "--yes")
    board = sign_in("manager")
    asked = {"recipient_id": task.recipients[0].id, "field": "phone", "reason": "核对联系方式"}
    assert board.post(f"/api/board/tasks/{task.id}/unmask", json=asked).json["value"] == PHONE
    database.service_tasks.update_one({}, {"$set": {"state": "in_progress"}})
    assert "未办结" in run(app, *shred, fails=True)
    database.service_tasks.update_one({}, {"$set": {"state": "completed"}})
    assert "已销毁：parties 1" in run(app, *shred)
    assert "没有这个当事人" in run(app, "shred", "--court", "京0105", *shred[3:], fails=True)

    gone = board.post(f"/api/board/tasks/{task.id}/unmask", json=asked)
    assert (gone.status_code, gone.json["code"]) == (410, "personal.destroyed")
    shown = board.get(f"/api/board/tasks/{task.id}").json["recipients"][0]
    assert (shown["address"], shown["phone_mask"]) == ("已销毁", "已销毁")
    assert [row["object_id"] for row in recorded(database, "privacy.shred")] == ["party-1"]
