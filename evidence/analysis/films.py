"""Films: facts, a poster, and a small proxy every browser plays.

The proxy is VP8 and Opus in WebM: both encoders (libvpx, libopus) are under BSD licences and free of patents fees, and
VP8 in real-time mode is the cheapest of them. It is for looking; what counts is the original.
"""

import io
import time
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, BinaryIO

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.container import InputContainer, OutputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from PIL import Image

from evidence.analysis.containers import FAULTS, duration_of, opened, tell_origin
from evidence.analysis.limits import (
    DISPLAY_PX,
    MAX_FRAME_PIXELS,
    MAX_VIDEO_S,
    POSTER_FRAMES,
    PROXY_FPS,
    PROXY_PX,
    PROXY_S,
)
from evidence.analysis.marking import Pen
from evidence.analysis.pictures import add_hashes, make_copies
from evidence.analysis.quality import Quality, quality
from evidence.analysis.report import Job, Report
from evidence.analysis.sounds import tell_audio
from evidence.structure import end_of, foreign_parts
from evidence.thumbnails import upright

_FAULTS_BORNE = 50
_ROTATED = {90: 8, 180: 3, 270: 6}  # counter-clockwise degrees to the EXIF orientation that undoes them


def look_at_film(
    stream: BinaryIO, media_type: str, job: Job, report: Report, pen: Pen | None, proxy_cpu_s: float
) -> None:
    """Fills the report about a film; the proxy ends after ``proxy_cpu_s`` of processor time."""
    end = end_of(stream, media_type)
    report.concern(*(["file.incomplete"] if end is None else []), *foreign_parts(stream, media_type, end))
    try:
        with opened(stream, media_type) as container:
            report.media |= {"type": media_type, "container": container.format.name}
            tell_origin(container.metadata, report)
            if not _fit_to_decode(container, report):
                return
            _show(container, job, report, pen)
        if "proxy" in job.wanted and "poster" in report.copies:
            with opened(stream, media_type) as container:
                _Proxy(container, report, proxy_cpu_s).make()
    except FAULTS:
        report.concern("file.broken")


def _fit_to_decode(container: InputContainer, report: Report) -> bool:
    """Notes the facts; whether decoding may begin."""
    tell_audio(container, report)
    duration = duration_of(container)
    if duration is not None:
        report.media["duration_s"] = duration
    film = container.streams.video[0] if container.streams.video else None
    codec: VideoCodecContext | None = film.codec_context if film else None
    if film is None or codec is None:  # no stream, or of a codec nobody knows
        report.concern("video.no_picture")
        return False
    report.media |= {"video_codec": codec.name, "width": codec.width, "height": codec.height}
    if film.average_rate:
        report.media["fps"] = round(float(film.average_rate), 2)
    if codec.width * codec.height > MAX_FRAME_PIXELS:
        report.concern("video.too_many_pixels")
        return False
    if duration is not None and duration > MAX_VIDEO_S:
        report.concern("video.too_long")
        return False
    return True


def _show(container: InputContainer, job: Job, report: Report, pen: Pen | None) -> None:
    """Poster and its copies: the sharpest of a few frames spread over the film."""
    shots = list(_frames_spread(container, report))
    if not shots:
        report.concern("video.no_picture")
        return
    report.media["rotation"] = shots[0][2]
    picture, measured, _ = max(shots, key=lambda one: (not one[1].concerns(), one[1].sharpness))
    report.quality = measured.document()
    # One dark or blurred moment is a film; all of them are a concern.
    report.concern(*sorted(set.intersection(*(set(one.concerns()) for _, one, _ in shots))))
    if not {"image.blank", "image.too_dark"} & set(measured.concerns()):
        add_hashes(picture.convert("L"), report)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    report.save("poster", out.getvalue(), width=picture.width, height=picture.height)
    make_copies(picture, Job(job.kind, job.media_type, job.marks, tuple({*job.wanted} - {"display"})), report, pen)


def _frames_spread(container: InputContainer, report: Report) -> Iterator[tuple[Image.Image, Quality, int]]:
    film = container.streams.video[0]
    film.thread_type = "NONE"
    length = container.duration or 0
    for index in range(POSTER_FRAMES):
        if index and length < 2_000_000:
            return  # a second or two: one frame tells it
        try:
            if index:
                container.seek(length * index // POSTER_FRAMES, backward=True)
            frame = next((one for one in _decoded(container) if isinstance(one, VideoFrame)), None)
            if frame is None:
                continue
            picture, turned = _picture(frame, DISPLAY_PX), frame.rotation % 360
        except FAULTS:
            report.concern("video.damaged")
            continue
        upright_picture = upright(picture, _ROTATED.get(turned, 1))
        yield upright_picture, quality(upright_picture.convert("L")), turned


def _decoded(container: InputContainer, **streams: int) -> Iterator[Any]:
    """Frames; damaged packets are passed over, a limited number of times."""
    faults = 0
    for packet in container.demux(**(streams or {"video": 0})):
        try:
            yield from packet.decode()
        except FAULTS:
            faults += 1
            if faults > _FAULTS_BORNE:
                raise


def _picture(frame: VideoFrame, side: int) -> Image.Image:
    width, height = _fitted(frame.width, frame.height, side)
    small = frame.reformat(width=width, height=height, format="rgb24")
    return Image.fromarray(small.to_ndarray())


def _fitted(width: int, height: int, side: int) -> tuple[int, int]:
    """Even sides within ``side``, never enlarged."""
    share = min(1.0, side / max(width, height, 1))
    return max(16, int(width * share) // 2 * 2), max(16, int(height * share) // 2 * 2)


class _Proxy:
    """Writes the proxy into memory: ten minutes of it are some 15 MB."""

    def __init__(self, container: InputContainer, report: Report, cpu_s: float) -> None:
        self._source, self._report = container, report
        self._until_s = time.process_time() + cpu_s
        self._next_s = 0.0
        self._film: Any = None
        self._sound: Any = None
        self._resampler: Any = None
        self._written_s = 0.0
        self._damaged = False

    def make(self) -> None:
        out = io.BytesIO()
        with av.open(out, "w", format="webm") as target:
            whole = self._copy(target)
        if self._film is None:
            return
        self._report.save("proxy", out.getvalue(), width=self._film.width, height=self._film.height)
        self._report.media["proxy_s"] = round(self._written_s, 1)
        if not whole:
            self._report.concern("video.proxy_shortened")
        if self._damaged:
            self._report.concern("video.damaged")

    def _copy(self, target: OutputContainer) -> bool:
        """Whether the film was copied to its end."""
        whole = True
        try:
            whole = self._pump(target)
        except FAULTS:
            self._damaged = True
        for stream in (self._film, self._sound):
            if stream is not None:
                target.mux(stream.encode(None))
        return whole

    def _pump(self, target: OutputContainer) -> bool:
        self._source.streams.video[0].thread_type = "NONE"
        wanted = {"video": 0, **({"audio": 0} if self._begin_sound(target) else {})}
        waiting: list[AudioFrame] = []
        for frame in _decoded(self._source, **wanted):
            if time.process_time() > self._until_s or self._written_s > PROXY_S:
                return False
            if isinstance(frame, VideoFrame):
                self._add_picture(target, frame)
            elif isinstance(frame, AudioFrame):
                waiting.append(frame)
            # The first picture decides the size; the container's header waits for it.
            if self._film is not None:
                self._add_sound(target, waiting)
        return True

    def _begin_sound(self, target: OutputContainer) -> bool:
        # The facts name the codec when there is one that can be decoded.
        if "audio_codec" not in self._report.media:
            return False
        self._sound = target.add_stream("libopus", rate=48_000, layout="mono")
        self._sound.bit_rate = 32_000
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=48_000, frame_size=960)
        return True

    def _add_picture(self, target: OutputContainer, frame: VideoFrame) -> None:
        at = frame.time if frame.time is not None else self._next_s
        if at + 1e-6 < self._next_s:
            return
        self._next_s = max(self._next_s, at) + 1 / PROXY_FPS
        self._written_s = max(self._written_s, at)
        picture = upright(_picture(frame, PROXY_PX), _ROTATED.get(frame.rotation % 360, 1))
        if self._film is None:
            self._film = self._begin_film(target, picture)
        small = VideoFrame.from_ndarray(np.asarray(picture), format="rgb24").reformat(
            width=self._film.width, height=self._film.height, format="yuv420p"
        )
        small.pts, small.time_base = round(at * 1000), Fraction(1, 1000)
        target.mux(self._film.encode(small))

    def _begin_film(self, target: OutputContainer, picture: Image.Image) -> Any:
        film = target.add_stream("libvpx", rate=PROXY_FPS)
        film.width, film.height, film.pix_fmt = picture.width, picture.height, "yuv420p"
        film.codec_context.time_base = Fraction(1, 1000)
        film.bit_rate = 500_000
        film.options = {"deadline": "realtime", "cpu-used": "10", "lag-in-frames": "0", "threads": "1"}
        return film

    def _add_sound(self, target: OutputContainer, waiting: list[AudioFrame]) -> None:
        for frame in waiting:
            for small in self._resampler.resample(frame):
                target.mux(self._sound.encode(small))
        waiting.clear()
