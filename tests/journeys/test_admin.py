"""What administrators, auditors and whoever signs in for the first time do on the board."""

from __future__ import annotations

import re
import secrets
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.journeys.conftest import PASSWORD, Authenticator, NewPage, SignIn, give_password
from tests.stack.whole import WholeStack

pytestmark = pytest.mark.journey

NEW_PASSWORD = "晚风里的十一月很安静"
# What production shall send; nothing inline, nothing from elsewhere.
STRICT = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; worker-src 'self' blob:; "
    "connect-src 'self' {live}; font-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)


def go(page: Page, address: str) -> None:
    page.evaluate("address => { location.hash = address }", address)


def call(page: Page, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """The API with the page's own session, as a script in it would."""
    csrf = page.request.get(f"{_origin(page)}/api/me").json()["csrf"]
    headers = {"X-CSRF-Token": csrf}
    answer = page.request.fetch(f"{_origin(page)}{path}", method=method, data=body, headers=headers)
    return answer.status, answer.json() if answer.status != 204 else None


def _origin(page: Page) -> str:
    return str(page.evaluate("location.origin"))


def register(page: Page, *, name: str, role: str) -> tuple[str, str]:
    """Through the page: a new person with one role; (user name, one-time password)."""
    number = secrets.token_hex(4)
    go(page, "/people")
    page.click("button:has-text('登记人员')")
    dialog = page.locator(".el-dialog", has_text="登记人员")
    dialog.get_by_label("姓名").fill(name)
    dialog.get_by_label("工号").fill(f"XR{number}")
    dialog.get_by_label("用户名").fill(f"u{number}")
    dialog.locator("button:has-text('登记')").click()
    told = page.locator(".el-dialog", has_text="一次性密码")
    password = told.locator("code").inner_text()
    told.locator("button:has-text('已告知')").click()

    page.click("button:has-text('调整角色和用户组')")
    page.locator(".grants .add").click()
    page.locator(".el-select-dropdown__item:visible", has_text=role).click()
    page.click("button:has-text('保存角色')")
    expect(page.locator(".held", has_text=role)).to_be_visible()
    return f"u{number}", password


def first_sign_in(page: Page, url: str, username: str, told: str) -> None:
    """With the password told once, up to and including the forced change."""
    page.goto(f"{url}/board/")
    give_password(page, username, told)
    change_password(page, told)


def change_password(page: Page, told: str) -> None:
    """The forced change, which neither a reload nor another address gets around."""
    expect(page.locator("h2", has_text="设置新密码")).to_be_visible()
    page.reload()
    expect(page.locator("h2", has_text="设置新密码")).to_be_visible()
    go(page, "/tasks")
    expect(page.locator("h2", has_text="设置新密码")).to_be_visible()
    page.fill("#old-password", told)
    page.fill("#new-password", NEW_PASSWORD)
    page.fill("#again-password", NEW_PASSWORD)
    page.click("button:has-text('保存并继续')")


def rows(page: Page) -> Locator:
    return page.locator(".el-table__body .el-table__row")


def test_a_new_person_must_change_the_password_told_once_and_finds_no_more_than_the_role_allows(
    stack: WholeStack, sign_in: SignIn, new_page: NewPage
) -> None:
    admin = sign_in("admin")
    username, told = register(admin, name="新来的专员", role="送达专员")
    page = new_page()
    first_sign_in(page, stack.url, username, told)
    expect(page.locator(".menu")).to_contain_text("送达任务")

    # The button is not there, and the API refuses whoever asks without it.
    go(page, "/day")
    expect(page.locator(".toolbar")).to_be_visible()
    expect(page.locator("button:has-text('筛选上门')")).to_have_count(0)
    expect(page.locator(".menu")).not_to_contain_text("人员")
    status, problem = call(page, "POST", "/api/board/days/2026-11-24/selection", {})
    assert (status, problem["code"]) == (403, "auth.forbidden")
    go(page, "/people")
    expect(page.locator("h1", has_text="人员")).to_have_count(0)

    again = new_page()
    again.goto(f"{stack.url}/board/")
    give_password(again, username, told)
    expect(again.locator(".el-alert")).to_contain_text("用户名或密码不正确")

    auditor = sign_in("auditor")
    expect(auditor.locator("h1", has_text="操作日志")).to_be_visible()
    auditor.get_by_label("文字").fill("新来的专员")
    expect(rows(auditor).filter(has_text="被拒").first).to_contain_text("筛选需上门任务")
    expect(rows(auditor).filter(has_text="修改本人密码")).not_to_have_count(0)
    auditor.get_by_label("文字").fill("演示管理员")
    granted = rows(auditor).filter(has_text="授予或收回权限").first
    granted.locator(".el-table__expand-icon").click()
    expect(auditor.locator(".diff").first).to_contain_text("specialist")


def test_a_privileged_role_binds_an_authenticator_and_a_recovery_code_stands_in_for_it(
    stack: WholeStack, sign_in: SignIn, new_page: NewPage
) -> None:
    username, told = register(sign_in("admin"), name="新来的管理员", role="法院管理员")
    page = new_page()
    page.goto(f"{stack.url}/board/")
    give_password(page, username, told)
    expect(page.locator("h2", has_text="绑定动态口令")).to_be_visible()
    picture = page.locator(".qr img")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 0
    page.click("summary")
    secret = page.locator(".secret").inner_text().replace(" ", "")
    page.fill(".confirm input", pyotp.TOTP(secret).now())
    page.click("button:has-text('绑定')")
    expect(page.locator(".codes li")).not_to_have_count(0)
    codes = page.locator(".codes li").all_inner_texts()
    assert len(set(codes)) == len(codes) >= 8
    expect(page.locator("button:has-text('继续')")).to_be_disabled()
    page.click(".el-checkbox:has-text('妥善保存')")
    page.click("button:has-text('继续')")
    change_password(page, told)
    expect(page.locator("h1", has_text="送达任务")).to_be_visible()  # the address tried on the way is where one goes

    later = new_page()
    later.goto(f"{stack.url}/board/")
    give_password(later, username, NEW_PASSWORD)
    later.click(".el-segmented__item:has-text('恢复码')")
    later.fill("#code", codes[0])
    later.click("button:has-text('验证')")
    expect(later.locator(".toolbar")).to_be_visible()
    go(later, "/account")
    expect(later.locator("text=剩余恢复码")).to_contain_text(str(len(codes) - 1))


def test_a_wrong_code_is_told_and_the_session_waits_for_the_right_one(
    stack: WholeStack, new_page: NewPage, authenticator: Authenticator
) -> None:
    page = new_page()
    page.goto(f"{stack.url}/board/")
    give_password(page, "sysadmin", PASSWORD)
    page.fill("#code", "000000")
    expect(page.locator(".el-alert--error")).to_be_visible()
    page.fill("#code", authenticator.code("sysadmin") or "")
    expect(page.locator("h1", has_text="法院与庭室")).to_be_visible()


@pytest.mark.parametrize(
    ("username", "title", "closed"),
    [
        ("auditor", "操作日志", ["/tasks", "/people", "/alerts"]),
        ("supervisor", "安全告警", ["/tasks", "/audit"]),
        ("sysadmin", "法院与庭室", ["/tasks", "/audit", "/alerts", "/roles"]),
        ("leader", "辖区概况", ["/people", "/audit"]),
    ],
)
def test_everybody_lands_on_their_own_duty_and_a_typed_address_opens_nothing_more(
    sign_in: SignIn, username: str, title: str, closed: list[str]
) -> None:
    page = sign_in(username)
    expect(page.locator("h1")).to_have_text(title)
    for address in closed:
        go(page, address)
        expect(page.locator("h1")).to_have_text(title)


def test_a_number_is_shown_for_a_reason_and_the_auditor_finds_who_saw_it(sign_in: SignIn) -> None:
    page = sign_in("specialist")
    go(page, "/tasks")
    page.click(".el-radio-button:has-text('送达中')")
    rows(page).first.locator(".link").click()
    masked = page.locator(".unmask", has_text=re.compile(r"1\d\d\*{4}\d{4}")).first
    masked.locator(".link").click()
    page.locator(".el-dialog textarea").fill("电话联系受送达人")
    page.click(".el-dialog .el-button--primary")
    number = page.locator(".unmask .full").inner_text()
    assert re.fullmatch(r"1\d{10}", number)

    auditor = sign_in("auditor")
    auditor.get_by_label("电话或证件号").fill(number)
    auditor.click("button:has-text('查询')")
    expect(auditor.locator("text=涉及所查号码")).to_be_visible()
    seen = rows(auditor).filter(has_text="查看完整个人信息").first
    expect(seen).to_contain_text("送达专员甲")
    seen.locator(".el-table__expand-icon").click()
    expect(auditor.locator(".detail").first).to_contain_text("电话联系受送达人")
    assert number not in auditor.url
    assert number not in auditor.locator(".el-table").inner_text()


def test_the_auditor_has_the_whole_log_recomputed(sign_in: SignIn) -> None:
    page = sign_in("auditor")
    page.click(".el-segmented__item:has-text('完整性')")
    page.click("button:has-text('校验全部记录')")
    expect(page.locator(".el-alert--success")).to_contain_text("未被改动")
    with page.expect_download() as saved:
        page.click("button:has-text('导出')")
    text = saved.value.path().read_text(encoding="utf-8-sig")
    assert text.startswith("时间,")
    assert "检索操作日志" in text


def test_a_role_of_the_courts_own_is_copied_and_duties_that_exclude_each_other_are_told(sign_in: SignIn) -> None:
    page = sign_in("supervisor")
    go(page, "/roles")
    page.locator(".el-table__row", has_text="安全审计员").locator("button:has-text('复制')").click()
    drawer = page.locator(".el-drawer.open")
    drawer.get_by_label("角色名称").fill(f"审计助理{secrets.token_hex(2)}")
    drawer.locator(".codes .el-checkbox", has_text="查看送达任务").click()
    expect(drawer).to_contain_text("三员分立")
    expect(drawer.locator("button:has-text('保存')")).to_be_disabled()
    drawer.locator(".codes .el-checkbox", has_text="查看送达任务").click()
    drawer.locator("button:has-text('保存')").click()
    expect(page.locator(".kind").first).to_contain_text("审计助理")


def test_a_group_gives_its_roles_and_divisions_are_kept(sign_in: SignIn) -> None:
    page, mark = sign_in("admin"), secrets.token_hex(2)
    go(page, "/groups")
    page.click("button:has-text('新建用户组')")
    drawer = page.locator(".el-drawer.open")
    drawer.locator("#group-name").fill(f"送达一组{mark}")
    drawer.locator(".grants .add").click()
    page.locator(".el-select-dropdown__item:visible", has_text="送达专员").click()
    drawer.locator("button:has-text('保存')").click()
    expect(rows(page).filter(has_text=f"送达一组{mark}")).to_contain_text("送达专员")
    go(page, "/courts")
    page.get_by_placeholder("如：民事审判第一庭").fill(f"民事审判第{mark}庭")
    page.click("button:has-text('添加')")
    expect(page.get_by_role("main")).to_contain_text(f"民事审判第{mark}庭")
    status, found = call(page, "GET", "/api/board/divisions")
    assert status == 200
    assert f"民事审判第{mark}庭" in [one["name"] for one in found["items"]]


def test_the_pages_fit_a_phone_without_sideways_scrolling(sign_in: SignIn) -> None:
    for username, addresses in {
        "admin": ["/account", "/people", "/groups", "/roles", "/courts", "/overview"],
        "auditor": ["/audit"],
        "supervisor": ["/alerts"],
    }.items():
        page = sign_in(username, width=390, height=844)
        for address in addresses:
            go(page, address)
            expect(page.locator("h1")).to_be_visible()
            page.wait_for_timeout(800)
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, address


def test_the_board_works_under_a_policy_that_allows_nothing_inline(
    stack: WholeStack, sign_in: SignIn, new_page: NewPage
) -> None:
    page = new_page()
    broken: list[str] = []
    page.expose_function("songdaBroken", lambda text: broken.append(text))
    page.add_init_script(
        "addEventListener('securitypolicyviolation', e => songdaBroken(`${e.effectiveDirective} ${e.blockedURI}`))"
    )

    def strictly(route: Route) -> None:
        answer = route.fetch()
        headers = {**answer.headers, "content-security-policy": STRICT.format(live=stack.live_url)}
        route.fulfill(response=answer, headers=headers)

    page.route(re.compile(r"/board/$"), strictly)
    sign_in("admin", page=page)
    for address in ("/day", "/tasks", "/imports", "/reviews", "/mileage", "/overview", "/people", "/roles", "/courts"):
        go(page, address)
        page.wait_for_timeout(1000)
    expect(page.locator("h1", has_text="法院与庭室")).to_be_visible()
    assert broken == []
    # The policy is really in force: what it forbids is noticed.
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">x</p>')")
    page.wait_for_timeout(200)
    assert [one.split()[0] for one in broken] == ["style-src-attr"]
