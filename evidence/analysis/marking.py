"""A display copy that says on its face what it is: time, place, case, hash, court. The original is never touched."""

import io
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

MAX_LINES = 6
_MAX_CHARACTERS = 120
_SHADE = 0.78  # how dark the band behind the words is


class Pen:
    """Draws lines in one font. The font file is read once, so that a process without access to files can draw."""

    def __init__(self, font_path: Path, index: int = 0) -> None:
        self._font = font_path.read_bytes()
        self._index = index
        self._face = lru_cache(maxsize=16)(self._load)
        self._face(24)

    def _load(self, size: int) -> ImageFont.FreeTypeFont:
        return ImageFont.truetype(io.BytesIO(self._font), size, index=self._index)

    def mark(self, picture: Image.Image, lines: tuple[str, ...]) -> Image.Image:
        """A copy of an RGB picture with the lines on a dark band along its lower edge."""
        marked = picture.copy()
        texts = [line[:_MAX_CHARACTERS] for line in lines[:MAX_LINES] if line]
        size = max(10, min(picture.size) // 40)
        while (
            size > 10 and max((self._face(size).getlength(one) for one in texts), default=0) > picture.width - 2 * size
        ):
            size -= 1
        step = int(size * 1.35)
        height = min(picture.height, step * len(texts) + size)
        place = (0, picture.height - height, picture.width, picture.height)
        band = marked.crop(place).point([int(value * (1 - _SHADE)) for value in range(256)] * 3)
        draw = ImageDraw.Draw(band)
        for row, text in enumerate(texts):
            draw.text((size, size // 3 + row * step), text, fill=(255, 255, 255), font=self._face(size))
        marked.paste(band, place)
        return marked
