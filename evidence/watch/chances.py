"""Small statistics: how likely is so many by chance, and what remains when many were looked at.

The tail is of the beta-binomial distribution: servers work in different streets, so their honest rates differ by more
than the binomial allows; the extra spread (intra-class correlation) is estimated from the court's own servers
(Williams 1975, J. Appl. Stat. 24) and never taken below a floor. False discoveries are held by Benjamini and Hochberg
(1995, J. R. Stat. Soc. B 57).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, lgamma

LEAST_SPREAD = 0.02


def tail(successes: int, trials: int, rate: float, spread: float = 0.0) -> float:
    """The chance of at least so many of `trials`, each with chance `rate`, with intra-class correlation `spread`."""
    if successes <= 0:
        return 1.0
    if successes > trials:
        return 0.0
    rate = min(max(rate, 1e-9), 1 - 1e-9)
    spread = max(spread, 1e-6)
    a, b = rate * (1 - spread) / spread, (1 - rate) * (1 - spread) / spread
    total = sum(exp(_log_mass(k, trials, a, b)) for k in range(successes, trials + 1))
    return min(1.0, total)


def _log_mass(k: int, n: int, a: float, b: float) -> float:
    choose = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
    return choose + _log_beta(k + a, n - k + b) - _log_beta(a, b)


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def pooled(rows: Sequence[tuple[int, int]]) -> float:
    """The common rate of (successes, trials), with half a success and half a failure added (Jeffreys)."""
    return (sum(k for k, _ in rows) + 0.5) / (sum(n for _, n in rows) + 1.0)


def spread_of(rows: Sequence[tuple[int, int]]) -> float:
    """The intra-class correlation of (successes, trials) by moments; at least the floor, at most a half."""
    telling = [(k, n) for k, n in rows if n >= 2]
    if len(telling) < 3:
        return LEAST_SPREAD
    rate = pooled(telling)
    variance = rate * (1 - rate)
    chi = sum((k - n * rate) ** 2 / (n * variance) for k, n in telling)
    wider = sum(n - 1 for _, n in telling)
    return min(max((chi - len(telling)) / wider, LEAST_SPREAD), 0.5)


def discoveries(chances: Sequence[float], *, false_share: float) -> list[bool]:
    """Which of these chances are small enough that at most `false_share` of those named are expected to be false."""
    order = sorted(range(len(chances)), key=lambda one: chances[one])
    last = -1
    for rank, index in enumerate(order, start=1):
        if chances[index] <= false_share * rank / len(chances):
            last = rank
    named = set(order[:last]) if last > 0 else set()
    return [index in named for index in range(len(chances))]
