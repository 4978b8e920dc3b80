"""What the fonts hold, and what happens to a character they do not hold."""

from __future__ import annotations

import pytest

from server.core.errors import DomainError
from server.papers import fonts as fonts_module
from server.papers.fonts import FontSet, Source, find_fonts
from server.papers.render import render_proof, render_report

from . import samples

SOURCES: tuple[Source, ...] = ("system", "package")


def fonts_of(source: Source) -> FontSet:
    try:
        return find_fonts(source)
    except DomainError:
        if source == "package":
            raise  # the pip fonts are a dependency: their absence is a fault
        pytest.skip("fonts-noto-cjk is not installed on this machine")


@pytest.mark.parametrize("source", SOURCES)
def test_a_character_no_font_has_is_named_with_its_code_point_and_field(source: Source) -> None:
    fonts = fonts_of(source)
    with pytest.raises(DomainError) as caught:
        render_proof(samples.proof(recipient_name="王\ue000示\ue001\ue000"), fonts=fonts)
    error = caught.value
    assert (error.code, error.status) == ("papers.missing_glyph", 422)
    assert error.extra["field"] == "recipient_name"
    assert error.extra["characters"] == ["\ue000", "\ue001"]
    assert error.extra["code_points"] == ["U+E000", "U+E001"]
    assert "受送达人" in error.title
    assert "U+E000" in error.title


def test_a_missing_character_deep_in_a_report_names_its_path() -> None:
    attempt = samples.attempt(0, visit=samples.visit(witness_name="郑\ue123"))
    with pytest.raises(DomainError) as caught:
        render_report(samples.report(attempt))
    assert caught.value.code == "papers.missing_glyph"
    assert caught.value.extra["field"].startswith("channels[0].attempts[0].facts")
    assert caught.value.extra["code_points"] == ["U+E123"]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("name", ["㛃", "䶮", "𬀩", "堃喆犇"])
def test_rare_characters_of_names_are_covered_and_printed(source: Source, name: str) -> None:
    fonts = fonts_of(source)
    assert fonts.missing(name) == []
    paper = render_proof(samples.proof(recipient_name=f"王{name}"), fonts=fonts)
    assert f"王{name}" in samples.text_of(paper.pdf)


def test_the_package_fonts_lack_what_only_the_system_fonts_hold() -> None:
    # U+20BB7 is in Noto Serif CJK but not in the pip subset: the two situations are really told apart.
    assert find_fonts("package").missing("𠮷") == ["𠮷"]
    assert fonts_of("system").missing("𠮷") == []


def test_bidirectional_controls_are_refused() -> None:
    assert find_fonts().missing("王\u202e示例") == ["\u202e"]


def test_invisible_separators_and_variation_selectors_do_not_stop_the_press() -> None:
    name = "葛\U000e0100示\u200b例"
    assert find_fonts().missing(name) == []
    assert render_proof(samples.proof(recipient_name=name)).pages == 1


def test_missing_characters_come_once_and_in_order() -> None:
    assert find_fonts().missing("\ue002甲\ue001\ue002") == ["\ue002", "\ue001"]


def test_without_system_fonts_the_package_fonts_print(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts_module, "SYSTEM_DIRECTORIES", ())
    assert find_fonts.__wrapped__().source == "package"


def test_without_any_font_the_fault_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts_module, "SYSTEM_DIRECTORIES", ())
    monkeypatch.setattr(fonts_module, "PACKAGE", "no_such_font_package")
    with pytest.raises(DomainError) as caught:
        find_fonts.__wrapped__()
    assert (caught.value.code, caught.value.status) == ("papers.no_fonts", 503)
