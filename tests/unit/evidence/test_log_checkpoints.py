"""Checkpoints: the formats of C2SP, to the byte."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.errors import EvidenceError
from evidence.log import Checkpoint, Signer, Verifier

ORIGIN = "songda/京0102"
SIGNER = Signer(ORIGIN, bytes(range(32)))
CHECKPOINT = Checkpoint(ORIGIN, 31, bytes(32))
NOTE = SIGNER.sign(CHECKPOINT)

# The example of golang.org/x/mod/sumdb/note, which C2SP's signed-note describes.
PUBLISHED_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PUBLISHED_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PUBLISHED_NOTE = (
    PUBLISHED_TEXT + "\n— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_the_published_note_verifies_under_the_published_key() -> None:
    verifier = Verifier.from_text(PUBLISHED_KEY)
    assert verifier.text(PUBLISHED_NOTE) == PUBLISHED_TEXT
    assert str(verifier) == PUBLISHED_KEY
    with pytest.raises(EvidenceError, match=r"log\.bad_signature"):
        verifier.text(PUBLISHED_NOTE.replace("answer", "solution"))


def test_a_checkpoint_is_three_lines_a_gap_and_a_signature() -> None:
    lines = NOTE.split("\n")
    assert lines[:4] == [ORIGIN, "31", base64.b64encode(bytes(32)).decode(), ""]
    assert lines[4].startswith(f"— {ORIGIN} ")
    assert lines[5:] == [""]


def test_whoever_has_the_public_key_can_open_it() -> None:
    assert Verifier.from_text(str(SIGNER.verifier)).open(NOTE) == CHECKPOINT


def test_signatures_of_witnesses_are_passed_over() -> None:
    witness = Signer("witness.example", bytes(32)).sign(CHECKPOINT).rpartition("\n\n")[2]
    assert SIGNER.verifier.open(NOTE + witness) == CHECKPOINT
    with pytest.raises(EvidenceError, match=r"log\.bad_signature"):
        SIGNER.verifier.open(CHECKPOINT.body() + "\n" + witness)


def test_a_checkpoint_of_another_log_is_refused_even_when_we_signed_it() -> None:
    note = SIGNER.sign(Checkpoint("songda/京0105", 31, bytes(32)))
    with pytest.raises(EvidenceError, match=r"log\.bad_signature"):
        SIGNER.verifier.open(note)


@settings(deadline=None)
@given(st.integers(0, len(NOTE) - 1), st.characters(codec="utf-8"))
def test_no_changed_character_goes_unnoticed(at: int, other: str) -> None:
    changed = NOTE[:at] + other + NOTE[at + 1 :]
    if changed != NOTE:
        with pytest.raises(EvidenceError, match=r"log\.bad_"):
            SIGNER.verifier.open(changed)


@settings(deadline=None)
@given(st.text())
def test_whatever_comes_in_is_answered_with_a_code(text: str) -> None:
    with pytest.raises(EvidenceError, match=r"log\.bad_"):
        SIGNER.verifier.open(text)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "a\n1\n",
        f"a\n01\n{'A' * 43}=\n",
        "a\n1\nAAAA\n",
        f"a\n-1\n{'A' * 43}=\n",
        f"a\n1\n{'A' * 42}B=\n",
        "a\n1\nx\n\n",
    ],
)
def test_a_malformed_checkpoint_is_refused(body: str) -> None:
    with pytest.raises(EvidenceError, match=r"log\.bad_checkpoint"):
        Checkpoint.from_body(body)


@pytest.mark.parametrize("key", ["", "a+00000000+AAAA", PUBLISHED_KEY.replace("c74f", "c74e"), "+c74f20a3+" + "A" * 44])
def test_a_malformed_key_is_refused(key: str) -> None:
    with pytest.raises(EvidenceError, match=r"log\.bad_checkpoint"):
        Verifier.from_text(key)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\n"])
def test_a_name_the_format_forbids_is_refused(name: str) -> None:
    with pytest.raises(EvidenceError, match=r"log\.bad_checkpoint"):
        Signer(name, bytes(32))
