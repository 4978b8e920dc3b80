"""The sentences of the page: those of `python -m evidence verify`, and what only a browser has to say."""

from __future__ import annotations

import json

from evidence.bundle.words import OK, UNPROVEN, VERDICTS, WORDS

VERDICT_ZH = {"OK": "一致", "UNPROVEN": "无法证明", "MISSING": "缺失", "ALTERED": "被改动"}
# code → (verdict, Chinese)
BROWSER = {
    "browser.no_ed25519": (UNPROVEN, "本浏览器不能核验 Ed25519 签名（未核验），请更换新版浏览器，或用命令行核验"),
    "browser.stamp": (OK, "时间戳（RFC 3161）未核验：浏览器不能核验，请用下方命令行核验"),
}


def script() -> str:
    """`words.js`: code → [verdict, sentence with {what}], and the words for verdicts, mildest first."""
    words = {code: [verdict, zh] for code, (verdict, zh, _) in WORDS.items()}
    words |= {code: [verdict, zh] for code, (verdict, zh) in BROWSER.items()}
    verdicts = [[verdict, VERDICT_ZH[verdict]] for verdict in VERDICTS]
    return (
        f"export const WORDS = {json.dumps(words, ensure_ascii=False)};\n"
        f"export const VERDICTS = {json.dumps(verdicts, ensure_ascii=False)};\n"
    )
