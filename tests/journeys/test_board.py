"""What dispatch managers, specialists and reviewers do on the board."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from evidence import samples
from server.core.clock import court_day
from server.core.ids import new_id
from server.drill.camera import Captured
from server.drill.desk import Desk
from server.drill.ledger import Ledger
from server.drill.phone import Phone
from tests.journeys import lists
from tests.journeys.conftest import PASSWORD, Authenticator, SignIn
from tests.stack.whole import WholeStack

pytestmark = pytest.mark.journey

COUNT = 12


def go(page: Page, address: str) -> None:
    page.evaluate("address => { location.hash = address }", address)


def bring_in(page: Page, path: Path, *, kind: str, day: str) -> None:
    """Imports a file through the page and waits for its result."""
    go(page, "/imports")
    page.set_input_files("input[type=file]", path)
    page.click(f".el-radio-button:has-text('{kind}')")
    page.fill(".form .el-date-editor input", day)
    page.keyboard.press("Enter")
    page.click("text=开始导入")
    expect(page.locator(".sheet h2", has_text=path.name)).to_be_visible()
    expect(page.locator(".figures")).to_be_visible()


def drag(page: Page, card: Locator, column: Locator) -> None:
    """By mouse, in small steps, as a hand does it: to the end of the column."""
    card.scroll_into_view_if_needed()
    start = card.bounding_box()
    assert start is not None
    page.mouse.move(start["x"] + 60, start["y"] + 12)
    page.mouse.down()
    page.mouse.move(start["x"] + 75, start["y"] + 20, steps=4)
    cards = column.locator(".visit")
    end = (cards.last if cards.count() else column).bounding_box()
    assert end is not None
    down = end["height"] - 4 if cards.count() else 30
    page.mouse.move(end["x"] + 60, end["y"] + down, steps=15)
    page.wait_for_timeout(300)  # the list makes room for the card
    page.mouse.up()


def busiest(page: Page) -> tuple[Locator, Locator]:
    """The two columns with most cards."""
    columns = page.locator(".column .cards")
    sizes = sorted(range(columns.count()), key=lambda i: columns.nth(i).locator(".visit:not(.fixed)").count())
    return columns.nth(sizes[-1]), columns.nth(sizes[-2])


def test_a_manager_brings_a_day_from_a_file_to_published_routes_and_a_colleague_sees_each_move(
    sign_in: SignIn, tmp_path: Path
) -> None:
    day = (court_day(datetime.now(UTC)) + timedelta(days=20)).isoformat()
    names = lists.cases(tmp_path / "送达任务.csv", day=day, first_serial=70_100, count=COUNT)
    lists.servers(tmp_path / "外勤名单.csv", count=3)
    page = sign_in("admin")

    bring_in(page, tmp_path / "外勤名单.csv", kind="外勤名单", day=day)
    bring_in(page, tmp_path / "送达任务.csv", kind="送达任务", day=day)
    expect(page.locator(".figures")).to_contain_text(f"{COUNT}\n新增", use_inner_text=True)

    page.click("text=去审核任务")
    expect(page.locator(".el-table__row", has_text=names[0]).first).to_be_visible()
    page.click("button:has-text('全部通过')")
    page.click(".el-message-box .el-button--primary")
    expect(page.locator("text=没有待审核的任务")).to_be_visible()

    go(page, f"/day/{day}")
    expect(page.locator("text=还没有上门任务")).to_be_visible()
    page.click("text=筛选上门")
    expect(page.locator(".el-dialog")).to_contain_text("承办法官指定直接送达")
    page.click("text=知道了")
    expect(page.locator(".pool .count")).to_have_text(str(COUNT))

    page.click("button:has-text('规划路线')")
    page.click("text=开始规划")
    expect(page.locator(".totals.preview")).to_contain_text("未发布")
    page.click("button:has-text('发布计划')")
    page.click(".el-message-box .el-button--primary")
    expect(page.locator(".totals")).to_contain_text("待完成")
    expect(page.locator(".totals.preview")).to_have_count(0)

    colleague = sign_in("specialist")
    go(colleague, f"/day/{day}")
    expect(colleague.locator(".column .visit").first).to_be_visible()
    expect(colleague.locator(".live.green")).to_be_visible()

    source, target = busiest(page)
    card = source.locator(".visit:not(.fixed)").first
    visit_id = card.get_attribute("data-visit") or ""
    to_server = target.get_attribute("data-server") or ""
    drag(page, card, target)
    expect(page.locator(".panel")).to_contain_text("公里")

    page.click("text=放回原处")
    expect(source.locator(f"[data-visit='{visit_id}']")).to_be_visible()

    drag(page, source.locator(f"[data-visit='{visit_id}']"), target)
    expect(page.locator(".panel .prices")).to_be_visible()
    page.locator(".panel .actions .el-button").last.click()
    moved = f".cards[data-server='{to_server}'] [data-visit='{visit_id}']"
    expect(page.locator(moved)).to_be_visible()
    # Nobody touched the colleague's browser: the news came by itself.
    expect(colleague.locator(moved)).to_be_attached()


def one_outcome(stack: WholeStack, authenticator: Authenticator, folder: Path) -> tuple[str, str]:
    """A server comes to a door today and finds nobody home; (visit id, recipient)."""
    day, ledger = court_day(datetime.now(UTC)).isoformat(), Ledger()
    lists.cases(folder / "cases.csv", day=day, first_serial=70_300, count=4)
    lists.servers(folder / "servers.csv", count=2)
    code = authenticator.code("admin")
    desk = Desk(stack.url, ledger, username="admin", password=PASSWORD, code=code)
    desk.bring_in(folder / "servers.csv", kind="servers", day=day)
    desk.bring_in(folder / "cases.csv", kind="cases", day=day)
    desk.approve_all()
    desk.plan(day, seconds=3, seed=1)
    mine = next(visit for visit in desk.day(day)["visits"] if visit["server_id"] and visit["crew"] == 1)
    person = next(one for one in desk.get("/people")["items"] if one["id"] == mine["server_id"])

    phone = Phone(stack.url, stack.wechat_url, ledger, staff_no=person["staff_no"], rng=random.Random(1))
    phone.sign_in(court=desk.me["person"]["court"]["code"], bind_code=lambda: desk.bind_code(person["id"]))
    start = datetime.now(UTC) - timedelta(minutes=20)
    lng, lat = mine["wgs84"]

    def fix(at: datetime) -> dict[str, object]:
        point = {"lng": lng + 0.0002, "lat": lat, "datum": "WGS-84"}
        return {"point": point, "accuracy_m": 18.0, "provider": "gps", "at": at.isoformat()}

    for minute, kind in enumerate(("accept", "depart", "arrive")):
        at = start + timedelta(minutes=minute)
        phone.step(mine["id"], kind, at.isoformat(), fix(at))
    at, photo = start + timedelta(minutes=4), new_id()
    phone.hand_in(day, [Captured(mine["id"], photo, "photo_door", samples.photo(7), at, fix(at), None)])
    at = start + timedelta(minutes=5)
    phone.outcome(
        mine["id"],
        {
            "code": "nobody_home",
            "happened_at": at.isoformat(),
            "fix": fix(at),
            "note": "敲门无人应答",
            "evidence": [photo],
        },
    )
    assert ledger.errors == []
    return mine["id"], mine["recipient_name"]


def test_a_reviewer_sees_photo_place_and_course_and_accepting_makes_the_papers(
    stack: WholeStack, sign_in: SignIn, authenticator: Authenticator, tmp_path: Path
) -> None:
    visit_id, recipient = one_outcome(stack, authenticator, tmp_path)
    page = sign_in("reviewer")
    go(page, f"/reviews/{visit_id}")
    detail = page.locator(".detail")
    expect(detail.locator("h2")).to_have_text(recipient)
    expect(detail).to_contain_text("敲门无人应答")
    expect(detail.locator(".steps tr")).to_have_count(4)
    expect(detail.locator("figcaption").first).to_contain_text(re.compile(r"距地址 \d+ 米"))
    picture = detail.locator("figure img").first
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") > 0

    page.click("button:has-text('审核通过')")
    expect(page.locator("text=已通过，正在生成")).to_be_visible()
    go(page, f"/reviews/{visit_id}")
    # Papers are made in the background and appear without a reload.
    expect(page.locator(".paper", has_text="送达报告书")).to_be_visible()
    link = page.locator(".paper a").first.get_attribute("href") or ""
    answer = page.request.get(f"{stack.url}{link}")
    assert answer.ok
    assert answer.body().startswith(b"%PDF-")


def test_who_may_not_plan_is_not_offered_it(sign_in: SignIn) -> None:
    page = sign_in("specialist")
    go(page, "/day")
    expect(page.locator(".toolbar")).to_be_visible()
    expect(page.locator(".menu")).to_contain_text("送达任务")
    expect(page.locator(".menu")).not_to_contain_text("人员")
    expect(page.locator("button:has-text('筛选上门')")).to_have_count(0)


def test_a_lost_session_leads_to_sign_in_and_back_to_the_same_place(sign_in: SignIn) -> None:
    page = sign_in("manager")
    go(page, "/people")
    expect(page.locator("h1", has_text="人员")).to_be_visible()
    page.context.clear_cookies()
    go(page, "/imports")
    expect(page.locator("text=登录已过期")).to_be_visible()
    page.fill("#username", "manager")
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    expect(page.locator("h1", has_text="导入")).to_be_visible()


def test_the_board_fits_a_phone_without_sideways_scrolling(sign_in: SignIn) -> None:
    page = sign_in("admin", width=390, height=844)
    for address in ("/day", "/tasks", "/imports", "/reviews", "/mileage", "/people"):
        go(page, address)
        page.wait_for_timeout(800)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, address
