"""What an analysis costs: for benchmarks, on the machine where it matters."""

import io
from collections.abc import Sequence

from evidence import samples
from evidence.analysis.report import Job
from evidence.analysis.sandbox import Sandbox, Setting

MARKS = (
    "门牌及现场照片  拍摄时间 2026-11-24 09:31:05",
    "地点 北京市西城区****  东经 116.37430°、北纬 39.92970°（GCJ-02，误差 15 米）",
    "案号 （2026）京0102民初0001号",
    "SHA-256 0123456789abcdef",
    "演练法院  展示副本，以原件为准",
)


def twelve_megapixels(seed: int = 3) -> bytes:
    """A drill photo of 4032×3024, about 3 MB: half a second to make, so make it once."""
    return samples.photo(seed, width_px=4032, height_px=3024, quality=90)


def photo_cpu_ms(photos: Sequence[bytes], *, setting: Setting | None = None, rounds: int = 5) -> list[int]:
    """Processor milliseconds (all of the child's) of every analysis of every photo, with all copies.

    The first job of a child is not counted: starting one is what keeping it warm avoids. ``setting`` names the font,
    without which there is no marked copy.
    """
    job = Job("photo", "image/jpeg", MARKS)
    sandbox, found = Sandbox(setting=setting), []
    try:
        for photo in [photos[0], *list(photos) * rounds]:
            with sandbox.analyse(io.BytesIO(photo), job) as output:
                found.append(output.analysis.cpu_ms)
    finally:
        sandbox.close()
    return found[1:]
