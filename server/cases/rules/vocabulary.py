"""The closed lists a row may use. Where a court's own wording varies, the variants lead to one word."""

from __future__ import annotations

import csv
import functools
from pathlib import Path

_DOCUMENT_TYPES = Path(__file__).parent.parent / "data" / "document-types.csv"

CASE_KINDS = ("民事", "商事", "行政", "执行", "诉前调解", "刑事", "国家赔偿", "破产")

PROCEDURES = {
    "普通程序": "普通程序",
    "普通": "普通程序",
    "简易程序": "简易程序",
    "简易": "简易程序",
    "小额诉讼程序": "小额诉讼程序",
    "小额诉讼": "小额诉讼程序",
    "小额程序": "小额诉讼程序",
    "特别程序": "特别程序",
    "督促程序": "督促程序",
    "公示催告程序": "公示催告程序",
    "速裁程序": "速裁程序",
    "普通程序独任制": "普通程序",
    "普通程序（独任）": "普通程序",
    "普通程序（合议）": "普通程序",
    "二审程序": "二审程序",
    "第二审程序": "二审程序",
    "审判监督程序": "审判监督程序",
    "再审程序": "审判监督程序",
    "执行程序": "执行程序",
    "非诉程序": "非诉程序",
    "破产程序": "破产程序",
}

PARTY_KINDS = {
    "自然人": "自然人",
    "个人": "自然人",
    "个体工商户": "自然人",
    "法人": "法人",
    "单位": "法人",
    "企业法人": "法人",
    "机关法人": "法人",
    "非法人组织": "非法人组织",
    "其他组织": "非法人组织",
}

STANDINGS = frozenset(
    [
        "原告",
        "被告",
        "第三人",
        "共同原告",
        "共同被告",
        "有独立请求权第三人",
        "无独立请求权第三人",
        "反诉原告",
        "反诉被告",
        "上诉人",
        "被上诉人",
        "原审原告",
        "原审被告",
        "原审第三人",
        "再审申请人",
        "被申请人",
        "申请人",
        "申请执行人",
        "被执行人",
        "案外人",
        "利害关系人",
        "协助执行人",
        "异议人",
        "复议申请人",
        "公诉机关",
        "自诉人",
        "被告人",
        "附带民事诉讼原告人",
        "附带民事诉讼被告人",
        "被害人",
        "法定代理人",
        "委托代理人",
        "诉讼代理人",
        "赔偿请求人",
        "赔偿义务机关",
        "债务人",
        "债权人",
        "管理人",
        "证人",
        "鉴定人",
    ]
)

# A failed attempt at an address means in law what its basis lets it mean, so an unknown basis keeps the row out.
ADDRESS_BASES = {
    "送达地址确认书": "送达地址确认书",
    "地址确认书": "送达地址确认书",
    "合同约定": "合同约定",
    "合同约定地址": "合同约定",
    "历史案件确认地址": "历史案件确认地址",
    "原告提供": "原告提供",
    "对方当事人提供": "原告提供",
    "申请执行人提供": "申请执行人提供",
    "当事人自行提供": "当事人自行提供",
    "户籍地址": "户籍地址",
    "户籍地": "户籍地址",
    "身份证地址": "身份证地址",
    "居住证地址": "居住证地址",
    "经常居住地": "经常居住地",
    "工商登记地址": "工商登记地址",
    "工商登记": "工商登记地址",
    "注册地址": "工商登记地址",
    "住所地": "工商登记地址",
    "法院查明": "法院查明",
    "依职权查询": "法院查明",
}

CHANNELS = {
    "直接送达": "direct",
    "上门送达": "direct",
    "外出送达": "direct",
    "电子送达": "electronic",
    "电话送达": "telephone",
    "邮寄送达": "postal",
    "法院专递": "postal",
    "领取送达": "pickup",
    "来院领取": "pickup",
    "到院领取": "pickup",
    "公告送达": "notice",
    "委托送达": "entrusted",
    "转交送达": "forwarded",
}

DATUMS = {
    "GCJ02": "GCJ-02",
    "国测局坐标": "GCJ-02",
    "国测局坐标系": "GCJ-02",
    "火星坐标": "GCJ-02",
    "火星坐标系": "GCJ-02",
    "高德": "GCJ-02",
    "腾讯": "GCJ-02",
    "WGS84": "WGS-84",
    "GPS": "WGS-84",
    "BD09": "BD-09",
    "BD09LL": "BD-09",
    "百度": "BD-09",
    "百度坐标": "BD-09",
    "百度坐标系": "BD-09",
    "CGCS2000": "CGCS2000",
    "国家2000": "CGCS2000",
    "2000国家大地坐标系": "CGCS2000",
    "天地图": "CGCS2000",
}


@functools.cache
def document_types() -> frozenset[str]:
    """Names of the documents a list may order to be served."""
    with _DOCUMENT_TYPES.open(encoding="utf-8", newline="") as lines:
        return frozenset(row["name"] for row in csv.DictReader(lines))
