"""What the positions of one item say about themselves: mocked, frozen, impossible."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from evidence.geo import distance_m
from evidence.place.geometry import reach_m, spread_m
from evidence.place.reasons import Reason, metres, span
from evidence.place.values import Claim, Fix

MOCK_WORDS = ("mock", "fake", "simul", "test", "emulat")
STALE_S = 600.0
FROZEN_LEAST, FROZEN_SURELY = 5, 10
FROZEN_SPAN_S = 60.0
EXACT_M = 0.5
MAX_SPEED_M_S = 60.0  # above any car or metro of a working day; as in the server's check of positions


def of_fixes(claim: Claim) -> Iterator[Reason]:
    """Reasons the fixes give before anybody looks where they are."""
    fixes = claim.fixes
    if not fixes:
        return
    yield from _mocked(fixes)
    yield from _stale(claim, fixes)
    yield from _frozen(claim, fixes)
    yield from _jump(fixes)
    yield from _beside(claim)


def _mocked(fixes: Sequence[Fix]) -> Iterator[Reason]:
    flagged = sum(one.mock for one in fixes)
    if flagged:
        text = f"{len(fixes)} 次定位中有 {flagged} 次被手机系统标明为模拟定位"
        yield Reason("place.mock", text, 1.0, {"flagged": flagged, "fixes": len(fixes)})
    named = sorted({one.provider for one in fixes if any(word in one.provider.lower() for word in MOCK_WORDS)})
    if named:
        yield Reason("place.mock_provider", f"定位来源为“{'、'.join(named)[:60]}”，属于模拟定位", 1.0, {})
    zero = sum(one.accuracy_m <= 0 for one in fixes)
    if zero:
        text = f"{zero} 次定位的精度为 0 米，真实接收机不会给出这一数值"
        yield Reason("place.accuracy_zero", text, 0.6, {"zero": zero, "fixes": len(fixes)})


def _stale(claim: Claim, fixes: Sequence[Fix]) -> Iterator[Reason]:
    apart = min(abs((one.at - claim.taken_at).total_seconds()) for one in fixes)
    if apart > STALE_S:
        text = f"最近一次定位与拍摄时间相差 {span(apart)}"
        yield Reason("place.stale_fix", text, 0.4, {"seconds": round(apart)})


def _frozen(claim: Claim, fixes: Sequence[Fix]) -> Iterator[Reason]:
    """A real receiver at rest wanders in the last decimals; a mocked one repeats the place typed into it."""
    runs = [list(run) for _, run in groupby(fixes, key=lambda one: (one.point, one.accuracy_m))]
    longest = max(runs, key=lambda run: len({one.at for one in run}))
    times = sorted({one.at for one in longest})
    seconds = (times[-1] - times[0]).total_seconds()
    if len(times) >= FROZEN_LEAST:
        surely = len(times) >= FROZEN_SURELY and seconds >= FROZEN_SPAN_S
        text = f"{span(seconds)}内连续 {len(times)} 次定位的坐标和精度完全相同"
        yield Reason("place.frozen", text, 1.0 if surely else 0.6, {"times": len(times), "seconds": round(seconds)})
    if claim.address is None:
        return
    apart = distance_m(claim.nearest_fix(fixes).point, claim.address.point)
    if apart <= EXACT_M:
        text = "定位与地址坐标重合（相差不到半米），真实到达门口时极少如此"
        yield Reason("place.exact", text, 0.5, {"distance_m": round(apart, 2)})


def _jump(fixes: Sequence[Fix]) -> Iterator[Reason]:
    worst = max((_speed(a, b) for a, b in pairwise(fixes)), default=0.0)
    if worst > MAX_SPEED_M_S:
        points = [one.point for one in fixes]
        text = f"拍摄前后的定位散布 {metres(2 * spread_m(points))}，相当于每秒移动 {metres(worst)}"
        yield Reason("place.jump", text, 0.5, {"speed_m_s": round(worst, 1), "spread_m": round(spread_m(points))})


def _speed(a: Fix, b: Fix) -> float:
    seconds = max(abs((b.at - a.at).total_seconds()), 1.0)
    return max(distance_m(a.point, b.point) - reach_m(a.accuracy_m) - reach_m(b.accuracy_m), 0.0) / seconds


def _beside(claim: Claim) -> Iterator[Reason]:
    """The fix in clear and the sealed ones come from the same phone and the same minute."""
    beside = claim.beside
    if beside is None or not claim.sealed:
        return
    near = min(claim.sealed, key=lambda one: abs((one.at - beside.at).total_seconds()))
    moved = MAX_SPEED_M_S * abs((near.at - beside.at).total_seconds())
    apart = distance_m(near.point, beside.point)
    if apart > reach_m(near.accuracy_m) + reach_m(beside.accuracy_m) + moved:
        text = f"随附定位与签名封装内的定位相距 {metres(apart)}"
        yield Reason("place.beside_apart", text, 0.8, {"distance_m": round(apart)})
