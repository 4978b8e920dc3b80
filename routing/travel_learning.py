"""Travel factors learnt from tracked drives: what a mode really loses and how fast it really is, hour by hour.

The model is the embedded default's: seconds = overhead + straight metres × detour × 3.6 / speed(hour). Per mode,
overhead and one pace are fitted robustly (least absolute deviations, then Tukey's bisquare, by reweighting: P. J. Huber
and E. M. Ronchetti, Robust Statistics, 2nd ed. 2009, ch. 7), because a "drive" may hold a lunch or a forgotten button.
Each hour then gets a factor, the median ratio to that fit. Everything is shrunk by its number of samples: an hour
towards its mode (with the default's shape of the day), a mode towards the default. Errors are those of drives left out
of the fit; a mode whose fit does not predict better than the default keeps the default.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .travel import DEFAULT_PACES, EARTH_RADIUS_M, HasLngLat, HaversineTravel

Floats = NDArray[np.float64]
# Fewer drives than this teach nothing about a mode.
LEAST_DRIVES = 30
# As many samples as these weigh as much as what was believed before.
_PRIOR_DRIVES, _PRIOR_OF_HOUR, _PRIOR_OF_DETOUR = 10.0, 12.0, 20.0
# An hour with fewer samples says nothing of its own.
_LEAST_OF_HOUR = 4
_FOLDS = 5
# What cannot be a ride between two doors: too near to tell, too long, faster or slower than any traffic.
_LEAST_M, _MOST_S, _LEAST_S, _MOST_KMH, _LEAST_KMH = 250.0, 3 * 3600.0, 20.0, 100.0, 1.0
_MOST_OVERHEAD_S, _MOST_FACTOR = 900.0, 4.0
# Nobody walks four times as fast: walks bound every mode's short journeys, so a bus taken "on foot" must not count.
_MOST_FACTOR_OF = {"walk": 1.4, "bike": 2.0}
_ROUNDS = 12
_REFERENCE_HOUR = 11


@dataclass(frozen=True, slots=True)
class Drive:
    """One tracked ride from door to door, leaving at `hour` (0–23). `metres` along the road when they were tracked."""

    start: HasLngLat
    end: HasLngLat
    mode: str
    hour: int
    seconds: float
    metres: float | None = None


@dataclass(frozen=True, slots=True)
class HourFactor:
    """Speed along the road of an hour; `source` tells whether the hour's own drives had a say."""

    hour: int
    samples: int
    kmh: float
    source: Literal["learnt", "mode", "default"]


@dataclass(frozen=True, slots=True)
class ModeFactors:
    """What was learnt of a mode. Errors are median absolute percentage errors of left-out drives (None: too few).

    `used` is False where the default stays, with the reason in `why`: "few" (too few drives) or "no_gain".
    """

    mode: str
    samples: int
    left_out: int
    overhead_s: float
    detour: float
    hours: tuple[HourFactor, ...]
    error_before: float | None
    error_after: float | None
    used: bool
    why: Literal["", "few", "no_gain"]


@dataclass(frozen=True, slots=True)
class TravelFactors:
    """Learnt factors of a court, ready to be kept (`document`) and planned with (`travel`)."""

    modes: tuple[ModeFactors, ...]

    def travel(self) -> HaversineTravel:
        """The embedded default with every mode's learnt numbers in their place."""
        paces, speeds, detours = dict(DEFAULT_PACES), {}, {}
        for one in self.modes:
            if not one.used:
                continue
            paces[one.mode] = replace(paces[one.mode], overhead_s=one.overhead_s)
            detours[one.mode] = one.detour
            speeds.update({(one.mode, hour.hour): hour.kmh for hour in one.hours})
        return HaversineTravel(detour=detours, speed_kmh=speeds, paces=paces)

    def document(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {"modes": [asdict(one) for one in self.modes]}

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> "TravelFactors":
        """What `document` made. Raises KeyError or TypeError for anything else."""
        modes = []
        for one in document["modes"]:
            hours = tuple(HourFactor(**hour) for hour in one["hours"])
            modes.append(ModeFactors(**{**one, "hours": hours}))
        return cls(tuple(modes))


def learn(drives: Iterable[Drive], default: HaversineTravel | None = None) -> TravelFactors:
    """Factors of every mode that has a drive; modes unknown to the default are left out. Deterministic."""
    default = default or HaversineTravel()
    by_mode: dict[str, list[Drive]] = {}
    for drive in drives:
        if drive.mode in default.paces:
            by_mode.setdefault(drive.mode, []).append(drive)
    return TravelFactors(tuple(_learn_mode(mode, by_mode[mode], default) for mode in sorted(by_mode)))


@dataclass(frozen=True, slots=True)
class _Samples:
    """Usable drives of a mode as arrays: `shaped` are straight metres stretched by the default's shape of the day."""

    straight: Floats
    shaped: Floats
    seconds: Floats
    hours: NDArray[np.int64]
    roads: Floats  # road metres per straight metre, NaN where not tracked

    def only(self, chosen: NDArray[np.bool_]) -> "_Samples":
        return _Samples(
            self.straight[chosen], self.shaped[chosen], self.seconds[chosen], self.hours[chosen], self.roads[chosen]
        )

    def __len__(self) -> int:
        return len(self.seconds)


@dataclass(frozen=True, slots=True)
class _Fit:
    """seconds = overhead + pace × shaped metres × factor[hour]."""

    overhead: float
    pace: float
    factors: Floats
    counts: NDArray[np.int64]
    most: float  # how many times faster or slower than the default is believed

    def predict(self, samples: _Samples) -> Floats:
        return np.asarray(self.overhead + self.pace * samples.shaped * self.factors[samples.hours], dtype=np.float64)


def _learn_mode(mode: str, drives: Sequence[Drive], default: HaversineTravel) -> ModeFactors:
    samples = _usable(mode, drives, default)
    before = _default_fit(mode, default)
    left_out = len(drives) - len(samples)
    if len(samples) < LEAST_DRIVES:
        return _kept(mode, len(samples), left_out, default, "few")
    error_before = _error(before.predict(samples), samples)
    guesses = np.empty(len(samples))
    fold = np.arange(len(samples)) % _FOLDS
    for number in range(_FOLDS):
        held = fold == number
        guesses[held] = _fitted(samples.only(~held), before).predict(samples.only(held))
    error_after = _error(guesses, samples)
    if error_after >= error_before:
        kept = _kept(mode, len(samples), left_out, default, "no_gain")
        return replace(kept, error_before=error_before, error_after=error_after)
    fit = _fitted(samples, before)
    detour = _detour(samples.roads, default.detour_of(mode))
    return ModeFactors(
        mode=mode,
        samples=len(samples),
        left_out=left_out,
        overhead_s=round(fit.overhead, 1),
        detour=round(detour, 3),
        hours=tuple(_hour(mode, hour, fit, detour, default) for hour in range(24)),
        error_before=error_before,
        error_after=error_after,
        used=True,
        why="",
    )


def _hour(mode: str, hour: int, fit: _Fit, detour: float, default: HaversineTravel) -> HourFactor:
    shape = default.slowdown(mode, _REFERENCE_HOUR, hour)
    kmh = detour * 3.6 / (fit.pace * shape * float(fit.factors[hour]))
    count = int(fit.counts[hour])
    return HourFactor(hour, count, round(kmh, 2), "learnt" if count >= _LEAST_OF_HOUR else "mode")


def _kept(
    mode: str, samples: int, left_out: int, default: HaversineTravel, why: Literal["few", "no_gain"]
) -> ModeFactors:
    hours = tuple(HourFactor(hour, 0, default.speed_of(mode, hour), "default") for hour in range(24))
    overhead = default.paces[mode].overhead_s
    return ModeFactors(mode, samples, left_out, overhead, default.detour_of(mode), hours, None, None, False, why)


def _usable(mode: str, drives: Sequence[Drive], default: HaversineTravel) -> _Samples:
    straight = _straight_m(drives)
    seconds = np.array([drive.seconds for drive in drives], dtype=np.float64)
    hours = np.array([drive.hour % 24 for drive in drives], dtype=np.int64)
    roads = np.array([np.nan if drive.metres is None else drive.metres for drive in drives]) / np.maximum(straight, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        kmh = straight * 3.6 / seconds
        fine = (straight >= _LEAST_M) & (seconds >= _LEAST_S) & (seconds <= _MOST_S)
        fine &= (kmh >= _LEAST_KMH) & (kmh <= _MOST_KMH)
    shape = np.array([default.slowdown(mode, _REFERENCE_HOUR, hour) for hour in range(24)])
    return _Samples(straight, straight * shape[hours], seconds, hours, roads).only(fine)


def _straight_m(drives: Sequence[Drive]) -> Floats:
    ends = np.radians(
        np.array([(one.start.lng, one.start.lat, one.end.lng, one.end.lat) for one in drives], dtype=np.float64)
    ).reshape(-1, 4)
    hav = np.sin((ends[:, 3] - ends[:, 1]) / 2) ** 2
    hav += np.cos(ends[:, 1]) * np.cos(ends[:, 3]) * np.sin((ends[:, 2] - ends[:, 0]) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(hav, 0.0, 1.0))), dtype=np.float64)


def _default_fit(mode: str, default: HaversineTravel) -> _Fit:
    pace = default.detour_of(mode) * 3.6 / default.speed_of(mode, _REFERENCE_HOUR)
    most = _MOST_FACTOR_OF.get(mode, _MOST_FACTOR)
    return _Fit(default.paces[mode].overhead_s, pace, np.ones(24), np.zeros(24, dtype=np.int64), most)


def _fitted(samples: _Samples, before: _Fit) -> _Fit:
    overhead, pace = _robust_line(samples, before)
    share = len(samples) / (len(samples) + _PRIOR_DRIVES)
    overhead = share * overhead + (1 - share) * before.overhead
    pace = float(np.exp(share * np.log(pace) + (1 - share) * np.log(before.pace)))
    factors, counts = np.ones(24), np.bincount(samples.hours, minlength=24)
    ratio = np.maximum(samples.seconds - overhead, 1.0) / (pace * samples.shaped)
    for hour in np.flatnonzero(counts >= _LEAST_OF_HOUR):
        middle = float(np.clip(np.median(ratio[samples.hours == hour]), 1 / before.most, before.most))
        factors[hour] = middle ** (counts[hour] / (counts[hour] + _PRIOR_OF_HOUR))
    return _Fit(overhead, pace, factors, counts, before.most)


def _robust_line(samples: _Samples, before: _Fit) -> tuple[float, float]:
    """(overhead, pace) by relative errors: first least absolute deviations, then bisquare around that."""
    overhead, pace = before.overhead, before.pace
    scale = np.maximum(before.predict(samples), 60.0)
    design = np.column_stack([np.ones(len(samples)), samples.shaped]) / scale[:, None]
    goal = samples.seconds / scale
    for turn in range(2 * _ROUNDS):
        off = np.abs(goal - design @ np.array([overhead, pace]))
        if turn < _ROUNDS:
            weight = 1.0 / np.maximum(off, 1e-3)
        else:
            reach = 4.685 * max(1e-3, 1.4826 * float(np.median(off)))
            weight = np.clip(1.0 - (off / reach) ** 2, 0.0, None) ** 2
        root = np.sqrt(weight)
        found, *_ = np.linalg.lstsq(design * root[:, None], goal * root, rcond=None)
        overhead = float(np.clip(found[0], 0.0, _MOST_OVERHEAD_S))
        # With the overhead at its bound the pace alone takes up the rest.
        rest, along = (goal - design[:, 0] * overhead) * root, design[:, 1] * root
        pace = float(
            np.clip(rest @ along / max(along @ along, 1e-12), before.pace / before.most, before.pace * before.most)
        )
    return overhead, pace


def _detour(roads: Floats, default: float) -> float:
    tracked = roads[np.isfinite(roads) & (roads >= 1.0) & (roads <= 5.0)]
    if not len(tracked):
        return default
    return float((len(tracked) * np.median(tracked) + _PRIOR_OF_DETOUR * default) / (len(tracked) + _PRIOR_OF_DETOUR))


def _error(guess: Floats, samples: _Samples) -> float:
    """Median absolute percentage error."""
    return round(float(np.median(np.abs(guess - samples.seconds) / samples.seconds)) * 100, 2)
