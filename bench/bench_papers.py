"""How fast the papers come off the press: `python -m bench.bench_papers [rounds]`.

Every round prints other data than the round before (names, numbers, photos), so that no cache of Typst answers.
Photos: 1280 x 960 as the phone client sends them, and 4032 x 3024 (12 MP) as the worst case. Medians of wall time.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace

from bench.figures import Figure
from server.papers.data import Photo
from server.papers.render import RenderedPaper, render_proof, render_report
from tests.unit.papers import samples

ROUNDS = 15
AIM_REPORT_MS = 500.0
PHOTO_SIZES = {"1280 px": (1280, 960), "12 MP": (4032, 3024)}


def _photos(count: int, size: tuple[int, int], round_number: int) -> tuple[Photo, ...]:
    return tuple(
        replace(
            photo,
            image=samples.photo_jpeg((round_number + n) % 8, *size, grain=True),
            name=f"IMG-{round_number}-{n}.jpg",
        )
        for n, photo in enumerate(samples.photos(count))
    )


def _proof(round_number: int) -> RenderedPaper:
    outcome = (samples.BY_RECIPIENT, samples.BY_FAMILY, samples.WITH_WITNESS)[round_number % 3]
    return render_proof(samples.proof(outcome, recipient_name=f"王示例{round_number}", version=round_number + 1))


def _report(round_number: int, *, count: int, size: tuple[int, int]) -> Callable[[], RenderedPaper]:
    attempt = samples.attempt(0, photos=_photos(count, size, round_number), recipient_name=f"王示例{round_number}")
    data = samples.report(attempt, version=round_number + 1)
    return lambda: render_report(data)


def _measure(prepare: Callable[[int], Callable[[], RenderedPaper]], rounds: int) -> tuple[list[float], int]:
    seconds, size = [], 0
    for number in range(rounds):
        press = prepare(number)
        start = time.perf_counter()
        paper = press()
        seconds.append(time.perf_counter() - start)
        size = len(paper.pdf)
    return seconds, size


def _row(name: str, seconds: list[float], size: int) -> str:
    median = statistics.median(seconds)
    slowest = max(seconds)
    return f"| {name:<32} | {median * 1000:8.1f} | {slowest * 1000:8.1f} | {1 / median:8.1f} | {size / 1024:7.0f} |"


def figures(quick: bool) -> list[Figure]:
    """Milliseconds a paper for `python -m bench`."""
    rounds = 3 if quick else ROUNDS
    _proof(0)
    proof, _ = _measure(lambda n: lambda: _proof(n), rounds * 4)
    found = [
        Figure("proof of service", [one * 1000 for one in proof], "ms"),
        Figure("proof of service", [1 / one for one in proof], "per s"),
    ]
    for label, size in PHOTO_SIZES.items():
        report, _ = _measure(lambda n, s=size: _report(n, count=6, size=s), rounds)  # type: ignore[misc]  # bound now
        found += [
            # The aim is for photos as the phone sends them; 12 MP is the worst case.
            Figure(
                f"report, 6 photos of {label}",
                [one * 1000 for one in report],
                "ms",
                aim=AIM_REPORT_MS if label == "1280 px" else None,
            ),
            Figure(f"report, 6 photos of {label}", [1 / one for one in report], "per s"),
        ]
    return found


def main() -> None:
    """Print the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    start = time.perf_counter()
    _proof(0)
    cold = time.perf_counter() - start
    rows = [_row("first proof of a process (cold)", [cold], 0)]
    rows.append(_row("proof of service", *_measure(lambda n: lambda: _proof(n), rounds * 4)))
    for label, size in PHOTO_SIZES.items():
        for count in (6, 12):
            measured = _measure(lambda n, c=count, s=size: _report(n, count=c, size=s), rounds)  # type: ignore[misc]  # bound now
            rows.append(_row(f"report, {count} photos of {label}", *measured))
    print(f"| {'paper':<32} | median ms | slowest ms | per s | KiB |")
    print("|---|---|---|---|---|")
    print("\n".join(rows))
    print(f"peak RSS {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
