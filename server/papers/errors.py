"""The refusals of the print room."""

from __future__ import annotations

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
    "evidence": "证据清单",
    "review": "审核意见",
    "effects": "送达效力",
}


def label_of(field: str) -> str:
    """The Chinese name of the row a dotted field path belongs to, or the path itself."""
    return LABELS.get(field.replace("[", ".").split(".", 1)[0], field)


def missing_glyph(missing: dict[str, list[str]]) -> DomainError:
    """Characters no installed font can draw. `missing` maps field path to characters, in reading order."""
    field, characters = next(iter(missing.items()))
    shown = "、".join(f"{c if c.isprintable() else '□'}（{code_point(c)}）" for c in characters)
    return Invalid(
        code="papers.missing_glyph",
        title=f"“{label_of(field)}”中有字库没有的字：{shown}，无法印制",
        field=field,
        characters=characters,
        code_points=[code_point(c) for c in characters],
        fields={name: [code_point(c) for c in chars] for name, chars in missing.items()},
    )


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


def incomplete(fields: list[str]) -> DomainError:
    """The paper would claim something its rows do not carry."""
    names = "、".join(dict.fromkeys(label_of(field) for field in fields))
    return Invalid(code="papers.incomplete", title=f"送达回证内容不完整：{names}", fields=fields)


def contradiction(fields: list[str]) -> DomainError:
    """The paper would say two things that exclude each other."""
    names = "、".join(dict.fromkeys(label_of(field) for field in fields))
    return Invalid(code="papers.contradiction", title=f"送达回证内容与送达结果矛盾：{names}", fields=fields)


def no_fonts() -> DomainError:
    """No Chinese font is installed."""
    return DomainError(
        code="papers.no_fonts",
        status=503,
        title="服务器未安装中文字库（fonts-noto-cjk 或 pylopdf-fonts-zh-cn）",
    )
