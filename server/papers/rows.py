"""Pieces of tree the forms share: labelled rows, signatures, documents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from unicodedata import east_asian_width

from server.papers.data import DocumentLine, Signature, Staff, Witness
from server.papers.forms import Contact, Form, Officer
from server.papers.payload import Exhibits, Tree
from server.papers.text import day, day_of
from server.papers.wording import Wording

SHORT_FACT_WIDTH = 26  # half-width cells that fit beside another fact


def head(data: Form, wording: Wording) -> Tree:
    """Title, court, numbers and date of every form; `made_on` is the day in Asia/Shanghai."""
    return {
        "title": wording.texts["title"],
        "court_name": data.court_name,
        "case_number": data.case_number,
        "cause": data.cause,
        "number": data.number,
        "version": f"第 {data.version} 版",
        "made_on": day_of(data.made_at),
        "wording_version": wording.version,
    }


def row(label: str, text: str, *, lines: int = 1) -> Tree:
    """A row of a table. Without text it shows `lines` lines to write on."""
    return {"label": label, "text": text, "lines": lines, "documents": [], "times": False, "choices": []}


def facts(*pairs: tuple[str, str]) -> list[list[Tree]]:
    """Labels with their texts in rows of one or two; empty ones are not printed."""
    rows: list[list[Tree]] = []
    open_row = False
    for label, text in pairs:
        if not text:
            continue
        fact = {"label": label, "text": text}
        short = width(text) <= SHORT_FACT_WIDTH
        if short and open_row:
            rows[-1].append(fact)
        else:
            rows.append([fact])
        open_row = short and len(rows[-1]) == 1
    return rows


def width(text: str) -> int:
    """Half-width cells: a Chinese character takes two."""
    return sum(2 if east_asian_width(character) in "WFA" else 1 for character in text)


def signature(given: Signature | None, exhibits: Exhibits, *, name: str) -> Tree:
    """File and date of a signature; both empty where the pen is still to come."""
    if given is None:
        return {"image": "", "signed_on": ""}
    image = exhibits.signature(given.image, name=name) if given.image else ""
    return {"image": image, "signed_on": day(given.signed_on)}


def signer(role: str, name: str, given: Signature | None, exhibits: Exhibits) -> Tree:
    """A line to sign on: who, as what."""
    return {"role": role, "name": name, "signature": signature(given, exhibits, name=f"{role}{name}签名")}


def signers(people: Iterable[Officer | Staff], role: str, exhibits: Exhibits) -> list[Tree]:
    """The lines of servers or court staff."""
    return [signer(_role(one, role), one.name, one.signature, exhibits) for one in people]


def _role(person: Officer | Staff, role: str) -> str:
    return (person.role if isinstance(person, Staff) else "") or role


def officers(people: Sequence[Officer]) -> str:
    """`李外勤（示例法院，工作证 0712）`, one a line."""
    return "\n".join(_officer(one) for one in people)


def _officer(one: Officer) -> str:
    card = f"证件号 {one.card_number}" if one.card_number else ""
    details = "，".join(filter(None, (one.organisation, card)))
    return f"{one.name}（{details}）" if details else one.name


def witness_text(witness: Witness) -> str:
    """Name, unit and post, telephone of a witness."""
    return "　".join(filter(None, (witness.name, witness.organisation, witness.phone and f"联系电话 {witness.phone}")))


def document_list(documents: Iterable[DocumentLine]) -> list[Tree]:
    """Names with copies, for a list of their own."""
    return [{"name": one.name, "copies": f"{one.copies} 份"} for one in documents]


def document_names(documents: Sequence[DocumentLine]) -> str:
    """`起诉状副本、应诉通知书及传票`, for running text."""
    names = [one.name for one in documents]
    return "及".join(filter(None, ("、".join(names[:-1]), names[-1]))) if names else ""


def contact_rows(contact: Contact) -> list[Tree]:
    """Label and text of what is known of the court's contact."""
    pairs = (
        ("联系人", contact.name),
        ("联系电话", contact.phone),
        ("地址", contact.address),
        ("邮政编码", contact.postcode),
    )
    return [{"label": label, "text": text} for label, text in pairs if text]


def clause(text: str) -> str:
    """Without the full stop people put at the end: the sentence around it brings its own."""
    return text.strip().rstrip("。；;，,")
