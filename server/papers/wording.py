"""The texts of the papers, apart from their layout: blocks with {placeholders}, shipped as data, replaced by a court.

`wordings/<kind>.toml` holds the shipped texts, the closed list of placeholders, and what each block must say. A court's
own texts replace blocks and are held to the same list. Texts and values are printed as they are, never read as markup.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from server.papers import errors
from server.papers.errors import WordingProblem
from server.papers.fonts import find_fonts
from server.papers.kinds import KINDS
from server.papers.payload import Tree

FOLDER = Path(__file__).parent / "wordings"
_PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")


@dataclass(frozen=True, slots=True)
class Blank:
    """Underlined space to be filled in by hand, in full-width characters."""

    width: int = 4


Value = str | Blank | tuple[str | Blank, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """One text. `allowed` None: every placeholder of the kind. `must`: phrases it may not go without."""

    name: str
    label: str
    text: str
    max_chars: int
    allowed: tuple[str, ...] | None = None
    required: tuple[str, ...] = ()
    must: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Forbidden:
    """What no text of the kind may say any more, and why (`pattern` is searched in the text)."""

    pattern: str
    reason: str


@dataclass(frozen=True, slots=True)
class Spec:
    """The shipped wording of a kind. `placeholders`: name to explanation."""

    kind: str
    version: str
    placeholders: Mapping[str, str]
    blocks: Mapping[str, Block]
    forbidden: tuple[Forbidden, ...]


@dataclass(frozen=True, slots=True)
class Wording:
    """Every text of a kind, by block name, under the version that is stored with the paper."""

    kind: str
    version: str
    texts: Mapping[str, str]


@cache
def spec(kind: str) -> Spec:
    """The shipped texts of a kind with their rules. Raises: DomainError `wording.unknown_kind`."""
    if kind not in KINDS:
        raise errors.unknown_wording_kind(kind)
    read = tomllib.loads((FOLDER / f"{kind}.toml").read_text(encoding="utf-8"))
    blocks = [
        Block(
            name=one["name"],
            label=one["label"],
            text=one["text"].strip(),
            max_chars=one["max"],
            allowed=tuple(one["allowed"]) if "allowed" in one else None,
            required=tuple(one.get("required", ())),
            must=tuple(one.get("must", ())),
        )
        for one in read["blocks"]
    ]
    return Spec(
        kind=kind,
        version=read["version"],
        placeholders=MappingProxyType(read.get("placeholders", {})),
        blocks=MappingProxyType({one.name: one for one in blocks}),
        forbidden=tuple(Forbidden(one["pattern"], one["reason"]) for one in read.get("forbidden", ())),
    )


@cache
def shipped(kind: str) -> Wording:
    """The wording a court has that never wrote its own."""
    found = spec(kind)
    return Wording(kind, found.version, MappingProxyType({name: one.text for name, one in found.blocks.items()}))


def compose(kind: str, texts: Mapping[str, str], *, version: str) -> Wording:
    """The shipped wording with a court's own blocks in it, checked.

    Raises: DomainError `wording.*`, see `check`.
    """
    check(kind, texts)
    own = {name: text.strip() for name, text in texts.items()}
    return Wording(kind, version, MappingProxyType({**shipped(kind).texts, **own}))


def check(kind: str, texts: Mapping[str, str]) -> None:
    """Refuses texts a paper must not go out with; the error carries every problem, its code is the first one's.

    Raises: DomainError `wording.unknown_kind`, `wording.unknown_block`, `wording.empty`, `wording.too_long`,
    `wording.braces`, `wording.unknown_placeholder`, `wording.missing_placeholder`, `wording.missing_statement`,
    `wording.obsolete`, `wording.missing_glyph`.
    """
    found = spec(kind)
    problems = [problem for name, text in texts.items() for problem in _problems(found, name, text.strip())]
    if problems:
        raise errors.bad_wording(kind, problems)


def _problems(found: Spec, name: str, text: str) -> Iterator[WordingProblem]:
    block = found.blocks.get(name)
    if block is None:
        yield WordingProblem(code="wording.unknown_block", block=name, text=f"没有“{name}”这一段用语")
        return
    if not text:
        yield WordingProblem(code="wording.empty", block=name, text=f"“{block.label}”不能为空")
        return
    if len(text) > block.max_chars:
        words = f"“{block.label}”有 {len(text)} 字，最多 {block.max_chars} 字"
        yield WordingProblem(code="wording.too_long", block=name, text=words)
    yield from _placeholder_problems(found, block, text)
    yield from _statement_problems(found, block, text)
    missing = find_fonts().missing(text)
    if missing:
        shown = "、".join(errors.shown(c) for c in missing)
        yield WordingProblem(code="wording.missing_glyph", block=name, text=f"“{block.label}”中有字库没有的字：{shown}")


def _placeholder_problems(found: Spec, block: Block, text: str) -> Iterator[WordingProblem]:
    allowed = tuple(found.placeholders) if block.allowed is None else block.allowed
    used = _PLACEHOLDER.findall(text)
    if re.search(r"[{}]", _PLACEHOLDER.sub("", text)):
        yield WordingProblem(code="wording.braces", block=block.name, text=f"“{block.label}”中的花括号没有成对")
    for one in dict.fromkeys(used):
        if one not in allowed:
            words = f"“{block.label}”中不能使用占位符“{{{one}}}”"
            yield WordingProblem(code="wording.unknown_placeholder", block=block.name, text=words, what=one)
    for one in block.required:
        if one not in used:
            words = f"“{block.label}”缺少必备的占位符“{{{one}}}”（{found.placeholders[one]}）"
            yield WordingProblem(code="wording.missing_placeholder", block=block.name, text=words, what=one)


def _statement_problems(found: Spec, block: Block, text: str) -> Iterator[WordingProblem]:
    # Spaces and line breaks between the characters of a phrase do not change what it says.
    said = re.sub(r"\s+", "", text)
    for phrase in block.must:
        if phrase not in said:
            words = f"“{block.label}”缺少必须写明的内容“{phrase}”"
            yield WordingProblem(code="wording.missing_statement", block=block.name, text=words, what=phrase)
    for one in found.forbidden:
        if re.search(one.pattern, said):
            yield WordingProblem(code="wording.obsolete", block=block.name, text=f"“{block.label}”：{one.reason}")


def fill(text: str, values: Mapping[str, Value]) -> list[list[Tree]]:
    """Paragraphs of runs: `{"text": …}` or `{"blank": width}`. An empty value prints as a blank.

    Raises: KeyError for a placeholder the paper does not offer; `check` has refused such texts.
    """
    return [_runs(line, values) for line in text.split("\n") if line.strip()]


def _runs(line: str, values: Mapping[str, Value]) -> list[Tree]:
    parts: list[str | Blank] = []
    for index, piece in enumerate(_PLACEHOLDER.split(line.strip())):
        parts += _parts(values[piece]) if index % 2 else [piece]
    runs: list[Tree] = []
    for part in parts:
        if isinstance(part, Blank):
            runs.append({"blank": part.width})
        elif runs and "text" in runs[-1]:
            runs[-1]["text"] += part
        elif part:
            runs.append({"text": part})
    return runs


def _parts(value: Value) -> Sequence[str | Blank]:
    if isinstance(value, tuple):
        return value
    return (value or Blank(),)
