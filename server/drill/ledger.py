"""What the drill sent, what came of it, and what went wrong: the only state its threads share."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field

import click


@dataclass(frozen=True, slots=True)
class Sent:
    """One thing a phone was told is held: it must be there at the end. `sha256` only for evidence."""

    phone: str
    client_id: str
    visit_id: str | None
    sha256: str | None = None


@dataclass
class Ledger:
    """Counts and records; safe to use from every thread."""

    counts: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    sent: list[Sent] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    _told: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, what: str, number: int = 1) -> None:
        with self._lock:
            self.counts[what] += number

    def outcome(self, code: str) -> None:
        with self._lock:
            self.outcomes[code] += 1

    def keep(self, sent: Sent) -> None:
        with self._lock:
            self.sent.append(sent)

    def once(self, text: str) -> None:
        """Said the first time only, whichever phone finds it."""
        with self._lock:
            known = text in self._told
            self._told.add(text)
        if not known:
            say(text)

    def error(self, text: str) -> None:
        """Something that must not happen; said at once, counted at the end."""
        with self._lock:
            self.errors.append(text)
        say(f"错误：{text}")


def say(text: str) -> None:
    """A line of progress, on stderr: stdout carries the result alone."""
    click.echo(text, err=True)
