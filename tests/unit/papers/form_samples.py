"""Invented data for the forms beside proof and report: ordinary, and as hard as the register of names allows."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from server.papers import forms
from server.papers.data import DocumentLine, LogEntry, Manner, Staff
from server.papers.forms import AnnouncementKind

from . import samples

RARE = "欧阳𬭚㛃喆堃"
COMPANY = (
    "北京示例国际供应链管理与信息技术服务股份有限公司示例自由贸易试验区高端产业片区第二分公司西城区示例大街营业部筹备组清算委员会"
)[:60]
HEAD: dict[str, Any] = {
    "court_name": "北京市西城区人民法院",
    "case_number": samples.CASE_NUMBER,
    "number": "XX-20261124-000017",
    "made_at": samples.later(90),
    "cause": "民间借贷纠纷",
}
CONTACT = forms.Contact(
    name="陈书记", phone="010-00000002", address="北京市西城区示例大街1号 送达事务中心", postcode="100000"
)
SERVERS = (
    forms.Officer(
        name="李外勤", organisation="北京市西城区人民法院", card_number="SD-0712", signature=samples.signature(7)
    ),
    forms.Officer(
        name="赵外勤", organisation="示例司法辅助服务有限公司", card_number="SD-0713", signature=samples.signature(8)
    ),
)
STAFF = (
    Staff(name="孙法官", role="审判员", signature=samples.signature(5)),
    Staff(name="陈书记", role="书记员", signature=samples.signature(6)),
)
REFUSAL = samples.WITH_WITNESS["remarks"]
SCENE: dict[str, Any] = HEAD | {
    "recipient_name": "王示例",
    "documents": samples.DOCUMENTS,
    "started_at": samples.later(-2),
    "ended_at": samples.later(21),
    "place": "北京市西城区示例胡同甲12号院3号楼2单元501室门前",
    "servers": SERVERS,
    "present": (
        forms.Present(name="周示例", relation="受送达人之妻"),
        forms.Present(name="郑见证", relation="居民委员会工作人员"),
    ),
    "course_of_events": REFUSAL.course_of_events,
    "refused_by": "受送达人王示例本人",
    "refusal_reason": "称不欠原告款项，不同意收取法院材料",
    "witness": REFUSAL.witness,
    "left_at": "501室入户门内侧鞋柜上",
    "recordings": ("IMG-20261124-0001", "IMG-20261124-0002", "VID-20261124-0912（02分18秒）"),
    "court_staff": STAFF,
}


def leaving_record(**changes: Any) -> forms.LeavingRecord:
    return forms.LeavingRecord(**(SCENE | {"manner": Manner.LEFT_WITH_WITNESS} | changes))


def work_record(**changes: Any) -> forms.WorkRecord:
    values = SCENE | {
        "visit_number": "WC-20261124-0017",
        "address": samples.PROOF["address"],
        "events": samples.visit().events,
        "result": "拒绝接收，见证人到场留置送达",
    }
    return forms.WorkRecord(**(values | changes))


def statement(**changes: Any) -> forms.Statement:
    values = HEAD | {
        "recipient_name": "王示例",
        "documents": samples.DOCUMENTS,
        "court_staff": STAFF[1:],
        "servers": SERVERS[:1],
        "addressee": "民事审判第二庭 孙法官",
        "lines": (
            forms.StatementLine(
                at=samples.later(-4000), channel="电话", place="138****0000", result="关机，当日上午、下午各拨打一次"
            ),
            forms.StatementLine(
                at=samples.later(-2500),
                channel="邮寄送达",
                place=samples.PROOF["address"],
                result="三次投递未果，以“迁移新址不明”退回",
            ),
            forms.StatementLine(
                at=samples.AT, channel="直接送达", place=samples.PROOF["address"], result="无人在家，未能送达"
            ),
        ),
        "explanation": "受送达人的已知地址和联系方式均已尝试，未能送达。请审查是否继续查找地址或者公告送达。",
        "attachments": ("邮件退回回执一份", "现场照片三张", "通话记录一份"),
    }
    return forms.Statement(**(values | changes))


def address_form(**changes: Any) -> forms.AddressForm:
    values = HEAD | {
        "party_name": "王示例",
        "party_role": "被告",
        "designated_receiver": "周示例",
        "receiver_relation": "夫妻",
        "id_kind": "居民身份证",
        "id_number": "110102********0017",
        "address": samples.PROOF["address"],
        "postcode": "100000",
        "phone": "199****0000",
        "accepts_electronic": True,
        "electronic": forms.ElectronicAddresses(mobile="199****0000", email="wang@example.com"),
        "signature": samples.signature(1),
        "staff": STAFF[1],
    }
    return forms.AddressForm(**(values | changes))


HEARING = forms.Hearing(days_after=3, time_of_day=time(9, 30), place="本院第十二法庭")
DECISION = forms.Decision(number="（2026）京0102民初10265号", appeal_court="北京市第二中级人民法院")


def announcement(kind: AnnouncementKind = AnnouncementKind.COMPLAINT, **changes: Any) -> forms.Announcement:
    """Everything any kind asks for; each prints its own part."""
    values = HEAD | {
        "kind": kind,
        "recipient_names": ("王示例",),
        "reason": "采用直接送达、邮寄送达、电子送达等方式均无法向你送达",
        "plaintiff": "张原告",
        "defendant": "王示例",
        "third_party": "赵第三",
        "gist": "请求判令被告偿还借款本金10万元及利息，并承担本案诉讼费用",
        "evidence_days": 30,
        "hearing": HEARING,
        "decision": DECISION,
        "contact": CONTACT,
    }
    return forms.Announcement(**(values | changes))


def entrust_letter(**changes: Any) -> forms.EntrustLetter:
    values = HEAD | {
        "to_court": "上海市浦东新区人民法院",
        "recipient_name": "王示例",
        "recipient_address": "上海市浦东新区示例路100弄5号601室",
        "recipient_phone": "199****0000",
        "documents": samples.DOCUMENTS,
        "parties": (("原告", "张原告"), ("被告", "王示例")),
        "reason": "受送达人住所地在你院辖区，本院直接送达有困难",
        "contact": CONTACT,
    }
    return forms.EntrustLetter(**(values | changes))


def assist_letter(**changes: Any) -> forms.AssistLetter:
    values = HEAD | {
        "to_organisation": "示例市公安局西城分局人口管理支队",
        "subject_name": "王示例",
        "subject_id": "110102********0017",
        "subject_role": "被告",
        "items": ("户籍登记地址", "居住证登记地址", "登记的联系电话"),
        "reason": "按原告提供的地址无法向被告送达诉讼文书",
        "reply_within_days": 7,
        "bearers": SERVERS,
        "contact": CONTACT,
    }
    return forms.AssistLetter(**(values | changes))


def notice(**changes: Any) -> forms.Notice:
    values = HEAD | {
        "recipient_name": "王示例",
        "documents": samples.DOCUMENTS,
        "url": "https://songda.example.gov.cn/n/7Qx4mZ2b",
        "url_expires_at": samples.later(60 * 24 * 15),
        "access_code": "482913",
        "collect_at": "北京市西城区人民法院诉讼服务中心3号窗口",
        "collect_hours": "工作日 9:00至11:30，13:30至17:00",
        "collect_until": date(2026, 12, 9),
        "servers": SERVERS,
        "judge": "孙法官",
        "clerk": "陈书记",
        "contact": CONTACT,
        "left_at": samples.AT,
    }
    return forms.Notice(**(values | changes))


def e_voucher(**changes: Any) -> forms.ElectronicVoucher:
    documents = tuple(
        forms.ElectronicDocument(name=one.name, copies=one.copies, sha256=samples.sha256(one.name.encode()))
        for one in changes.pop("lines", samples.DOCUMENTS)
    )
    values = HEAD | {
        "recipient_name": "王示例",
        "recipient_role": "被告",
        "id_number": "110102********0017",
        "channel": "短信链接（诉讼平台账号）",
        "address": "199****0000",
        "documents": documents,
        "procedure": "民事一审普通程序",
        "division": "民事审判第二庭",
        "judge": "孙法官",
        "clerk": "陈书记",
        "sender": "12368",
        "address_basis": "送达地址确认书（2026年10月9日）",
        "consent": "在送达地址确认书中书面同意",
        "sent_at": samples.later(0),
        "arrived_at": samples.later(0.2),
        "read_at": samples.later(65),
        "served_on": samples.SIGNED_ON,
        "effect": "已送达",
        "article": "《中华人民共和国民事诉讼法》第九十条",
        "sending": (
            LogEntry(occurred_at=samples.later(0), title="发送短信", result="发送成功", detail="运营商回执 DELIVRD"),
        ),
        "views": (
            LogEntry(occurred_at=samples.later(65), title="核验身份", result="通过"),
            LogEntry(occurred_at=samples.later(66), title="查阅", result="已打开", detail="起诉状副本、应诉通知书"),
        ),
        "calls": (
            LogEntry(
                occurred_at=samples.later(30),
                title="呼出 199****0000",
                result="接通 02分10秒",
                detail="本人接听，告知文书已发送",
            ),
        ),
    }
    return forms.ElectronicVoucher(**(values | changes))


def ledger_lines(count: int = 7) -> tuple[forms.ExhaustionLine, ...]:
    known = (
        (
            "地址 北京市西城区示例胡同甲12号院3号楼2单元501室",
            "tried",
            "2026-11-20 直接送达未果、2026-11-22 邮寄送达未果",
            4,
        ),
        ("地址 河北省示例市示例县示例镇示例村12号（户籍）", "tried", "2026-11-12 邮寄送达未果", 2),
        ("电话 138****0000", "tried", "共拨打 4 次，三日内不同时段均未接通", 4),
        ("直接送达", "tried", "共 1 次，均未果", 3),
        ("邮寄送达", "tried", "共 2 次，均未果", 3),
        ("电子送达", "excused", "依法不适用：没有受送达人同意或者可确认的电子地址（民事诉讼法第九十条）", 0),
        ("电话送达", "tried", "1 个号码均未能联系上", 4),
    )
    return tuple(
        forms.ExhaustionLine(label=label, state=state, text=text, evidence=evidence)  # type: ignore[arg-type] # a literal
        for label, state, text, evidence in (known[n % len(known)] for n in range(count))
    )


def exhaustion(**changes: Any) -> forms.ExhaustionProof:
    values = HEAD | {
        "recipient_name": "王示例",
        "documents": samples.DOCUMENTS,
        "lines": ledger_lines(),
        "complete": True,
        "conclusion": "已穷尽其他方式，可以报请公告送达",
        "article": "民事诉讼法第九十五条",
        "rule_version": "national-2026-1",
        "made_by": "陈书记",
    }
    return forms.ExhaustionProof(**(values | changes))


BLANK_SCENE: dict[str, Any] = HEAD | {"recipient_name": "王示例", "documents": samples.DOCUMENTS}
THIRTY = tuple(
    DocumentLine(name=f"证据材料第{n}组（{'借款合同' * (n % 3)}复印件）", copies=n % 4 + 1) for n in range(1, 31)
)
LONG = "送达人再次说明来意并出示证件，受送达人仍称与本案无关，不同意收取任何材料，随后关闭房门。" * 30
HARD: dict[str, Any] = {"recipient_name": COMPANY, "documents": THIRTY}
