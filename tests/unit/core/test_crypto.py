"""What identifies a person is sealed: it opens only with its key, in its court, unaltered."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.crypto import Vault, VaultError, WrongMasterKey, mask_id_number, mask_phone
from server.core.crypto.providers import master_id
from server.core.crypto.records import MemoryKeys

VAULT = Vault.from_master(bytes(range(32)))


@given(st.text())
def test_what_is_sealed_opens_again(text: str) -> None:
    assert VAULT.open(VAULT.seal(text, court="京0102"), court="京0102") == text


def test_sealing_twice_never_looks_the_same() -> None:
    assert VAULT.seal("110105199001011234", court="京0102") != VAULT.seal("110105199001011234", court="京0102")


def test_a_value_does_not_open_in_another_court() -> None:
    with pytest.raises(VaultError):
        VAULT.open(VAULT.seal("x", court="京0102"), court="京0105")


@given(st.integers(min_value=0))
def test_an_altered_value_does_not_open(position: int) -> None:
    sealed = VAULT.seal("110105199001011234", court="京0102")
    body = sealed.rindex(".") + 1
    at = body + position % (len(sealed) - body - 4)
    altered = sealed[:at] + ("A" if sealed[at] != "A" else "B") + sealed[at + 1 :]
    with pytest.raises(VaultError):
        VAULT.open(altered, court="京0102")


def test_another_master_key_is_named_not_guessed() -> None:
    store = MemoryKeys()
    sealed = Vault.from_master(b"a" * 32, store).seal("x", court="京0102")
    other = Vault.from_master(b"b" * 32, store)
    with pytest.raises(WrongMasterKey, match=master_id(b"a" * 32)):
        other.open(sealed, court="京0102")


def test_the_blind_index_finds_equal_values_of_one_court_only() -> None:
    assert VAULT.index("x", court="京0102") == VAULT.index("x", court="京0102")
    assert VAULT.index("x", court="京0102") != VAULT.index("x", court="京0105")


def test_a_missing_or_short_key_file_refuses_to_start(tmp_path: Path) -> None:
    with pytest.raises(VaultError):
        Vault.from_file(tmp_path / "absent")
    short = tmp_path / "short"
    short.write_text("YWJj")
    with pytest.raises(VaultError):
        Vault.from_file(short)


def test_masks_show_little() -> None:
    assert mask_id_number("110105199001011234") == "110***********1234"
    assert mask_phone("19907613984") == "199****3984"
    assert mask_phone("010-83900011") == "010-******11"
