"""What a new password must be: long enough and not what a guesser tries first; nothing else."""

from __future__ import annotations

import pytest

from server.accounts.services.passwords import common_passwords, fits, hash_password, one_time_password
from server.accounts.sign_in_rules import THROTTLE, password_problem, wait_s

OWN = ("王小明", "wangxiaoming", "ZY00123", "京0102", "北京市西城区人民法院")


def problem(password: str) -> str | None:
    found = password_problem(password, own_words=OWN, common=common_passwords())
    return found[0] if found else None


@pytest.mark.parametrize(
    "password",
    [
        "窗外的雨下了整整一夜没停",
        "correct purple lamp river",
        "tfoqvkxwzr",
        "9402 3381 7725 6102",
        "Ü-bahn nach Mitte 7",
        "a" * 3 + "bcq ztw lmp",
    ],
)
def test_a_long_unguessable_password_needs_no_composition(password: str) -> None:
    assert problem(password) is None


@pytest.mark.parametrize("password", ["", "a", "k7#Qp!2x", "123456789", "九个汉字不够长的哦"])
def test_a_short_password_is_refused(password: str) -> None:
    assert problem(password) == "password.too_short"


def test_lengths_count_at_their_limits() -> None:
    assert problem("tfoqvkxwz") == "password.too_short"
    assert problem("tfoqvkxwzr") is None
    assert problem("tfoq vkxw zrlm yh" * 7 + "tfoq vkxw") is None  # 128
    assert problem("tfoq vkxw zrlm yh" * 7 + "tfoq vkxwz") == "password.too_long"


@pytest.mark.parametrize(
    "password",
    [
        "1234567890",
        "13800001234",
        "qwertyuiop",
        "poiuytrewq",
        "aaaaaaaaaaaa",
        "abcdefghijkl",
        "abcabcabcabc",
        "Password123!",
        "P@ssw0rd2026",
        "woaini1314520",
        "WoAiNi5201314",
        "1qaz2wsx3edc",
        "1qaz@wsx#edc",
        "admin@123456",
        "iloveyou!!!!",
        "haohaoxuexi2026",
        "mimamima123",
        "adminadmin",
        "correct horse battery staple",
    ],
)
def test_what_guessers_try_first_is_refused(password: str) -> None:
    assert problem(password) == "password.too_common"


@pytest.mark.parametrize(
    "password",
    ["wangxiaoming1", "WangXiaoMing!", "zy00123-2026", "京0102北京市西城区人民法院", "songdayuan12", "w@ngxiaoming9"],
)
def test_names_numbers_and_the_court_are_refused(password: str) -> None:
    assert problem(password) in ("password.own_words", "password.too_common")


def test_a_name_within_a_sentence_is_allowed() -> None:
    assert problem("wangxiaoming eats noodles at dawn") is None


def test_a_password_is_hashed_with_the_work_that_was_decided_on() -> None:
    assert hash_password("tfoqvkxwzr").startswith("$argon2id$v=19$m=19456,t=3,p=1$")


def test_a_password_fits_only_its_own_hash_in_either_spelling_of_an_accent() -> None:
    stored = hash_password("caf\u00e9 au lait noir")
    assert fits(stored, "cafe\u0301 au lait noir")
    assert not fits(stored, "cafe au lait noir")
    assert not fits(None, "anything")
    assert not fits("not a hash", "anything")


def test_one_time_passwords_pass_the_rules_and_differ() -> None:
    made = {one_time_password() for _ in range(50)}
    assert len(made) == 50
    assert {problem(one) for one in made} == {None}


def test_the_wait_of_an_unknown_device_grows_and_never_exceeds_half_a_minute() -> None:
    limit = THROTTLE.name_everywhere
    assert [wait_s(limit + n) for n in (-1, 0, 1, 2, 3, 4, 5, 6)] == [0, 1, 2, 4, 8, 16, 30, 30]
    assert wait_s(10**9) == 30
