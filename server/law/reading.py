"""JSON in and out of the dataclasses of the law, strictly: an unknown or misspelt field is refused by its name."""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from server.law.refusals import LawRefused

_RULE = "docs/law.md"


def refuse(where: str, why: str) -> LawRefused:
    """What is wrong with the input, at which place (`attempts[0].signed_on`)."""
    return LawRefused(code="law.bad_input", title=f"{where}：{why}" if where else why, rule=_RULE)


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def build(kind: type, value: object, where: str = "") -> Any:
    """An instance of the dataclass `kind` from a JSON object. Raises LawRefused and says where."""
    if not isinstance(value, dict):
        raise refuse(where, "应为对象")
    hints = _hints(kind)
    fields = {one.name: one for one in dataclasses.fields(kind)}
    for name in value:
        if name not in fields:
            raise refuse(f"{where}.{name}".lstrip("."), "没有这个字段")
    missing = [
        name
        for name, one in fields.items()
        if name not in value and one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise refuse(f"{where}.{missing[0]}".lstrip("."), "缺少这个字段")
    return kind(**{name: take(hints[name], one, f"{where}.{name}".lstrip(".")) for name, one in value.items()})


def take(kind: Any, value: object, where: str) -> Any:
    """One JSON value as the type a field declares."""
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return build(kind, value, where)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return None if value is None else take(next(one for one in arguments if one is not type(None)), value, where)
    if origin in (tuple, frozenset):
        return origin(_each(arguments[0], value, where))
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(arguments[1], value, where)
    return _PLAIN[kind](value, where)


def _each(kind: Any, value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise refuse(where, "应为列表")
    return [take(kind, one, f"{where}[{number}]") for number, one in enumerate(value)]


def _mapping(kind: Any, value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise refuse(where, "应为对象")
    return {name: take(kind, one, f"{where}.{name}") for name, one in value.items()}


def as_day(value: object, where: str) -> date:
    """An ISO date; impossible dates are refused."""
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError as error:
        raise LawRefused(code="law.bad_date", title=f"{where}：日期不存在或格式不对（{value}）", rule=_RULE) from error


def as_moment(value: object, where: str) -> datetime:
    """An ISO date and time with its zone."""
    try:
        found = datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError as error:
        raise LawRefused(code="law.bad_date", title=f"{where}：时间格式不对（{value}）", rule=_RULE) from error
    if found.tzinfo is None:
        raise LawRefused(code="law.bad_date", title=f"{where}：时间应带时区，例如 +08:00", rule=_RULE)
    return found


def _exactly(kind: type, name_zh: str) -> Callable[[object, str], Any]:
    def check(value: object, where: str) -> Any:
        if type(value) is not kind:
            raise refuse(where, f"应为{name_zh}")
        return value

    return check


_PLAIN: Mapping[Any, Callable[[object, str], Any]] = {
    str: _exactly(str, "文字"),
    int: _exactly(int, "整数"),
    bool: _exactly(bool, "true 或 false"),
    date: as_day,
    datetime: as_moment,
}


def plain(value: Any) -> Any:
    """Any answer of the engine as JSON values: dataclasses as objects, days and moments in ISO form."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, (set, frozenset)):
        return sorted(plain(one) for one in value)
    return value.isoformat() if isinstance(value, date) else value


_NAMES = {str: "文字", int: "整数", bool: "true/false", date: "日期", datetime: "时间（带时区）"}


def describe(kind: type) -> dict[str, Any]:
    """The fields of a question as they are written in JSON: name → type in Chinese, `*` where it must be given."""
    hints = _hints(kind)
    return {
        one.name
        + ("*" if one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING else ""): _type(
            hints[one.name]
        )
        for one in dataclasses.fields(kind)
    }


def _type(kind: Any) -> Any:
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return describe(kind)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return _type(next(one for one in arguments if one is not type(None)))
    if origin in (tuple, frozenset):
        return [_type(arguments[0])]
    if origin is not None and issubclass(origin, Mapping):
        return {"…": _type(arguments[1])}
    return _NAMES[kind]
