"""Near pictures have near hashes, and the index finds every near one."""

import io
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from evidence import samples
from evidence.analysis import bands, distance, near_keys
from evidence.analysis.phash import FINE_NEAR, NEAR, fine, phash, to_hex

hashes = st.integers(0, 2**64 - 1)


@given(hashes, st.sets(st.integers(0, 63), max_size=NEAR))
@settings(max_examples=150, deadline=None)
def test_every_hash_within_eight_bits_shares_a_key(number: int, flipped: set[int]) -> None:
    other = number
    for bit in flipped:
        other ^= 1 << bit
    assert distance(number, other) == len(flipped)
    assert set(bands(other)) & set(near_keys(number))


@given(hashes)
def test_keys_are_few_and_hold_the_own_bands(number: int) -> None:
    keys = near_keys(to_hex(number))
    assert len(keys) == len(set(keys)) == 718
    assert set(bands(number)) <= set(keys)
    assert all(0 <= key < 2**31 for key in keys), "32-bit numbers in MongoDB"


def test_strangers_seldom_share_a_key() -> None:
    rng = random.Random(4)
    keys = set(near_keys(rng.getrandbits(64)))
    strangers = sum(bool(keys & set(bands(rng.getrandbits(64)))) for _ in range(20_000))
    assert strangers < 40, "some 330 of a million"


def grey(image: Image.Image) -> Image.Image:
    return image.convert("L")


def door(seed: int) -> Image.Image:
    return Image.open(io.BytesIO(samples.photo(seed, width_px=640, height_px=480)))


def compressed(image: Image.Image) -> Image.Image:
    out = io.BytesIO()
    image.resize((320, 240)).save(out, "JPEG", quality=40)
    return Image.open(out)


def marked(image: Image.Image) -> Image.Image:
    copy = image.copy()
    ImageDraw.Draw(copy).text((20, 20), "2026-11-24 09:31", fill="white")
    return copy


@pytest.mark.parametrize("seed", range(4))
def test_compressing_shrinking_and_a_small_mark_keep_a_picture_near_itself(seed: int) -> None:
    picture = door(seed)
    for change in (compressed, marked, lambda image: image.point(lambda value: min(255, int(value * 1.15)))):
        other = change(picture)
        assert distance(phash(grey(picture)), phash(grey(other))) <= 4
        assert distance(fine(grey(picture)), fine(grey(other))) <= FINE_NEAR


def test_different_doors_are_not_taken_for_one_another() -> None:
    pictures = [grey(door(seed)) for seed in range(12)]
    coarse, exact = [phash(one) for one in pictures], [fine(one) for one in pictures]
    taken = [
        (a, b)
        for a in range(12)
        for b in range(a)
        if distance(coarse[a], coarse[b]) <= NEAR and distance(exact[a], exact[b]) <= FINE_NEAR
    ]
    assert not taken
