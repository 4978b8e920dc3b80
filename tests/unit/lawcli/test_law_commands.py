"""`flask law …`: the same engine for testers, trainers and other systems. JSON in, JSON with the working out."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from server.law.attempts import SHANGHAI
from server.law.kinds import KINDS
from server.law.notices import LABELS
from server.law.reading import build, describe, plain
from server.law.refusals import LawRefused
from server.law.situation import Situation
from server.lawcli.cli import init_app, law_commands
from server.lawcli.questions import QUESTIONS, Frame
from server.lawcli.words import WORDS
from tests.unit.law.properties import patient

DOCS = Path(__file__).parents[3] / "docs/law.md"
SIGNED: dict[str, Any] = {
    "id": "a1",
    "channel": "direct",
    "result": "signed_recipient",
    "signer": {"relation": "self", "name": "赵某"},
    "signed_on": "2026-11-03",
    "items": [{"kind": "signature_recipient"}, {"kind": "photo_documents"}],
    "fields": {"signer.name": "赵某"},
}


def law(*arguments: str, given: Any = None) -> tuple[int, Any]:
    text = None if given is None else json.dumps(given, ensure_ascii=False)
    result = CliRunner().invoke(law_commands, list(arguments), input=text)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, json.loads(result.stdout)


def refused(*arguments: str, given: Any = None) -> str:
    status, answer = law(*arguments, given=given)
    assert status == 2
    assert answer["refused"]["title"]
    return str(answer["refused"]["code"])


def test_the_deadline_of_the_issue() -> None:
    status, found = law("deadline", "--kind", "appeal-judgment", "--served-on", "2026-09-17")
    assert status == 0
    assert found["ends_on"] == "2026-10-08"
    assert found["provisional"] is False
    assert found["working"]
    assert found["articles"][0] == "民事诉讼法第一百七十一条第一款"
    assert found["rule_version"]


@pytest.mark.parametrize(
    ("kind", "on", "ends"),
    [
        ("appeal-ruling", "2026-09-30", "2026-10-10"),
        ("answer", "2026-02-01", "2026-02-24"),
        ("entrusted", "2026-06-09", "2026-06-22"),
        ("notice", "2026-03-02", "2026-04-01"),
        ("notice-abroad", "2026-03-02", "2026-05-01"),
        ("criminal-month", "2026-01-31", "2026-02-28"),
    ],
)
def test_the_kinds_the_issue_names(kind: str, on: str, ends: str) -> None:
    assert law("deadline", "--kind", kind, "--on", on)[1]["ends_on"] == ends


@pytest.mark.parametrize("kind", [*KINDS, *LABELS])
def test_every_kind_answers(kind: str) -> None:
    status, found = law("deadline", "--kind", kind, "--on", "2026-03-02")
    assert status == 0
    assert found["articles"]


def test_a_period_by_hours_and_an_act_in_time() -> None:
    hours = law("deadline", "--kind", "hours", "--at", "2026-10-01T10:20:00+08:00", "--amount", "48")[1]
    assert hours["ends_at"] == "2026-10-03T11:00:00+08:00"
    timely = law("deadline", "--kind", "answer", "--on", "2026-03-02", "--posted-on", "2026-03-18")[1]
    assert timely["timely"]["in_time"] is False


def test_several_postings_count_from_the_last() -> None:
    found = law("deadline", "--kind", "notice", "--posting", "2026-03-02", "--posting", "2026-02-01")[1]
    assert found["ends_on"] == "2026-04-01"


def test_json_from_stdin_and_from_a_file_and_many_at_once(tmp_path: Path) -> None:
    asked = [{"kind": "answer", "on": "2026-02-01"}, {"kind": "answer", "on": "2026-04-20"}]
    status, found = law("deadline", "-", given=asked)
    assert (status, [one["ends_on"] for one in found]) == (0, ["2026-02-24", "2026-05-06"])

    path = tmp_path / "question.json"
    path.write_text(json.dumps({"on": "2026-02-01"}), encoding="utf-8")
    assert law("deadline", str(path), "--kind", "answer")[1]["ends_on"] == "2026-02-24"


def test_one_refusal_among_many_leaves_the_other_answers_and_says_so_in_the_status() -> None:
    asked = [{"kind": "answer", "on": "2026-02-30"}, {"kind": "answer", "on": "2026-04-20"}, 7]
    status, found = law("deadline", "-", given=asked)
    assert status == 2
    assert [one.get("ends_on") for one in found] == [None, "2026-05-06", None]
    assert found[0]["refused"]["code"] == "law.bad_date"


def test_channels_say_verdict_article_and_sentence() -> None:
    found = law("channels", "--document", "民事调解书", "--procedure", "简易程序")[1]
    ways = {one["way"]: one for one in found["channels"]}
    assert ways["leaving"]["verdict"] == "barred"
    assert ways["notice"]["verdict"] == "barred"
    assert all(one["article"] and one["text_zh"] for one in found["channels"])


def test_channels_take_the_history_into_account() -> None:
    tried = {"id": "a", "channel": "direct", "result": "nobody_home"}
    given = {"documents": ["起诉状副本"], "situation": {"address_basis": "原告提供"}, "attempts": [tried]}
    ways = {one["way"]: one["verdict"] for one in law("channels", "-", given=given)[1]["channels"]}
    assert (ways["postal"], ways["leaving"]) == ("allowed", "barred")


def test_options_are_laid_over_the_facts_of_the_file() -> None:
    given = {"documents": ["起诉状副本"], "situation": {"exhausted": True, "procedure": "简易程序"}}
    verdicts = [
        next(
            one["verdict"] for one in law("channels", "-", *more, given=given)[1]["channels"] if one["way"] == "notice"
        )
        for more in ((), ("--procedure", "普通程序"))
    ]
    assert verdicts == ["barred", "needs_confirmation"]


def test_evidence_says_what_is_missing_and_then_that_nothing_is() -> None:
    bare = law("evidence", "--outcome", "signed_recipient", "--document", "起诉状副本")[1]
    assert [one["code"] for one in bare["missing"]] == ["signer_name", "signature_recipient", "photo_documents"]
    assert bare["provable"] is False
    full = law(
        "evidence", "--result", "signed_recipient", "--document", "起诉状副本", "--field", "signer.name=赵某",
        "--item", "signature_recipient", "--item", "photo_documents",
    )[1]  # fmt: skip
    assert full["provable"] is True


def test_evidence_bars_what_the_document_forbids() -> None:
    found = law("evidence", "--result", "refused_video", "--document", "民事调解书")[1]
    assert found["barred"]["code"] == "outcome.not_allowed"
    assert found["provable"] is False


def test_effect_proposes_with_date_article_and_who_confirms() -> None:
    found = law("effect", "-", given={"document": "起诉状副本", "on": "2026-11-20", "attempts": [SIGNED]})[1]
    assert (found["effect"]["state"], found["effect"]["served_on"], found["state_zh"]) == (
        "served",
        "2026-11-03",
        "已送达",
    )
    assert found["confirm_by_zh"] == ["送达专员审核"]


def test_case_numbers_by_argument_and_by_json() -> None:
    found = law("case-number", "(2026) 京0102民初10265号")[1]
    assert (found["normal"], found["court"]["name"]) == ("（2026）京0102民初10265号", "北京市西城区人民法院")
    many = law("case-number", "--input", "-", given=[{"case_number": "（2020）京民终5号"}])[1]
    assert many[0]["case_class"] == "民事"
    assert refused("case-number", "京0102民初1号") == "case_number.malformed"


def test_the_other_questions_answer_json() -> None:
    appeals = law("appeals", "-", given={"parties": [{"party": "甲", "served_on": "2026-09-17"}, {"party": "乙"}]})[1]
    assert appeals["unserved"] == ["乙"]
    signer = law("signer", "-", given={"document": "起诉状副本", "signer": {"relation": "guard"}})[1]
    assert signer["verdict"]["ok"] is False
    number = law("number-called", "-", given={"number": "1", "calls": []})[1]
    assert number["still"] == 4
    clocks = law("clocks", "-", given={"on": "2026-11-20", "days": {"filed_on": "2026-11-02"}})[1]
    assert clocks[0]["state"] == "overdue"
    plan = law("plan", "-", given={"accepted_at": "2026-11-02T08:00:00+08:00", "now": "2026-11-02T09:00:00+08:00"})[1]
    assert [one["rule"] for one in plan["due"]] == ["T07", "T09"]
    ledger = law("ledger", "-", given={"documents": ["起诉状副本"], "case_number": "（2026）京0102民初1号"})[1]
    assert ledger["ledger"]["unlocked"] is False
    assert ledger["page"][0] == "案号：（2026）京0102民初1号"


def test_a_courts_rules_and_a_new_years_holidays_are_read_from_files(tmp_path: Path) -> None:
    rules = tmp_path / "rules.json"
    rules.write_text(
        json.dumps({"version": "v2", "court": "京0102", "dated": "2026-11-01", "readings": {"notice_roll": "yes"}}),
        encoding="utf-8",
    )
    found = law("deadline", "--kind", "notice", "--on", "2026-09-02", "--rules", str(rules))[1]
    assert (found["ends_on"], found["rule_version"]) == ("2026-10-08", "v2")

    year = tmp_path / "2027.csv"
    names = [
        "01-01,off,元旦",
        "02-06,off,春节",
        "04-05,off,清明",
        "05-01,off,劳动节",
        "06-09,off,端午",
        "10-01,off,国庆节",
    ]
    year.write_text("# source: 示例\ndate,kind,name\n" + "".join(f"2027-{one}\n" for one in names), encoding="utf-8")
    sure = law("deadline", "--kind", "appeal-judgment", "--on", "2026-12-17", "--calendar", str(year))[1]
    assert (sure["ends_on"], sure["provisional"]) == ("2027-01-04", False)
    assert law("deadline", "--kind", "appeal-judgment", "--on", "2026-12-17")[1]["provisional"] is True


def test_rules_below_the_statute_are_refused(tmp_path: Path) -> None:
    rules = tmp_path / "rules.json"
    rules.write_text(
        json.dumps({"version": "v2", "court": "", "dated": "2026-11-01", "thresholds": {"notice_days": 20}}), "utf-8"
    )
    assert refused("rules", str(rules)) == "law.below_statute"
    assert refused("deadline", "--kind", "notice", "--on", "2026-03-02", "--rules", str(rules)) == "law.below_statute"
    assert law("rules")[1]["disputed"]["notice_roll"]["readings"][1]["code"] == "yes"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"document": "情书", "on": "2026-11-20"}, "law.unknown_document"),
        ({"document": "起诉状副本"}, "law.bad_input"),
        ({"document": "起诉状副本", "on": "2026-02-30"}, "law.bad_date"),
        ({"document": "起诉状副本", "on": "2026-11-20", "extra": 1}, "law.bad_input"),
        ({"document": "起诉状副本", "on": "2026-11-20", "attempts": {}}, "law.bad_input"),
        ({"document": "起诉状副本", "on": "2026-11-20", "attempts": [SIGNED, SIGNED]}, "law.two_closings"),
        ({"document": "起诉状副本", "on": "2026-11-01", "attempts": [SIGNED]}, "law.contradiction"),
        (
            {"document": "起诉状副本", "on": "2026-11-20", "attempts": [{**SIGNED, "posted_on": "2026-11-09"}]},
            "law.contradiction",
        ),
        (
            {
                "document": "起诉状副本",
                "on": "2026-11-20",
                "attempts": [{**SIGNED, "items": [{"kind": "video", "attempt_id": "b"}]}],
            },
            "law.foreign_evidence",
        ),
        ({"document": "起诉状副本", "on": "2026-11-20", "situation": {"exhausted": "yes"}}, "law.bad_input"),
        ({"document": "起诉状副本", "on": "2026-11-20", "situation": []}, "law.bad_input"),
        ({"document": "起诉状副本", "on": "2026-11-20", "situation": {"procedure": "快"}}, "law.unknown_word"),
        ("民事判决书", "law.bad_input"),
        (None, "law.bad_input"),
    ],
)
def test_bad_input_is_refused_with_the_rules_name(given: Any, code: str) -> None:
    result = CliRunner().invoke(law_commands, ["effect", "-"], input=json.dumps(given, ensure_ascii=False))
    assert result.exit_code == 2
    told = json.loads(result.stdout)["refused"]
    assert told["code"] == code
    assert told["rule"]


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\udcff".encode("utf-8", "surrogateescape")])
def test_what_is_no_json_is_refused(text: str | bytes) -> None:
    result = CliRunner().invoke(law_commands, ["effect", "-"], input=text)
    assert result.exit_code == 2
    assert json.loads(result.stdout)["refused"]["code"] == "law.bad_input"


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=12)
    | st.sampled_from(["2026-11-03", "起诉状副本", "direct"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@patient
@given(name=st.sampled_from(sorted(QUESTIONS)), data=st.data())
def test_any_json_is_answered_or_refused_and_never_breaks_a_question(name: str, data: st.DataObject) -> None:
    fields = [field.rstrip("*") for field in describe(QUESTIONS[name].shape)]
    value = data.draw(JSON_VALUES | st.dictionaries(st.sampled_from(fields), JSON_VALUES))
    with suppress(LawRefused):
        build(QUESTIONS[name].shape, value)


DATES = st.one_of(st.dates(date(2026, 10, 1), date(2026, 11, 20)), st.dates())
MOMENTS = st.one_of(
    st.datetimes(datetime(2026, 10, 1), datetime(2026, 11, 20), timezones=st.just(UTC)),  # noqa: DTZ001 # bounds are naive
    st.datetimes(timezones=st.sampled_from([UTC, SHANGHAI])),
)
ANYTHING: dict[Any, st.SearchStrategy[Any]] = {
    "文字": st.sampled_from(["", "p1", "赵某", "2026"]),
    "整数": st.integers(-3, 60) | st.just(10**12),
    "true/false": st.booleans(),
    "日期": DATES.map(str),
    "时间（带时区）": MOMENTS.map(lambda one: one.isoformat()),
}
LISTS = {name.rpartition(".")[2]: sorted(words) for name, words in WORDS.items()} | {
    "document": ["起诉状副本", "民事判决书", "民事调解书"],
    "documents": ["开庭传票", "支付令"],
    "kind": [*KINDS, *LABELS, "hours", "phone", "address", "video", "voucher", "mail_receipt"],
}


def shaped(shape: Any, name: str = "") -> st.SearchStrategy[Any]:
    """JSON of the right shape, with words of the closed lists and days of this year or of any."""
    if isinstance(shape, list):
        return st.lists(shaped(shape[0], name), max_size=3)
    if isinstance(shape, dict) and "…" not in shape:
        needed = {field[:-1]: shaped(kind, field[:-1]) for field, kind in shape.items() if field.endswith("*")}
        others = {field: shaped(kind, field) for field, kind in shape.items() if not field.endswith("*")}
        return st.fixed_dictionaries(needed, optional=others)
    if isinstance(shape, dict):
        return st.dictionaries(st.sampled_from(["note", "signer.name", "thing"]), shaped(shape["…"]), max_size=2)
    return st.sampled_from(LISTS[name]) if name in LISTS else ANYTHING[shape]


@patient
@given(name=st.sampled_from(sorted(QUESTIONS)), data=st.data())
def test_any_facts_of_the_right_shape_are_answered_or_refused(name: str, data: st.DataObject) -> None:
    question = QUESTIONS[name]
    value = data.draw(shaped(describe(question.shape)))
    with suppress(LawRefused):
        json.dumps(plain(question.answer(build(question.shape, value), Frame())))


def test_facts_read_and_written_again_are_the_same() -> None:
    facts = Situation(procedure="简易程序", refused=True, address_basis="原告提供")
    assert build(Situation, plain(facts)) == facts


@pytest.fixture
def commands() -> Any:
    app = Flask("tested")
    init_app(app)
    return app.test_cli_runner()


def test_flask_knows_the_group_and_its_help_names_every_kind_question_and_field(commands: Any) -> None:
    text = commands.invoke(args=["law", "--help"]).output
    assert all(kind in text for kind in (*KINDS, *LABELS))
    assert all(f"{name}：" in text for name in QUESTIONS)
    assert all(field in text for one in QUESTIONS.values() for field in describe(one.shape))
    assert all(field in text for field in describe(Situation))
    assert "appeal-judgment" in commands.invoke(args=["law", "deadline", "--help"]).output


def test_every_word_has_a_meaning_and_the_manual_names_every_list_kind_and_question() -> None:
    status, words = law("words")
    assert status == 0
    assert words == plain(WORDS)
    manual = DOCS.read_text(encoding="utf-8")
    assert [kind for kind in (*KINDS, *LABELS) if f"`{kind}`" not in manual] == []
    assert [name for name in QUESTIONS if f"### `{name}`" not in manual] == []
    assert [field for field in describe(Situation) if f"`{field}`" not in manual] == []
    for one in QUESTIONS.values():
        named = [field.rstrip("*") for field in describe(one.shape)]
        assert [field for field in named if f"`{field}`" not in manual] == [], one.name
    assert [name for name in words if f"`{name}`" not in manual] == []
