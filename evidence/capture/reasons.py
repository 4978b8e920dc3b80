"""Why a seal does not hold, or may not: stable codes, a Chinese sentence, plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# broken: the seal proves nothing about this item. doubt: it holds, and something about it must be looked at by people.
# waiting: what would settle it may still come. note: worth knowing, speaks neither for nor against.
BROKEN, DOUBT, WAITING, NOTE = "broken", "doubt", "waiting", "note"


@dataclass(frozen=True, slots=True)
class Reason:
    """`weight` is one of the four above; `values` are plain JSON values."""

    code: str
    title: str
    weight: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        return {"code": self.code, "title": self.title, "weight": self.weight, **self.values}


_ALL = (
    ("envelope.missing", NOTE, "没有封存信息：手机未在拍摄时签名"),
    ("envelope.unreadable", BROKEN, "封存信息格式不正确，无法核验"),
    ("envelope.bad_signature", BROKEN, "封存信息的签名不正确，内容可能被改动"),
    ("envelope.other_content", BROKEN, "封存的文件与收到的文件不是同一份（哈希值或者大小不一致）"),
    ("envelope.other_item", BROKEN, "封存信息是另一份材料的（编号或者种类不一致）"),
    ("envelope.replayed", BROKEN, "同一份封存信息被用于两份材料"),
    ("envelope.other_time", DOUBT, "所报拍摄时间与封存的拍摄时间相差{span}"),
    ("device.unknown", BROKEN, "签名所用的密钥未经登记"),
    ("device.other_person", BROKEN, "签名所用的密钥不是该送达人的"),
    ("device.revoked_before", BROKEN, "拍摄时该手机的密钥已被注销"),
    ("device.revoked_since", DOUBT, "该手机的密钥在材料登记之前已被注销，拍摄时间只能以手机所称为准"),
    ("ticket.unknown", BROKEN, "没有签发过这张取证凭证"),
    ("ticket.forged", BROKEN, "取证凭证不是本院签发，或者已被改动"),
    ("ticket.unreadable", BROKEN, "取证凭证格式不正确"),
    ("ticket.other_ticket", BROKEN, "封存信息所称的取证凭证与所附凭证不一致"),
    ("ticket.other_visit", BROKEN, "取证凭证是为另一个上门任务签发的"),
    ("ticket.other_person", BROKEN, "取证凭证是为另一名送达人签发的"),
    ("ticket.other_device", BROKEN, "取证凭证是为另一部手机签发的"),
    ("ticket.wrong_nonce", BROKEN, "封存信息中的随机数与取证凭证不一致"),
    ("ticket.not_yet", DOUBT, "拍摄时间早于取证凭证的签发时间{span}"),
    ("ticket.expired", DOUBT, "拍摄时间晚于取证凭证的失效时间{span}"),
    ("chain.wrong_start", BROKEN, "第一份封存信息没有接在取证凭证之后"),
    ("chain.wrong_previous", BROKEN, "封存信息没有接在前一份之后，次序被改动"),
    ("chain.fork", BROKEN, "同一序号有两份不同的封存信息"),
    ("chain.waiting", WAITING, "前一份封存信息（第{number}份）尚未收到"),
    ("chain.gap", DOUBT, "缺少前一份封存信息（第{number}份）"),
    ("chain.time_back", DOUBT, "拍摄时间早于前一份材料{span}"),
    ("clock.off", DOUBT, "手机时间与服务器时间相差{span}"),
    ("clock.future", DOUBT, "拍摄时间晚于材料登记的时间{span}"),
    ("clock.impossible", DOUBT, "拍摄时间不可能：{year}年"),
    ("source.gallery", DOUBT, "从手机相册导入，本院未允许"),
    ("source.gallery_allowed", NOTE, "从手机相册导入（本院允许），封存时间是导入时间"),
    ("fix.mock", DOUBT, "手机系统标明定位是模拟的"),
)
REASONS: Mapping[str, tuple[str, str]] = {code: (weight, text) for code, weight, text in _ALL}


def reason(code: str, **values: Any) -> Reason:
    """The reason of this code. KeyError for a code that is not of the list, or a value its sentence wants."""
    weight, text = REASONS[code]
    said = values | ({"span": span_zh(values["minutes"])} if "minutes" in values else {})
    return Reason(code, text.format(**said), weight, values)


def span_zh(minutes: int) -> str:
    """Whole minutes as people say them: 12分钟, 3小时5分钟, 2天7小时."""
    hours, rest = divmod(minutes, 60)
    days, hours_left = divmod(hours, 24)
    if days:
        return f"{days}天{hours_left}小时" if hours_left else f"{days}天"
    if hours:
        return f"{hours}小时{rest}分钟" if rest else f"{hours}小时"
    return f"{rest}分钟"
