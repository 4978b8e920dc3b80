"""What an engine is: something that takes feasible orders and hands back better ones until told to stop."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from routing.instance import Instance, Order


@dataclass(frozen=True, slots=True)
class Task:
    """One run of an engine. `halt()` says stop now; `report(orders)` hands in an improvement as soon as there is one.

    `seconds` bounds the run (inf: only `halt` and `iterations` do). `iterations`, if given, must be what ends the
    run, so that it is the same on every machine. Orders that go in are feasible; what comes out is checked again.
    `standing`: the orders are a day people know already, to be bettered and not to be thrown over.
    """

    instance: Instance
    orders: Sequence[Order]
    seed: int
    seconds: float
    iterations: int | None
    halt: Callable[[], bool]
    report: Callable[[Sequence[Order]], None]
    standing: bool = False


class Engine(Protocol):
    """An improver with a name. It may raise nothing: an engine that finds nothing simply reports nothing."""

    @property
    def name(self) -> str: ...
    def improve(self, task: Task) -> None: ...
