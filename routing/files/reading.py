"""Reading JSON with care: every complaint names the field, the reason in Chinese, and a stable code."""

import json
import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from routing.problem import ProblemError

VERSION = 1
# Files larger than this are not days of a court.
LARGEST_BYTES = 512 * 1024 * 1024

_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?")
T = TypeVar("T")
D = TypeVar("D")


class FileError(ProblemError):
    """A file that cannot be meant. `subject` is the path to the culprit, like `visits[3].service_s`."""

    @property
    def text_zh(self) -> str:
        """The complaint in one line, the field first."""
        return f"{self.subject}：{self.message_zh}" if self.subject else self.message_zh


def load_json(path: Path) -> Any:
    """The content of a JSON file. Raises FileError (file.unreadable, file.too_large and what `parse_json` raises)."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise FileError("file.too_large", "文件过大")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise FileError("file.unreadable", f"无法读取文件 {path.name}") from error
    except UnicodeDecodeError as error:
        raise FileError("file.not_json", "文件不是 UTF-8 编码的 JSON") from error
    return parse_json(text)


def parse_json(text: str) -> Any:
    """JSON text, strictly: no NaN, no Infinity, no name twice. Raises FileError (file.not_json, file.not_finite)."""
    try:
        return json.loads(text, parse_constant=_not_finite, parse_float=_finite, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise FileError("file.not_json", f"不是有效的 JSON（第 {error.lineno} 行第 {error.colno} 列）") from error
    except RecursionError as error:
        raise FileError("file.not_json", "JSON 嵌套过深") from error
    except ValueError as error:
        # Python refuses to turn thousands of digits into an integer.
        raise FileError("file.not_finite", "数字过大") from error


def _not_finite(word: str) -> NoReturn:
    raise FileError("file.not_finite", f"不允许 {word}，必须是有效数字")


def _finite(word: str) -> float:
    value = float(word)
    if not math.isfinite(value):
        _not_finite(word)
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise FileError("file.field_twice", f"字段“{twice}”重复出现", twice)
    return made


class Field:
    """A value with the path to it. Every method raises FileError when the value is not of its kind."""

    def __init__(self, value: Any, path: str = "") -> None:
        self.value = value
        self.path = path

    def refuse(self, code: str, message_zh: str) -> NoReturn:
        raise FileError(code, message_zh, self.path)

    def record(self, names: frozenset[str] | set[str]) -> "Field":
        """This object, which has no other fields than these: a misspelt one is not silently ignored."""
        if not isinstance(self.value, dict):
            self.refuse("file.type", "应为对象")
        for name in self.value:
            if name not in names:
                Field(None, self._at(name)).refuse("file.unknown_field", "未知字段")
        return self

    def _at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def get(self, name: str) -> "Field":
        """A field that must be there."""
        if name not in self.value:
            Field(None, self._at(name)).refuse("file.field_missing", "缺少必填字段")
        return Field(self.value[name], self._at(name))

    def has(self, name: str) -> bool:
        return self.value.get(name) is not None

    def optional(self, name: str, read: Callable[["Field"], T], default: D) -> T | D:
        """A field that may be missing or null."""
        return read(self.get(name)) if self.has(name) else default

    def each(self, read: Callable[["Field"], T]) -> tuple[T, ...]:
        """What `read` makes of every item of this list."""
        return tuple(read(item) for item in self.items())

    def items(self) -> Iterator["Field"]:
        if not isinstance(self.value, list):
            self.refuse("file.type", "应为列表")
        for number, value in enumerate(self.value):
            yield Field(value, f"{self.path}[{number}]")

    def text(self) -> str:
        if not isinstance(self.value, str):
            self.refuse("file.type", "应为文字")
        return str(self.value)

    def texts(self) -> frozenset[str]:
        return frozenset(item.text() for item in self.items())

    def whole(self) -> int:
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            self.refuse("file.type", "应为整数")
        return int(self.value)

    def number(self) -> float:
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            self.refuse("file.type", "应为数字")
        try:
            return float(self.value)
        except OverflowError:
            self.refuse("file.not_finite", "数字过大")

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            self.refuse("file.type", "应为 true 或 false")
        return bool(self.value)

    def moment(self) -> int:
        """Seconds since midnight: a whole number, or a clock like "09:30"."""
        if not isinstance(self.value, str):
            return self.whole()
        match = _CLOCK.fullmatch(self.value)
        if match is None:
            self.refuse("file.type", "应为零时起的整秒数，或“时:分”")
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return 3600 * hours + 60 * minutes + seconds

    def pair(self) -> tuple["Field", "Field"]:
        both = list(self.items())
        if len(both) != 2:
            self.refuse("file.type", "应恰有两项")
        return both[0], both[1]

    def made(self, make: Callable[[], T]) -> T:
        """What `make` builds; a complaint of the model is told with the path to this field."""
        try:
            return make()
        except FileError:
            raise
        except ProblemError as error:
            raise FileError(error.code, error.message_zh, self.path) from error


def header(content: Any, kind: str, names: frozenset[str]) -> Field:
    """The outermost object of a file of this kind. Raises FileError (file.format, file.version)."""
    top = Field(content)
    if not isinstance(content, dict) or content.get("format") != "songda-routing" or content.get("kind") != kind:
        wanted = "待排问题" if kind == "problem" else "路线计划"
        raise FileError("file.format", f"不是{wanted}文件（format、kind）", "format")
    if top.get("version").whole() != VERSION:
        raise FileError("file.version", f"不支持的版本，本程序读取版本 {VERSION}", "version")
    return top.record(names | {"format", "version", "kind"})


def head(kind: str) -> dict[str, Any]:
    """What every file of this kind begins with."""
    return {"format": "songda-routing", "version": VERSION, "kind": kind}
