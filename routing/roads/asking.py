"""Asking for missing pairs: blocks within the limits, several at once, smaller when refused, until the bound."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

import numpy as np

from routing.datum import LngLat

from .base import Block, RoadEngine
from .blocks import Mask, Places, blocks
from .errors import OFF_ROAD, STOPPED, RoadError, stopped
from .http import Http, out_of_time
from .report import FetchReport

_LOOK_S = 0.2
# So many questions in vain, each tried several times, and none answered: nobody is there.
_AWAY = 3


def ask_missing(
    engine: RoadEngine,
    places: Sequence[LngLat],
    profile: str,
    hour: int,
    missing: Mask,
    rides: Block,
    deadline: float,
    report: FetchReport,
    on_progress: Callable[[int, int], bool | None] | None = None,
) -> None:
    """Fills `rides` where `missing`, as far as the engine answers before `deadline` (of time.monotonic)."""
    with Http(deadline=deadline, per_second=engine.limits.per_second) as http:
        asking = _Asking(engine, http, places, profile, hour)
        pool = ThreadPoolExecutor(engine.limits.parallel, thread_name_prefix="roads")
        jobs = {
            pool.submit(asking.block, rows, columns): (rows, columns)
            for rows, columns in blocks(missing, engine.limits, places)
        }
        try:
            _gather(jobs, rides, deadline, report, on_progress)
        finally:
            asking.over.set()
            # A request under way is not waited for: the bound is the caller's.
            pool.shutdown(wait=False, cancel_futures=True)
        report.requests += http.requests


def _gather(
    jobs: dict[Future[Block], tuple[Places, Places]],
    rides: Block,
    deadline: float,
    report: FetchReport,
    on_progress: Callable[[int, int], bool | None] | None,
) -> None:
    waiting, done_pairs, late = set(jobs), 0, out_of_time()
    total = sum(len(rows) * len(columns) for rows, columns in jobs.values())
    while waiting and time.monotonic() < deadline:
        ended, waiting = wait(
            waiting, timeout=min(_LOOK_S, max(0.0, deadline - time.monotonic())), return_when=FIRST_COMPLETED
        )
        for job in ended:
            rows, columns = jobs[job]
            try:
                block = job.result()
            except RoadError as error:
                if error.code != STOPPED:
                    report.fail(error.code, error.message_zh)
                if error.final or (error.again and not done_pairs and report.errors[error.code] >= _AWAY):
                    return
                continue
            rides.seconds[np.ix_(rows, columns)] = block.seconds
            rides.metres[np.ix_(rows, columns)] = block.metres
            done_pairs += len(rows) * len(columns)
        if on_progress is not None and on_progress(done_pairs, total):
            late = stopped()
            break
    if waiting:
        report.fail(late.code, late.message_zh)


@dataclass(slots=True)
class _Asking:
    """One fetch's questions, from several threads. `off_road` are the places found to have no road near."""

    engine: RoadEngine
    http: Http
    places: Sequence[LngLat]
    profile: str
    hour: int
    over: threading.Event = field(default_factory=threading.Event)
    off_road: set[int] = field(default_factory=set)

    def block(self, rows: Places, columns: Places) -> Block:
        """The engine's answer, pieced together where it refuses the whole. Raises RoadError."""
        if self.over.is_set():
            raise stopped()
        good_rows, good_columns = self._on_road(rows), self._on_road(columns)
        if len(good_rows) < len(rows) or len(good_columns) < len(columns):
            return self._without_bad(rows, columns, good_rows, good_columns)
        try:
            return self._ask(rows, columns)
        except RoadError as error:
            if error.code == OFF_ROAD:
                self._find_off_road(sorted({*rows.tolist(), *columns.tolist()}))
                if self._on_road(rows).size + self._on_road(columns).size < rows.size + columns.size:
                    return self.block(rows, columns)
                raise
            if not error.split:
                if error.final:
                    self.over.set()
                raise
        return self._halved(rows, columns)

    def _ask(self, rows: Places, columns: Places) -> Block:
        sources = [self.places[int(one)] for one in rows]
        targets = [self.places[int(one)] for one in columns]
        return self.engine.block(self.http, sources, targets, self.profile, self.hour)

    def _on_road(self, places: Places) -> Places:
        return np.array([one for one in places if int(one) not in self.off_road], dtype=np.int64)

    def _without_bad(self, rows: Places, columns: Places, good_rows: Places, good_columns: Places) -> Block:
        made = Block.empty(len(rows), len(columns))
        if len(good_rows) and len(good_columns):
            inner = self.block(good_rows, good_columns)
            inside = np.ix_(np.isin(rows, good_rows), np.isin(columns, good_columns))
            # Found off the road meanwhile or not: what the smaller block says counts.
            made.seconds[inside], made.metres[inside] = inner.seconds, inner.metres
        return made

    def _find_off_road(self, suspects: list[int]) -> None:
        """Halves the suspects until the places without a road are known: a few requests each."""
        if self.over.is_set():
            raise stopped()
        chosen = np.array(suspects, dtype=np.int64)
        try:
            # A line suffices to find out: every place takes part once, on either side.
            middle = max(1, len(suspects) // 2)
            self._ask(chosen[:middle], chosen[middle:] if len(suspects) > 1 else chosen)
        except RoadError as error:
            if error.code != OFF_ROAD:
                raise
            if len(suspects) == 1:
                self.off_road.add(suspects[0])
                return
            self._find_off_road(suspects[:middle])
            self._find_off_road(suspects[middle:])

    def _halved(self, rows: Places, columns: Places) -> Block:
        if len(rows) == len(columns) == 1:
            return Block.empty(1, 1)
        axis = 0 if len(rows) >= len(columns) else 1
        longer = rows if axis == 0 else columns
        parts = [longer[: len(longer) // 2], longer[len(longer) // 2 :]]
        made = [self.block(part, columns) if axis == 0 else self.block(rows, part) for part in parts]
        return Block(
            np.concatenate([one.seconds for one in made], axis=axis),
            np.concatenate([one.metres for one in made], axis=axis),
        )
