"""One whole stack and one Chromium for all journeys; every person has a browser context of their own."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pymongo
import pyotp
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
_SECRET = re.compile(r"^\s+(\w+)\s+([A-Z2-7]{32})$", re.MULTILINE)

NewPage = Callable[..., Page]
SignIn = Callable[..., Page]


class Authenticator:
    """The app on people's phones (RFC 6238)."""

    def __init__(self, secrets: dict[str, str], mongodb_uri: str) -> None:
        """`secrets`: base 32 by user name; `mongodb_uri` of the stack they sign in at."""
        self.secrets = secrets
        self.mongodb_uri = mongodb_uri

    def code(self, username: str) -> str | None:
        """A code that works; None for people who sign in without one.

        The server takes no code twice, so it is made to think that the last one was used long ago: else every second
        journey would wait for the next half minute.
        """
        secret = self.secrets.get(username)
        if secret is None:
            return None
        with pymongo.MongoClient[dict[str, Any]](self.mongodb_uri) as client:
            people = client.get_default_database().people
            people.update_one({"username": username}, {"$set": {"totp.last_step": 0}})
        return pyotp.TOTP(secret).now()


@pytest.fixture(scope="package")
def board_files() -> None:
    """The board as it ships; built when this checkout has not been built yet."""
    if not (ROOT / "server" / "board" / "web" / "dist" / "index.html").exists():
        subprocess.run([sys.executable, "-m", "tools.setup", "npm", "run", "build"], cwd=ROOT, check=True)


@pytest.fixture(scope="package")
def stack(board_files: None, scratch_dir: Path) -> Iterator[WholeStack]:
    """A running stack with the demo court."""
    with WholeStack(scratch_dir / "journeys") as whole:
        yield whole


@pytest.fixture(scope="package")
def authenticator(stack: WholeStack) -> Authenticator:
    """Knows the secrets of the demo accounts, as the console prints them."""
    listing = stack.flask("demo-accounts", "demo", "accounts")
    listing.wait(PATIENCE_MS / 1000)
    return Authenticator(dict(_SECRET.findall(listing.log_path.read_text(encoding="utf-8"))), stack.mongodb_uri)


@pytest.fixture(scope="package")
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
def new_page(browser: Browser) -> Iterator[NewPage]:
    """`new_page(width=390)` gives an empty page of a new browser; an error of a page's script fails the test."""
    expect.set_options(timeout=PATIENCE_MS)
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def make(width: int = 1440, height: int = 900) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def sign_in(stack: WholeStack, new_page: NewPage, authenticator: Authenticator) -> SignIn:
    """`sign_in("manager")` gives a page on the board, signed in with both factors where two are asked for."""

    def enter(username: str, width: int = 1440, height: int = 900, page: Page | None = None) -> Page:
        page = page or new_page(width, height)
        page.goto(f"{stack.url}/board/")
        give_password(page, username, PASSWORD)
        code = authenticator.code(username)
        if code is not None:
            page.fill("#code", code)
        page.wait_for_selector(".bar ~ .main h1, .toolbar .versions, .toolbar .date")
        return page

    return enter


def give_password(page: Page, username: str, password: str) -> None:
    """The first step of the sign-in page."""
    page.fill("#username", username)
    page.fill("#password", password)
    page.click("button[type=submit]")
