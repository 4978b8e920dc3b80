"""What the verifier promises: whatever is changed in a bundle is found, and nothing that was not changed is refused."""

from __future__ import annotations

import io
import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence.bundle import Trust, verify, write
from evidence.bundle.report import Report
from evidence.bundle.samples import Sample, sample
from evidence.bundle.writing import LISTING
from evidence.cli import main
from evidence.errors import EvidenceError
from evidence.log import Signer
from tests.unit.evidence import bundle_edits as edits

NO_FIXTURE_CHECK = [HealthCheck.function_scoped_fixture]


def written(one: Sample, **changes: object) -> bytes:
    out = io.BytesIO()
    write(replace(one.bundle, **changes), out, signer=one.signer)  # type: ignore[arg-type]  # fields of Bundle
    return out.getvalue()


WHOLE = written(sample(4, size=200))
TRUST = Trust([str(sample(1).signer.verifier)])


def looked_at(data: bytes, folder: Path, trust: Trust = TRUST) -> Report:
    path = folder / "bundle.zip"
    path.write_bytes(data)
    return verify(path, trust)


def ran(data: bytes, folder: Path, *arguments: str) -> tuple[int, str]:
    path, out = folder / "bundle.zip", io.StringIO()
    path.write_bytes(data)
    return main(["verify", str(path), *arguments], out, out), out.getvalue()


@settings(max_examples=100, deadline=None, suppress_health_check=NO_FIXTURE_CHECK)
@given(items=st.integers(1, 6), size=st.integers(1, 400))
def test_an_untouched_bundle_is_never_refused(tmp_path: Path, items: int, size: int) -> None:
    report = looked_at(written(sample(items, size=size)), tmp_path)
    assert report.ok, report.document()
    assert report.counts["OK"] == items + 1


@settings(max_examples=600, deadline=None, suppress_health_check=NO_FIXTURE_CHECK)
@given(edit=st.sampled_from(edits.EDITS), seed=st.integers(0, 2**32))
def test_every_edit_is_found(tmp_path: Path, edit: edits.Edit, seed: int) -> None:
    edited = edit(WHOLE, random.Random(seed))
    assert edited != WHOLE
    code, _ = ran(edited, tmp_path)
    assert code == 1


@pytest.mark.parametrize("edit", edits.EDITS, ids=lambda one: one.__name__)
def test_every_kind_of_edit_is_found_with_a_trusted_key_too(tmp_path: Path, edit: edits.Edit) -> None:
    for seed in range(5):
        assert not looked_at(edit(WHOLE, random.Random(seed)), tmp_path).ok


@pytest.mark.parametrize(
    ("part", "verdict", "code"),
    [
        ("originals/", "ALTERED", "original.differs"),
        ("manifests/", "ALTERED", "file.altered"),
        ("log/entries/", "ALTERED", "file.altered"),
        ("log/proofs/", "ALTERED", "file.altered"),
        ("envelopes/", "ALTERED", "file.altered"),
    ],
)
def test_the_item_whose_file_was_changed_is_named_and_the_others_hold(
    tmp_path: Path, part: str, verdict: str, code: str
) -> None:
    files = edits.unpacked(WHOLE)
    name = next(one for one in files if one.startswith(part) and "0001" in one)
    files[name] = files[name][:-1] + bytes([files[name][-1] ^ 1])
    report = looked_at(edits.packed(files), tmp_path)
    changed, *_ = [one for one in report.items if one.id == "evidence-0001"]
    assert changed.verdict == verdict
    assert code in [one.code for one in changed.reasons]
    assert [one.verdict for one in report.items if one is not changed] == ["OK"] * 3
    assert report.verdict == "ALTERED"


def test_a_file_that_is_gone_makes_its_item_missing(tmp_path: Path) -> None:
    files = edits.unpacked(WHOLE)
    del files["originals/evidence-0002.jpg"]
    report = looked_at(edits.packed(files), tmp_path)
    assert [one.verdict for one in report.items] == ["OK", "OK", "MISSING", "OK"]


def test_what_was_never_logged_is_unproven_and_so_is_what_has_no_manifest(tmp_path: Path) -> None:
    one = sample(3)
    first, second, third = one.bundle.items
    items = [replace(first, proof=None), replace(second, manifest=None, envelope=None, proof=None), third]
    report = looked_at(written(one, items=items), tmp_path)
    assert [found.verdict for found in report.items] == ["UNPROVEN", "UNPROVEN", "OK"]
    assert [found.reasons[0].code for found in report.items[:2]] == ["entry.missing", "manifest.missing"]
    assert report.verdict == "OK"
    assert not report.ok


def test_without_a_checkpoint_nothing_is_proven(tmp_path: Path) -> None:
    report = looked_at(written(sample(2), log=None), tmp_path)
    assert [one.verdict for one in report.items] == ["UNPROVEN", "UNPROVEN"]


def test_a_forger_with_a_key_of_his_own_is_found_by_whoever_knows_the_courts(tmp_path: Path) -> None:
    one = sample(2)
    forged = io.BytesIO()
    write(one.bundle, forged, signer=edits.FORGER)
    unasked = looked_at(forged.getvalue(), tmp_path, Trust())
    assert not unasked.ok  # his listing, but the court's checkpoint
    report = looked_at(forged.getvalue(), tmp_path)
    assert "key.untrusted" in [found.code for found in report.reasons]
    assert {found.verdict for found in report.items} == {"ALTERED"}


def test_a_bundle_of_another_key_throughout_is_unproven_and_without_trust_its_fingerprint_is_told(
    tmp_path: Path,
) -> None:
    data = written(sample(2, origin="songda/京0102"))
    other = Trust([str(Signer("songda/京0102", bytes(32)).verifier)])
    report = looked_at(data, tmp_path, other)
    assert {one.verdict for one in (*report.items, *report.documents)} == {"UNPROVEN"}
    code, text = ran(data, tmp_path)
    assert code == 0
    assert "未给出可信公钥" in text
    assert looked_at(data, tmp_path, Trust()).key.fingerprint in text  # type: ignore[union-attr]  # it has one


def test_the_trust_file_may_hold_keys_comments_and_certificates(tmp_path: Path) -> None:
    trust = tmp_path / "trust.txt"
    trust.write_text(f"# 法院公钥\n\n{sample(1).signer.verifier}\n", "utf-8")
    assert ran(WHOLE, tmp_path, "--trust", str(trust))[0] == 0
    trust.write_text("songda/x+00000000+AAAA\n")
    assert ran(WHOLE, tmp_path, "--trust", str(trust))[0] == 2
    trust.write_text("# nothing\n")
    assert ran(WHOLE, tmp_path, "--trust", str(trust))[0] == 2


def test_what_is_no_bundle_is_told_apart(tmp_path: Path) -> None:
    for data in (b"", b"PK", b"%PDF-1.7", edits.packed({"a.txt": b"a"}), edits.packed({})):
        code, text = ran(data, tmp_path)
        assert (code, "不是送达系统的证据包" in text) == (2, True)
    out = io.StringIO()
    assert main(["verify", str(tmp_path / "none.zip")], out, out) == 2
    assert main(["verify", str(tmp_path)], out, out) == 2


def test_the_report_as_json_says_what_the_text_says(tmp_path: Path) -> None:
    files = edits.unpacked(WHOLE)
    files["originals/evidence-0000.jpg"] += b"!"
    code, text = ran(edits.packed(files), tmp_path, "--json")
    said = json.loads(text)
    assert (code, said["ok"], said["counts"]["ALTERED"]) == (1, False, 1)
    (altered,) = [one for one in said["items"] if one["verdict"] == "ALTERED"]
    assert all(reason["zh"] and reason["en"] for reason in altered["reasons"])


def test_words_of_an_attacker_reach_no_terminal(tmp_path: Path) -> None:
    one = sample(1)
    items = [replace(one.bundle.items[0], title="\x1b[2J照片\n结论：全部成立\u202e")]
    _, text = ran(written(one, items=items), tmp_path)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert [line[:13] for line in text.splitlines() if line.startswith("结论")] == ["结论 Conclusion"]


@pytest.mark.parametrize(
    "listing",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        b'{"schema":"songda-bundle/1"}',
        b'{"schema":"songda-bundle/1","schema":"songda-bundle/1"}',
    ],
)
def test_a_listing_that_cannot_be_read_is_an_altered_bundle(tmp_path: Path, listing: bytes) -> None:
    files = {**edits.unpacked(WHOLE), LISTING: listing}
    assert ran(edits.packed(files), tmp_path)[0] == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**70) | st.text(max_size=5) | st.just("log/checkpoint.txt"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=100, deadline=None, suppress_health_check=NO_FIXTURE_CHECK)
@given(value=JSON, data=st.data())
def test_nothing_somebody_writes_into_a_row_breaks_the_verifier(
    tmp_path: Path, value: object, data: st.DataObject
) -> None:
    files = edits.unpacked(WHOLE)
    listing = json.loads(files[LISTING])
    place = data.draw(st.sampled_from([listing, listing["items"][0], listing["documents"][0], listing["log"]]))
    name = data.draw(st.sampled_from(sorted(place)))
    if place[name] == value:
        return
    place[name] = value
    files[LISTING] = json.dumps(listing).encode()
    assert ran(edits.packed(files), tmp_path)[0] == 1


def test_a_bundle_that_lists_an_item_twice_is_not_believed(tmp_path: Path) -> None:
    one = sample(2)
    files = edits.unpacked(written(one))
    listing = json.loads(files[LISTING])
    listing["items"].append(listing["items"][0])
    report = looked_at(edits.packed(edits._listed(files, listing)), tmp_path)
    assert [found.verdict for found in report.items] == ["ALTERED", "OK", "ALTERED"]


def test_a_trust_file_of_any_size_is_not_read() -> None:
    with pytest.raises(EvidenceError, match=r"trust\.unreadable"):
        Trust.read(b"#" * 2_000_000)
