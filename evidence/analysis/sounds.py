"""Recordings: what they are, how long, and whether there is anything to hear."""

from typing import BinaryIO

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.container import InputContainer

from evidence.analysis.containers import FAULTS, duration_of, opened, tell_origin
from evidence.analysis.limits import LISTEN_S, MAX_AUDIO_S
from evidence.analysis.report import Report
from evidence.structure import end_of, foreign_parts

_RATE = 16_000
_SILENT_DB = -50.0
_SILENT_SHARE = 0.98
_FLOOR_DB = -120.0


def listen(stream: BinaryIO, media_type: str, report: Report) -> None:
    """Fills the report about a recording: at most the first half hour is decoded."""
    end = end_of(stream, media_type)
    report.concern(*(["file.incomplete"] if end is None else []), *foreign_parts(stream, media_type, end))
    try:
        with opened(stream, media_type) as container:
            report.media |= {"type": media_type, "container": container.format.name}
            tell_origin(container.metadata, report)
            _listen(container, report)
    except FAULTS:
        report.concern("file.broken")


def tell_audio(container: InputContainer, report: Report) -> bool:
    """Notes the audio stream; whether there is one that can be decoded."""
    codec: AudioCodecContext | None = container.streams.audio[0].codec_context if container.streams.audio else None
    if codec is None:  # no stream, or of a codec nobody knows
        return False
    report.media |= {"audio_codec": codec.name, "channels": codec.channels, "sample_rate": codec.sample_rate}
    return True


def _listen(container: InputContainer, report: Report) -> None:
    if not tell_audio(container, report):
        report.concern("audio.none")
        return
    duration = duration_of(container)
    if duration is not None:
        report.media["duration_s"] = duration
    if duration is not None and duration > MAX_AUDIO_S:
        report.concern("audio.too_long")
        return
    loudness = _loudness(container, report)
    heard = len(loudness) * _WINDOW_S
    report.quality["listened_s"] = round(heard, 1)
    if not loudness:
        report.concern("audio.none")
        return
    _judge(np.array(loudness), report)
    if max(heard, duration or 0.0) < 1.0:
        report.concern("audio.too_short")


_WINDOW_S = 0.1


def _loudness(container: InputContainer, report: Report) -> list[float]:
    """Root mean square of every tenth of a second, 0–1."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=_RATE)
    window, rest, found = int(_RATE * _WINDOW_S), np.zeros(0, dtype=np.float32), []
    faults = 0
    for packet in container.demux(audio=0):
        try:
            frames = [
                small
                for frame in packet.decode()
                if isinstance(frame, AudioFrame)
                for small in resampler.resample(frame)
            ]
        except FAULTS:
            faults += 1
            if faults > 50:
                break
            continue
        for frame in frames:
            rest = np.concatenate([rest, frame.to_ndarray().reshape(-1)])
        whole = len(rest) // window
        if whole:
            parts = rest[: whole * window].reshape(whole, window)
            found.extend(np.sqrt(np.mean(np.nan_to_num(parts).clip(-4, 4) ** 2, axis=1)).tolist())
            rest = rest[whole * window :]
        if len(found) * _WINDOW_S >= LISTEN_S:
            break
    if faults:
        report.concern("audio.damaged")
    return found


def _judge(loudness: np.ndarray, report: Report) -> None:
    levels = 20 * np.log10(np.maximum(loudness, 1e-6))
    silent = float((levels < _SILENT_DB).mean())
    report.quality |= {
        "level_db": round(max(_FLOOR_DB, float(20 * np.log10(max(1e-6, float(np.sqrt(np.mean(loudness**2))))))), 1),
        "peak_db": round(float(levels.max()), 1),
        "silent_share": round(silent, 3),
    }
    if silent >= _SILENT_SHARE:
        report.concern("audio.silent")
