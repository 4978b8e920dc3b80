"""`flask cases import FILE`: the same import from a terminal, its words, its exit codes."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from click.testing import Result
from flask import Flask

from server.cases import cli
from server.service.models import ServiceTask
from tests.factories.case_lists import COURT, DATA, good_row, xlsx_of
from tests.integration.cases.importing import Importing


@pytest.fixture
def app(importing: Importing) -> Flask:
    app = Flask("terminal")
    app.extensions["evidence_store"] = importing.store
    cli.init_app(app)
    return app


def call(app: Flask, *arguments: str | Path) -> Result:
    return app.test_cli_runner().invoke(args=["cases", "import", *(str(one) for one in arguments)])


def test_a_file_goes_in_and_is_summed_up(app: Flask) -> None:
    found = call(app, DATA / "day-2026-11-24" / "cases.xlsx", "--court", COURT)

    assert found.exit_code == 0
    assert found.output.strip() == "cases.xlsx：共 160 行，新增 160，更新 0，无变化 0，有问题未导入 0"
    assert ServiceTask.objects.count() == 160


def test_bad_rows_are_told_and_are_no_failure(app: Flask, tmp_path: Path) -> None:
    file, report = tmp_path / "a.xlsx", tmp_path / "report.xlsx"
    file.write_bytes(xlsx_of([good_row(1), good_row(2, 手机号码="1990761398")]))

    found = call(app, file, "--court", COURT, "--report", report)

    assert found.exit_code == 0
    assert "第3行 [未导入] 手机号码 手机号码应为11位，现为10位：" in found.output
    assert "1990761398" not in found.output
    assert "新增 1" in found.output
    assert openpyxl.load_workbook(report)["问题清单"].max_row == 2


def test_a_refused_file_ends_with_2_and_the_reason(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    file.write_bytes(b"%PDF-1.7")

    found = call(app, file, "--court", COURT)

    assert found.exit_code == 2
    assert "文件未导入" in found.output
    assert "import.not_a_table" in found.output


def test_a_file_refused_while_it_is_read_ends_with_2_too(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(
        "\n".join([",".join(good_row()), ",".join(good_row().values()), '"没有结束的引号']), encoding="utf-8"
    )

    found = call(app, file, "--court", COURT)

    assert found.exit_code == 2
    assert "import.not_a_table" in found.output
    assert ServiceTask.objects.count() == 0
