"""D9, T24: a changed PDF fails verification and says what changed; an untouched one passes for years."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.generic import NameObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.signers import PdfTimeStamper
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import FreeText

from server.core.errors import DomainError
from server.papers.seal import keys
from server.papers.seal.check import State, Trust, verify
from server.papers.seal.stamper import LocalTimeStamper
from tests.unit.papers import seals

SOON = seals.AT + timedelta(hours=1)
YEAR = timedelta(days=365)


def look(pdf: bytes, trust: Trust | None = None, now=SOON):
    return verify(pdf, trust=trust or seals.sealing().trust, now=now)


def test_an_untouched_paper_is_valid_and_says_who_when_and_why():
    report = look(seals.sealed().pdf)
    assert report.state is State.VALID
    assert (report.changes, report.problems, report.expired) == ((), (), False)
    assert (report.court_name, report.court, report.reason) == (seals.NAME, seals.COURT, "送达回证")
    assert report.sealed_at == seals.AT
    assert "时间戳" in report.time_stamped_by
    assert [line.serial for line in report.chain] == [seals.sealed().serial, seals.sealing().root.serial]
    assert all("演示" in line.subject for line in report.chain)


def test_a_paper_without_a_seal_is_unsealed_and_no_pdf_is_refused():
    assert look(seals.proof_pdf()).state is State.UNSEALED
    with pytest.raises(DomainError) as refused:
        look(b"not a PDF at all")
    assert refused.value.code == "seal.not_a_pdf"


@settings(max_examples=35, deadline=None)
@given(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_any_flipped_bit_anywhere_is_found(where: float, bit: int):
    touched = bytearray(seals.sealed().pdf)
    touched[int(where * len(touched))] ^= 1 << bit
    report = look(bytes(touched))
    assert report.state is State.ALTERED
    assert report.changes


@settings(max_examples=35, deadline=None)
@given(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_any_flipped_bit_in_the_last_time_stamp_is_found(where: float, bit: int):
    """The only bytes of the file that no later signature covers."""
    touched = bytearray(seals.sealed().pdf)
    start = touched.rindex(b"/Contents <") + 11
    used = len(touched[start : touched.index(b">", start)].rstrip(b"0"))
    touched[start + int(where * (used + 20))] ^= 1 << bit
    assert look(bytes(touched)).state is not State.VALID


def test_an_appended_page_is_named():
    writer = PdfWriter(io.BytesIO(seals.sealed().pdf), incremental=True)
    writer.add_blank_page()
    report = look(_written(writer))
    assert report.state is State.ALTERED
    assert "增加了1页（原1页，现2页）" in report.changes


def test_an_appended_note_is_named_with_its_page():
    writer = PdfWriter(io.BytesIO(seals.sealed().pdf), incremental=True)
    writer.add_annotation(0, FreeText(text="x", rect=(50, 50, 100, 100)))
    report = look(_written(writer))
    assert report.state is State.ALTERED
    assert "第1页增加了1处批注" in report.changes


def test_a_page_whose_content_was_replaced_is_named():
    writer = IncrementalPdfFileWriter(io.BytesIO(seals.sealed().pdf))
    page = writer.root["/Pages"]["/Kids"][0]
    contents = page["/Contents"]
    contents._data = contents.data.replace(b"BT", b"BT ", 1)
    contents._encoded_data = None
    writer.update_container(contents)
    report = look(_written(writer))
    assert report.state is State.ALTERED
    assert "第1页的内容被改动" in report.changes


def test_a_change_under_a_later_time_stamp_of_somebody_else_is_still_found():
    """Whoever closes the file again over his change must not make it look sealed."""
    writer = PdfWriter(io.BytesIO(seals.sealed().pdf), incremental=True)
    writer.add_blank_page()
    changed = IncrementalPdfFileWriter(io.BytesIO(_written(writer)))
    own = seals.sealing().keys.time_stamper
    closed = PdfTimeStamper(LocalTimeStamper(own, at=SOON)).timestamp_pdf(changed, "sha256", None)
    report = look(closed.getvalue(), now=SOON + timedelta(minutes=1))
    assert report.state is State.ALTERED
    assert "增加了1页（原1页，现2页）" in report.changes


def test_bytes_after_the_end_are_found():
    assert look(seals.sealed().pdf + b"\n").changes == ("盖章后在文件末尾追加了1字节",)


def test_a_removed_seal_is_no_valid_paper():
    assert look(seals.sealed().pdf.replace(b"/ByteRange", b"/BiteRange")).state is State.ALTERED


def test_the_seal_of_another_installation_is_untrusted_and_unaltered():
    stranger = keys.new_root(now=seals.AT)
    report = look(seals.sealed().pdf, Trust([stranger.certificate]))
    assert report.state is State.UNTRUSTED
    assert "印章证书不是由受信任的机构签发" in report.problems
    assert report.changes == ()


def test_a_seal_outlives_its_certificate_because_it_is_time_stamped():
    later = seals.AT + 5 * YEAR
    report = look(seals.sealed().pdf, now=later)
    assert report.state is State.VALID
    assert report.expired


def test_a_seal_made_after_its_certificate_ended_is_not_trusted():
    old = seals.new(seals.AT - 4 * YEAR)
    # The list of then is closed in; the certificate ended a year before the seal was made.
    late = seals.Sealing(_with_list(old, seals.AT), old.root)
    with pytest.raises(DomainError) as refused:
        late.seal(seals.proof_pdf())
    assert refused.value.code == "seal.not_possible"


def test_when_the_time_stamp_authority_has_ended_too_a_new_time_stamp_is_needed():
    report = look(seals.sealed().pdf, now=seals.AT + 11 * YEAR)
    assert report.state is State.UNTRUSTED
    assert report.problems == ("时间戳证书已过期",)


@pytest.mark.parametrize(("revoked_days", "state"), [(-1, State.UNTRUSTED), (30, State.VALID)])
def test_revocation_counts_when_it_came_before_the_seal(revoked_days: int, state: State):
    sealing = seals.sealing()
    revoked = (sealing.keys.seal.parsed.serial_number, seals.AT + timedelta(days=revoked_days))
    today = seals.AT + timedelta(days=40)
    known = keys.revocation_list(sealing.root, [revoked], now=today)
    assert look(seals.sealed().pdf, Trust([sealing.root.certificate], [known]), today).state is state


def _with_list(sealing: seals.Sealing, now):
    held = sealing.keys
    return type(held)(held.root, held.seal, held.time_stamper, keys.revocation_list(sealing.root, [], now=now))


def _written(writer) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_the_sealed_paper_still_reads_as_the_same_paper():
    before, after = (PdfReader(io.BytesIO(pdf)) for pdf in (seals.proof_pdf(), seals.sealed().pdf))
    assert [page.extract_text() for page in after.pages] == [page.extract_text() for page in before.pages]


def test_the_sealed_paper_keeps_what_pdf_a_asks_for():
    """ISO 19005-2 §6.2.2, 6.3.3, 6.6.2: intent and metadata stay, the mark is printed, no font is added, not hidden."""
    reader = PdfReader(io.BytesIO(seals.sealed().pdf))
    root = reader.trailer["/Root"]
    assert root["/OutputIntents"][0].get_object()["/S"] == "/GTS_PDFA1"
    metadata = root["/Metadata"].get_object().get_data()
    assert b"pdfaid:part>2<" in metadata.replace(b" ", b"") or b'pdfaid:part="2"' in metadata
    widgets = [one.get_object() for one in reader.pages[-1]["/Annots"]]
    seal = next(one for one in widgets if one.get("/T") == "SongdaSeal")
    assert seal["/F"] & 4
    assert not seal["/F"] & (1 | 2 | 32)
    mark = seal["/AP"]["/N"]
    assert NameObject("/Font") not in mark.get("/Resources", {})
    assert not set(seal["/AP"]) - {"/N"}
