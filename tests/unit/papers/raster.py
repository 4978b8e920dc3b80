"""Pages as pixels: the only honest way to see that nothing runs off the paper."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image, ImageChops

from server.papers.fonts import find_fonts
from server.papers.kinds import KINDS
from server.papers.render import _press, prepare
from server.papers.wording import Wording

PPI = 48
MARGIN_CM = 2.4


def rasters(data: Any, words: Wording | None = None) -> list[Image.Image]:
    """The pages in grey at 48 ppi, from the same tree and templates as the PDF."""
    kind = next(code for code, one in KINDS.items() if type(data) is one.data)
    template, tree, exhibits, _ = prepare(kind, data, words)
    press = _press(find_fonts())
    content = json.dumps(tree | {"fonts": press._font_names()}).encode()
    with TemporaryDirectory() as folder:
        for name, body in (press.templates(template) | exhibits.files() | {"data.json": content}).items():
            Path(folder, name).write_bytes(body)
        made = press._compiler.compile(input=str(Path(folder, template)), root=folder, format="png", ppi=PPI)
    pages = made if isinstance(made, list) else [made]
    return [Image.open(BytesIO(page)).convert("L") for page in pages if page]


def margins_are_blank(data: Any) -> bool:
    """True when no page has ink in the left or right margin (one pixel of tolerance for table lines)."""
    margin = int(MARGIN_CM / 2.54 * PPI) - 1
    for page in rasters(data):
        for left in (0, page.width - margin):
            strip = page.crop((left, 0, left + margin, page.height))
            if ImageChops.invert(strip).getbbox() is not None:
                return False
    return True
