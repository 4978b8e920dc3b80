"""What a measure is: its definition in words, its figures under every reading of it, and whether the target is met."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

Fact = TypeVar("Fact")


@dataclass(frozen=True, slots=True)
class Figures:
    """One reading of a measure. `value` is None when there was nothing to measure; then `met` is None, too."""

    code: str
    text_zh: str
    numerator: int | Fraction
    denominator: int
    value: Fraction | None
    met: bool | None


@dataclass(frozen=True, slots=True)
class Definition:
    """A target as the contract words it, with what is counted. `unit`: `%` (values are shares of 1) or `日` (days).

    `readings`: code → text, the one that counts first; several where the wording can be read in several ways.
    """

    check: str  # T06 … of the reference
    code: str
    text_zh: str
    numerator_zh: str
    denominator_zh: str
    excluded_zh: str
    threshold: Fraction
    sense: str  # at_least, above, at_most, below
    readings: Mapping[str, str]
    unit: str = "%"

    @property
    def default(self) -> str:
        return next(iter(self.readings))


@dataclass(frozen=True, slots=True)
class Measured:
    """A target with its figures; `chosen` is the reading that counts. `lacking_zh`: what is not recorded yet."""

    definition: Definition
    chosen: str
    figures: tuple[Figures, ...] = ()
    lacking_zh: str = ""

    @property
    def met(self) -> bool | None:
        return next((one.met for one in self.figures if one.code == self.chosen), None)


_SENSES: Mapping[str, Callable[[Fraction, Fraction], bool]] = {
    "at_least": lambda value, threshold: value >= threshold,
    "above": lambda value, threshold: value > threshold,
    "at_most": lambda value, threshold: value <= threshold,
    "below": lambda value, threshold: value < threshold,
}


def meets(definition: Definition, value: Fraction) -> bool:
    """Exactly on the threshold meets `at_least` and `at_most`, not `above` and `below`."""
    return _SENSES[definition.sense](value, definition.threshold)


def figures(definition: Definition, code: str, numerator: int | Fraction, denominator: int) -> Figures:
    """`numerator` over `denominator`, compared with the threshold as exact numbers: 59.99 % is not 60 %."""
    value = Fraction(numerator) / denominator if denominator else None
    met = None if value is None else meets(definition, value)
    return Figures(code, definition.readings[code], numerator, denominator, value, met)


def share(definition: Definition, code: str, of: Iterable[Fact], counts: Callable[[Fact], bool]) -> Figures:
    """How many of these count."""
    yes = [bool(counts(one)) for one in of]
    return figures(definition, code, sum(yes), len(yes))


def mean(definition: Definition, code: str, values: Sequence[Fraction]) -> Figures:
    """The arithmetic mean."""
    return figures(definition, code, sum(values, Fraction(0)), len(values))


def measured(definition: Definition, readings: Mapping[str, str], *found: Figures) -> Measured:
    """With the reading a court chose (`readings`: code of the target → code of the reading)."""
    return Measured(definition, chosen(definition, readings), found)


def lacking(definition: Definition, readings: Mapping[str, str], what_zh: str) -> Measured:
    """Nothing is known yet that could be measured: said so, never a number."""
    return Measured(definition, chosen(definition, readings), lacking_zh=what_zh)


def chosen(definition: Definition, readings: Mapping[str, str]) -> str:
    """The court's reading. Raises ValueError for one the definition does not have: a typing error chooses nothing."""
    code = readings.get(definition.code, definition.default)
    if code not in definition.readings:
        raise ValueError(f"{definition.code} has no reading {code!r}: {', '.join(definition.readings)}")
    return code
