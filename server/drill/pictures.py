"""Photos of the drill: a pool of drawn front doors, each copy with its own words, time and place, so that no two are
the same file. Made small on purpose: 60 to 120 KB, as WeChat compresses them."""

from __future__ import annotations

import io
import threading
from datetime import datetime

from PIL import Image, ImageDraw

from evidence.geo import GeoPoint
from evidence.samples import Shot, exif_of_shot, photo, signature
from server.core.clock import COURT_ZONE

_POOL = 12
_WIDTH_PX, _HEIGHT_PX, _QUALITY = 960, 720, 76
_SIGNATURES = 40


class Pictures:
    """Makes JPEG photos and PNG signatures; safe to use from every thread."""

    def __init__(self, seed: int) -> None:
        self._pool = [
            Image.open(io.BytesIO(photo(seed * 1000 + n, width_px=_WIDTH_PX, height_px=_HEIGHT_PX, quality=90)))
            for n in range(_POOL)
        ]
        for one in self._pool:
            one.load()
        self._signatures = [signature(seed * 1000 + n) for n in range(_SIGNATURES)]
        self._serial = 0
        self._lock = threading.Lock()

    def photo(self, *, words: str, taken_at: datetime, place: GeoPoint | None, with_exif: bool) -> bytes:
        """One photo; without EXIF as after WeChat's chooseMedia."""
        serial = self._next()
        picture = self._pool[serial % _POOL].copy()
        draw = ImageDraw.Draw(picture)
        draw.rectangle((0, 0, 420, 30), fill=(20, 24, 30))
        clock = f"{taken_at.astimezone(COURT_ZONE):%Y-%m-%d %H:%M:%S}"
        # The built-in font knows ASCII only, and is enough to tell one photo from another.
        draw.text((8, 8), f"{clock}  {words}  #{serial}", fill=(250, 250, 240))
        out = io.BytesIO()
        exif = exif_of_shot(Shot(taken_at=taken_at, point=place)).tobytes() if with_exif else b""
        picture.save(out, "JPEG", quality=_QUALITY, exif=exif)
        return out.getvalue()

    def signature(self) -> bytes:
        """A signature of the pool with one more stroke, so that its hash is its own."""
        serial = self._next()
        picture = Image.open(io.BytesIO(self._signatures[serial % _SIGNATURES]))
        draw = ImageDraw.Draw(picture)
        x, y = 60 + serial * 7 % 480, 40 + serial // 60 * 13 % 220
        draw.line((x, y, x + 24, y + 9 + serial % 11), fill=(18, 22, 40, 255), width=5)
        out = io.BytesIO()
        picture.save(out, "PNG")
        return out.getvalue()

    def _next(self) -> int:
        with self._lock:
            self._serial += 1
            return self._serial
