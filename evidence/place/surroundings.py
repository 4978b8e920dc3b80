"""What the rest of the record says: the address, the file's own data, the track, the clock, other records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evidence.geo import distance_m
from evidence.place.fixes import MAX_SPEED_M_S, STALE_S
from evidence.place.geometry import Plane, geodesic_m, overlap_share, reach_m, roughness_m
from evidence.place.reasons import Reason, metres, span
from evidence.place.values import Address, Claim, Fix, TrackPoint

CLOCK_SLACK_S = 300.0
CLOCK_FAR_S = 3600.0
NEAR_M = 100.0
COARSE_M = 500.0
FILE_POINT_M = 200.0  # a camera writes no accuracy, and often the place of some minutes ago
FILE_FAR_M = 2_000.0
TRACK_ACCURACY_M = 150.0
TRACK_NEAR_S = 180.0
TRACK_NEIGHBOURS = 5
SMOOTH_LEAST, SMOOTH_M, SMOOTH_WAY_M = 8, 0.1, 100.0


def of_distance(claim: Claim) -> Iterator[Reason]:
    """The accuracy circle against the address circle, for the middle one of all fixes."""
    fixes = claim.fixes
    if claim.address is None:
        yield Reason("place.no_address", "送达地址没有坐标，无法比对距离")
        return
    if not fixes:
        yield Reason("place.no_fix", "没有随附可用的定位")
        return
    best = min(one.accuracy_m for one in fixes)
    if best > COARSE_M:
        yield Reason(
            "place.coarse_fix", f"定位误差达 {metres(best)}，不能说明是否到达", 0.0, {"accuracy_m": round(best)}
        )
        return
    yield _distance(claim.address, middle_fix(claim.address, fixes))


def middle_fix(address: Address, fixes: Sequence[Fix]) -> Fix:
    """The fix with the middle (of two: the kinder) margin beyond its circle: one thrown away decides nothing.

    A worse accuracy only lowers a margin, so it can never turn agreement into doubt.
    """
    ordered = sorted(fixes, key=lambda one: margin_m(address, one))
    return ordered[(len(ordered) - 1) // 2]


def margin_m(address: Address, fix: Fix) -> float:
    """Metres by which the fix lies outside everything its accuracy and the address's uncertainty explain."""
    return distance_m(fix.point, address.point) - address.uncertainty_m - reach_m(fix.accuracy_m)


def _distance(address: Address, fix: Fix) -> Reason:
    apart, outside = geodesic_m(fix.point, address.point), margin_m(address, fix)
    share = overlap_share(Plane(address.point), fix.point, fix.accuracy_m, address.point, address.uncertainty_m)
    figures = {
        "distance_m": round(apart),
        "accuracy_m": round(fix.accuracy_m),
        "uncertainty_m": round(address.uncertainty_m),
        "overlap": round(share, 2),
    }
    known = f"定位误差 {fix.accuracy_m:.0f} 米，地址坐标误差 {address.uncertainty_m:.0f} 米"
    if outside <= 0:
        return Reason("place.within", f"距送达地址 {metres(apart)}，在误差范围之内（{known}）", 0.0, figures)
    if outside <= NEAR_M:
        return Reason("place.near", f"距送达地址 {metres(apart)}，略超出误差范围（{known}）", 0.5, figures)
    return Reason("place.far", f"距送达地址 {metres(apart)}，远超误差范围（{known}）", 1.0, figures)


def of_clock(claim: Claim) -> Iterator[Reason]:
    """How far the phone's clock was off when it was last compared."""
    off = claim.clock_offset_s
    if off is not None and abs(off) > CLOCK_SLACK_S:
        weight = 1.0 if abs(off) > CLOCK_FAR_S else 0.5
        yield Reason("place.clock_off", f"手机时钟与标准时间相差 {span(off)}", weight, {"offset_s": round(off)})


def of_file(claim: Claim) -> Iterator[Reason]:
    """What the file carries about itself. It is easily changed: it can raise doubt, and proves nothing."""
    if claim.exif_taken_at is not None:
        apart = (claim.exif_taken_at - claim.taken_at).total_seconds()
        if abs(apart) > CLOCK_SLACK_S:
            way = "早" if apart < 0 else "晚"
            weight = 1.0 if abs(apart) > CLOCK_FAR_S else 0.5
            text = f"文件自带的拍摄时间比上报的拍摄时间{way} {span(apart)}"
            yield Reason("place.file_time", text, weight, {"seconds": round(apart)})
    if claim.exif_point is None or not claim.fixes:
        return
    near = claim.nearest_fix(claim.fixes)
    apart = distance_m(claim.exif_point, near.point)
    outside = apart - FILE_POINT_M - reach_m(near.accuracy_m)
    figures = {"distance_m": round(apart)}
    if outside <= 0:
        yield Reason("place.file_agrees", f"文件自带的位置与定位相距 {metres(apart)}，两者一致", 0.0, figures)
        return
    weight = 1.0 if outside > FILE_FAR_M else 0.5
    yield Reason("place.file_apart", f"文件自带的位置与定位相距 {metres(apart)}", weight, figures)


def of_track(claim: Claim) -> Iterator[Reason]:
    """The phone's own route around the time of the capture: most of the nearest positions must speak against it, for
    receivers throw single ones across the town."""
    track = sorted((one for one in claim.track if one.accuracy_m <= TRACK_ACCURACY_M), key=lambda one: one.at)
    yield from _smooth(track)
    around = [one for one in track if abs((one.at - claim.taken_at).total_seconds()) <= STALE_S]
    if not claim.fixes:
        return
    if not around:
        yield Reason("place.no_track", "拍摄前后十分钟内没有轨迹可比对")
        return
    here = _at_capture(claim)
    nearest = sorted(around, key=lambda one: abs((one.at - here.at).total_seconds()))[:TRACK_NEIGHBOURS]
    speeds = sorted((_speed(here, one), number) for number, one in enumerate(nearest))
    speed, number = speeds[(len(speeds) - 1) // 2]
    if speed > MAX_SPEED_M_S:
        weight = 1.0 if len(nearest) > 1 else 0.6
        text, figures = _too_fast("轨迹", here, nearest[number], speed)
        yield Reason("place.track_speed", text, weight, figures)
        return
    yield _beside_track(here, around)


def _beside_track(here: TrackPoint, around: Sequence[TrackPoint]) -> Reason:
    near = min(around, key=lambda one: abs((one.at - here.at).total_seconds()))
    seconds = abs((near.at - here.at).total_seconds())
    plane = Plane(here.point)
    way = plane.line([one.point for one in around]) if len(around) > 1 else plane.of(near.point)
    apart = float(way.distance(plane.of(here.point)))
    outside = apart - reach_m(here.accuracy_m) - reach_m(near.accuracy_m)
    figures = {"distance_m": round(apart), "seconds": round(seconds)}
    if outside > 0 and seconds <= TRACK_NEAR_S:
        text = f"同时段轨迹未经过拍摄位置，最近处相距 {metres(apart)}"
        return Reason("place.track_apart", text, 0.7, figures)
    return Reason("place.track_agrees", f"同时段轨迹距拍摄位置最近 {metres(apart)}", 0.0, figures)


def _smooth(track: Sequence[TrackPoint]) -> Iterator[Reason]:
    """Receivers shake by metres; a generated route runs like a ruler."""
    if len(track) < SMOOTH_LEAST:
        return
    way = Plane(track[0].point).line([one.point for one in track]).length
    rough = roughness_m([(one.point, one.at) for one in track])
    if way >= SMOOTH_WAY_M and rough is not None and rough < SMOOTH_M:
        text = f"{len(track)} 个轨迹点、{metres(way)}路程的起伏只有 {rough:.2f} 米，真实接收机不会如此平滑"
        yield Reason("place.track_smooth", text, 0.8, {"points": len(track), "roughness_m": round(rough, 3)})


def of_elsewhere(claim: Claim) -> Iterator[Reason]:
    """Other items and steps of the same person."""
    if not claim.fixes or not claim.elsewhere:
        return
    here = _at_capture(claim)
    speed, other = _fastest(here, claim.elsewhere)
    if speed > MAX_SPEED_M_S:
        text, figures = _too_fast("同一人员的另一条记录", here, other, speed)
        yield Reason("place.elsewhere_speed", text, 0.8, figures)


def _too_fast(what: str, here: TrackPoint, other: TrackPoint, speed: float) -> tuple[str, dict[str, float]]:
    """(sentence, figures)."""
    apart, seconds = distance_m(here.point, other.point), abs((here.at - other.at).total_seconds())
    text = f"与{what}相距 {metres(apart)}，时间只差 {span(seconds)}，折合每小时 {speed * 3.6:.0f} 公里"
    return text, {"distance_m": round(apart), "seconds": round(seconds), "speed_m_s": round(speed, 1)}


def _at_capture(claim: Claim) -> TrackPoint:
    near = claim.nearest_fix(claim.fixes)
    return TrackPoint(near.point, near.accuracy_m, near.at)


def _fastest(here: TrackPoint, others: Sequence[TrackPoint]) -> tuple[float, TrackPoint]:
    return max(((_speed(here, one), one) for one in others), key=lambda pair: pair[0])


def _speed(a: TrackPoint, b: TrackPoint) -> float:
    seconds = max(abs((a.at - b.at).total_seconds()), 1.0)
    apart = distance_m(a.point, b.point) - reach_m(a.accuracy_m) - reach_m(b.accuracy_m)
    return max(apart, 0.0) / seconds
