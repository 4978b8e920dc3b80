import io
import struct
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from evidence import samples
from evidence.errors import EvidenceError
from evidence.exif import read_exif
from evidence.geo import GeoPoint, distance_m
from evidence.media import MEGABYTE, Kind, Limits, glance, inspect
from tests.factories import media

TAKEN = datetime(2026, 11, 24, 1, 31, 5, tzinfo=UTC)
DOOR = GeoPoint(39.928912, 116.416045)
KINDS: tuple[Kind, ...] = ("photo", "signature", "video", "audio")


def code_of(data: bytes, kind: Kind = "photo") -> str:
    with pytest.raises(EvidenceError) as refused:
        inspect(data, kind=kind)
    assert refused.value.title_zh
    return refused.value.code


def answer_of(data: bytes, kind: Kind) -> str:
    """The media type, or the code of the refusal; anything else that is raised fails the test."""
    try:
        return inspect(data, kind=kind).media_type
    except EvidenceError as refused:
        return refused.code


def test_a_phone_photo_tells_size_time_place_and_camera() -> None:
    data = media.small_photo(shot=samples.Shot(TAKEN, DOOR, make="HUAWEI", model="Drill-1", orientation=6))
    facts = inspect(data, kind="photo")
    assert (facts.media_type, facts.width, facts.height, facts.size) == ("image/jpeg", 320, 240, len(data))
    assert facts.exif_taken_at == TAKEN
    assert facts.exif_point is not None
    assert distance_m(facts.exif_point, DOOR) < 0.1
    assert (facts.orientation, facts.camera, facts.warnings) == (6, "HUAWEI Drill-1", ())


def test_a_photo_without_exif_is_accepted_without_a_word() -> None:
    facts = inspect(media.small_photo(), kind="photo")
    assert (facts.exif_taken_at, facts.exif_point, facts.orientation, facts.warnings) == (None, None, 1, ())


def test_a_png_photo_is_read_too() -> None:
    facts = inspect(media.png(Image.new("RGB", (40, 30), "red")), kind="photo")
    assert (facts.media_type, facts.width, facts.height) == ("image/png", 40, 30)


def test_a_stream_is_left_at_its_start() -> None:
    stream = io.BytesIO(media.small_photo())
    stream.seek(17)
    inspect(stream, kind="photo")
    assert stream.tell() == 0


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "evidence.empty"),
        (b"MZ\x90\x00 an executable with a .jpg name", "evidence.not_an_image"),
        (b"<html>not a photo</html>", "evidence.not_an_image"),
        (b"%PDF-1.7", "evidence.not_an_image"),
        (b"\xff\xd8\xff", "evidence.broken_image"),
        (media.PNG_MAGIC, "evidence.broken_image"),
        (media.truncated_jpeg(share=0.5), "evidence.broken_image"),
        (media.truncated_jpeg(share=0.98), "evidence.broken_image"),
        (media.png_bomb(), "evidence.too_many_pixels"),
        (media.png_text_bomb(), "evidence.broken_image"),
        (media.iso_media(b"heic"), "evidence.unsupported_type"),
        (b"GIF89a" + b"\x00" * 20, "evidence.unsupported_type"),
        (media.iso_media(b"isom"), "evidence.not_an_image"),
    ],
)
def test_what_is_not_a_whole_photo_is_refused_with_its_own_code(data: bytes, code: str) -> None:
    assert code_of(data) == code


def test_a_photo_of_60_mb_is_refused_before_it_is_decoded() -> None:
    data = media.small_photo() + b"\x00" * (60 * MEGABYTE)
    assert code_of(data) == "evidence.too_large"


def test_a_bomb_takes_no_memory() -> None:
    bomb = media.png_text_bomb(64)
    tracemalloc.start()
    try:
        code_of(bomb)
        code_of(media.png_bomb())
        assert tracemalloc.get_traced_memory()[1] < 8 * MEGABYTE
    finally:
        tracemalloc.stop()


def test_limits_are_the_callers() -> None:
    tight = Limits(max_bytes=100, accept=frozenset({"image/jpeg"}))
    with pytest.raises(EvidenceError) as refused:
        inspect(media.small_photo(), kind="photo", limits=tight)
    assert refused.value.extra["max_bytes"] == 100
    few = Limits(max_bytes=MEGABYTE, accept=frozenset({"image/jpeg"}), max_pixels=320 * 240 - 1)
    with pytest.raises(EvidenceError) as refused:
        inspect(media.small_photo(), kind="photo", limits=few)
    assert refused.value.code == "evidence.too_many_pixels"


@pytest.mark.parametrize(
    ("kind", "data", "media_type"),
    [
        ("video", media.iso_media(b"isom"), "video/mp4"),
        ("video", media.iso_media(b"mp42"), "video/mp4"),
        ("video", media.iso_media(b"qt  "), "video/quicktime"),
        ("video", media.iso_media(b"3gp4"), "video/3gpp"),
        ("audio", media.iso_media(b"M4A "), "audio/mp4"),
        ("audio", media.wav(), "audio/wav"),
        ("audio", b"ID3\x04" + b"\x00" * 60, "audio/mpeg"),
        ("audio", b"\xff\xfb\x90\x64" + b"\x00" * 60, "audio/mpeg"),
        ("audio", b"\xff\xf1\x50\x80" + b"\x00" * 60, "audio/aac"),
    ],
)
def test_sound_and_video_are_recognised_by_content(kind: Kind, data: bytes, media_type: str) -> None:
    facts = inspect(data, kind=kind)
    assert (facts.media_type, facts.size) == (media_type, len(data))


def test_every_mpeg_audio_header_is_known_and_the_reserved_ones_are_not() -> None:
    for bitrate in range(16):
        for rate in range(4):
            head = bytes((0xFF, 0xFB, bitrate << 4 | rate << 2, 0x64))
            expected = "audio/mpeg" if 0 < bitrate < 15 and rate < 3 else "evidence.not_audio"
            assert answer_of(head + b"\x00" * 60, "audio") == expected


@pytest.mark.parametrize(("kind", "code"), [("video", "evidence.not_a_video"), ("audio", "evidence.not_audio")])
def test_a_photo_is_neither_video_nor_sound(kind: Kind, code: str) -> None:
    assert code_of(media.small_photo(), kind) == code


def test_broken_exif_costs_a_warning_and_never_the_photo() -> None:
    facts = inspect(media.broken_exif_photo(), kind="photo")
    assert facts.warnings == ("exif.unreadable",)
    assert (facts.width, facts.exif_taken_at) == (320, None)


@given(st.binary(max_size=300))
@settings(max_examples=300)
def test_no_exif_block_can_break_the_reader(noise: bytes) -> None:
    read_exif(noise)
    read_exif(b"Exif\x00\x00II*\x00\x08\x00\x00\x00" + noise)


@given(st.data())
@settings(max_examples=200)
def test_a_real_exif_block_with_changed_bytes_never_breaks_the_reader(data: st.DataObject) -> None:
    block = bytearray(samples.exif_of_shot(samples.Shot(TAKEN, DOOR)).tobytes())
    for _ in range(data.draw(st.integers(1, 6))):
        block[data.draw(st.integers(0, len(block) - 1))] = data.draw(st.integers(0, 255))
    read_exif(bytes(block))


@given(
    st.floats(3, 54),
    st.floats(73, 136),
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)),  # noqa: DTZ001 - hypothesis wants naive bounds
)
@settings(max_examples=50)
def test_time_and_place_survive_the_way_through_exif(lat: float, lng: float, taken: datetime) -> None:
    taken_at = taken.replace(microsecond=0, tzinfo=UTC)
    facts = read_exif(samples.exif_of_shot(samples.Shot(taken_at, GeoPoint(lat, lng))).tobytes())
    assert facts.taken_at == taken_at
    assert facts.point is not None
    assert distance_m(facts.point, GeoPoint(lat, lng)) < 0.1


def exif_with(stamp: str, offset: str | None) -> bytes:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = stamp
    if offset is not None:
        exif.get_ifd(0x8769)[0x9011] = offset
    return exif.tobytes()


def test_a_camera_without_offset_is_read_in_china_time_and_says_so() -> None:
    facts = read_exif(exif_with("2026:11:24 09:31:05", None))
    assert (facts.taken_at, facts.warnings) == (TAKEN, ("exif.no_offset",))


def test_an_offset_is_honoured() -> None:
    facts = read_exif(exif_with("2026:11:24 09:31:05", "-03:30"))
    assert (facts.taken_at, facts.warnings) == (TAKEN + timedelta(hours=11, minutes=30), ())


def test_an_impossible_time_is_a_warning_and_an_unset_clock_is_silence() -> None:
    assert "exif.time_unreadable" in read_exif(exif_with("2026:13:41 09:31:05", "+08:00")).warnings
    assert read_exif(exif_with("0000:00:00 00:00:00", None)) == read_exif(None)


def test_a_place_of_zeros_is_no_place() -> None:
    facts = read_exif(samples.exif_of_shot(samples.Shot(point=GeoPoint(0.0, 0.0))).tobytes())
    assert (facts.point, facts.warnings) == (None, ("exif.point_unreadable",))


def test_an_exif_value_cut_off_in_the_middle_is_marked() -> None:
    block = samples.exif_of_shot(samples.Shot(TAKEN, DOOR)).tobytes()
    facts = inspect(media.photo_with_exif(block[6:-10]), kind="photo")
    assert "exif.unreadable" in facts.warnings
    assert facts.exif_taken_at == TAKEN


@given(st.binary(max_size=2000), st.sampled_from(KINDS), st.sampled_from([b"", b"\xff\xd8\xff", media.PNG_MAGIC]))
@settings(max_examples=300)
def test_random_bytes_never_crash_inspection(noise: bytes, kind: Kind, magic: bytes) -> None:
    assert answer_of(magic + noise, kind).startswith(("evidence.", "image/", "video/", "audio/"))


SEEDS = [
    media.small_photo(shot=samples.Shot(TAKEN, DOOR)),
    media.png(Image.new("RGBA", (64, 48), (10, 20, 30, 40))),
    media.png(Image.new("P", (64, 48))),
    samples.signature(1),
]


@given(st.sampled_from(SEEDS), st.data())
@settings(max_examples=300, deadline=None)
def test_a_damaged_image_is_read_or_refused_but_never_crashes(good: bytes, data: st.DataObject) -> None:
    damaged = bytearray(good)
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, min(len(damaged), 1500) - 1))] = data.draw(st.integers(0, 255))
    answer = answer_of(bytes(damaged[: data.draw(st.integers(1, len(damaged)))]), "photo")
    assert answer.startswith(("evidence.", "image/"))


def test_a_png_whose_animation_chunk_lies_is_no_crash() -> None:
    good = media.png(Image.new("RGB", (64, 48)))
    chunk = struct.pack(">II", 0, 0)
    body = struct.pack(">I", 8) + b"acTL" + chunk + b"\x00\x00\x00\x00"
    assert answer_of(good[:33] + body + good[33:], "photo") in ("image/png", "evidence.broken_image")


def glanced(data: bytes, kind: Kind = "photo") -> str:
    """The media type, or the code of the refusal."""
    try:
        return glance(data, kind=kind).media_type
    except EvidenceError as refused:
        return refused.code


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (media.small_photo(), "image/jpeg"),
        (media.heic(), "image/heic"),
        (media.heic()[:-1], "evidence.broken_image"),
        (
            media.heic().replace((64).to_bytes(4, "big") * 2, (60_000).to_bytes(4, "big") * 2),
            "evidence.too_many_pixels",
        ),
        (media.iso_media(b"heic"), "evidence.unsupported_type"),
        (b"", "evidence.empty"),
        (b"<html>not a photo</html>", "evidence.not_an_image"),
        (media.truncated_jpeg(share=0.98), "evidence.broken_image"),
        (media.png(Image.new("RGB", (300, 300)))[:-8], "evidence.broken_image"),
        (media.png_bomb(), "evidence.too_many_pixels"),
        (media.png_text_bomb(), "evidence.broken_image"),
        (b"GIF89a" + b"\x00" * 20, "evidence.unsupported_type"),
    ],
)
def test_a_glance_at_headers_and_structure_refuses_with_the_same_codes(data: bytes, answer: str) -> None:
    assert glanced(data) == answer


def test_a_glance_reads_exif_and_decodes_nothing() -> None:
    data = media.small_photo(shot=samples.Shot(TAKEN, DOOR, orientation=6))
    facts = glance(data, kind="photo")
    assert (facts.width, facts.height, facts.exif_taken_at, facts.orientation) == (320, 240, TAKEN, 6)
    scan = data.index(b"\xff\xda")
    nothing = data[: scan + 20] + b"\xff\xd9"
    assert glance(nothing, kind="photo").width == 320


def test_a_large_png_costs_a_glance_no_memory() -> None:
    header = struct.pack(">IIBBBBB", 7_000, 7_000, 8, 6, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", bytes(10)), (b"IEND", b""))
    data = media.PNG_MAGIC + b"".join(media._chunk(name, body) for name, body in parts)
    tracemalloc.start()
    assert glance(data, kind="photo").width == 7_000
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < MEGABYTE
