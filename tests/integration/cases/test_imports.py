"""An import from upload to report: what is refused, what goes in, what is said about the rest."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from server.accounts.models import Person, holding
from server.addresses.models import ContactPoint
from server.cases import files, progress, services
from server.cases.errors import FileRefused
from server.cases.models import Case, ImportRun, Party
from server.core.errors import DomainError
from server.service.models import ServiceTask
from tests.factories.case_lists import COURT, DATA, HEADER, csv_of, good_row, resident_id, xlsx_of
from tests.integration.cases.importing import CLERK, Importing


def add_person(name: str, username: str, court: str = COURT) -> str:
    person = Person(
        court=court, username=username, name=name, staff_no=username, grants=holding("judge"), created_at="2026-01-01"
    )
    return str(person.save().id)


def test_good_rows_go_in_and_bad_ones_are_listed(importing: Importing) -> None:
    run = importing.rows(
        good_row(1),
        good_row(2, 案号="（2026）京0105民初2号"),
        good_row(3, 手机号码="1990761398", 送达文书="情书"),
        good_row(4, 诉讼地位="围观者"),
        good_row(1),
        good_row(5, 备注="=cmd()"),
    )

    assert run.state == "done"
    assert run.counts == {"rows": 6, "created": 2, "updated": 0, "unchanged": 0, "bad": 4, "warnings": 1}
    assert (run.rows_total, run.rows_done, run.problems_total) == (6, 6, 6)
    assert sorted((one["row"], one["column"], one["code"]) for one in run.problems) == [
        (3, "案号", "import.other_court"),
        (4, "手机号码", "import.bad_phone"),
        (4, "送达文书", "import.unknown_document"),
        (5, "诉讼地位", "import.unknown_standing"),
        (6, "案号", "import.duplicate_row"),
        (7, "备注", "import.formula"),
    ]
    assert "第2行" in next(one["reason"] for one in run.problems if one["code"] == "import.duplicate_row")
    assert ServiceTask.objects.count() == 2


def test_a_row_becomes_case_party_contact_point_and_task(importing: Importing) -> None:
    judge = add_person("法官01", "judge01")
    add_person("书记员01", "clerk01")
    add_person("书记员01", "clerk02")
    add_person("法官01", "elsewhere", court="京0105")

    run = importing.rows(good_row(1))

    case, party = Case.objects.get(), Party.objects.get()
    address, task = ContactPoint.objects.get(), ServiceTask.objects.get()
    assert (case.number, case.kind, case.procedure) == ("（2026）京0102民初10001号", "民事", "简易程序")
    assert (case.judge.name, case.judge.phone, case.judge.person_id) == ("法官01", "010-83900001", judge)
    assert (case.clerk.name, case.clerk.person_id) == ("书记员01", None)
    assert (party.case_id, party.name, party.kind, party.standing) == (case.id, "张某1", "自然人", "被告")
    assert party.id_number.open(court=COURT) == resident_id(1)
    assert party.phone.open(court=COURT) == "19900000001"
    assert party.identity == party.id_number.index
    assert (address.party_id, address.basis, address.source) == (party.id, "送达地址确认书", f"import:{run.id}")
    assert (address.point.datum, address.point.lng) == ("GCJ-02", 116.363917)
    assert address.point.lng_lat == pytest.approx((116.3577, 39.9571), abs=2e-4)
    recipient = task.recipients[0]
    assert (task.state, task.channel, task.due_on, task.version) == ("pending_review", "direct", "2026-11-26", 1)
    assert (task.judge_id, task.clerk_id, task.origin) == (judge, None, f"import:{run.id}")
    assert task.windows == [[32400, 43200]]
    assert (recipient.party_id, recipient.contact_point_id, recipient.state) == (party.id, address.id, "pending")
    assert (recipient.phone_mask, recipient.id_mask[-4:]) == ("199****0001", resident_id(1)[-4:])
    assert [step.what for step in task.steps] == ["task.created"]
    assert (task.steps[0].by, task.steps[0].by_name) == (CLERK.id, CLERK.name)


def test_plain_numbers_are_nowhere_in_the_database(importing: Importing, database: Any) -> None:
    importing.rows(good_row(1), good_row(2, 证件号码="110105194912310021"))

    everything = repr([list(database[name].find()) for name in database.list_collection_names()])
    assert resident_id(1) not in everything
    assert "19900000001" not in everything
    assert "110105194912310021" not in everything


def test_parties_of_one_case_share_the_case_and_keep_their_own_procedure(importing: Importing) -> None:
    number = "（2026）京0102民特10274号"
    importing.rows(good_row(1, 案号=number, 适用程序="简易程序"), good_row(2, 案号=number, 适用程序="普通程序"))

    assert [case.procedure for case in Case.objects] == ["简易程序"]
    assert sorted(task.procedure for task in ServiceTask.objects) == ["普通程序", "简易程序"]


def test_one_party_with_two_services_is_one_party(importing: Importing) -> None:
    run = importing.rows(good_row(1), good_row(1, 送达文书="民事判决书", 手机号码="19911112222"))

    assert run.counts["created"] == 2
    assert (Party.objects.count(), ContactPoint.objects.count(), ServiceTask.objects.count()) == (1, 1, 2)
    assert Party.objects.get().phone.open(court=COURT) == "19900000001"
    assert [(one["row"], one["code"], one["level"]) for one in run.problems] == [(3, "import.contradiction", "warning")]


def test_a_contradicting_file_imported_again_still_changes_nothing(importing: Importing, database: Any) -> None:
    content = xlsx_of([good_row(1), good_row(1, 送达文书="民事判决书", 手机号码="19911112222", 地址依据="合同约定")])
    importing.whole(content)
    before = [list(database[name].find()) for name in ("cases", "parties", "contact_points", "service_tasks")]

    run = importing.whole(content)

    assert run.counts["unchanged"] == 2
    assert [list(database[name].find()) for name in ("cases", "parties", "contact_points", "service_tasks")] == before


def test_a_party_without_a_number_is_known_by_its_name(importing: Importing) -> None:
    importing.rows(good_row(1, 证件号码=""), good_row(1, 证件号码="", 受送达人="李某"))

    assert Party.objects.count() == 2
    assert all(party.id_number is None for party in Party.objects)


def test_a_corrected_number_is_pointed_out_because_it_makes_another_party(importing: Importing) -> None:
    importing.rows(good_row(1))

    run = importing.rows(good_row(1, 证件号码=resident_id(2)))

    assert run.counts["created"] == 1
    assert [(one["code"], one["level"]) for one in run.problems] == [("import.same_name", "warning")]
    assert Party.objects.count() == 2


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gbk"])
def test_the_same_list_as_csv_is_the_same_list(importing: Importing, encoding: str) -> None:
    importing.rows(good_row(1), good_row(2))

    run = importing.whole(csv_of([good_row(1), good_row(2)], encoding=encoding), filename="cases.csv")

    assert run.counts["unchanged"] == 2


@pytest.mark.parametrize(
    ("content", "filename", "code", "status"),
    [
        (b"", "cases.xlsx", "import.empty_file", 422),
        (b"%PDF-1.7", "cases.xlsx", "import.not_a_table", 422),
        (xlsx_of([good_row()], HEADER[:5]), "cases.xlsx", "import.columns_missing", 422),
        (bytes(30 * 1024 * 1024), "cases.xlsx", "import.file_too_large", 413),
    ],
)
def test_a_file_that_is_refused_leaves_nothing_behind(
    importing: Importing, tmp_path: Path, content: bytes, filename: str, code: str, status: int
) -> None:
    with pytest.raises(FileRefused) as caught:
        importing.start(content, filename=filename)

    assert (caught.value.code, caught.value.status) == (code, status)
    assert ImportRun.objects.count() == 0
    assert not (tmp_path / "store").exists()


def test_an_unknown_kind_of_list_is_refused(importing: Importing) -> None:
    with pytest.raises(FileRefused) as caught:
        importing.start(xlsx_of([good_row()]), kind="recipes")
    assert caught.value.code == "import.unknown_kind"


def test_a_file_found_unreadable_half_way_stores_none_of_its_rows(importing: Importing) -> None:
    lines = csv_of([good_row(number) for number in range(1, 600)]).decode()
    content = lines.replace("张某590", '"张某590').encode()

    run = importing.whole(content, filename="cases.csv")

    assert (run.state, run.failure["code"]) == ("failed", "import.not_a_table")
    assert (Case.objects.count(), ServiceTask.objects.count()) == (0, 0)


def test_the_file_is_kept_byte_for_byte_and_sealed(importing: Importing) -> None:
    content = xlsx_of([good_row()])
    run = importing.start(content, filename="C:\\名单\\11月 24日.xlsx")

    with files.opened(run, importing.store) as stored:
        assert stored.read() == content
    with importing.store.open(run.store_key) as stored:
        assert stored.read(5) == b"SDF1a"
    assert run.sha256 == hashlib.sha256(content).hexdigest()
    assert run.filename == "11月 24日.xlsx"


def test_every_bad_row_is_listed_even_when_problems_are_very_many(importing: Importing) -> None:
    bad = dict.fromkeys(HEADER, "＝坏")
    run = importing.rows(*(bad for _ in range(2_000)))

    assert run.counts["bad"] == 2_000
    assert run.problems_total > progress.ALL_PROBLEMS_UNTIL
    assert {one["row"] for one in run.problems} == set(range(2, 2_002))
    assert len(run.problems) < run.problems_total


def test_the_report_lists_every_problem_and_runs_nothing(importing: Importing) -> None:
    run = importing.rows(good_row(1), good_row(2, 备注="=cmd()"), good_row(3, 诉讼地位="围观者", 手机号码="12"))

    book = openpyxl.load_workbook(io.BytesIO(services.report_xlsx(run)))
    summary = dict(book["导入结果"].values)
    lines = list(book["问题清单"].values)

    assert (summary["新增"], summary["有问题未导入"], summary["提醒"]) == (1, 2, 1)
    assert [(line[0], line[1], line[2], line[5]) for line in lines[1:]] == [
        (3, "未导入", "备注", "import.formula"),
        (4, "未导入", "手机号码", "import.bad_phone"),
        (4, "提醒", "诉讼地位", "import.unknown_standing"),
    ]
    assert lines[1][4] == "'=cmd()"
    assert all(cell.data_type != "f" for sheet in book for row in sheet for cell in row)


def test_the_report_of_a_refused_file_says_why(importing: Importing) -> None:
    run = importing.whole(csv_of([good_row()]).replace("张某1".encode(), '"张某'.encode()), filename="a.csv")
    summary = dict(openpyxl.load_workbook(io.BytesIO(services.report_xlsx(run)))["导入结果"].values)
    assert (summary["状态"], "import.not_a_table" in summary["未导入原因"]) == ("未导入", True)


def test_runs_are_seen_by_their_own_court_only(importing: Importing) -> None:
    run = importing.rows(good_row(1, 手机号码="12"), good_row(2, 手机号码="12"))

    runs, total = services.list_imports(court=COURT)
    assert ([one.id for one in runs], total, runs[0].problems) == ([run.id], 1, [])
    assert len(services.get_import(court=COURT, run_id=run.id, problems=1).problems) == 1
    assert len(services.get_import(court=COURT, run_id=run.id).problems) == 2
    assert services.list_imports(court="京0105") == ([], 0)
    with pytest.raises(DomainError) as caught:
        services.get_import(court="京0105", run_id=run.id)
    assert (caught.value.code, caught.value.status) == ("import.not_found", 404)


def test_the_same_case_number_in_two_courts_is_two_cases(importing: Importing) -> None:
    legacy = good_row(1, 案号="（2014）西民初字第2459号")
    importing.whole(xlsx_of([legacy]))
    importing.whole(xlsx_of([legacy]), court="京0105")

    assert sorted(case.court for case in Case.objects) == ["京0102", "京0105"]
    assert len({party.identity for party in Party.objects}) == 2


def test_two_imports_of_one_list_at_the_same_time_make_every_task_once(importing: Importing) -> None:
    content = (DATA / "day-2026-11-24" / "cases.xlsx").read_bytes()
    runs = [importing.start(content), importing.start(content)]

    done = importing.together(runs)

    assert [run.state for run in done] == ["done", "done"]
    assert sum(run.counts["created"] for run in done) == 160
    assert (Case.objects.count(), Party.objects.count(), ContactPoint.objects.count()) == (96, 160, 160)
    assert ServiceTask.objects.count() == 160
