"""Invented people and cases for the papers' tests and bench. Images are drawn: nothing real is printed."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from typing import Any

from server.papers.data import (
    Attempt,
    CaseKind,
    DocumentLine,
    Effect,
    EvidenceLine,
    LogEntry,
    Manner,
    NamedSignature,
    Photo,
    Position,
    ProofOfService,
    Receiver,
    Remarks,
    ReportRecipient,
    Review,
    ServiceReport,
    Signature,
    Staff,
    Visit,
    VisitEvent,
    Witness,
)

from .pictures import (
    images_of,
    pages_of,
    photo_jpeg,
    sha256,
    signature_png,
    text_of,
)

__all__ = ["images_of", "pages_of", "photo_jpeg", "sha256", "signature_png", "text_of"]

CASE_NUMBER = "（2026）京0102民初10265号"
SIGNED_ON = date(2026, 11, 24)
AT = datetime(2026, 11, 24, 1, 12, tzinfo=UTC)  # 09:12 in Asia/Shanghai


def signature(seed: int = 1) -> Signature:
    return Signature(image=signature_png(seed), signed_on=SIGNED_ON)


DOCUMENTS = (
    DocumentLine(name="起诉状副本", copies=1),
    DocumentLine(name="应诉通知书", copies=1),
    DocumentLine(name="举证通知书", copies=1),
    DocumentLine(name="传票", copies=1),
)

PROOF: dict[str, Any] = {
    "court_name": "北京市西城区人民法院",
    "case_kind": CaseKind.CIVIL,
    "cause": "民间借贷纠纷",
    "case_number": CASE_NUMBER,
    "documents": DOCUMENTS,
    "recipient_name": "王示例",
    "address": "北京市西城区示例胡同甲12号院3号楼2单元501室",
    "servers": (Staff(name="李外勤", signature=signature(7)), Staff(name="赵外勤", signature=signature(8))),
    "issued_by": "陈书记",
    "issued_at": AT,
    "proof_number": "SDHZ-2026-000731",
}

BY_RECIPIENT: dict[str, Any] = {
    "manner": Manner.SIGNED_BY_RECIPIENT,
    "outcome_code": "signed_by_recipient",
    "outcome_label": "受送达人本人签收",
    "recipient_signature": signature(1),
}
BY_FAMILY: dict[str, Any] = {
    "manner": Manner.SIGNED_BY_RECEIVER,
    "outcome_code": "signed_by_cohabiting_adult",
    "outcome_label": "同住成年家属签收",
    "receiver": Receiver(
        name="周示例", relation="夫妻（同住成年家属）", reason="受送达人本人外出不在", signature=signature(2)
    ),
}
BY_ORGANISATION: dict[str, Any] = {
    "recipient_name": "北京示例科技发展有限公司",
    "manner": Manner.SIGNED_BY_RECEIVER,
    "outcome_code": "signed_by_organisation_receiver",
    "outcome_label": "法人负责收件的人签收",
    "receiver": Receiver(
        name="吴前台",
        relation="公司收发室工作人员（负责收件）",
        reason="法定代表人不在办公场所",
        signature=signature(3),
    ),
}
WITH_WITNESS: dict[str, Any] = {
    "manner": Manner.LEFT_WITH_WITNESS,
    "outcome_code": "refused_left_with_witness",
    "outcome_label": "拒绝接收，见证人到场留置送达",
    "remarks": Remarks(
        refused_by="受送达人王示例本人",
        refusal_reason="称不欠原告款项，不同意收取法院材料",
        occurred_at=AT,
        place="北京市西城区示例胡同甲12号院3号楼2单元501室门前",
        course_of_events="送达人出示证件、说明来意并告知拒收后果，受送达人阅看传票后仍拒绝签收；送达人邀请社区居委会"
        "工作人员到场，说明情况后将上列文书留置于受送达人住所。",
        left_at="501室入户门内侧鞋柜上",
        witness=Witness(
            name="郑见证",
            organisation="示例社区居民委员会 副主任",
            phone="010-00000000",
            signature=signature(4),
        ),
        recordings=("现场照片3张", "录像1段（02分18秒）"),
    ),
}
WITH_RECORDING: dict[str, Any] = {
    "manner": Manner.LEFT_WITH_RECORDING,
    "outcome_code": "refused_left_with_video",
    "outcome_label": "拒绝接收，录像留置送达",
    "remarks": Remarks(
        refused_by="同住成年家属周示例（受送达人之妻）",
        refusal_reason="称与本案无关，拒绝开门收取",
        occurred_at=AT,
        place="受送达人住所",
        course_of_events="送达人在门外说明来意，家属隔门应答后拒收；送达人全程录像，将文书留置于住所。",
        left_at="入户门内地面",
        recordings=("录像 VID-20261124-0912（03分05秒）", "照片 IMG-20261124-0915"),
    ),
}
NOBODY_HOME: dict[str, Any] = {
    "manner": Manner.NOT_SERVED,
    "outcome_code": "nobody_home",
    "outcome_label": "无人在家，未能送达",
    "remarks": Remarks(
        occurred_at=AT,
        place="受送达人住所门前",
        course_of_events="敲门三次并拨打预留电话，均无人应答；邻居称受送达人白天上班。文书带回。",
        recordings=("现场照片2张",),
    ),
}


def proof(outcome: dict[str, Any] = BY_RECIPIENT, **changes: Any) -> ProofOfService:
    """A proof with the given outcome and changes."""
    return ProofOfService(**(PROOF | outcome | changes))


def position(east_m: float, north_m: float, accuracy_m: float = 12.0) -> Position:
    """A point so many metres from the sample address, WGS-84."""
    return Position(
        longitude=116.36421 + east_m / 85_400,
        latitude=39.91288 + north_m / 111_195,
        datum="WGS-84",
        accuracy_m=accuracy_m,
    )


def later(minutes: float) -> datetime:
    return AT + timedelta(minutes=minutes)


def track(points: int = 240) -> tuple[Position, ...]:
    """A bending ride of about 3 km that ends at the door."""
    shares = [i / (points - 1) for i in range(points)]
    return tuple(
        position(
            -2400 * (1 - s) + 160 * math.sin(s * 9) * (1 - s),
            1500 * (1 - s) ** 2 + 60 * math.sin(s * 23) * (1 - s),
        )
        for s in shares
    )


def photos(count: int) -> tuple[Photo, ...]:
    """Landscape and portrait photos in turn."""
    captions = ("门牌号", "入户门", "现场全景", "文书交付", "签收过程", "单元门")
    result = []
    for n in range(1, count + 1):
        image = photo_jpeg(n, *((1600, 1200) if n % 3 else (1200, 1600)))
        result.append(
            Photo(
                name=f"IMG-20261124-{n:04d}.jpg",
                image=image,
                caption=captions[n % len(captions)],
                sha256=sha256(image),
                taken_at=later(n / 4),
                position=position(4.0 * n, 6.0, 9.0) if n % 4 else None,
            )
        )
    return tuple(result)


def event(label: str, minutes: float, at: Position) -> VisitEvent:
    """An event so many minutes after 09:12, with its distance to the sample address."""
    address = position(0, 0)
    east_m = (at.longitude - address.longitude) * 85_400
    north_m = (at.latitude - address.latitude) * 111_195
    return VisitEvent(
        label=label,
        occurred_at=later(minutes),
        position=at,
        distance_to_address_m=math.hypot(east_m, north_m),
    )


def visit(**changes: Any) -> Visit:
    """A visit that left the court, reached the door and was signed for."""
    values: dict[str, Any] = {
        "number": "WC-20261124-0017",
        "planned_from": later(-12),
        "planned_until": later(48),
        "started_at": later(-32),
        "ended_at": later(6),
        "servers": ("李外勤", "赵外勤"),
        "signer_name": "王示例",
        "signer_relation": "受送达人本人",
        "address_point": position(0, 0),
        "events": (
            event("接收任务", -40, position(-2400, 1500, 20.0)),
            event("出发", -32, position(-2396, 1495, 15.0)),
            event("到达", -2, position(22, -14, 18.0)),
            event("登记结果", 6, position(6, 5, 8.0)),
        ),
        "track": track(),
    }
    return Visit(**(values | changes))


def attempt(photo_count: int = 6, **changes: Any) -> Attempt:
    """A direct attempt that was signed for."""
    values: dict[str, Any] = {
        "number": 1,
        "channel_label": "直接送达",
        "recipient_name": "王示例",
        "outcome_label": "受送达人本人签收",
        "served": True,
        "started_at": AT,
        "address": PROOF["address"],
        "visit": visit(),
        "photos": photos(photo_count),
        "signatures": (
            NamedSignature(role="签收人", name="王示例", signature=signature(1)),
            NamedSignature(role="送达人", name="李外勤", signature=signature(7)),
            NamedSignature(role="送达人", name="赵外勤", signature=signature(8)),
        ),
    }
    return Attempt(**(values | changes))


def report(*attempts: Attempt, **changes: Any) -> ServiceReport:
    """A report over the given attempts (one direct attempt with 6 photos when none is given)."""
    given = attempts or (attempt(),)
    evidence = tuple(
        EvidenceLine(
            name=photo.name,
            kind="照片",
            size_bytes=len(photo.image),
            sha256=photo.sha256,
            captured_at=photo.taken_at,
        )
        for one in given
        for photo in one.photos
    )
    values: dict[str, Any] = {
        "court_name": "北京市西城区人民法院",
        "case_number": CASE_NUMBER,
        "cause": "民间借贷纠纷",
        "procedure": "民事一审普通程序",
        "division": "民事审判第二庭",
        "judge": "孙法官",
        "clerk": "陈书记",
        "recipients": (
            ReportRecipient(
                name="王示例",
                role="被告",
                address=PROOF["address"],
                address_basis="送达地址确认书（2026年10月9日）",
            ),
        ),
        "documents": DOCUMENTS,
        "attempts": given,
        "report_number": "SDBG-2026-000412",
        "made_by": "陈书记",
        "made_at": later(90),
        "effects": (
            Effect(
                recipient_name="王示例",
                label="已送达",
                article="《中华人民共和国民事诉讼法》第八十七条、第八十八条",
                effective_on=SIGNED_ON,
                confirmed_by="陈书记",
                confirmed_at=later(80),
            ),
        ),
        "evidence": evidence,
        "review": Review(
            decision_label="通过",
            reviewer="钱审核",
            decided_at=later(70),
            opinion="照片、定位与签名齐全，予以通过。",
        ),
    }
    return ServiceReport(**(values | changes))


def refused_attempt(photo_count: int = 2, **changes: Any) -> Attempt:
    """A direct attempt that ended in leaving service with a witness."""
    values: dict[str, Any] = {
        "number": 2,
        "outcome_label": "拒绝接收，见证人到场留置送达",
        "visit": visit(
            number="WC-20261124-0021",
            signer_name="",
            signer_relation="",
            refusal_reason="称不欠原告款项，不同意收取法院材料",
            witness_name="郑见证",
            witness_organisation="示例社区居民委员会 副主任",
            course_of_events=WITH_WITNESS["remarks"].course_of_events,
        ),
        "signatures": (
            NamedSignature(role="见证人", name="郑见证", signature=signature(4)),
            NamedSignature(role="送达人", name="李外勤", signature=signature(7)),
        ),
    }
    return attempt(photo_count, **(values | changes))


def nobody_home_attempt() -> Attempt:
    """A direct attempt without a position: the phone gave none."""
    return attempt(
        1,
        number=3,
        outcome_label="无人在家，未能送达",
        served=False,
        visit=visit(
            signer_name="",
            signer_relation="",
            course_of_events="敲门三次，无人应答，文书带回。",
            address_point=None,
            events=(
                VisitEvent(label="到达", occurred_at=later(-2)),
                VisitEvent(label="登记结果", occurred_at=later(6), note="手机未能取得定位"),
            ),
            track=(),
        ),
        signatures=(),
    )


def telephone_attempt(number: int = 4) -> Attempt:
    """A telephone attempt with two calls and a message, as the log of a channel that needs no door."""
    screenshot = photo_jpeg(9, 540, 1170)
    return Attempt(
        number=number,
        channel_label="电话送达",
        recipient_name="王示例",
        outcome_label="电话无人接听，已发送短信提示",
        served=False,
        started_at=later(-600),
        facts=(
            ("主叫号码", "010-00000001"),
            ("被叫号码", "138****0000"),
            ("通话录音", "REC-20261123-0311.wav"),
        ),
        log=(
            LogEntry(occurred_at=later(-600), title="第一次拨打", result="无人接听", detail="振铃45秒"),
            LogEntry(occurred_at=later(-420), title="第二次拨打", result="关机"),
            LogEntry(
                occurred_at=later(-418),
                title="短信提示",
                result="已送达手机",
                detail="【示例法院】您有诉讼文书待领取，请于工作日到本院诉讼服务中心领取或联系承办人，谢谢配合。",
            ),
        ),
        photos=(
            Photo(
                name="SMS-20261123.png",
                image=screenshot,
                caption="短信发送记录截图",
                sha256=sha256(screenshot),
                taken_at=later(-410),
            ),
        ),
    )
