"""What goes into an analysis and what comes out of it, as plain values; and the check of what a child process says."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, BinaryIO

from evidence.analysis.concerns import CONCERNS

# Copies by name with their media types: a child that was taken over can offer nothing else.
COPIES = {
    "thumb": "image/jpeg",
    "display": "image/jpeg",
    "marked": "image/jpeg",
    "poster": "image/jpeg",
    "proxy": "video/webm",
}
_SHORT = 200
_NUMBERS = frozenset(
    {
        "width", "height", "orientation", "rotation", "duration_s", "fps", "channels", "sample_rate", "listened_s",
        "proxy_s", "level_db", "peak_db", "silent_share", "brightness", "spread", "dark_share", "bright_share",
        "flat_share", "sharpness", "points", "strokes", "length_px", "seconds",
    }
)  # fmt: skip
_TEXTS = frozenset({"type", "container", "video_codec", "audio_codec", "taken_at", "camera", "pressure"})


@dataclass(frozen=True, slots=True)
class Job:
    """``kind``: photo, signature, strokes, video or audio; ``media_type`` as registered at receipt.

    ``marks``: lines drawn onto the marked copy; without them there is none. ``wanted``: copies to make.
    """

    kind: str
    media_type: str
    marks: tuple[str, ...] = ()
    wanted: tuple[str, ...] = tuple(COPIES)

    def document(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Copy:
    """A derived copy: where it lies in the output file, in bytes, and its size in pixels (0 when not a picture)."""

    media_type: str
    offset: int
    size: int
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything learnt about one file. ``state``: done, or broken (it could not be read as what it should be).

    ``media``: type, width, height, orientation, duration_s, fps, video_codec, audio_codec, channels, sample_rate,
    taken_at (ISO, UTC), point [lng, lat] (WGS-84), camera. ``quality``: see :mod:`evidence.analysis.quality` and
    :mod:`evidence.analysis.sounds`. ``hashes``: phash, fine (hex). ``concerns``: codes of
    :data:`evidence.analysis.concerns.CONCERNS`. ``cpu_ms``: processor time the child spent on it.
    """

    state: str
    media: Mapping[str, Any] = field(default_factory=dict)
    quality: Mapping[str, Any] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)
    concerns: tuple[str, ...] = ()
    copies: Mapping[str, Copy] = field(default_factory=dict)
    cpu_ms: int = 0


class Report:
    """An analysis being written. ``save`` appends a copy to the output file at once, so memory stays flat."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self.media: dict[str, Any] = {}
        self.quality: dict[str, Any] = {}
        self.hashes: dict[str, str] = {}
        self.copies: dict[str, dict[str, Any]] = {}
        self._concerns: dict[str, None] = {}

    def concern(self, *codes: str) -> None:
        """Notes concerns, each once."""
        self._concerns.update(dict.fromkeys(codes))

    @property
    def concerns(self) -> list[str]:
        return list(self._concerns)

    def save(self, name: str, data: bytes, *, width: int = 0, height: int = 0) -> None:
        """Appends a copy of the given name."""
        offset = self._out.seek(0, 2)
        self._out.write(data)
        self.copies[name] = {"offset": offset, "size": len(data), "width": width, "height": height}

    def document(self, breaking: frozenset[str]) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "state": "broken" if breaking & set(self._concerns) else "done",
            "media": self.media,
            "quality": self.quality,
            "hashes": self.hashes,
            "concerns": self.concerns,
            "copies": self.copies,
        }


def checked(raw: Mapping[str, Any], *, out_size: int, cpu_ms: int = 0) -> Analysis:
    """The analysis a child process reported, every value of the kind and size it may have.

    Raises ValueError: then the child is not to be trusted. Unknown names are dropped.
    """
    if raw.get("state") not in ("done", "broken"):
        raise ValueError("no state")
    copies = {name: _copy(name, one, out_size) for name, one in _table(raw, "copies").items() if name in COPIES}
    return Analysis(
        raw["state"],
        _facts(_table(raw, "media")),
        _facts(_table(raw, "quality")),
        {name: _hex(value) for name, value in _table(raw, "hashes").items() if name in ("phash", "fine")},
        tuple(code for code in raw.get("concerns") or () if code in CONCERNS),
        copies,
        cpu_ms,
    )


def _table(raw: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = raw.get(name, {})
    if not isinstance(value, dict) or len(value) > 40:
        raise ValueError(name)
    return value


def _facts(raw: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in raw.items():
        if name in _NUMBERS and isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12:
            found[name] = value
        elif name in _TEXTS and isinstance(value, str):
            found[name] = "".join(one for one in value[:_SHORT] if one.isprintable())
        elif name == "point" and isinstance(value, list) and len(value) == 2:
            found[name] = [float(value[0]), float(value[1])]
    return found


def _copy(name: str, raw: Any, out_size: int) -> Copy:
    numbers = [raw[key] for key in ("offset", "size", "width", "height")] if isinstance(raw, dict) else []
    if len(numbers) != 4 or not all(isinstance(one, int) and one >= 0 for one in numbers):
        raise ValueError("a copy without place")
    offset, size, width, height = numbers
    if size == 0 or offset + size > out_size:
        raise ValueError("a copy outside of the output")
    return Copy(COPIES[name], offset, size, width, height)


def _hex(value: Any) -> str:
    if not isinstance(value, str) or len(value) not in (16, 64):
        raise ValueError("not a hash")
    int(value, 16)
    return value
