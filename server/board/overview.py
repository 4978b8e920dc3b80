"""辖区概况: the courts a leader answers for, one line each."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from typing import Any

from flask.views import MethodView

from server.board.blueprint import make_blueprint, ready
from server.board.schemas.personal import BoardOverviewQuerySchema, BoardOverviewSchema
from server.core import objects
from server.core.clock import COURT_ZONE, court_day, utc_now
from server.core.errors import Invalid
from server.core.permissions import current, needs
from server.statistics.overview import by_court

blueprint = make_blueprint("overview", "How the courts of a jurisdiction stand")
LONGEST = timedelta(days=366)


@blueprint.route("/overview")
class Overview(MethodView):
    @blueprint.arguments(BoardOverviewQuerySchema, location="query")
    @blueprint.response(200, BoardOverviewSchema)
    @needs("overview.view", does="overview.view")
    def get(self, query: dict[str, Any]) -> Any:
        """Tasks and visits per court between two days (both included); the last 30 days when none are given."""
        now = utc_now()
        first, last, begin, end = period(query, court_day(now))
        figures = by_court(courts=objects.courts_of(current(), "overview.view"), begin=begin, end=end, now=now)
        return ready({"from": first, "to": last, "courts": [asdict(one) for one in figures]})


def period(query: dict[str, Any], today: date) -> tuple[date, date, datetime, datetime]:
    """(first day, last day, its first moment, the moment after its last): the last 30 days when none are given."""
    last = query["last"] or today
    first = query["first"] or last - timedelta(days=29)
    if not timedelta(0) <= last - first <= LONGEST:
        raise Invalid(code="period.invalid", title="起止日期不正确：最多一年，且起不晚于止")
    begin = datetime.combine(first, time(0), COURT_ZONE)
    return first, last, begin, datetime.combine(last + timedelta(days=1), time(0), COURT_ZONE)
