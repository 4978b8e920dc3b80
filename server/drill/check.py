"""At the end: is everything there that was answered 2xx, byte for byte, and are the papers made?"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from server.drill.desk import Desk
from server.drill.doors import sha256_of
from server.drill.ledger import Ledger, Sent, say
from server.drill.line import Refused, segment
from server.drill.phone import Phone

_CHUNK = 200
_SAMPLE_EVERY = 12
_PAPER_KINDS = frozenset({"proof", "report"})
_PAPERS_STUCK_S = 150.0


def everything_is_held(phones: Iterable[Phone], ledger: Ledger) -> None:
    """Asks each phone's sync for every client id it sent; counts `evidence_held` and `hashes_equal`."""
    by_phone: dict[str, list[Sent]] = defaultdict(list)
    for one in ledger.sent:
        by_phone[one.phone].append(one)
    for phone in phones:
        mine = by_phone[phone.staff_no]
        for start in range(0, len(mine), _CHUNK):
            _check_part(phone, mine[start : start + _CHUNK], ledger)


def _check_part(phone: Phone, part: list[Sent], ledger: Ledger) -> None:
    asked = [{"client_id": one.client_id, "visit_id": one.visit_id, "sha256": one.sha256} for one in part]
    for one, found in zip(part, phone.sync(asked), strict=True):
        if not found["held"] or found["client_id"] != one.client_id:
            ledger.error(f"{phone.staff_no} 提交的 {one.client_id} 在系统中找不到")
            ledger.count("missing")
            continue
        ledger.count("items_held")
        if one.sha256 is not None:
            ledger.count("evidence_held")
            ledger.count("hashes_equal", int(found["same"] is True))
            if found["same"] is not True:
                ledger.error(f"{phone.staff_no} 证据 {one.client_id} 的哈希不一致")


def every_shift_is_complete(phones: Iterable[Phone], day: str, ledger: Ledger) -> None:
    """Asks for the shift's ledger of each phone: n of n, and nothing the phone knows of is missing in it."""
    sent = {(one.phone, one.client_id): one.sha256 for one in ledger.sent if one.sha256 is not None}
    held_at_all: set[tuple[str, str]] = set()
    for phone in phones:
        found = phone.shift_ledger(day)
        counts, held = found["counts"], [one for one in found["items"] if one["state"] == "held"]
        ledger.count("ledger_held", counts["held"])
        ledger.count("ledger_total", counts["total"])
        if counts["held"] != len(held):
            ledger.error(f"{phone.staff_no} 的材料清单与其合计不符")
        for one in held:
            known = sent.get((phone.staff_no, one["client_id"]))
            if known is not None and known != one["sha256"]:
                ledger.error(f"{phone.staff_no} 材料清单中 {one['client_id']} 的哈希不一致")
        held_at_all |= {(phone.staff_no, one["client_id"]) for one in held}
        if counts["held"] != counts["total"]:
            ledger.error(f"{phone.staff_no} 的材料只送达 {counts['held']}/{counts['total']}")
    for staff_no, client_id in sorted(sent.keys() - held_at_all):
        ledger.error(f"{staff_no} 的材料 {client_id} 不在清单中")
    held_count, total = ledger.counts["ledger_held"], ledger.counts["ledger_total"]
    say(f"材料 {held_count}/{total} {'已全部送达' if held_count == total else '，尚未全部送达'}")


def sample_downloads(desk: Desk, visit_ids: list[str], ledger: Ledger) -> None:
    """Fetches originals of some visits as a reviewer does and hashes their bytes."""
    for visit_id in visit_ids[::_SAMPLE_EVERY]:
        for item in desk.get(f"/visits/{segment(visit_id)}")["evidence"]:
            path = f"/api/board/evidence/{segment(item['id'])}/file"
            data = desk.line.raw("GET", path, params={"size": "original"}).content
            ledger.count("downloaded")
            if sha256_of(data) != item["sha256"] or len(data) != item["size"]:
                ledger.error(f"下载的证据 {item['id']} 与登记的哈希不一致")


def wait_for_papers(desks: list[Desk], visit_ids: list[str], ledger: Ledger) -> int:
    """Waits until every accepted visit has proof and report; how many papers that are.

    Gives up when nothing new was made for a while.
    """
    waiting, made = set(visit_ids), 0
    last = told = time.monotonic()
    while waiting:
        ready = _ready(desks, sorted(waiting), ledger)
        made += sum(ready.values())
        waiting -= set(ready)
        now = time.monotonic()
        if ready:
            last = now
        if now - last > _PAPERS_STUCK_S:
            ledger.error(f"{len(waiting)} 个上门任务的文书迟迟没有生成，例如 {min(waiting)}")
            return made
        if waiting and now - told > 10:
            say(f"等待文书生成，还差 {len(waiting)} 个上门任务")
            told = now
        if waiting and not ready:
            time.sleep(1.0)
    return made


def _ready(desks: list[Desk], waiting: list[str], ledger: Ledger) -> dict[str, int]:
    """Visits whose papers are all made → how many papers they have (latest versions only)."""
    shares = [waiting[n :: len(desks)][:60] for n in range(len(desks))]

    def look(desk: Desk, share: list[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for visit_id in share:
            kinds = _paper_kinds(desk, visit_id, ledger)
            if kinds >= _PAPER_KINDS:
                found[visit_id] = len(kinds)
        return found

    with ThreadPoolExecutor(len(desks)) as pool:
        parts = pool.map(look, desks, shares)
    return {visit_id: count for part in parts for visit_id, count in part.items()}


def _paper_kinds(desk: Desk, visit_id: str, ledger: Ledger) -> set[Any]:
    try:
        return {paper["kind"] for paper in desk.get(f"/visits/{segment(visit_id)}")["papers"]}
    except Refused as error:
        ledger.error(f"查看 {visit_id}：{error}")
        return set(_PAPER_KINDS)
