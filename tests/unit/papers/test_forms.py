"""Every form beside proof and report: its fields in order, hard names, long values, room for the pen, refusals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from server.core.errors import DomainError
from server.papers import forms
from server.papers.data import DocumentLine, Manner
from server.papers.forms import AnnouncementKind, Region
from server.papers.kinds import KINDS
from server.papers.render import RenderedPaper, prepare, render

from . import form_samples as f
from . import samples
from .pictures import bare, is_pdf_a, last_page_of, pages_of, words_of
from .raster import margins_are_blank

MAKERS: dict[str, Callable[..., Any]] = {
    "address_form": f.address_form,
    "leaving_record": f.leaving_record,
    "work_record": f.work_record,
    "statement": f.statement,
    "announcement": f.announcement,
    "entrust_letter": f.entrust_letter,
    "assist_letter": f.assist_letter,
    "notice": f.notice,
    "e_voucher": f.e_voucher,
    "exhaustion": f.exhaustion,
}
# The fields of each form as the courts' forms and the statutes order them.
SCENE = ("时间（起止）", "地点（门牌）", "送达人", "案号、案由", "受送达人", "文书名称、份数", "在场人", "经过")
SCENE_END = ("拒收人", "拒收事由", "见证人", "留置位置", "照片、录像编号")
SIGNED = ("见证人（郑见证）", "送达人（李外勤）", "审判员（孙法官）", "书记员（陈书记）", "2026年11月24日")
ORDER = {
    "address_form": (
        "案号", "案由", "告知事项", "受送达人", "指定签收人", "与当事人关系", "证件类型", "证件号码", "确认送达地址",
        "手机号码", "邮编", "是否接受", "手机号码", "传真号码", "电子邮件地址", "微信号码", "QQ号码", "其他联系方式",
        "我已阅读（听明白）本确认书的告知事项", "受送达人（签名或者盖章）", "备注", "法院工作",
        "送达地址有关事项告知书", "第二审程序", "发送成功的日期",
    ),
    "leaving_record": (*SCENE[:-1], "留置方式", "经过", *SCENE_END, *SIGNED),
    "work_record": (*SCENE, *SCENE_END, "时间与位置记录", "送达结果", *SIGNED),
    "statement": ("送达人", "案号、案由", "受送达人", "文书名称、份数", "说明", "历次送达情况", "附件", "特此说明"),
    "announcement": ("北京市西城区人民法院", "公告", "王示例：", "张原告诉王示例民间借贷纠纷", "无法向你送达",
                     "起诉要点", "经过30日，即视为送达", "15日内", "特此公告", "北京市西城区人民法院", "2026年11月24日",
                     "陈书记"),
    "entrust_letter": ("北京市西城区人民法院", "委托送达函", samples.CASE_NUMBER, "上海市浦东新区人民法院：",
                       "原告张原告，被告王示例民间借贷纠纷", "受送达人：王示例", "上海市浦东新区示例路100弄5号601室",
                       "第一百三十四条", "起诉状副本1份", "十日内代为送达", "送达回证寄回我院", "2026年11月24日",
                       "联系人", "010-00000002", "100000"),
    "assist_letter": ("协查函", "示例市公安局", "被查询人：王示例", "110102********0017", "第七十条", "户籍登记地址",
                      "7日内", "协查函回执", "户籍登记地址", "单位盖章"),
    "notice": ("送达告知书", "王示例：", "领取地点", "482913", "https://songda.example.gov.cn/n/7Qx4mZ2b", "起诉状副本",
               "不代替诉讼文书的送达", "联系电话"),
    "e_voucher": ("案件基本信息", "受送达人", "送达方式", "送达地址", "发送成功时间", "到达时间", "首次查阅时间",
                  "送达日期", "第九十条", "SHA-256", "发送记录", "查阅记录", "电话沟通简要记录", "同等效力"),
    "exhaustion": ("受送达人王示例", "起诉状副本", "已尝试未果", "已说明理由", "结论", "可以报请公告送达",
                   "national-2026-1"),
}  # fmt: skip
PAGES = {"address_form": 2, "assist_letter": 2, "e_voucher": 2, "work_record": 2}
BLANK_FORMS = (
    forms.LeavingRecord(**f.BLANK_SCENE),
    forms.WorkRecord(**f.BLANK_SCENE),
    forms.AddressForm(**f.HEAD, party_name="王示例"),
)
HARD = (
    f.leaving_record(**f.HARD, course_of_events=f.LONG, refusal_reason=f.LONG[:400]),
    f.work_record(**f.HARD),
    f.statement(**f.HARD, explanation=f.LONG),
    f.address_form(party_name=f.COMPANY, signer_name=f.RARE, note=f.LONG[:300]),
    f.announcement(
        AnnouncementKind.COMPLAINT_SUMMONS, recipient_names=(f.COMPANY, f.RARE), gist=f.LONG, documents=f.THIRTY
    ),
    f.entrust_letter(**f.HARD, parties=(("原告", f.COMPANY), ("被告", f.RARE))),
    f.assist_letter(subject_name=f.COMPANY, items=tuple(f"查询事项{n}" for n in range(20))),
    f.notice(**f.HARD, url=f"https://songda.example.gov.cn/n/{'a1B2' * 120}"),
    f.e_voucher(recipient_name=f.COMPANY, lines=f.THIRTY),
    f.exhaustion(**f.HARD, lines=f.ledger_lines(28)),
)


def kind_of(data: Any) -> str:
    return next(code for code, one in KINDS.items() if type(data) is one.data)


def printed(data: Any) -> RenderedPaper:
    return render(kind_of(data), data)


def refused(data: Any) -> DomainError:
    with pytest.raises(DomainError) as caught:
        prepare(kind_of(data), data)
    return caught.value


def in_order(words: str, fields: tuple[str, ...]) -> list[str]:
    """The fields not found after the one before."""
    missing, place = [], 0
    for field in fields:
        found = words.find(field, place)
        if found < 0:
            missing.append(field)
        else:
            place = found + len(field)
    return missing


@pytest.mark.parametrize("kind", MAKERS)
def test_every_form_prints_its_fields_in_order_on_its_pages(kind: str) -> None:
    paper = render(kind, MAKERS[kind]())
    words = words_of(paper.pdf)
    assert in_order(words, ORDER[kind]) == []
    assert "None" not in words
    assert paper.pages == pages_of(paper.pdf) == PAGES.get(kind, 1)
    assert is_pdf_a(paper.pdf)
    assert (paper.template_version, paper.wording_version) == (KINDS[kind].template_version, "2026-1")


@pytest.mark.parametrize("kind", MAKERS)
def test_the_same_form_gives_the_same_bytes_and_other_data_others(kind: str) -> None:
    first = render(kind, MAKERS[kind]())
    assert render(kind, MAKERS[kind]()).sha256 == first.sha256
    assert render(kind, MAKERS[kind](version=2)).sha256 != first.sha256


@pytest.mark.parametrize("data", HARD, ids=kind_of)
def test_long_names_many_documents_and_long_reasons_stay_on_the_paper(data: Any) -> None:
    paper = printed(data)
    words = words_of(paper.pdf)
    assert f.COMPANY in words
    assert len(f.COMPANY) == 60
    assert margins_are_blank(data)
    documents = getattr(data, "documents", ())
    if len(documents) == 30 and kind_of(data) != "exhaustion":  # the proof on one page names the first of them
        assert all(one.name in words for one in documents)


@pytest.mark.parametrize("kind", MAKERS)
def test_rare_characters_are_printed_in_every_form(kind: str) -> None:
    names = {"address_form": "party_name", "assist_letter": "subject_name", "announcement": "recipient_names"}
    field = names.get(kind, "recipient_name")
    value: Any = (f.RARE,) if field == "recipient_names" else f.RARE
    assert f.RARE in words_of(render(kind, MAKERS[kind](**{field: value})).pdf)


@pytest.mark.parametrize("data", BLANK_FORMS, ids=kind_of)
def test_what_is_not_known_yet_is_room_for_the_pen(data: Any) -> None:
    words = words_of(printed(data).pdf)
    assert "None" not in words
    assert "√" not in words
    assert "年月日" in words
    assert margins_are_blank(data)


def test_the_blank_record_and_the_proof_of_exhaustion_keep_to_one_page() -> None:
    assert printed(BLANK_FORMS[0]).pages == 1
    assert printed(f.exhaustion(**f.HARD, lines=f.ledger_lines(28))).pages == 1


def test_nobody_signs_or_seals_an_empty_page() -> None:
    for data, last in (
        (HARD[0], "照片、录像编号"),
        (f.work_record(), "送达结果"),
        (HARD[4], "特此公告"),
        (HARD[5], "退回我院"),
    ):
        assert last in last_page_of(printed(data).pdf)


@pytest.mark.parametrize(("accepts", "ticked"), [(True, "√是"), (False, "√否")])
def test_consent_to_electronic_service_is_one_box_or_the_other(accepts: bool, ticked: str) -> None:
    none = forms.ElectronicAddresses()
    words = words_of(printed(f.address_form(accepts_electronic=accepts, electronic=none)).pdf)
    assert words.count("√") == 1
    assert ticked in words


def test_the_address_form_says_what_is_law_now_and_which_text_was_signed() -> None:
    paper = printed(f.address_form())
    words = words_of(paper.pdf)
    assert "除外" not in words.replace("没有过错的除外", "")
    assert "包括判决书、裁定书、调解书在内的诉讼文书可以电子送达" in words
    assert words.count(f"告知书版本：{paper.wording_version}") >= 2


@pytest.mark.parametrize(
    ("region", "article", "period", "answer"),
    [
        (Region.DOMESTIC, "民事诉讼法》第九十五条", "经过30日", "15日内"),
        (Region.ABROAD, "民事诉讼法》第二百八十三条", "经过60日", "30日内"),
        (Region.HKMO, "若干规定》第九条", "经过3个月", "15日内"),
        (Region.TAIWAN, "若干规定》第八条", "经过3个月", "15日内"),
    ],
)
def test_article_and_period_of_an_announcement_follow_the_recipients_domicile(
    region: Region, article: str, period: str, answer: str
) -> None:
    words = words_of(printed(f.announcement(region=region)).pdf)
    assert in_order(words, (article, period, answer)) == []


@pytest.mark.parametrize("kind", AnnouncementKind)
def test_every_announcement_gives_its_reason_and_period(kind: AnnouncementKind) -> None:
    data = f.announcement(kind)
    words = words_of(printed(data).pdf)
    assert data.reason in words
    assert "自公告之日起，经过30日，即视为送达" in words
    assert refused(replace(data, reason=" 。")).code == "papers.incomplete"


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (AnnouncementKind.COMPLAINT, "gist", ""),
        (AnnouncementKind.SUMMONS, "hearing", None),
        (AnnouncementKind.THIRD_PARTY, "third_party", ""),
        (AnnouncementKind.APPEAL, "decision", None),
        (AnnouncementKind.JUDGMENT, "decision", replace(f.DECISION, appeal_court="")),
    ],
)
def test_an_announcement_lacking_what_its_kind_must_say_is_refused(
    kind: AnnouncementKind, field: str, value: object
) -> None:
    assert refused(f.announcement(kind, **{field: value})).code == "papers.incomplete"


def test_an_announcement_is_never_shorter_than_the_statute() -> None:
    assert refused(f.announcement(period=forms.Period(amount=29))).code == "papers.unlawful"
    assert refused(f.announcement(region=Region.ABROAD, period=forms.Period(amount=1, unit="month"))).code == (
        "papers.unlawful"
    )
    assert "经过60日" in words_of(printed(f.announcement(region=Region.HKMO, period=forms.Period(amount=60))).pdf)


def test_a_payment_order_is_never_announced() -> None:
    assert refused(f.announcement(documents=(DocumentLine(name="支付令"),))).code == "papers.unlawful"


def test_a_judgment_tells_where_to_appeal_and_a_final_one_does_not() -> None:
    appealable = words_of(printed(f.announcement(AnnouncementKind.JUDGMENT)).pdf)
    assert "15日内向本院递交上诉状及副本，上诉于北京市第二中级人民法院" in appealable
    ruling = replace(f.DECISION, title="民事裁定书")
    assert "10日内" in words_of(printed(f.announcement(AnnouncementKind.JUDGMENT, decision=ruling)).pdf)
    final = replace(f.DECISION, appealable=False, appeal_court="")
    assert "上诉于" not in words_of(printed(f.announcement(AnnouncementKind.JUDGMENT, decision=final)).pdf)


def test_no_record_leaves_a_mediation_paper() -> None:
    error = refused(f.leaving_record(documents=(DocumentLine(name="民事调解书"),)))
    assert (error.code, error.extra["rule"]) == ("papers.unlawful", "民诉法解释第一百三十三条")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"manner": Manner.LEFT_WITH_WITNESS, "witness": None}, "papers.incomplete"),
        ({"manner": Manner.LEFT_WITH_RECORDING, "recordings": ()}, "papers.incomplete"),
        ({"manner": Manner.REFUSED_BEFORE_COURT, "court_staff": ()}, "papers.incomplete"),
        ({"manner": Manner.NOT_SERVED}, "papers.contradiction"),
    ],
)
def test_a_way_of_leaving_that_is_claimed_has_its_facts(changes: dict[str, Any], code: str) -> None:
    assert refused(f.leaving_record(**changes)).code == code


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://a b", "https://例子", "ftp://x", "https://x/" + "a" * 600]
)
def test_the_code_leads_to_a_web_address_only(url: str) -> None:
    assert refused(f.notice(url=url)).code == "papers.bad_link"


def test_a_voucher_never_tells_arrival_before_sending_or_a_day_without_its_article() -> None:
    early: datetime = samples.later(-5)
    assert refused(f.e_voucher(arrived_at=early, read_at=None)).code == "papers.contradiction"
    assert refused(f.e_voucher(article="")).code == "papers.incomplete"
    open_one = f.e_voucher(served_on=None, article="", effect="", read_at=None, views=(), calls=())
    words = words_of(printed(open_one).pdf)
    assert "尚未送达" in words
    assert "没有查阅记录" in words


def test_a_complete_proof_of_exhaustion_has_no_open_line() -> None:
    line = replace(f.ledger_lines(1)[0], state="open")
    assert refused(f.exhaustion(lines=(line,))).code == "papers.contradiction"
    assert "尚未完成" in words_of(printed(f.exhaustion(lines=(line,), complete=False)).pdf)


@pytest.mark.parametrize(
    ("region", "basis"), [(Region.HKMO, "相互委托送达民商事司法文书的安排"), (Region.TAIWAN, "海峡两岸送达文书")]
)
def test_a_letter_beyond_the_mainland_names_its_own_arrangement(region: Region, basis: str) -> None:
    words = words_of(printed(f.entrust_letter(region=region)).pdf)
    assert basis in words
    assert "十日内代为送达" not in words


@pytest.mark.parametrize("field", ["to_court", "recipient_address", "reason"])
def test_a_letter_without_its_particulars_is_refused(field: str) -> None:
    assert refused(f.entrust_letter(**{field: ""})).code == "papers.incomplete"


@pytest.mark.parametrize("kind", MAKERS)
def test_markup_in_data_is_printed_literally(kind: str) -> None:
    evil = '#read("/etc/passwd") *x* $y$ \\ // {案号}'
    field = {"address_form": "address", "assist_letter": "reason", "announcement": "reason"}.get(kind, "cause")
    words = words_of(render(kind, MAKERS[kind](**{field: evil})).pdf)
    assert bare(evil) in words


def test_unknown_kinds_and_wrong_data_are_told_apart() -> None:
    with pytest.raises(DomainError) as caught:
        render("poem", f.notice())
    assert caught.value.code == "papers.unknown_kind"
    with pytest.raises(TypeError):
        render("notice", f.announcement())


def test_a_moment_is_printed_in_the_courts_time() -> None:
    late = samples.AT.replace(hour=16) + timedelta(minutes=30)  # the next day in Asia/Shanghai
    assert "2026年11月25日" in words_of(printed(f.notice(made_at=late)).pdf)
