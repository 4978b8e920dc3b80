import io

from PIL import Image

from evidence import samples
from evidence.media import inspect


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    made = [samples.photo(seed, width_px=320, height_px=240) for seed in (1, 1, 2)]
    assert made[0] == made[1] != made[2]
    signed = [samples.signature(seed) for seed in (1, 1, 2)]
    assert signed[0] == signed[1] != signed[2]


def test_a_photo_has_the_size_of_a_phones() -> None:
    data = samples.photo(5, caption=["东城区演练路 1 号"])
    facts = inspect(data, kind="photo")
    assert (facts.width, facts.height) == (1600, 1200)
    assert 150_000 < len(data) < 500_000


def test_a_turned_photo_keeps_its_stored_size_and_says_how_to_turn() -> None:
    data = samples.photo(5, shot=samples.Shot(orientation=6), width_px=320, height_px=240)
    facts = inspect(data, kind="photo")
    assert (facts.width, facts.height, facts.orientation) == (320, 240, 6)


def test_a_signature_is_transparent() -> None:
    with Image.open(io.BytesIO(samples.signature(2))) as image:
        assert image.mode == "RGBA"
        assert image.getpixel((0, 0)) == (18, 22, 40, 0)
