"""One whole stack and one Chromium for all journeys; every person has a browser context of their own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.stack.processes import ROOT
from tests.stack.whole import WholeStack

PASSWORD = "songda-demo"  # the demo court's, printed at every start
PATIENCE_MS = 60_000
_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

SignIn = Callable[..., Page]


@pytest.fixture(scope="module")
def board_files() -> None:
    """The board as it ships; built when this checkout has not been built yet."""
    if not (ROOT / "server" / "board" / "web" / "dist" / "index.html").exists():
        subprocess.run([sys.executable, "-m", "tools.setup", "npm", "run", "build"], cwd=ROOT, check=True)


@pytest.fixture(scope="module")
def stack(board_files: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeStack]:
    """A running stack with the demo court."""
    with WholeStack(tmp_path_factory.mktemp("journeys")) as whole:
        yield whole


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield started
        started.close()


@pytest.fixture
def sign_in(stack: WholeStack, browser: Browser, tmp_path: Path) -> Iterator[SignIn]:
    """`sign_in("manager")` gives a page on the board; an error of the page's script fails the test."""
    expect.set_options(timeout=PATIENCE_MS)
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def enter(username: str, width: int = 1440, height: int = 900) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"{stack.url}/board/")
        page.fill("#username", username)
        page.fill("#password", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_selector(".toolbar")  # the first page of everybody who comes here
        return page

    yield enter
    for context in contexts:
        context.close()
    assert wrong == []
