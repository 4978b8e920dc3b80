"""K22: how many of a court's staff left in a period, from the days people joined and left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.accounts.models import Person
from server.accounts.staffing import Turnover, employments, turnover
from server.core.clock import court_day
from server.core.errors import Invalid

DEFINITION = (
    "流动率 = 期间离职人次 ÷ 平均在岗人数；平均在岗人数 =（期初人数 + 期末人数）÷ 2。"
    "期初为起始日前已入职且起始日仍在岗的人数；离职日为最后工作日；离职后返岗计一次离职、一次入职；"
    "未登记入职日期的以建档日期计。考核指标（K22）为六个月内不超过20%。"
)


def turnover_of(*, where: Mapping[str, Any], first: str, last: str) -> Turnover:
    """Over the people `where` selects, the days `first` to `last` (ISO dates) included.

    The rate is the number who left divided by the average of the headcounts at both ends; somebody who left and came
    back counts as one leaving and one joining. Raises `turnover.bad_period`.
    """
    if last < first:
        raise Invalid(code="turnover.bad_period", title="结束日期不能早于开始日期")
    fields = {"joined_on": 1, "left_on": 1, "earlier": 1, "created_at": 1}
    people = Person._get_collection().find(dict(where), fields)
    times = [one for person in people for one in employments(person, court_day(person["created_at"]).isoformat())]
    return turnover(times, first, last)
