"""Invented people and cases for the papers' tests and bench. Images are drawn, so that nothing real is printed."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from functools import cache
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw

from server.papers.data import (
    CaseKind,
    DocumentLine,
    Manner,
    ProofOfService,
    Receiver,
    Remarks,
    Signature,
    Staff,
    Witness,
)

CASE_NUMBER = "（2026）京0102民初10265号"
SIGNED_ON = date(2026, 11, 24)
AT = datetime(2026, 11, 24, 1, 12, tzinfo=UTC)  # 09:12 in Asia/Shanghai


@cache
def signature_png(seed: int = 1) -> bytes:
    """A transparent PNG with a few pen strokes, as a phone's canvas exports it."""
    image = Image.new("RGBA", (750, 360), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    for stroke in range(6):
        x = 90 + stroke * 95
        wave = [(x + (i * (7 + seed % 5)) % 60, 80 + i * 9 + (stroke * seed * 13) % 60) for i in range(16)]
        draw.line(wave, fill=(10, 10, 40, 255), width=9, joint="curve")
        draw.line([(x - 30, 140 + stroke * 8), (x + 70, 120 + stroke * 5)], fill=(10, 10, 40, 255), width=8)
    return _bytes(image, "PNG")


@cache
def photo_jpeg(seed: int = 1, width: int = 1600, height: int = 1200) -> bytes:
    """A JPEG with a door, a number plate and a gradient sky."""
    sky = Image.linear_gradient("L").resize((width, height))
    image = Image.merge("RGB", (sky, sky.point(lambda v: 120 + v // 3), sky.point(lambda v: 255 - v // 2)))
    draw = ImageDraw.Draw(image)
    left = width // 3 + (seed * 37) % (width // 6)
    draw.rectangle((left, height // 4, left + width // 4, height), fill=(110, 60 + seed * 9 % 90, 40))
    draw.ellipse((left + width // 5, height * 2 // 3, left + width // 5 + 30, height * 2 // 3 + 30), fill="gold")
    draw.text((width // 12, height // 12), f"photo {seed}", fill="white", font_size=height // 14)
    return _bytes(image, "JPEG", quality=90)


def _bytes(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


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
