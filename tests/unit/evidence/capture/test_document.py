"""What docs/capture.md gives other authors to test against is what this code makes."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from evidence.capture import REASONS
from evidence.capture.envelopes import Clock, DeviceFacts, SealedFix
from tests.unit.evidence.capture.world import KEY, MORNING, NOON, SIGNER, link, shutter

TEXT = (Path(__file__).parents[4] / "docs/capture.md").read_text(encoding="utf-8")


def test_the_vectors_are_what_the_reference_makes() -> None:
    camera = shutter(
        clock=Clock(-1250, 84, MORNING + timedelta(minutes=1)), facts=DeviceFacts("测试机型 X1", "Android 14", "1.4.0")
    )
    fix = SealedFix(116.3743, 39.9297, "GCJ-02", 12.0, "gps", mock=False, at=NOON - timedelta(seconds=2))
    sealed = camera.shoot(b"songda", client_id="photo-0000", kind="photo_door", taken_at=NOON, fixes=[fix])
    for part in (
        str(SIGNER.verifier),
        KEY.public_key_text,
        f"```text\n{camera.note}```",
        f"```json\n{sealed.payload.decode()}\n```",
        sealed.as_json()["signature"],
        link(sealed).prev,
        link(sealed).sha256,
    ):
        assert part in TEXT


def test_every_reason_is_listed_with_its_weight() -> None:
    listed = dict(re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \| (broken|doubt|waiting|note) \|", TEXT, re.MULTILINE))
    assert listed == {code: weight for code, (weight, _) in REASONS.items()}
