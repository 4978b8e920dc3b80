"""A perceptual hash of 64 bits, and how to find its neighbours through an ordinary index.

The hash (pHash): the picture in grey at 32×32, its two-dimensional discrete cosine transform, the 8×8 lowest
frequencies, each bit "above the median" (C. Zauner, Implementation and Benchmarking of Perceptual Image Hash
Functions, 2010, §3.2.1). Compression, resizing and small marks move few bits; another scene moves about half of them.

The search (pigeonhole): two hashes that differ in at most 8 of 64 bits differ in at most 2 in one of three bands.
Stored are the three bands; asked are all values within 2 bits of each band: some 700 keys of one multikey index.
"""

from collections.abc import Iterator
from functools import cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

BITS = 64
NEAR = 8
SIDE = 32
_LOW = 8
FINE_NEAR = 64
_FINE_SIDE, _FINE_LOW = 64, 16
_BANDS = ((0, 22), (22, 21), (43, 21))  # (lowest bit, width)
_WITHIN = NEAR // len(_BANDS)


def phash(grey: Image.Image) -> int:
    """The hash of a picture in mode ``L``, of any size, as an unsigned number of 64 bits."""
    return _transformed(grey, SIDE, _LOW)


def fine(grey: Image.Image) -> str:
    """The same with 16×16 frequencies of 64×64: 256 bits in hex, to tell pictures of like doors apart."""
    return f"{_transformed(grey, _FINE_SIDE, _FINE_LOW):064x}"


def _transformed(grey: Image.Image, side: int, low: int) -> int:
    small = grey.resize((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    values = np.asarray(small, dtype=np.float64)
    basis = _basis(side, low)
    found = (basis @ values @ basis.T).flatten()
    median = float(np.sort(found[1:])[(len(found) - 1) // 2])  # without the mean brightness, which says nothing
    number = 0
    for bit in found > median:
        number = number << 1 | int(bit)
    return number


@cache
def _basis(side: int, low: int) -> NDArray[np.float64]:
    """The first rows of the DCT-II."""
    rows, columns = np.arange(low)[:, None], np.arange(side)[None, :]
    return np.asarray(np.cos(np.pi * rows * (2 * columns + 1) / (2 * side)), dtype=np.float64)


def to_hex(number: int) -> str:
    """16 hex digits."""
    return f"{number:016x}"


def distance(a: int | str, b: int | str) -> int:
    """How many bits differ; hashes of one length, as numbers or as hex."""
    return (_number(a) ^ _number(b)).bit_count()


def bands(number: int | str) -> list[int]:
    """What is stored beside a hash: its three bands, each with the band's own number in front."""
    value = _number(number)
    return [_key(index, value >> low & (1 << width) - 1) for index, (low, width) in enumerate(_BANDS)]


def near_keys(number: int | str) -> list[int]:
    """Band keys of which every hash within ``NEAR`` bits has at least one."""
    value = _number(number)
    return [
        _key(index, near)
        for index, (low, width) in enumerate(_BANDS)
        for near in _within(value >> low & (1 << width) - 1, width)
    ]


def _within(band: int, width: int) -> Iterator[int]:
    for count in range(_WITHIN + 1):
        for chosen in combinations(range(width), count):
            flipped = band
            for bit in chosen:
                flipped ^= 1 << bit
            yield flipped


def _key(index: int, band: int) -> int:
    return index << 24 | band


def _number(value: int | str) -> int:
    return int(value, 16) if isinstance(value, str) else value
