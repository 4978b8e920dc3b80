"""The road engine the settings name: a Valhalla or OSRM of the court's own, or AMap's or Tencent's service."""

from __future__ import annotations

import dataclasses

from routing.roads import AMap, Osrm, RoadEngine, Tencent, Valhalla
from server.config import RoadsSettings


def engine_from(settings: RoadsSettings) -> RoadEngine | None:
    """None without a provider: travel times are estimated and nothing is called."""
    match settings.provider:
        case "valhalla":
            return Valhalla(settings.url)
        case "osrm":
            return Osrm(settings.url)
        case "amap":
            made: AMap | Tencent = AMap(settings.key, settings.secret)
        case "tencent":
            made = Tencent(settings.key, settings.secret)
        case _:
            return None
    limits = made.limits
    if settings.per_second:
        limits = dataclasses.replace(limits, per_second=float(settings.per_second))
    return dataclasses.replace(made, url=settings.url or made.url, limits=limits)
