"""The refusals of the print room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.core.errors import DomainError, Invalid

LABELS = {
    "court_name": "法院名称",
    "cause": "案由",
    "case_number": "案号",
    "documents": "送达文书名称",
    "recipient_name": "受送达人",
    "recipients": "受送达人",
    "address": "送达地址",
    "receiver": "代收人",
    "remarks": "备考",
    "servers": "送达人",
    "issued_by": "填发人",
    "attempts": "送达经过",
    "channels": "送达经过",
    "evidence": "证据清单",
    "review": "审核意见",
    "effects": "送达效力",
    "reason": "原因",
    "gist": "要点",
    "hearing": "开庭时间和地点",
    "decision": "裁判文书",
    "appeal_court": "上诉法院",
    "period": "公告期",
    "plaintiff": "原告",
    "defendant": "被告",
    "third_party": "第三人",
    "to_court": "受委托法院",
    "recipient_address": "受送达人地址",
    "recipient_names": "受送达人",
    "parties": "当事人",
    "to_organisation": "协查单位",
    "subject_name": "被查询人",
    "items": "协查事项",
    "party_name": "当事人",
    "channel": "送达方式",
    "sent_at": "发送时间",
    "served_on": "送达日期",
    "article": "依据",
    "explanation": "说明",
    "lines": "送达经过",
    "url": "二维码网址",
}


def label_of(field: str) -> str:
    """The Chinese name of the row a dotted field path belongs to, or the path itself."""
    return LABELS.get(field.replace("[", ".").split(".", 1)[0], field)


def missing_glyph(missing: dict[str, list[str]]) -> DomainError:
    """Characters no installed font can draw. `missing` maps field path to characters, in reading order."""
    field, characters = next(iter(missing.items()))
    names = "、".join(shown(c) for c in characters)
    return Invalid(
        code="papers.missing_glyph",
        title=f"“{label_of(field)}”中有字库没有的字：{names}，无法印制",
        field=field,
        characters=characters,
        code_points=[code_point(c) for c in characters],
        fields={name: [code_point(c) for c in chars] for name, chars in missing.items()},
    )


def shown(character: str) -> str:
    """The character with its code point, a box for one that cannot be shown."""
    return f"{character if character.isprintable() else '□'}（{code_point(character)}）"


def code_point(character: str) -> str:
    """`U+4E00` style."""
    return f"U+{ord(character):04X}"


def broken_image(name: str) -> DomainError:
    """The image cannot be decoded completely."""
    return Invalid(code="papers.broken_image", title=f"图片“{name}”已损坏，无法印制", image=name)


def image_too_large(name: str, pixels: int) -> DomainError:
    """The image has more pixels than we are willing to unpack."""
    return Invalid(code="papers.image_too_large", title=f"图片“{name}”过大，无法印制", image=name, pixels=pixels)


def mixed_datum(datums: list[str]) -> DomainError:
    """Points of different datums on one map would lie hundreds of metres apart for no reason."""
    return Invalid(code="papers.mixed_datum", title=f"同一示意图中的坐标系不一致：{'、'.join(datums)}", datums=datums)


def incomplete(fields: list[str], *, title: str = "送达回证") -> DomainError:
    """The paper would claim something its rows do not carry."""
    names = "、".join(dict.fromkeys(label_of(field) for field in fields))
    return Invalid(code="papers.incomplete", title=f"{title}内容不完整：{names}", fields=fields)


def contradiction(fields: list[str], *, title: str = "送达回证") -> DomainError:
    """The paper would say two things that exclude each other."""
    names = "、".join(dict.fromkeys(label_of(field) for field in fields))
    return Invalid(code="papers.contradiction", title=f"{title}内容与送达结果矛盾：{names}", fields=fields)


def unlawful(title: str, *, rule: str, fields: list[str]) -> DomainError:
    """The paper would do what the law does not allow."""
    return Invalid(code="papers.unlawful", title=title, rule=rule, fields=fields)


def bad_link(url: str) -> DomainError:
    """Not an address a phone's camera should open."""
    return Invalid(
        code="papers.bad_link", title="二维码网址应当以 https:// 或者 http:// 开头，且不超过 600 个字符", url=url
    )


def wrong_data(kind: str, given: str) -> TypeError:
    """A caller's mistake, not a person's."""
    return TypeError(f"the paper {kind!r} is not made of {given}")


def unknown_kind(kind: str) -> DomainError:
    """There is no such paper."""
    return Invalid(code="papers.unknown_kind", title="没有这种文书", kind=kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class WordingProblem:
    """One thing wrong with one block of a wording. `what`: the placeholder or the phrase it is about."""

    code: str
    block: str
    text: str
    what: str = ""


def unknown_wording_kind(kind: str) -> DomainError:
    """There is no such paper, so it has no wording."""
    return Invalid(code="wording.unknown_kind", title="没有这种文书的用语", kind=kind)


def bad_wording(kind: str, problems: Sequence[WordingProblem]) -> DomainError:
    """A court's own text that no paper may go out with. Code and title are the first problem's."""
    first = problems[0]
    listed = [{"code": p.code, "block": p.block, "what": p.what, "text": p.text} for p in problems]
    return Invalid(code=first.code, title=first.text, kind=kind, block=first.block, what=first.what, problems=listed)


def no_fonts() -> DomainError:
    """No Chinese font is installed."""
    return DomainError(
        code="papers.no_fonts",
        status=503,
        title="服务器未安装中文字库（fonts-noto-cjk 或 pylopdf-fonts-zh-cn）",
    )
