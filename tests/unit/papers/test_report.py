"""The service report (送达报告书)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.core.errors import DomainError
from server.papers.fonts import find_fonts
from server.papers.render import render_report

from . import samples
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
