"""What the other papers print: the address form, records of the door, letters, announcements, vouchers.

As in `data`: plain frozen values, decided by the caller. Times are aware, days of law are `date`s. An empty text or
None on a form people fill in by hand prints as an underlined space.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Literal

from server.papers.data import (
    DocumentLine,
    LogEntry,
    Manner,
    Signature,
    Staff,
    VisitEvent,
    Witness,
)


class Region(StrEnum):
    """Where the recipient has a domicile, as far as periods and letters care."""

    DOMESTIC = "domestic"
    ABROAD = "abroad"  # no domicile in the PRC (CPL art. 283)
    HKMO = "hkmo"  # Hong Kong, Macao
    TAIWAN = "taiwan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Head of every paper below. `number` is the paper's own; `made_at` dates it, in the text and in the PDF."""

    court_name: str
    case_number: str
    number: str
    made_at: datetime
    version: int = 1
    cause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Whom to ask at the court, and where papers are sent back to."""

    name: str = ""
    phone: str = ""
    address: str = ""
    postcode: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ElectronicAddresses:
    """Ways of electronic service; one that is given has its box ticked."""

    mobile: str = ""
    fax: str = ""
    email: str = ""
    wechat: str = ""
    qq: str = ""
    platform: str = ""  # account of the court's own service platform


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressForm(Form):
    """送达地址确认书. `accepts_electronic` None leaves both boxes empty; `signature` None leaves room for the pen."""

    party_name: str
    party_role: str = ""  # 原告, 被告 …
    designated_receiver: str = ""  # 指定签收人
    receiver_relation: str = ""
    id_kind: str = ""
    id_number: str = ""  # as it may be printed: the caller masks or not
    address: str = ""
    postcode: str = ""
    phone: str = ""
    accepts_electronic: bool | None = None
    electronic: ElectronicAddresses = ElectronicAddresses()
    other_contact: str = ""
    signature: Signature | None = None
    signer_name: str = ""  # the agent, when an agent confirms in the party's place
    staff: Staff | None = None  # 法院工作人员
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Officer:
    """送达人 with unit and number of the service card."""

    name: str
    organisation: str = ""
    card_number: str = ""
    signature: Signature | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """Somebody who was there, and what he is to the recipient."""

    name: str
    relation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneForm(Form):
    """What the three records of a door share, in the order they print it (CPL art. 89, INT 131, SIMP 11)."""

    recipient_name: str
    documents: tuple[DocumentLine, ...]
    started_at: datetime | None = None
    ended_at: datetime | None = None
    place: str = ""
    servers: tuple[Officer, ...] = ()
    present: tuple[Present, ...] = ()
    course_of_events: str = ""
    refused_by: str = ""
    refusal_reason: str = ""
    witness: Witness | None = None
    witness_declined: str = ""  # 不愿见证的情形
    left_at: str = ""
    recordings: tuple[str, ...] = ()
    court_staff: tuple[Staff, ...] = ()  # 审判人员, 书记员


@dataclass(frozen=True, slots=True, kw_only=True)
class LeavingRecord(SceneForm):
    """留置送达笔录. `manner` one of the three refusals of `Manner`; None when the way is still to be filled in."""

    manner: Manner | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkRecord(SceneForm):
    """外出送达工作记录: one way to one door. `events` are 出发, 到达 … with positions; `result` in words."""

    visit_number: str = ""
    address: str = ""  # the address that was to be served at; `place` is where it happened
    events: tuple[VisitEvent, ...] = ()
    result: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """One attempt of the statement's table. `at` None where only the day is not known."""

    at: datetime | None
    channel: str
    place: str
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement(SceneForm):
    """送达情况说明: what was tried on one recipient and how it ended, for the judge and the file."""

    addressee: str = ""  # 承办法官 or 审判庭
    lines: tuple[StatementLine, ...] = ()
    explanation: str = ""  # 说明: why the court is told
    attachments: tuple[str, ...] = ()


class AnnouncementKind(StrEnum):
    """What is announced; each has a text of its own."""

    COMPLAINT = "complaint"  # 起诉状副本
    SUMMONS = "summons"  # 开庭传票
    COMPLAINT_SUMMONS = "complaint_summons"  # 起诉状副本及开庭传票
    THIRD_PARTY = "third_party"  # 通知第三人
    APPEAL = "appeal"  # 上诉状副本
    JUDGMENT = "judgment"  # 裁判文书


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A period as printed: 30日, 60日, 3个月."""

    amount: int
    unit: Literal["day", "month"] = "day"


# CPL arts. 95, 283; HKMO 9; TW 8. A court's reading of the disputed ones is handed in by the caller.
NOTICE_PERIODS = {
    Region.DOMESTIC: Period(amount=30),
    Region.ABROAD: Period(amount=60),
    Region.HKMO: Period(amount=3, unit="month"),
    Region.TAIWAN: Period(amount=3, unit="month"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """第( )日( )时( )分在本院( )开庭: days after the announcement has run, or a fixed moment `at`."""

    days_after: int | None = None
    time_of_day: time | None = None
    at: datetime | None = None
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The judgment or ruling announced. `appeal_court` is needed when it may be appealed."""

    number: str  # 案号 of the decision
    title: str = "民事判决书"
    appealable: bool = True
    appeal_days: int | None = None  # None: 15, 10 for rulings, 30 without domicile in the PRC (CPL arts. 171, 286)
    appeal_court: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement(Form):
    """公告. `reason` and `gist` are what INT art. 139 asks of every announcement and of this kind."""

    kind: AnnouncementKind
    recipient_names: tuple[str, ...]
    reason: str
    region: Region = Region.DOMESTIC
    period: Period | None = None  # None: NOTICE_PERIODS of the region
    plaintiff: str = ""  # the appellant of an appeal
    defendant: str = ""  # the appellee
    third_party: str = ""
    gist: str = ""  # 起诉要点, 上诉要点, 裁判主要内容
    documents: tuple[DocumentLine, ...] = ()  # empty: what the kind names
    answer_days: int | None = None  # None: 15, 30 without domicile in the PRC (CPL art. 285)
    evidence_days: int | None = None  # None prints a blank
    hearing: Hearing | None = None
    decision: Decision | None = None  # of JUDGMENT; of APPEAL: the decision appealed against
    contact: Contact = Contact()
    organisation: bool = False  # addressed as 你单位 rather than 你


@dataclass(frozen=True, slots=True, kw_only=True)
class EntrustLetter(Form):
    """委托送达函, in the order of the Supreme Court's sample; HKMO and TAIWAN have texts of their own."""

    to_court: str
    recipient_name: str
    recipient_address: str
    documents: tuple[DocumentLine, ...]
    parties: tuple[tuple[str, str], ...]  # (诉讼地位, 名称)
    reason: str
    region: Region = Region.DOMESTIC
    recipient_phone: str = ""
    decision: str = ""  # date and number of a judgment, when one is served
    days: int = 10  # INT art. 134
    contact: Contact = Contact()


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistLetter(Form):
    """协查函 with a slip for the answer. `items` are what is asked: 户籍地址, 现住址, 联系电话 …"""

    to_organisation: str
    subject_name: str
    items: tuple[str, ...]
    reason: str
    subject_id: str = ""
    subject_role: str = ""
    reply_within_days: int | None = None
    bearers: tuple[Officer, ...] = ()  # who brings the letter
    contact: Contact = Contact()


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Form):
    """送达告知书: a prompt to come, read or call (OL art. 32), never service itself. `url` becomes the QR code."""

    recipient_name: str
    documents: tuple[DocumentLine, ...]
    url: str
    url_expires_at: datetime | None = None
    access_code: str = ""
    collect_at: str = ""  # where the documents may be collected
    collect_hours: str = ""
    collect_until: date | None = None
    servers: tuple[Officer, ...] = ()
    judge: str = ""
    clerk: str = ""
    contact: Contact = Contact()
    left_at: datetime | None = None  # when the notice was put up or handed over


@dataclass(frozen=True, slots=True, kw_only=True)
class ElectronicDocument:
    """A document served electronically. `sha256` of the file that was sent, complete, lower-case hex."""

    name: str
    sha256: str = ""
    copies: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ElectronicVoucher(Form):
    """电子送达凭证 (OL art. 31 ¶3: same force as the 送达回证)."""

    recipient_name: str
    channel: str  # 短信, 电子邮件, 诉讼平台账号 …
    address: str
    documents: tuple[ElectronicDocument, ...]
    recipient_role: str = ""
    id_number: str = ""  # as it may be printed
    procedure: str = ""
    division: str = ""
    judge: str = ""
    clerk: str = ""
    sender: str = ""  # number, mailbox or platform of the court
    address_basis: str = ""
    consent: str = ""  # form and time of the consent
    sent_at: datetime | None = None  # the court's system shows 发送成功 (INT art. 135)
    arrived_at: datetime | None = None  # as the recipient's system tells, or the recipient proved
    read_at: datetime | None = None
    served_on: date | None = None  # None: no service (yet)
    effect: str = ""  # 已送达, 视为送达, 推定送达, 尚未送达 …
    article: str = ""
    sending: tuple[LogEntry, ...] = ()
    views: tuple[LogEntry, ...] = ()  # 查阅记录
    calls: tuple[LogEntry, ...] = ()  # 电话沟通简要记录


@dataclass(frozen=True, slots=True, kw_only=True)
class ExhaustionLine:
    """One contact or channel of the ledger (`server.law.exhaustion.Line`). `state`: tried, excused, open."""

    label: str
    state: Literal["tried", "excused", "open"]
    text: str
    evidence: int = 0  # number of items on file


@dataclass(frozen=True, slots=True, kw_only=True)
class ExhaustionProof(Form):
    """穷尽送达证明: the ledger on one page (原因和经过, CPL art. 95 ¶2)."""

    recipient_name: str
    documents: tuple[DocumentLine, ...]
    lines: tuple[ExhaustionLine, ...]
    complete: bool
    conclusion: str
    article: str
    rule_version: str
    made_by: str = ""
    judge: str = ""


AnyForm = (
    AddressForm
    | LeavingRecord
    | WorkRecord
    | Statement
    | Announcement
    | EntrustLetter
    | AssistLetter
    | Notice
    | ElectronicVoucher
    | ExhaustionProof
)
