"""What happens at each door. Every outcome of the list occurs at least once when some door allows it."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

# How often each outcome is met on an ordinary day; closed ones are left out at each door.
_WEIGHTS = {
    "signed_recipient": 40,
    "signed_organisation": 40,
    "signed_family": 14,
    "signed_agent": 3,
    "signed_designated": 3,
    "refused_witness": 5,
    "refused_video": 6,
    "refused_returned": 2,
    "nobody_home": 14,
    "moved": 3,
    "no_such_person": 3,
    "address_unclear": 2,
    "access_denied": 3,
    "organisation_gone": 4,
    "aborted_safety": 1,
}
_MEDIATION_ONLY = "refused_returned"
_NOTES = {
    "nobody_home": "按门铃并敲门三次，等候约十分钟无人应答，邻居称白天家中一般无人",
    "moved": "邻居称其约三个月前搬离，去向不明",
    "no_such_person": "现住户称不认识受送达人，居住于此已两年",
    "address_unclear": "小区内无该楼号，询问物业确认不存在",
    "access_denied": "门禁封闭，物业联系业主未果，无法进入",
    "organisation_gone": "该地址现为其他公司办公，物业称原单位已退租",
    "aborted_safety": "院内犬只未拴，无法靠近，为保证安全先行离开",
}


@dataclass(frozen=True, slots=True)
class Shot:
    """One item to make: its kind, and a few ASCII words for the picture."""

    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Scene:
    """A door's script: the outcome, what is photographed or signed, the fields of the form."""

    code: str
    shots: tuple[Shot, ...]
    fields: dict[str, Any] = field(default_factory=dict)


class Script:
    """Decides what happens where; safe to use from every thread."""

    def __init__(self, seed: int, rules: Iterable[dict[str, Any]]) -> None:
        self._seed = seed
        self._known = {rule["code"] for rule in rules}
        self._unseen = set(self._known)
        self._lock = threading.Lock()

    def scene(self, stop: dict[str, Any]) -> Scene:
        rng = random.Random(f"{self._seed}:{stop['case_number']}:{stop['address']}")  # noqa: S311  # a script
        code = self._choose(stop, rng)
        shots = [Shot("photo_door", "door"), *_shots(code, rng)]
        # Safety first: nobody stays for a photo.
        return Scene(code, tuple(shots[1:] if code == "aborted_safety" else shots), _fields(code, stop, rng))

    def _choose(self, stop: dict[str, Any], rng: random.Random) -> str:
        closed = set(stop["closed_outcomes"])
        mediation = any(one["name"].endswith("调解书") for one in stop["documents"])
        open_here = [
            code
            for code in _WEIGHTS
            if code in self._known and code not in closed and (code != _MEDIATION_ONLY or mediation)
        ]
        with self._lock:
            unseen = [code for code in open_here if code in self._unseen]
            code = unseen[0] if unseen else rng.choices(open_here, [_WEIGHTS[one] for one in open_here])[0]
            self._unseen.discard(code)
        return code


def _shots(code: str, rng: random.Random) -> list[Shot]:
    """What is taken beside the door's photo."""
    if code.startswith("signed_"):
        items = [Shot("photo_documents", "documents"), Shot("signature_recipient", "signature")]
        return [*items, Shot("photo_recipient", "handover")] if rng.random() < 0.6 else items
    if code == "refused_witness":
        return [
            Shot("photo_witness", "witness"),
            Shot("photo_left", "left at the door"),
            Shot("signature_witness", "witness"),
            Shot("signature_server", "server"),
        ]
    if code == "refused_video":
        return [*(Shot("photo_process", f"process {n}") for n in (1, 2, 3)), Shot("photo_left", "left")]
    return [Shot("photo_process", "surroundings")] * rng.randint(1, 2) if code != "aborted_safety" else []


def _fields(code: str, stop: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if code in _NOTES:
        fields["note"] = _NOTES[code]
    if code.startswith("signed_"):
        fields["signer"] = _signer(code, stop, rng)
    if code.startswith("refused_"):
        fields["refusal_reason"] = rng.choice(
            ("称对案件有异议，拒绝接收文书", "称与本人无关，拒绝签收", "拒绝开门接收，隔门表示不收")
        )
    if code in ("refused_witness", "refused_video"):
        fields["left_at_place"] = rng.choice(("住所门内鞋柜上", "入户门把手处", "住所门口信报箱内"))
    if code == "refused_witness":
        fields["witness"] = {
            "name": "见证人" + rng.choice("甲乙丙丁戊己"),
            "unit": "属地社区居民委员会",
            "title": rng.choice(("网格员", "居委会干部")),
            "phone": f"199{rng.randrange(10**8):08d}",
        }
    return fields


def _signer(code: str, stop: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    name = stop["recipient"]["name"]
    if code == "signed_recipient":
        return {"name": name}
    relations = {
        "signed_family": ("配偶", "父亲", "母亲", "成年子女"),
        "signed_organisation": ("前台收发人员", "办公室主任", "法定代表人"),
        "signed_agent": ("委托诉讼代理人",),
        "signed_designated": ("指定代收人",),
    }
    return {"name": "签收人" + rng.choice("甲乙丙丁戊己庚辛"), "relation": rng.choice(relations[code])}


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
