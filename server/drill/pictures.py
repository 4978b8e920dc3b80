"""Photos of the drill: drawn front doors, each seen from its own side and in its own light, with its own words, time
and place, so that no two are the same file or look alike. Made small on purpose: some 60 to 120 KB, as WeChat does."""

from __future__ import annotations

import io
import random
import threading
from datetime import datetime

from PIL import Image, ImageDraw, ImageEnhance

from evidence.geo import GeoPoint
from evidence.samples import Shot, exif_of_shot, photo, signature
from server.core.clock import COURT_ZONE

_POOL = 12
_WIDTH_PX, _HEIGHT_PX, _QUALITY = 960, 720, 76
# Of the pool's picture this much is seen, at least; and so many things stand or hang about at every door.
_LEAST_SEEN = 0.45
_THINGS = (3, 7)


class Pictures:
    """Makes JPEG photos and PNG signatures; safe to use from every thread."""

    def __init__(self, seed: int) -> None:
        self._pool = [
            Image.open(io.BytesIO(photo(seed * 1000 + n, width_px=_WIDTH_PX, height_px=_HEIGHT_PX, quality=90)))
            for n in range(_POOL)
        ]
        for one in self._pool:
            one.load()
        self._seed = seed
        self._serial = 0
        self._lock = threading.Lock()

    def photo(self, *, words: str, taken_at: datetime, place: GeoPoint | None, with_exif: bool) -> bytes:
        """One photo; without EXIF as after WeChat's chooseMedia."""
        serial = self._next()
        picture = self._scene(serial)
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
        """A signature nobody else writes."""
        return signature(self._seed * 1_000_000 + self._next())

    def _scene(self, serial: int) -> Image.Image:
        """A part of a door of the pool, perhaps seen from the other side, in another light, with other things about."""
        rng = random.Random(f"{self._seed}:{serial}")  # noqa: S311  # a drawing, guards nothing
        base = self._pool[serial % _POOL]
        seen = rng.uniform(_LEAST_SEEN, 0.95)
        width, height = int(seen * _WIDTH_PX), int(seen * _HEIGHT_PX)
        left, top = rng.randint(0, _WIDTH_PX - width), rng.randint(0, _HEIGHT_PX - height)
        picture = base.crop((left, top, left + width, top + height)).resize((_WIDTH_PX, _HEIGHT_PX))
        if rng.random() < 0.5:
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        draw = ImageDraw.Draw(picture)
        for _ in range(rng.randint(*_THINGS)):
            x, y = rng.randint(0, _WIDTH_PX - 80), rng.randint(60, _HEIGHT_PX - 60)
            far_x, far_y = x + rng.randint(60, 340), y + rng.randint(50, 300)
            draw.rectangle((x, y, far_x, far_y), fill=tuple(rng.randint(20, 235) for _ in range(3)))
        return ImageEnhance.Brightness(picture).enhance(rng.uniform(0.75, 1.2))

    def _next(self) -> int:
        with self._lock:
            self._serial += 1
            return self._serial
