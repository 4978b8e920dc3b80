"""Anytime curves as one SVG: a panel per group of days, wall seconds across, mean objective upwards."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from .results import CourtRun, groups

PANEL_W, PANEL_H, LEFT, TOP, GAP_X, GAP_Y = 250, 190, 58, 70, 74, 66
COLUMNS = 3
FONT = 'font-family="sans-serif" font-size="11"'
# Told apart without colour too: the dashes differ.
LOOKS = (("#b3261e", ""), ("#1f5fa8", "6 3"), ("#2e7d32", "2 3"), ("#7a4fa3", "9 3 2 3"), ("#666666", "1 2"))
TICKS = 6

Curve = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Panel:
    """One group of days: curves by engine, (seconds, mean objective in thousands)."""

    title: str
    curves: Mapping[str, Curve]


def panels(runs: Sequence[CourtRun]) -> list[Panel]:
    """The curves of every group with at least two budgets."""
    found: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for group, seconds, by_engine in groups(runs):
        for engine, own in by_engine.items():
            mean = statistics.mean(run.objective for run in own) / 1000
            found.setdefault(group, {}).setdefault(engine, []).append((seconds, mean))
    return [
        Panel(group, {engine: sorted(curve) for engine, curve in curves.items()})
        for group, curves in found.items()
        if max(len(curve) for curve in curves.values()) > 1
    ]


def svg(found: Sequence[Panel], title: str) -> str:
    """The whole picture. Both axes are logarithmic: what counts is the ratio."""
    rows = -(-len(found) // COLUMNS)
    columns = min(COLUMNS, len(found))
    width = LEFT + columns * PANEL_W + (columns - 1) * GAP_X + 16
    height = TOP + rows * PANEL_H + (rows - 1) * GAP_Y + 44
    names = list(dict.fromkeys(name for panel in found for name in panel.curves))
    look = {name: LOOKS[number % len(LOOKS)] for number, name in enumerate(names)}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {FONT}>',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="16" y="20" font-size="13" font-weight="bold">{escape(title)}</text>',
        *_legend(look),
    ]
    for number, panel in enumerate(found):
        left = LEFT + (number % COLUMNS) * (PANEL_W + GAP_X)
        top = TOP + (number // COLUMNS) * (PANEL_H + GAP_Y)
        parts += _panel(panel, left, top, look)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _legend(look: Mapping[str, tuple[str, str]]) -> list[str]:
    parts, x = [], 16
    for name, (colour, dashes) in look.items():
        parts.append(_line([(x, 36.0), (x + 28, 36.0)], colour, dashes))
        parts.append(f'<text x="{x + 34}" y="40">{escape(name)}</text>')
        x += 52 + 7 * len(name)
    return parts


@dataclass(frozen=True, slots=True)
class _Scale:
    """A logarithmic axis from `low` to `high` on pixels `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Evenly spaced values of two significant digits."""
        steps = (self.low * (self.high / self.low) ** (step / TICKS) for step in range(TICKS + 1))
        rounded = dict.fromkeys(float(f"{value:.1e}") for value in steps)
        return [value for value in rounded if self.low <= value <= self.high]


def _panel(panel: Panel, left: float, top: float, look: Mapping[str, tuple[str, str]]) -> list[str]:
    points = [point for curve in panel.curves.values() for point in curve]
    values = [value for _, value in points]
    seconds = sorted({at for at, _ in points})
    x = _Scale(seconds[0], seconds[-1], left + 8, left + PANEL_W - 8)
    y = _Scale(min(values) * 0.95, max(values) * 1.05, top + PANEL_H, top)
    parts = [
        f'<text x="{left}" y="{top - 6}" font-weight="bold">{escape(panel.title)}</text>',
        f'<rect x="{left}" y="{top}" width="{PANEL_W}" height="{PANEL_H}" fill="none" stroke="#999999"/>',
        f'<text x="{left + PANEL_W}" y="{top + PANEL_H + 30}" text-anchor="end">wall seconds</text>',
    ]
    for tick in y.ticks():
        parts.append(_line([(left, y(tick)), (left + PANEL_W, y(tick))], "#dddddd", ""))
        parts.append(f'<text x="{left - 5}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick:,.0f}</text>')
    below = top + PANEL_H + 15
    parts += [f'<text x="{x(at):.1f}" y="{below}" text-anchor="middle">{at:g}</text>' for at in seconds]
    for name, curve in panel.curves.items():
        colour, dashes = look[name]
        spots = [(x(at), y(value)) for at, value in curve]
        parts.append(_line(spots, colour, dashes, 2.0))
        parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="2.6" fill="{colour}"/>' for a, b in spots]
    return parts


def _line(spots: Sequence[tuple[float, float]], colour: str, dashes: str, width: float = 1.0) -> str:
    path = " ".join(f"{a:.1f},{b:.1f}" for a, b in spots)
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"{dashed}/>'
