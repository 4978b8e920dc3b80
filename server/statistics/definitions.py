"""What the service contracts ask, measure by measure: wording, numerator, denominator, threshold, readings."""

from __future__ import annotations

from fractions import Fraction

from server.statistics.measuring import Definition


def _percent(value: int) -> Fraction:
    return Fraction(value, 100)


_NONE = "已退回、已撤回的任务和已撤出的受送达人"
REMOTE_SUCCESS = Definition(
    "T06",
    "remote_success",
    "电话和电子送达成功率不低于60%",
    "经电话或者电子方式送达且效力已确认的",
    "采用过电话或者电子方式的",
    _NONE,
    _percent(60),
    "at_least",
    {
        "recipient": "按受送达人计算",
        "task": "按任务计算：采用过该方式的受送达人全部由此送达的，任务才计为成功",
        "everybody": "按受送达人计算，未采用过该方式的也计入分母（公告送达除外）",
    },
)
WITHIN_DAYS = Definition(
    "T07",
    "within_7_days",
    "7日内完成的任务不低于80%",
    "自起算之时起7日（168小时）内已完成的任务",
    "已完成或者7日已过的任务",
    _NONE,
    _percent(80),
    "at_least",
    {
        "accepted": "自专员审核通过起算，公告送达除外",
        "created": "自任务提交起算，公告送达除外",
        "accepted_all": "自专员审核通过起算，含公告送达",
        "created_all": "自任务提交起算，含公告送达",
    },
)
MEAN_DAYS = Definition(
    "T09",
    "mean_days",
    "平均送达时长少于15日，公告送达除外",
    "各案（任务）自专员审核通过至完成的时长之和（日）",
    "已完成的案件（任务）",
    _NONE + "；公告送达",
    Fraction(15),
    "below",
    {"case": "按案件计算：自首项任务通过至末项任务完成", "task": "按任务计算"},
    unit="日",
)
EMS_SUCCESS = Definition(
    "T10",
    "ems_success",
    "邮寄送达成功率不低于70%",
    "成功的邮件",
    "已有结果（签收、妥投、退回）的邮件",
    _NONE + "；在途邮件",
    _percent(70),
    "at_least",
    {"signed": "有签收回执为成功", "delivered": "邮政显示妥投即为成功（妥投不等于送达）"},
)
GUIDED_CALLS = Definition(
    "T10",
    "guided_calls",
    "已接通电话中引导来院领取或者电子送达的高于60%",
    "通话之后采用来院领取或者电子送达的受送达人",
    "电话已告知的受送达人",
    _NONE,
    _percent(60),
    "above",
    {"recipient": "按受送达人计算"},
)
_COVERAGE = {"served": "已送达的受送达人中，经电子方式送达的", "tried": "全部受送达人中，采用过电子方式的"}
E_COVERAGE = Definition(
    "T10", "e_coverage", "电子送达覆盖率不低于30%", "电子送达的", "全部", _NONE, _percent(30), "at_least", _COVERAGE
)
E_COVERAGE_COMMERCIAL = Definition(
    "T10",
    "e_coverage_commercial",
    "商事案件电子送达覆盖率不低于40%",
    "商事案件中电子送达的",
    "商事案件中的全部",
    _NONE,
    _percent(40),
    "at_least",
    _COVERAGE,
)
E_CONFIRMED_COMMERCIAL = Definition(
    "T10",
    "e_confirmed_commercial",
    "商事案件已确认电子地址的，电子送达率为100%",
    "电子送达的受送达人",
    "商事案件中已确认电子送达地址的受送达人",
    _NONE,
    Fraction(1),
    "at_least",
    {"tried": "采用了电子方式即计入", "served": "经电子方式送达的才计入"},
)
E_JUDGMENTS = Definition(
    "T10",
    "e_judgments",
    "裁判文书电子送达高于20%",
    "经电子方式送达的裁判文书（份×人）",
    "已送达的裁判文书（份×人）",
    _NONE,
    _percent(20),
    "above",
    {"adjudications": "判决书、裁定书、调解书", "judgments": "仅判决书"},
)
COMPLIANCE = Definition(
    "T10",
    "compliance",
    "送达合规率100%",
    "所需证据齐全的送达事项",
    "效力已确认的送达事项（一份文书对一人）",
    _NONE,
    Fraction(1),
    "at_least",
    {"document": "按送达事项计算"},
)
EMS_COST = Definition(
    "T10",
    "ems_cost",
    "邮寄费用同比下降不低于10%",
    "上年同期费用减去本期费用",
    "上年同期费用",
    "",
    _percent(10),
    "at_least",
    {"total": "按费用总额计算", "per_mail": "按每件平均费用计算"},
)
SATISFACTION = Definition(
    "T10",
    "satisfaction",
    "满意度不低于99%",
    "满意的评价",
    "全部评价",
    "",
    _percent(99),
    "at_least",
    {"rating": "按评价计算"},
)
MONTHLY_PASS = Definition(
    "T11",
    "monthly_pass",
    "月度数量和质量考核合格率不低于90%",
    "考核合格的项目",
    "当月考核的项目",
    "",
    _percent(90),
    "at_least",
    {"month": "按月计算"},
)
TURNOVER = Definition(
    "T11",
    "turnover",
    "6个月内人员流动率不高于20%",
    "期内离开的人员",
    "人员数",
    "",
    _percent(20),
    "at_most",
    {"at_start": "以期初人数为准", "average": "以期初、期末平均人数为准"},
)
DEFINITIONS = (
    REMOTE_SUCCESS, WITHIN_DAYS, MEAN_DAYS, EMS_SUCCESS, GUIDED_CALLS, E_COVERAGE, E_COVERAGE_COMMERCIAL,
    E_CONFIRMED_COMMERCIAL, E_JUDGMENTS, COMPLIANCE, EMS_COST, SATISFACTION, MONTHLY_PASS, TURNOVER,
)  # fmt: skip
