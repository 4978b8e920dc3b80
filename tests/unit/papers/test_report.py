"""The service report (送达报告书)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.core.errors import DomainError
from server.papers.data import Effect, LogEntry, ReportRecipient
from server.papers.fonts import find_fonts
from server.papers.render import render_report

from . import form_samples as f
from . import samples
from .pictures import words_of
from .raster import margins_are_blank


def test_a_report_holds_case_visit_events_and_every_complete_hash() -> None:
    data = samples.report()
    paper = render_report(data)
    text = samples.text_of(paper.pdf)
    assert paper.pages == samples.pages_of(paper.pdf)
    assert text.count(samples.CASE_NUMBER) >= 1
    for wanted in (
        "WC-20261124-0017",
        "登记结果",
        "2026年11月24日 09:00 至 10:00",
        "116.36421",
        "WGS-84",
        "钱审核",
    ):
        assert wanted in text
    for line in data.evidence:
        assert text.count(line.sha256) == 2  # under the photo and in the list
    assert margins_are_blank(data)


def test_several_attempts_of_several_channels_make_one_report() -> None:
    attempts = (
        samples.attempt(1),
        samples.refused_attempt(),
        samples.nobody_home_attempt(),
        samples.telephone_attempt(),
    )
    text = samples.text_of(render_report(samples.report(*attempts)).pdf)
    for wanted in (
        "（一）直接送达　（共 3 次）",
        "第 1 次：王示例",
        "第 2 次：王示例",
        "第 3 次：王示例",
        "（二）电话送达　（共 1 次）",
        "第 4 次：王示例",
        "定位不可用",
        "第二次拨打",
        "短信发送记录截图",
    ):
        assert wanted in text
    assert "郑见证" in text
    assert "（未送达）" in text


def test_twelve_photos_stay_on_paper() -> None:
    data = samples.report(samples.attempt(12))
    paper = render_report(data)
    assert margins_are_blank(data)
    assert samples.images_of(paper.pdf) == 12 + 3  # photos and signatures


def test_the_same_data_gives_the_same_bytes() -> None:
    first = render_report(samples.report(samples.attempt(2)))
    assert render_report(samples.report(samples.attempt(2))).sha256 == first.sha256


def test_a_report_prints_with_the_package_fonts_alone() -> None:
    paper = render_report(samples.report(samples.attempt(1)), fonts=find_fonts("package"))
    assert samples.CASE_NUMBER in samples.text_of(paper.pdf)


def test_a_broken_photo_is_named() -> None:
    photos = samples.photos(3)
    broken = replace(photos[1], image=photos[1].image[: len(photos[1].image) // 2])
    attempt = samples.attempt(0, photos=(photos[0], broken, photos[2]))
    with pytest.raises(DomainError) as caught:
        render_report(samples.report(attempt))
    assert (caught.value.code, caught.value.status) == ("papers.broken_image", 422)
    assert caught.value.extra["image"] == broken.name


def test_an_empty_photo_is_named() -> None:
    photo = replace(samples.photos(1)[0], image=b"")
    with pytest.raises(DomainError) as caught:
        render_report(samples.report(samples.attempt(0, photos=(photo,))))
    assert caught.value.code == "papers.broken_image"


def test_an_unconfirmed_effect_says_so() -> None:
    effect = replace(samples.report().effects[0], confirmed_by="", confirmed_at=None)
    text = samples.text_of(render_report(samples.report(samples.attempt(0), effects=(effect,))).pdf)
    assert "待法院工作人员确认" in text


def test_markup_in_a_photo_name_is_printed_literally() -> None:
    photo = replace(samples.photos(1)[0], caption='#read("/etc/passwd")', name="../../#x.jpg")
    text = samples.text_of(render_report(samples.report(samples.attempt(0, photos=(photo,)))).pdf)
    assert '#read("/etc/passwd")' in text
    assert "../../#x.jpg" in text


def test_the_start_of_a_visit_is_never_called_the_time_of_service() -> None:
    text = samples.text_of(render_report(samples.report(samples.attempt(0))).pdf)
    assert "送达时间" not in text
    assert "2026年11月24日 08:40 至 09:18" in text


def test_a_whole_case_fits_one_report() -> None:
    """Three recipients, five channels, exhibits of each, and the effect of every document on every recipient."""
    names = ("王示例", "李示例", f.COMPANY)
    screenshot = samples.photos(1)
    mail = replace(
        samples.telephone_attempt(2),
        channel_label="邮寄送达",
        recipient_name=names[1],
        outcome_label="退回：原写地址不详",
        facts=(("邮件号码", "1199999999999"), ("退回日期", "2026年11月20日")),
        log=(LogEntry(occurred_at=samples.later(-4000), title="投递", result="未妥投", detail="原写地址不详"),),
    )
    notice = replace(
        mail,
        number=3,
        channel_label="公告送达",
        facts=(("刊登媒体", "人民法院公告网"), ("网址", "https://notice.example.cn/" + "a1" * 60)),
        photos=screenshot,
    )
    recipients = tuple(ReportRecipient(name=name, role="被告", address="示例路1号") for name in names)
    effects = tuple(
        Effect(
            recipient_name=name,
            document=line.name,
            label="已送达" if name == names[0] else "公告期内",
            article="《中华人民共和国民事诉讼法》第八十七条",
            effective_on=samples.SIGNED_ON if name == names[0] else None,
            confirmed_by="陈书记" if name == names[0] else "",
        )
        for name in names
        for line in samples.DOCUMENTS
    )
    calls = replace(samples.telephone_attempt(1), recipient_name=names[2])
    attempts = (samples.attempt(2), calls, mail, samples.refused_attempt(), notice)
    data = samples.report(*attempts, recipients=recipients, effects=effects)
    paper = render_report(data)
    words = words_of(paper.pdf)
    channels = (
        "（一）直接送达（共2次）",
        "（二）电话送达（共1次）",
        "（三）邮寄送达（共1次）",
        "（四）公告送达（共1次）",
    )
    assert [words.index(one) for one in channels] == sorted(words.index(one) for one in channels)
    effect_pages = words[words.index("三、送达效力") : words.index("四、证据材料清单")]
    for name in names:
        assert f"受送达人：{name}" in effect_pages
    for line in samples.DOCUMENTS:
        assert effect_pages.count(line.name) >= len(names)
    assert effect_pages.count("待法院工作人员确认") == 2 * len(samples.DOCUMENTS)
    for wanted in ("1199999999999", "原写地址不详", "a1" * 60, "第二次拨打"):
        assert wanted in words
    assert "{" not in words
    assert margins_are_blank(data)
