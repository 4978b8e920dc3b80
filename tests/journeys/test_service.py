"""A document by post, from the task's page to 已送达 in the matrix."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from evidence import samples
from server.core.clock import court_day
from server.drill.desk import Desk
from server.drill.ledger import Ledger
from tests.journeys import lists
from tests.journeys.conftest import PASSWORD, Authenticator, SignIn
from tests.stack.whole import WholeStack

pytestmark = pytest.mark.journey
SHANGHAI = timedelta(hours=8)


def one_task(stack: WholeStack, authenticator: Authenticator, folder: Path) -> str:
    """A task in force; its id."""
    day = (court_day(datetime.now(UTC)) + timedelta(days=20)).isoformat()
    (name,) = lists.cases(folder / "cases.csv", day=day, first_serial=70_500, count=1)
    desk = Desk(stack.url, Ledger(), username="admin", password=PASSWORD, code=authenticator.code("admin"))
    desk.bring_in(folder / "cases.csv", kind="cases", day=day)
    desk.approve_all()
    (task,) = desk.get("/tasks", state="in_progress", q="70500号")["items"]
    assert [one["name"] for one in task["recipients"]] == [name]
    return str(task["id"])


def choose(page: Page, field: str, label: str) -> None:
    """One word of a closed list."""
    page.click(f".el-select:has({field})")
    page.click(f".el-select-dropdown__item:visible:has-text('{label}')")


def type_time(page: Page, field: str, text: str) -> None:
    page.fill(field, text)
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")


def test_a_document_sent_by_post_and_signed_for_stands_as_served(
    stack: WholeStack, authenticator: Authenticator, sign_in: SignIn, tmp_path: Path
) -> None:
    task_id = one_task(stack, authenticator, tmp_path)
    receipt = tmp_path / "receipt.png"
    receipt.write_bytes(samples.signature(7))
    page = sign_in("specialist")
    page.evaluate("address => { location.hash = address }", f"/tasks/{task_id}")

    post = page.locator(".ways li", has_text="邮寄送达")
    expect(page.locator(".ways li.barred", has_text="公告送达").locator("button")).to_be_disabled()
    post.locator("button").click()
    page.click(".el-dialog .pill:has-text('承办法官指示')")
    page.click(".el-dialog .el-checkbox")
    page.click(".el-dialog__footer button:has-text('发起邮寄送达')")
    expect(page.locator(".running")).to_contain_text("承办法官指示")

    page.click(".running button:has-text('登记结果')")
    choose(page, "#close-result", "邮件回执已签收")
    expect(page.locator(".el-dialog")).to_contain_text("请附签收的邮件回执影像")
    page.click(".el-dialog__footer button:has-text('取消')")
    page.click(".running .kind")
    page.click(".el-select-dropdown__item:visible:has-text('邮件回执')")
    page.set_input_files(".running input[type=file]", receipt)
    expect(page.locator(".running .exhibits")).to_contain_text("receipt.png")

    now = datetime.now(UTC) + SHANGHAI
    page.click(".running button:has-text('登记结果')")
    choose(page, "#close-result", "邮件回执已签收")
    type_time(page, "#close-at", f"{now - timedelta(minutes=5):%Y-%m-%d %H:%M}")
    type_time(page, "#record-posted_on", f"{now - timedelta(days=2):%Y-%m-%d}")
    type_time(page, "#record-signed_on", f"{now:%Y-%m-%d}")
    choose(page, "#record-signer-relation", "本人")
    page.fill("#record-signer-name", "签收人甲")
    page.click(".el-dialog__footer button:has-text('登记结果')")

    expect(page.locator(".matrix .cell.served").first).to_contain_text("已送达")
    expect(page.locator(".matrix tbody tr")).to_contain_text("全部送达")
    page.click("text=为什么")
    expect(page.locator(".why")).to_contain_text("receipt.png")
