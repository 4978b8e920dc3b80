"""The ciphers give the published answers, and everything that was touched is refused."""

from __future__ import annotations

import hashlib
import hmac
import io

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from server.core.clock import utc_now
from server.core.crypto import Vault, VaultError, ciphers, files
from server.core.crypto.records import MemoryKeys

COURT = "京0102"


def test_sm4_gcm_gives_the_answer_of_rfc_8998() -> None:
    key = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
    nonce = bytes.fromhex("00001234567800000000ABCD")
    associated = bytes.fromhex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2")
    plain = bytes.fromhex("".join(letter * 16 for letter in "ABCDEFEA"))
    sealed = ciphers.sm4_gcm(key, nonce, plain, associated)
    assert sealed.hex().upper() == (
        "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735"
        "D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D"
        "83DE3541E4C2B58177E065A9BF7B62EC"
    )
    assert ciphers.sm4_gcm_open(key, nonce, sealed, associated) == plain
    with pytest.raises(InvalidTag):
        ciphers.sm4_gcm_open(key, nonce, sealed, associated[:-1])


def test_aes_256_gcm_gives_the_answer_of_its_specification() -> None:
    # Test case 16 of McGrew and Viega, The Galois/Counter Mode of Operation (GCM).
    key = bytes.fromhex("feffe9928665731c6d6a8f9467308308" * 2)
    nonce = bytes.fromhex("cafebabefacedbaddecaf888")
    associated = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    plain = bytes.fromhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    )
    sealed = ciphers.aes_gcm(key, nonce, plain, associated)
    assert sealed.hex() == (
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        "76fc6ece0f4e1768cddf8853bb2d551b"
    )
    assert ciphers.aes_gcm_open(key, nonce, sealed, associated) == plain


def test_sm3_gives_the_answer_of_its_standard_and_keys_of_its_own() -> None:
    # GB/T 32905-2016, annex A.1.
    assert hashlib.new("sm3", b"abc").hexdigest() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert ciphers.derive(ciphers.SM4, b"k" * 32, b"s") == hmac.digest(b"k" * 32, b"songda seal 2ss\x01", "sm3")[:16]


@pytest.mark.parametrize("cipher", [ciphers.AES, ciphers.SM4])
@given(text=st.text(), subject=st.none() | st.sampled_from(["p1", "p2"]))
def test_both_ciphers_open_what_they_sealed(cipher: str, text: str, subject: str | None) -> None:
    vault = VAULTS[cipher]
    sealed = vault.seal(text, court=COURT, subject=subject)
    assert sealed.split(".")[:2] == ["2", cipher]
    assert vault.open(sealed, court=COURT, subject=subject) == text
    assert vault.subject_of(sealed, court=COURT) == subject


@given(st.data())
def test_no_character_of_a_sealed_value_may_change(data: st.DataObject) -> None:
    vault = VAULTS[data.draw(st.sampled_from([ciphers.AES, ciphers.SM4]))]
    sealed = vault.seal("110105199001011234", court=COURT, subject="p1")
    at = data.draw(st.integers(0, len(sealed) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda one: one != sealed[at]))
    altered = sealed[:at] + other + sealed[at + 1 :]
    try:
        opened = vault.open(altered, court=COURT)
    except VaultError:
        return
    # Base64's last character may hold bits that mean nothing.
    assert (at, opened) == (len(sealed) - sealed.count("=") - 1, "110105199001011234")


@given(st.lists(st.tuples(st.text(), st.sampled_from(["p1", "p2", None])), max_size=20))
def test_a_batch_opens_in_the_order_given(values: list[tuple[str, str | None]]) -> None:
    vault = VAULTS[ciphers.AES]
    sealed = [vault.seal(text, court=COURT, subject=subject) for text, subject in values]
    assert vault.open_many(sealed, court=COURT) == [text for text, _ in values]


def test_what_is_sealed_anew_keeps_its_person() -> None:
    vault = Vault.from_master(b"v" * 32, MemoryKeys())
    sealed = [vault.seal("1", court=COURT, subject="p1"), vault.seal("2", court=COURT)]
    newest = vault.ring.next_generation(COURT, utc_now())
    anew = vault.reseal_many([(sealed[0], "p9"), (sealed[1], None)], court=COURT)
    assert {value.split(".")[2] for value in anew} == {newest.id}
    assert [vault.subject_of(value, court=COURT) for value in anew] == ["p1", None]
    assert vault.open_many(anew, court=COURT) == ["1", "2"]


@pytest.mark.parametrize("text", ["", "北京市西城区", "2.a.k.-", "3.a.k.-.AAAA", "2.x.k.-.AAAA", "1.k", "2.a.k.-.*"])
def test_what_was_never_sealed_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(VaultError) as refused:
        VAULTS[ciphers.AES].open(text, court=COURT)
    assert not text or text not in str(refused.value)


SIZES = [0, 1, files.PIECE_BYTES - 1, files.PIECE_BYTES, files.PIECE_BYTES + 1, 2 * files.PIECE_BYTES]


@pytest.mark.parametrize("algorithm", [ciphers.AES, ciphers.SM4])
@pytest.mark.parametrize("size", SIZES)
def test_files_open_whole_whatever_their_size(algorithm: str, size: int) -> None:
    plain, key = bytes(range(256)) * (size // 256 + 1), files.new_key()
    sealed, opened = io.BytesIO(), io.BytesIO()
    digest, length = files.seal_file(io.BytesIO(plain[:size]), sealed, key=key, algorithm=algorithm)
    sealed.seek(0)
    files.open_file(sealed, opened, key=key)
    assert (opened.getvalue() == plain[:size], length, len(digest)) == (True, size, 64)


def test_a_file_cannot_be_cut_extended_or_shuffled() -> None:
    key, sealed = files.new_key(), io.BytesIO()
    files.seal_file(io.BytesIO(bytes(3 * files.PIECE_BYTES)), sealed, key=key, algorithm=ciphers.AES)
    whole, step = sealed.getvalue(), files.PIECE_BYTES + ciphers.TAG_BYTES
    head, pieces = whole[:5], [whole[5 + n * step : 5 + (n + 1) * step] for n in range(3)]
    for broken in (
        head + pieces[0] + pieces[1],
        head + pieces[1] + pieces[0] + pieces[2],
        whole + pieces[2],
        whole[:-1],
        b"SDF1s" + whole[5:],
        whole[5:],
        b"",
    ):
        with pytest.raises(VaultError):
            files.open_file(io.BytesIO(broken), io.BytesIO(), key=key)
    with pytest.raises(VaultError):
        files.open_file(io.BytesIO(whole), io.BytesIO(), key=files.new_key())


VAULTS = {cipher: Vault.from_master(b"v" * 32, MemoryKeys(), cipher=cipher) for cipher in (ciphers.AES, ciphers.SM4)}
