"""Which ways of service are lawful for this document and this recipient: allowed, barred, or to be confirmed.

One function per way, asked document by document; the strictest answer stands for the whole batch and names its
document. A machine proposes: whatever ends a right (announcement, telephone) is at best "to be confirmed".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from server.law import terms
from server.law.documents import ADJUDICATIONS, CLASSES, DIRECT_ONLY, document_class
from server.law.refusals import LawRefused
from server.law.rulesets import NATIONAL, RuleSet
from server.law.situation import Situation

ALLOWED, CONFIRM, BARRED = "allowed", "needs_confirmation", "barred"
_STRICTNESS = {ALLOWED: 0, CONFIRM: 1, BARRED: 2}


@dataclass(frozen=True, slots=True)
class Verdict:
    """May this way be used? `text_zh` is the sentence for the user; `document` the one it turns on, "" for all."""

    way: str
    verdict: str
    article: str
    text_zh: str
    document: str = ""

    @property
    def label_zh(self) -> str:
        return terms.WAYS[self.way]


@dataclass(frozen=True, slots=True)
class Channels:
    """One verdict per way, in the order of `terms.WAYS`."""

    verdicts: tuple[Verdict, ...]
    rule_version: str

    def of(self, way: str) -> Verdict:
        """KeyError for a way that is not of the list."""
        return {one.way: one for one in self.verdicts}[way]


def channels(documents: Iterable[str], situation: Situation, *, rules: RuleSet = NATIONAL) -> Channels:
    """Every way judged for these documents together. Raises LawRefused for no document or an unknown one."""
    kinds = {name: document_class(name) for name in documents}
    if not kinds:
        raise LawRefused(code="law.bad_input", title="没有文书", rule="民事诉讼法第八十七条")
    return Channels(tuple(_strictest(way, kinds, situation, rules) for way in terms.WAYS), rules.version)


def _strictest(way: str, kinds: dict[str, str], situation: Situation, rules: RuleSet) -> Verdict:
    found = [(name, judge(way, kind, situation, rules)) for name, kind in kinds.items()]
    name, worst = max(found, key=lambda one: _STRICTNESS[one[1].verdict])
    same = all(one == worst for _, one in found)
    return worst if same else replace(worst, document=name)


def judge(way: str, kind: str, situation: Situation, rules: RuleSet = NATIONAL) -> Verdict:
    """One way for one document class. KeyError for an unknown way."""
    if kind in DIRECT_ONLY and way not in ("direct", "leaving", "pickup"):
        return Verdict(way, BARRED, DIRECT_ONLY[kind], f"{CLASSES[kind]}必须直接送达")
    return _WAYS[way](kind, situation, rules)


def _direct(kind: str, situation: Situation, _rules: RuleSet) -> Verdict:
    if situation.forwarded_for:
        who, through, article = terms.FORWARDED_FOR[situation.forwarded_for]
        return Verdict("direct", CONFIRM, article, f"受送达人是{who}，应通过{through}转交，直接送达须经审判人员确认")
    if situation.region:
        return Verdict("direct", CONFIRM, _abroad(situation), "受送达人在境内没有住所，仅在其人在境内时可以直接送达")
    if kind == "mediation":
        return Verdict(
            "direct",
            ALLOWED,
            "民诉法解释第一百三十三条",
            "可以直接送达，但必须当事人本人或其指定的代收人签收，不得留置",
        )
    return Verdict("direct", ALLOWED, "民事诉讼法第八十八条", "可以直接送达")


def _leaving(kind: str, situation: Situation, _rules: RuleSet) -> Verdict:
    if kind == "mediation":
        return Verdict(
            "leaving", BARRED, "民诉法解释第一百三十三条", "调解书不适用留置送达，拒收的应交承办法官及时判决"
        )
    if situation.refused_by_agent and not situation.agent_receives:
        return Verdict(
            "leaving", BARRED, "民诉法解释第一百三十二条", "诉讼代理人未被指定为代收人，其拒收不适用留置送达"
        )
    if not (situation.refused or situation.refused_by_agent):
        return Verdict(
            "leaving", BARRED, "民事诉讼法第八十九条", "留置送达以拒绝接收为前提，不在家、无人应门不等于拒收"
        )
    if situation.region:
        return Verdict("leaving", CONFIRM, _abroad(situation), "受送达人在境内没有住所，留置送达须经审判人员确认")
    article = "刑事诉讼法第一百零七条" if situation.criminal else "民事诉讼法第八十九条"
    return Verdict("leaving", ALLOWED, article, "已拒收，可以留置送达：见证人签名，或者拍照、录像记录过程")


def _pickup(kind: str, situation: Situation, _rules: RuleSet) -> Verdict:
    if situation.forwarded_for:
        _, through, article = terms.FORWARDED_FOR[situation.forwarded_for]
        return Verdict("pickup", CONFIRM, article, f"受送达人应通过{through}转交，来院领取须经审判人员确认")
    suffix = "，调解书须本人或其指定的代收人领取" if kind == "mediation" else ""
    return Verdict("pickup", ALLOWED, "民诉法解释第一百三十一条第一款", f"可以通知来院领取{suffix}")


def _electronic(kind: str, situation: Situation, _rules: RuleSet) -> Verdict:
    way = "electronic"
    if situation.criminal:
        return Verdict(way, BARRED, "刑事诉讼法第一百零七条", "刑事诉讼文书没有电子送达的规定")
    if situation.consent.withdrawn:
        return Verdict(way, BARRED, "在线诉讼规则第五条", "受送达人已撤回对电子送达的同意")
    if not situation.e_address:
        return Verdict(way, BARRED, "民事诉讼法第九十条", "没有受送达人的电子送达地址")
    if situation.region == "abroad":
        return Verdict(way, CONFIRM, "民事诉讼法第二百八十三条第一款第九项", "须确认受送达人所在国法律不禁止电子送达")
    if situation.consent.reaches(kind):
        paper = "，受送达人要求纸质文书的应当提供" if kind in ADJUDICATIONS else ""
        return Verdict(way, ALLOWED, "民事诉讼法第九十条", f"受送达人已同意，可以电子送达{paper}")
    if kind in ADJUDICATIONS:
        return Verdict(way, BARRED, "民事诉讼法第九十条", f"{CLASSES[kind]}须经受送达人同意才能电子送达")
    if situation.consent.form:
        return Verdict(way, CONFIRM, "在线诉讼规则第四条", "受送达人的同意未包括此类文书，须另行确认")
    return Verdict(
        way, CONFIRM, "在线诉讼规则第三十一条第二款", "受送达人未同意，只有回复收悉、据此行为或者已阅知才产生效力"
    )


def _message(kind: str, situation: Situation, rules: RuleSet) -> Verdict:
    as_service = replace(_electronic(kind, situation, rules), way="message")
    if as_service.verdict == ALLOWED:
        return replace(as_service, text_zh="文书本身到达已确认的号码、账号的，按电子送达处理；只发链接的是提示")
    return Verdict("message", CONFIRM, "在线诉讼规则第三十二条", "只能作为查阅提示，不产生送达效力")


def _telephone(kind: str, situation: Situation, rules: RuleSet) -> Verdict:
    way = "telephone"
    if situation.criminal:
        return Verdict(way, BARRED, "刑诉解释第二百二十一条", "刑事案件电话只能用于通知到庭")
    if kind in ADJUDICATIONS:
        return Verdict(way, BARRED, "法发〔2017〕19号第十四条", f"{CLASSES[kind]}不得电话送达")
    if rules.reading("telephone_effect") == "never":
        return Verdict(way, BARRED, "法发〔2017〕19号第十四条", "本院规则：电话只作通知，不作送达")
    if situation.simple:
        article = "行诉解释第一百零三条" if situation.case_kind == terms.ADMINISTRATIVE else "民诉法解释第二百六十一条"
        text = "可以电话传唤、送达；未经当事人确认或无其他证据证明收到的，不得据以缺席判决或者按撤诉处理"
        return Verdict(way, CONFIRM, article, text)
    if not (situation.reachable_by_phone and situation.direct_failed and situation.mail_failed):
        return Verdict(way, BARRED, "法发〔2017〕19号第十四条", "手机能够接通而无法直接、邮寄送达的，才可以电话送达")
    return Verdict(way, CONFIRM, "法发〔2017〕19号第十四条", "可以电话送达，须全程录音并由审判人员确认效力")


def _postal(kind: str, situation: Situation, _rules: RuleSet) -> Verdict:
    bar = _postal_bar(situation)
    if bar is not None:
        return bar
    if kind == "mediation":
        return Verdict(
            "postal",
            CONFIRM,
            "民诉法解释第一百三十三条",
            "调解书应当直接送达本人，邮寄须本人或指定代收人签收，由审判人员决定",
        )
    if situation.region:
        return Verdict("postal", CONFIRM, _abroad(situation), "须确认受送达人所在地法律允许邮寄送达")
    if situation.direct_failed or situation.criminal:
        article = "刑诉解释第二百零七条" if situation.criminal else "民事诉讼法第九十一条"
        return Verdict("postal", ALLOWED, article, "可以邮寄送达，以回执上的收件日期为送达日期")
    return Verdict("postal", CONFIRM, "民事诉讼法第九十一条", "直接送达有困难的才可以邮寄，请确认困难的情形")


def _postal_bar(situation: Situation) -> Verdict | None:
    if situation.unknown_whereabouts:
        return Verdict("postal", BARRED, "法院专递规定第一条第二项", "受送达人下落不明，不适用法院专递")
    if situation.collects:
        return Verdict("postal", BARRED, "法院专递规定第一条第一项", "受送达人同意到人民法院领取，不适用法院专递")
    if not situation.address_basis:
        return Verdict("postal", BARRED, "法院专递规定第三条", "没有可以邮寄的送达地址")
    if situation.forwarded_for:
        _, through, article = terms.FORWARDED_FOR[situation.forwarded_for]
        return Verdict("postal", BARRED, article, f"法律规定了特别送达方式：应通过{through}转交")
    return None


def _entrusted(_kind: str, situation: Situation, _rules: RuleSet) -> Verdict:
    if situation.direct_failed:
        return Verdict("entrusted", ALLOWED, "民事诉讼法第九十一条", "可以出具委托函委托其他人民法院代为送达")
    return Verdict("entrusted", CONFIRM, "民事诉讼法第九十一条", "直接送达有困难的才可以委托，请确认困难的情形")


def _forwarded(_kind: str, situation: Situation, _rules: RuleSet) -> Verdict:
    if not situation.forwarded_for:
        return Verdict(
            "forwarded", BARRED, "民事诉讼法第九十二条", "受送达人不是军人、被监禁或被采取强制性教育措施的人"
        )
    _, through, article = terms.FORWARDED_FOR[situation.forwarded_for]
    return Verdict("forwarded", ALLOWED, article, f"通过{through}转交，以回证上的签收日期为送达日期")


def _notice(kind: str, situation: Situation, _rules: RuleSet) -> Verdict:
    bar = _notice_bar(kind, situation)
    if bar is not None:
        return bar
    if situation.simple:
        return Verdict(
            "notice", CONFIRM, "互联网法院规定第十八条", "互联网法院的简易程序案件，公告送达须经审判人员确认"
        )
    if situation.unknown_whereabouts or situation.exhausted:
        why = "受送达人下落不明" if situation.unknown_whereabouts else "其他方式均已尝试而无法送达"
        return Verdict(
            "notice", CONFIRM, _notice_article(situation), f"{why}，可以公告，须经审判人员批准并记明原因和经过"
        )
    if situation.procedure == "二审程序" and situation.first_instance_by_notice:
        return Verdict(
            "notice", CONFIRM, "民诉法解释第五百三十五条", "一审公告送达的，二审可以径行公告，能够采取其他方式的除外"
        )
    return Verdict("notice", BARRED, "民事诉讼法第九十五条", "尚有地址或者方式没有尝试，也没有下落不明的证据，不得公告")


def _notice_bar(kind: str, situation: Situation) -> Verdict | None:
    """What no diligence opens."""
    if situation.criminal:
        return Verdict("notice", BARRED, "刑事诉讼法第一百零七条", "刑事诉讼文书没有公告送达的规定")
    if kind == "mediation":
        return Verdict("notice", BARRED, "民诉法解释第一百三十三条", "调解书应当送达当事人本人，不适用公告送达")
    if kind == "payment_order" or situation.procedure == terms.PAYMENT_ORDER:
        return Verdict(
            "notice", BARRED, "民诉法解释第四百三十条", "支付令三十日内无法送达的，裁定终结督促程序，不得公告"
        )
    if situation.procedure == "小额诉讼程序":
        return Verdict("notice", BARRED, "民事诉讼法第一百六十六条", "一方下落不明的不适用小额诉讼程序，应先转换程序")
    if situation.simple and not situation.internet_court:
        return Verdict("notice", BARRED, "民诉法解释第一百四十条", "适用简易程序的案件不适用公告送达，应先转为普通程序")
    return None


def _notice_article(situation: Situation) -> str:
    return _abroad(situation) if situation.region else "民事诉讼法第九十五条"


def _abroad(situation: Situation) -> str:
    return {
        "abroad": "民事诉讼法第二百八十三条",
        "hkmo": "涉港澳送达规定第九条",
        "taiwan": "涉台送达规定第八条",
    }[situation.region]


_WAYS: dict[str, Callable[[str, Situation, RuleSet], Verdict]] = {
    "direct": _direct,
    "leaving": _leaving,
    "pickup": _pickup,
    "electronic": _electronic,
    "message": _message,
    "telephone": _telephone,
    "postal": _postal,
    "entrusted": _entrusted,
    "forwarded": _forwarded,
    "notice": _notice,
}
