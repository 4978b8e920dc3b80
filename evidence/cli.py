"""`python -m evidence verify BUNDLE.zip [--trust FILE] [--json]`.

Exit code 0: everything holds. 1: something was altered, is missing or cannot be proven. 2: not a bundle (or the
command line is wrong).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from evidence.bundle.report import Report
from evidence.bundle.trust import Trust
from evidence.bundle.verifying import verify
from evidence.errors import EvidenceError

HOLDS, DOES_NOT_HOLD, NOT_A_BUNDLE = 0, 1, 2


def main(arguments: Sequence[str], out: TextIO, errors: TextIO) -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="python -m evidence", description="核验电子证据包 Verify an evidence bundle")
    commands = parser.add_subparsers(dest="command", required=True, metavar="verify")
    one = commands.add_parser("verify", help="核验证据包 verify a bundle, offline")
    one.add_argument("bundle", type=Path, metavar="BUNDLE.zip")
    one.add_argument(
        "--trust",
        type=Path,
        metavar="FILE",
        help="可信的法院公钥（每行一个）和根证书（PEM） trusted court keys, one to a line, and root certificates",
    )
    one.add_argument("--json", action="store_true", help="输出 JSON print the report as JSON")
    given = parser.parse_args(arguments)
    try:
        trust = Trust.read(given.trust.read_bytes()) if given.trust else Trust()
        report = verify(given.bundle, trust)
    except EvidenceError as error:
        errors.write(f"✗ {error.title_zh}（{error.code}）{_english(error.code)}\n")
        return NOT_A_BUNDLE
    except OSError as error:
        errors.write(f"✗ 文件无法读取 cannot read the file：{error.filename}：{error.strerror}\n")
        return NOT_A_BUNDLE
    _print(report, out, as_json=given.json)
    return HOLDS if report.ok else DOES_NOT_HOLD


def _print(report: Report, out: TextIO, *, as_json: bool) -> None:
    if as_json:
        out.write(json.dumps(report.document(), ensure_ascii=False, indent=1) + "\n")
    else:
        out.writelines(f"{line}\n" for line in report.lines())


def _english(code: str) -> str:
    return {"bundle.none": " This is not an evidence bundle.", "trust.unreadable": " Cannot read the trust file."}.get(
        code, ""
    )


def run() -> int:
    """With this process's arguments. A terminal that cannot write Chinese gets question marks, not a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    return main(sys.argv[1:], sys.stdout, sys.stderr)
