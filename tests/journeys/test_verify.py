"""Checking evidence in the browser: everything stays there, and the browser says what the command line says."""

from __future__ import annotations

import base64
import hashlib
import io
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from evidence.bundle import verify, write
from evidence.bundle.container import Writer
from evidence.bundle.samples import Sample, sample
from evidence.bundle.trust import fingerprint
from evidence.bundle.writing import sign_listing
from evidence.errors import EvidenceError
from tests.journeys.conftest import NewPage
from tests.stack.whole import WholeStack

pytestmark = pytest.mark.journey
Members = list[tuple[str, bytes]]
# Judges every bundle given in base64 and answers its codes, as `told` below does for the library.
JUDGE = """async (bundles) => {
  const { judgeBundle } = await import("/verify/judge.js");
  const codes = (found) => found.map(([code, what]) => `${code} ${code === "bundle.unsafe" ? "" : what}`).sort();
  const answers = [];
  for (const one of bundles) {
    const file = new File([Uint8Array.from(atob(one), (letter) => letter.charCodeAt(0))], "b.zip");
    try {
      const report = await judgeBundle(file);
      const rows = [...report.items, ...report.documents].map((row) => [row.id, codes(row.reasons)]);
      answers.push([codes(report.reasons), rows]);
    } catch (error) {
      answers.push(error.constructor.name);
    }
  }
  return answers;
}"""

# Ways out of a page; each answers "refused" when the browser did not let it go.
LEAKS = (
    """() => fetch("/verify", { method: "POST", body: "x" }).then(() => "sent", () => "refused")""",
    """() => new Promise((done) => {
      const socket = new WebSocket("ws://127.0.0.1:9/");
      socket.onopen = () => done("sent");
      socket.onerror = () => done("refused");
    })""",
    """() => new Promise((done) => {
      addEventListener("securitypolicyviolation", ({ violatedDirective }) => done(violatedDirective && "refused"));
      new Image().src = "/healthz?x";
    })""",
    """() => new Promise((done) => {
      addEventListener("securitypolicyviolation", () => done("refused"));
      navigator.sendBeacon("/verify", "x");
    })""",
)


@pytest.fixture(scope="module")
def made() -> Sample:
    return sample(4)


@pytest.fixture(scope="module")
def bundle(made: Sample) -> bytes:
    out = io.BytesIO()
    write(made.bundle, out, signer=made.signer)
    return out.getvalue()


@pytest.fixture
def page(stack: WholeStack, new_page: NewPage) -> Page:
    """The page, open, and from then on without a network."""
    opened = new_page(1280)
    with opened.expect_response(lambda one: one.url.endswith("/verify/judge.js")):
        opened.goto(f"{stack.url}/verify")
    opened.wait_for_load_state("networkidle")
    opened.context.set_offline(True)
    return opened


def drop(page: Page, *files: tuple[str, bytes]) -> None:
    given: Any = [{"name": name, "mimeType": "application/octet-stream", "buffer": body} for name, body in files]
    page.set_input_files("#files", given)
    page.wait_for_selector("#working", state="hidden")


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def verdicts(page: Page) -> list[str]:
    return [str(one.get_attribute("data-verdict")) for one in page.locator(".items > li").all()]


def test_an_untouched_bundle_is_found_whole_without_a_network(page: Page, bundle: bytes, made: Sample) -> None:
    drop(page, ("证据包.zip", bundle))
    assert verdicts(page) == ["OK"] * 5
    expect(page.locator(".conclusion")).to_have_text("全部一致（以包内公钥为准，尚未与可信公钥比对）：一致 5 项")
    page.click("#trust summary")
    page.fill("#keys", f"# 法院公告\n{fingerprint(made.signer.verifier).upper()}")
    drop(page, ("证据包.zip", bundle))
    expect(page.locator(".conclusion")).to_have_text("全部一致：一致 5 项")
    page.fill("#keys", "0" * 64)
    drop(page, ("证据包.zip", bundle))
    assert verdicts(page) == ["UNPROVEN"] * 5


def test_one_flipped_bit_of_an_original_is_found_at_its_item(page: Page, bundle: bytes, made: Sample) -> None:
    at = bundle.index(made.bundle.items[1].original.open().read())
    drop(page, ("改动.zip", flipped(bundle, at + 100)))
    assert verdicts(page) == ["OK", "ALTERED", "OK", "OK", "OK"]
    item = page.locator('li[data-id="evidence-0001"]')
    expect(item.locator(".tag")).to_have_text("被改动")
    expect(item).to_contain_text("原始文件的摘要与登记清单不符")
    expect(page.locator(".conclusion")).to_contain_text("未全部一致：证据包整体被改动；一致 4 项，被改动 1 项")


def test_a_single_file_is_found_in_the_bundle_or_not(page: Page, bundle: bytes, made: Sample, tmp_path: Path) -> None:
    photo = made.bundle.items[2].original.open().read()
    large = random.Random(4).randbytes(33 * 1024 * 1024 + 77)  # hashed piece by piece
    given = {"照片.jpg": photo, "证据包.zip": bundle, "另一份.mp4": large, "空.zip": b""}
    for name, body in given.items():
        (tmp_path / name).write_bytes(body)
    page.set_input_files("#files", [tmp_path / name for name in given])
    page.wait_for_selector("#working", state="hidden")
    expect(page.locator(".card.file", has_text="照片.jpg")).to_contain_text("originals/evidence-0002.jpg 逐字节相同")
    other = page.locator(".card.file", has_text="另一份.mp4")
    expect(other).to_contain_text("没有与此文件相同的材料")
    digest = hashlib.sha256(large).hexdigest()
    expect(other).to_contain_text(" ".join(digest[at : at + 4] for at in range(0, 64, 4)))
    expect(page.locator(".card.file", has_text="空.zip")).to_contain_text("这不是送达系统的证据包")


def test_nothing_can_leave_the_page(stack: WholeStack, new_page: NewPage, bundle: bytes) -> None:
    page = new_page(390, 844)
    page.goto(f"{stack.url}/verify")
    page.wait_for_load_state("networkidle")
    asked: list[str] = []
    page.context.on("requestfinished", lambda request: asked.append(request.url))
    for leak in LEAKS:
        assert page.evaluate(leak) == "refused", leak
    drop(page, ("证据包.zip", bundle))
    assert verdicts(page) == ["OK"] * 5
    assert asked == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    for name in ("", "/worker.js", "/nothing.js"):
        policy = page.request.get(f"{stack.url}/verify{name}").headers["content-security-policy"]
        assert "connect-src 'none'" in policy
        assert "default-src 'none'" in policy


# --- the browser says what the command line says


def members_of(bundle: bytes) -> Members:
    with zipfile.ZipFile(io.BytesIO(bundle)) as package:
        return [(name, package.read(name)) for name in package.namelist()]


def packed(members: Members) -> bytes:
    out = io.BytesIO()
    writer = Writer(out)
    for name, body in members:
        writer.add(name, len(body), [body])
    writer.finish()
    return out.getvalue()


def zipped(members: Members) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, body in members:
            package.writestr(name, body)
    return out.getvalue()


def edited(members: Members, name: str, change: Callable[[bytes], bytes]) -> Members:
    assert name in dict(members)
    return [(one, change(body) if one == name else body) for one, body in members]


def signed_anew(members: Members, made: Sample, change: Callable[[bytes], bytes]) -> Members:
    """What somebody inside with the court's key could do to the listing."""
    listing = change(dict(members)["bundle.json"])
    note = sign_listing(listing, made.signer)
    return edited(edited(members, "bundle.json", lambda _: listing), "bundle.note", lambda _: note)


def mutated(bundle: bytes, made: Sample) -> dict[str, bytes]:
    members, rng = members_of(bundle), random.Random(8)
    swapped = dict(members)
    swapped["originals/evidence-0000.jpg"] = swapped["originals/evidence-0001.jpg"]
    manifest, entry = "manifests/evidence-0001.json", "log/entries/evidence-0002.json"
    found = {
        "untouched": bundle,
        "compressed": zipped(members),
        "cut": bundle[: len(bundle) // 2],
        "appended": bundle + b"!",
        "prefixed": b"!" + bundle,
        "no bundle": zipped([("a.txt", b"a")]),
        "swapped": packed(list(swapped.items())),
        "another order": packed([*members[:5], members[6], members[5], *members[7:]]),
        "extra file": packed([*members, ("more.txt", b"more")]),
        "no key": packed([one for one in members if one[0] != "key.txt"]),
        "no envelope": packed([one for one in members if not one[0].startswith("envelopes/evidence-0000")]),
        "no checkpoint": packed([one for one in members if one[0] != "log/checkpoint.txt"]),
        "no listing": packed([one for one in members if one[0] != "bundle.json"]),
        "manifest spaced": packed(edited(members, manifest, lambda one: one.replace(b",", b", ", 1))),
        "entry renamed": packed(edited(members, entry, lambda one: one.replace(b"ev-", b"ex-"))),
        "ticket changed": packed(
            edited(members, "tickets/ticket-1.txt", lambda one: one.replace(b"visit-1", b"visit-2"))
        ),
        "listing anew": packed(signed_anew(members, made, lambda one: one.replace(b"image/jpeg", b"image/png", 1))),
        "size anew": packed(signed_anew(members, made, lambda one: one.replace(b'"size": 900', b'"size": 900.0', 1))),
        "doubled id": packed(
            signed_anew(members, made, lambda one: one.replace(b'"evidence-0001"', b'"evidence-0000"', 1))
        ),
    }
    for number in range(16):
        found[f"flip {number}"] = flipped(bundle, rng.randrange(len(bundle)))
    return found


def told(path: Path) -> Any:
    try:
        report = verify(path)
    except EvidenceError:
        return "NoBundle"

    def codes(reasons: Any) -> list[str]:
        return sorted(f"{one.code} {'' if one.code == 'bundle.unsafe' else one.what}" for one in reasons)

    return [codes(report.reasons), [[one.id, codes(one.reasons)] for one in (*report.items, *report.documents)]]


def test_the_browser_says_what_the_command_line_says(
    stack: WholeStack, new_page: NewPage, bundle: bytes, made: Sample, tmp_path: Path
) -> None:
    page = new_page()
    page.goto(f"{stack.url}/verify")
    cases = mutated(bundle, made)
    answers = page.evaluate(JUDGE, [base64.b64encode(one).decode() for one in cases.values()])
    for (name, data), answer in zip(cases.items(), answers, strict=True):
        path = tmp_path / "b.zip"
        path.write_bytes(data)
        assert answer == told(path), name
    whole = [answer for answer in answers if isinstance(answer, list) and not answer[0]]
    assert len(whole) == 1  # nothing but the untouched one is let through


def test_a_browser_without_ed25519_calls_nothing_proven_and_still_finds_what_was_altered(
    stack: WholeStack, new_page: NewPage, bundle: bytes, made: Sample
) -> None:
    page = new_page()
    page.add_init_script("crypto.subtle.importKey = () => Promise.reject(new DOMException('', 'NotSupportedError'))")
    page.goto(f"{stack.url}/verify")
    expect(page.locator("#unfit")).to_contain_text("本浏览器不能核验 Ed25519 签名")
    altered = flipped(bundle, bundle.index(made.bundle.items[1].original.open().read()))
    whole, broken = page.evaluate(JUDGE, [base64.b64encode(one).decode() for one in (bundle, altered)])
    assert whole[0] == ["browser.no_ed25519 "]
    assert [codes for _, codes in whole[1]] == [["browser.no_ed25519 "]] * 5
    assert "original.differs " in broken[1][1][1]
