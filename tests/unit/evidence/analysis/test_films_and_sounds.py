"""What analysis says about films and recordings."""

import io
from collections.abc import Callable
from datetime import UTC, datetime

import av
import pytest
from PIL import Image

from evidence.analysis import Analysis, Output
from evidence.analysis.containers import iso6709, moment
from evidence.analysis.specimens import film, recording
from tests.factories import media

Look = Callable[..., Analysis]
APPLE = {
    "com.apple.quicktime.location.ISO6709": "+39.9289+116.4160+043.1/",
    "com.apple.quicktime.creationdate": "2026-11-24T09:31:05+0800",
    "com.apple.quicktime.make": "Apple",
    "com.apple.quicktime.model": "iPhone 15",
}


@pytest.mark.parametrize(
    ("container", "media_type"), [("mp4", "video/mp4"), ("mov", "video/quicktime"), ("3gp", "video/3gpp")]
)
def test_a_film_is_known_by_size_length_and_codecs_and_has_poster_and_proxy(
    output: Callable[..., Output], container: str, media_type: str
) -> None:
    with output(film(container=container), "video", media_type, marks=("案号 1",)) as found:
        analysis = found.analysis
        proxy, poster = found.copy("proxy").read(), found.copy("poster").read()
    assert (analysis.state, analysis.concerns) == ("done", ())
    said = analysis.media
    assert (said["type"], said["width"], said["height"]) == (media_type, 96, 64)
    assert said["duration_s"] == pytest.approx(1.0, abs=0.1)
    assert (said["video_codec"], said["audio_codec"], said["fps"]) == ("mpeg4", "aac", 8.0)
    assert set(analysis.copies) == {"poster", "thumb", "marked", "proxy"}
    assert Image.open(io.BytesIO(poster)).size == (96, 64)
    with av.open(io.BytesIO(proxy)) as played:
        assert {stream.codec_context.name for stream in played.streams} == {"vp8", "opus"}
        assert sum(1 for _ in played.decode(video=0)) == 8


def test_time_place_and_camera_of_a_telephone_are_read(look: Look) -> None:
    said = look(film(container="mov", metadata=APPLE), "video", "video/quicktime").media
    assert said["taken_at"] == "2026-11-24T01:31:05+00:00"
    assert said["point"] == [116.416, 39.9289]
    assert said["camera"] == "Apple iPhone 15"


def test_a_film_without_sound_is_a_film(look: Look) -> None:
    analysis = look(film(sound=False), "video", "video/mp4")
    assert analysis.concerns == ()
    assert "audio_codec" not in analysis.media
    assert "proxy" in analysis.copies


def test_a_film_of_four_hours_is_not_decoded(look: Look) -> None:
    analysis = look(film(seconds=5, fps=1, gap=3600, sound=False), "video", "video/mp4")
    assert (analysis.state, analysis.concerns) == ("done", ("video.too_long",))
    assert analysis.media["duration_s"] >= 4 * 3600
    assert not analysis.copies


def test_a_film_cut_off_in_the_middle_says_so_and_shows_what_there_is(look: Look) -> None:
    data = film(seconds=3.0)
    whole = look(data, "video", "video/mp4")
    assert whole.concerns == ()
    cut = look(data[: len(data) * 2 // 3], "video", "video/mp4")
    assert cut.state == "broken"
    assert "file.incomplete" in cut.concerns


@pytest.mark.parametrize(
    ("data", "kind", "media_type", "codes"),
    [
        (recording(kind="m4a").replace(b"M4A ", b"isom"), "video", "video/mp4", {"video.no_picture"}),
        (media.iso_media(b"isom"), "video", "video/mp4", {"file.broken"}),
        (recording(kind="mp3"), "video", "video/mp4", {"type.mismatch", "file.broken"}),
        (b"RIFF\x00\x00\x00\x00WAVE", "audio", "audio/wav", {"file.broken"}),
        (
            b"#EXTM3U\n#EXT-X-TARGETDURATION:1\nfile:///etc/passwd\n",
            "video",
            "video/mp4",
            {"file.unknown_type", "file.broken"},
        ),
    ],
)
def test_what_is_no_film_or_recording_is_broken_with_its_reason(
    look: Look, data: bytes, kind: str, media_type: str, codes: set[str]
) -> None:
    analysis = look(data, kind, media_type)
    assert analysis.state == "broken"
    assert set(analysis.concerns) == codes


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [("wav", "audio/wav"), ("mp3", "audio/mpeg"), ("m4a", "audio/mp4"), ("aac", "audio/aac")],
)
def test_a_recording_is_known_by_length_and_loudness(look: Look, kind: str, media_type: str) -> None:
    analysis = look(recording(seconds=1.5, kind=kind), "audio", media_type)
    assert (analysis.state, analysis.concerns) == ("done", ())
    assert analysis.media["duration_s"] == pytest.approx(1.5, abs=0.2)
    assert (analysis.media["channels"], analysis.media["sample_rate"]) == (1, 16_000)
    assert analysis.quality["level_db"] == pytest.approx(-13.5, abs=1)  # a sine at 0.3
    assert analysis.quality["silent_share"] == 0


def test_a_recording_of_nothing_is_a_concern(look: Look) -> None:
    analysis = look(recording(seconds=2, level=0.0), "audio", "audio/wav")
    assert analysis.concerns == ("audio.silent",)
    assert analysis.quality["silent_share"] == 1


def test_a_recording_of_half_a_second_is_a_concern(look: Look) -> None:
    assert look(recording(seconds=0.4), "audio", "audio/wav").concerns == ("audio.too_short",)


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("+39.9289+116.4160+043.1/", (116.416, 39.9289)),
        ("+3955.73+11624.96/", (116.416, 39.9288333)),
        ("+395544.04+1162457.6/", (116.416, 39.9289)),
        ("-33.8568+151.2153CRSWGS_84/", (151.2153, -33.8568)),
        ("+00.0000+000.0000/", None),
        ("+99.0+116.0/", None),
        ("39.9, 116.4", None),
        ("", None),
    ],
)
def test_places_are_read_as_iso_6709_writes_them(text: str, point: tuple[float, float] | None) -> None:
    assert iso6709(text) == (pytest.approx(point) if point else None)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-24T09:31:05+0800", datetime(2026, 11, 24, 1, 31, 5, tzinfo=UTC)),
        ("2026-11-24T01:31:05.000000Z", datetime(2026, 11, 24, 1, 31, 5, tzinfo=UTC)),
        ("2026-11-24 01:31:05", datetime(2026, 11, 24, 1, 31, 5, tzinfo=UTC)),
        ("yesterday", None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_times_without_an_offset_are_utc(text: str, at: datetime | None) -> None:
    assert moment(text) == at
