"""Small films and recordings made here and now: to rehearse with, and for tests to break. No evidence of anything."""

import io
import math
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from PIL import Image, ImageDraw

from evidence.analysis.marking import Pen
from evidence.analysis.report import Job
from evidence.analysis.work import analyse

_RATE = 16_000


def scene(step: int, width: int, height: int) -> Image.Image:
    """A picture with edges that moves a little with every step."""
    picture = Image.new("RGB", (width, height), (150, 140, 120))
    draw = ImageDraw.Draw(picture)
    for row in range(0, height, 8):
        draw.line((0, row, width, row), fill=(90, 80, 70))
    left = width // 4 + step % max(1, width // 4)
    draw.rectangle((left, height // 4, left + width // 4, height), fill=(60, 40, 30), outline=(250, 240, 200))
    return picture


def tone(seconds: float, *, level: float = 0.3) -> np.ndarray:
    """A note of 440 Hz; level 0 is silence."""
    times = np.arange(int(seconds * _RATE)) / _RATE
    return np.asarray(np.sin(2 * math.pi * 440 * times) * level * 32767, dtype=np.int16)


def film(
    *,
    seconds: float = 1.0,
    fps: int = 8,
    size: tuple[int, int] = (96, 64),
    container: str = "mp4",
    sound: bool = True,
    gap: int = 1,
    metadata: dict[str, str] | None = None,
) -> bytes:
    """MPEG-4 video (and AAC) as ``mp4``, ``mov`` or ``3gp``; ``metadata`` as FFmpeg names it. ``gap``: every picture
    stands for so many."""
    out = io.BytesIO()
    with av.open(out, "w", format=container, options={"movflags": "use_metadata_tags"}) as target:
        target.metadata.update(metadata or {})
        picture_stream = target.add_stream("mpeg4", rate=fps)
        picture_stream.width, picture_stream.height = size
        picture_stream.pix_fmt = "yuv420p"
        sound_stream = target.add_stream("aac", rate=_RATE, layout="mono") if sound else None
        for step in range(max(1, round(seconds * fps))):
            frame = VideoFrame.from_ndarray(np.asarray(scene(step, *size)), format="rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = step * gap, Fraction(1, fps)
            target.mux(picture_stream.encode(frame))
        target.mux(picture_stream.encode(None))
        if sound_stream is not None:
            for small in _frames(tone(seconds)):
                target.mux(sound_stream.encode(small))
            target.mux(sound_stream.encode(None))
    return out.getvalue()


def recording(*, seconds: float = 1.0, kind: str = "wav", level: float = 0.3) -> bytes:
    """A note as ``wav``, ``mp3``, ``m4a`` or ``aac``."""
    codec, container = {
        "wav": ("pcm_s16le", "wav"),
        "mp3": ("libmp3lame", "mp3"),
        "m4a": ("aac", "ipod"),
        "aac": ("aac", "adts"),
    }[kind]
    out = io.BytesIO()
    with av.open(out, "w", format=container) as target:
        stream: Any = target.add_stream(codec, rate=_RATE, layout="mono")
        for small in _frames(tone(seconds, level=level), planar=codec == "libmp3lame"):
            target.mux(stream.encode(small))
        target.mux(stream.encode(None))
    return out.getvalue()


def rehearse(pen: Pen | None) -> None:
    """Walks through every kind of job once."""
    pictures = {name: io.BytesIO() for name in ("JPEG", "PNG")}
    for name, out in pictures.items():
        scene(0, 64, 48).save(out, name)
    marks = ("演练",) if pen is not None else ()
    jobs = [
        (pictures["JPEG"], Job("photo", "image/jpeg", marks)),
        (pictures["PNG"], Job("signature", "image/png")),
        (io.BytesIO(film(seconds=0.5)), Job("video", "video/mp4")),
        (io.BytesIO(recording(seconds=0.2)), Job("audio", "audio/wav")),
        (io.BytesIO(b"{}"), Job("strokes", "application/json")),
    ]
    for stream, job in jobs:
        analyse(stream, io.BytesIO(), job, pen)


def _frames(samples: np.ndarray, *, planar: bool = False) -> list[AudioFrame]:
    found = []
    for start in range(0, len(samples), 1024):
        part = samples[start : start + 1024].reshape(1, -1)
        frame = AudioFrame.from_ndarray(part, format="s16p" if planar else "s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = _RATE, start, Fraction(1, _RATE)
        found.append(frame)
    return found
