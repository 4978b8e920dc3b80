"""Travel factors of a court: learnt every night from the rides of its last weeks, kept with their history."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from routing.travel_learning import Drive, TravelFactors, learn
from server.core.clock import court_day
from server.dispatch.models import Roster, Visit
from server.dispatch.travel_models import TravelFactorSet
from server.dispatch.travel_rides import rides_of_day

log = logging.getLogger(__name__)
# A season changes roads; two months hold enough rides of every hour.
WEEKS = 9
_FIELDS = {"point": 1, "progress.kind": 1, "progress.happened_at": 1, "progress.by": 1, "progress.fix": 1}


def rides_of(*, court: str, since: str, until: str) -> list[Drive]:
    """The rides of the days from `since` to `until` (ISO dates, both included)."""
    days = {"court": court, "date": {"$gte": since, "$lte": until}}
    rides: list[Drive] = []
    for roster in Roster._get_collection().find(days, {"date": 1, "entries": 1}).sort("date", 1):
        visits = list(
            Visit._get_collection()
            .find({"court": court, "date": roster["date"], "state": {"$in": ["arrived", "ended"]}}, _FIELDS)
            .sort("_id", 1)
        )
        rides.extend(rides_of_day(visits, roster.get("entries") or ()))
    return rides


def learn_factors(*, court: str, now: datetime) -> TravelFactorSet:
    """Learns from the last weeks up to yesterday and keeps the result. Learning twice on a day gives the same set."""
    today = court_day(now)
    since = (today - timedelta(weeks=WEEKS)).isoformat()
    rides = rides_of(court=court, since=since, until=(today - timedelta(days=1)).isoformat())
    kept = TravelFactorSet(
        id=f"{court} {today.isoformat()}",
        court=court,
        learnt_on=today.isoformat(),
        since=since,
        rides=len(rides),
        factors=learn(rides).document(),
        made_at=now,
    )
    kept.validate()
    TravelFactorSet._get_collection().replace_one({"_id": kept.id}, kept.to_mongo(), upsert=True)
    log.info("travel factors of %s: %d rides", court, len(rides))
    return kept


def newest(*, court: str) -> TravelFactorSet | None:
    """The set that is planned with; None before the first night."""
    found: TravelFactorSet | None = TravelFactorSet.objects(court=court).order_by("-learnt_on").first()
    return found


def history(*, court: str, most: int = 30) -> list[TravelFactorSet]:
    """The newest sets first."""
    return list(TravelFactorSet.objects(court=court).order_by("-learnt_on").limit(most))


def factors_of(kept: TravelFactorSet | None) -> TravelFactors:
    """The factors of a set; none of a court that has not learnt yet."""
    document: dict[str, Any] = dict(kept.factors) if kept else {"modes": []}
    return TravelFactors.of_document(document)
