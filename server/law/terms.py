"""The closed lists of words the rules of service turn on. Values are the Chinese words the program stores."""

from __future__ import annotations

from collections.abc import Container, Mapping

from server.law.refusals import LawRefused

CIVIL_KINDS = frozenset({"民事", "商事", "诉前调解", "破产"})
ADMINISTRATIVE, CRIMINAL, EXECUTION = "行政", "刑事", "执行"
CASE_KINDS = CIVIL_KINDS | {ADMINISTRATIVE, CRIMINAL, EXECUTION, "国家赔偿"}

SIMPLE_PROCEDURES = frozenset({"简易程序", "小额诉讼程序", "速裁程序"})
PAYMENT_ORDER = "督促程序"
PROCEDURES = SIMPLE_PROCEDURES | {
    "",
    "普通程序",
    "特别程序",
    PAYMENT_ORDER,
    "公示催告程序",
    "二审程序",
    "审判监督程序",
    "执行程序",
    "非诉程序",
    "破产程序",
}

PERSON = "自然人"
ORGANISATIONS = frozenset({"法人", "非法人组织"})
RECIPIENT_KINDS = ORGANISATIONS | {PERSON}

# Ways of service: the channels of the program, and two that are judged apart (leaving at the door, a bare message).
WAYS: Mapping[str, str] = {
    "direct": "直接送达",
    "leaving": "留置送达",
    "pickup": "来院领取",
    "electronic": "电子送达",
    "message": "短信、微信",
    "telephone": "电话送达",
    "postal": "邮寄送达",
    "entrusted": "委托送达",
    "forwarded": "转交送达",
    "notice": "公告送达",
}

# What a failed attempt at an address may mean depends on whose word the address is.
GIVEN = "given"  # the recipient gave or confirmed it in this case: EMS04 art. 11, OP17 art. 7
AGREED = "agreed"  # OP17 art. 8 (1): in the contract or correspondence at issue
SUBMITTED = "submitted"  # OP17 art. 8 (2): in its own submissions
OTHER_CASES = "other_cases"  # OP17 art. 8 (3): in other litigation within one year
USED = "used"  # OP17 art. 8 (4): regularly used in civil activity within one year
REGISTERED = "registered"  # OP17 art. 9, EMS04 art. 5: hukou, habitual residence, business registration
FOREIGN = "foreign"  # somebody else's word: plaintiff, creditor, found by the court
BASES: Mapping[str, str] = {
    "送达地址确认书": GIVEN,
    "当事人自行提供": GIVEN,
    "合同约定": AGREED,
    "诉讼材料载明": SUBMITTED,
    "历史案件确认地址": OTHER_CASES,
    "经常使用地址": USED,
    "户籍地址": REGISTERED,
    "身份证地址": REGISTERED,
    "居住证地址": REGISTERED,
    "经常居住地": REGISTERED,
    "工商登记地址": REGISTERED,
    "原告提供": FOREIGN,
    "申请执行人提供": FOREIGN,
    "法院查明": FOREIGN,
}
# The order in which a court may presume an address (OP17 art. 8-9).
PRESUMED_ORDER = (AGREED, SUBMITTED, OTHER_CASES, USED, REGISTERED)

REGIONS = {"": "境内", "abroad": "境内无住所", "hkmo": "香港、澳门", "taiwan": "台湾"}

# CPL art. 92-93: through whom a document must go.
FORWARDED_FOR = {
    "soldier": ("军人", "所在部队团以上单位的政治机关", "民事诉讼法第九十二条"),
    "imprisoned": ("被监禁的人", "所在监所", "民事诉讼法第九十三条第一款"),
    "education": ("被采取强制性教育措施的人", "所在强制性教育机构", "民事诉讼法第九十三条第二款"),
}


def known(word: str, words: Container[str], *, what: str) -> str:
    """`word` itself. Raises LawRefused (`law.unknown_word`) when it is of no list."""
    if word not in words:
        raise LawRefused(code="law.unknown_word", title=f"{what}没有这个选项：{word}", rule="R1.2")
    return word


def basis_class(basis: str) -> str:
    """GIVEN … FOREIGN for an address basis; "" for none. Raises LawRefused for an unknown one."""
    return BASES[known(basis, BASES, what="地址依据")] if basis else ""
