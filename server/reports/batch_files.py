"""The two files of a finished batch: one PDF for the printer, one zip of the papers themselves with a list.

Both are written to a folder only this user can read and streamed into the store: memory stays flat. The merged PDF is
for paper: a seal's mark is printed, but only the single files in the zip can be checked.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pikepdf

from evidence.stores import Store
from server.papers.kinds import KINDS
from server.reports.batch_models import PaperBatch
from server.reports.models import Paper

MAX_FILE_BYTES = 8 * 1024**3
_BEAT_EVERY = 50
_STATES = {"done": "已制作", "failed": "未能制作", "stopped": "已停止", "waiting": "未制作"}


def put_together(batch: PaperBatch, *, store: Store, beat: Callable[[], None]) -> dict[str, Any]:
    """`merged` (when anything was made) and `zipped`, as the batch keeps them."""
    ids = [row.paper_id for row in batch.rows if row.paper_id]
    papers = {one.id: one for one in Paper.objects(court=batch.court, id__in=ids)}
    with TemporaryDirectory(prefix="songda-batch-") as folder:
        merged, zipped = Path(folder, "merged.pdf"), Path(folder, "papers.zip")
        pages = _merge(batch, papers, store, merged, beat)
        _zip(batch, papers, store, zipped, beat)
        found: dict[str, Any] = {"zipped": _keep(zipped, store, "application/zip")}
        if pages:
            found["merged"] = {**_keep(merged, store, "application/pdf"), "pages": pages}
    return found


def _in_order(batch: PaperBatch, papers: dict[str, Paper], beat: Callable[[], None]) -> Iterator[tuple[int, Paper]]:
    for number, row in enumerate(batch.rows, 1):
        if number % _BEAT_EVERY == 0:
            beat()
        if row.paper_id in papers:
            yield number, papers[row.paper_id]


def _read(paper: Paper, store: Store) -> bytes:
    """The sealed file where there is one."""
    with store.open(paper.sealed_store_key or paper.store_key) as source:
        return source.read()


def _merge(batch: PaperBatch, papers: dict[str, Paper], store: Store, target: Path, beat: Callable[[], None]) -> int:
    with pikepdf.new() as whole:
        for _, paper in _in_order(batch, papers, beat):
            with pikepdf.open(io.BytesIO(_read(paper, store))) as one:
                _flatten(one)
                whole.pages.extend(one.pages)
        pages = len(whole.pages)
        if pages:
            whole.save(target)
    return pages


def _flatten(one: pikepdf.Pdf) -> None:
    """A seal cannot live in a file it was not put on: its mark becomes part of the page."""
    if "/AcroForm" not in one.Root:
        return
    for page in one.pages:
        for widget in page.get("/Annots", []):
            if "/AP" in widget and "/N" in widget.AP:
                page.add_overlay(widget.AP.N, _rectangle(widget.Rect))
        if "/Annots" in page:
            del page["/Annots"]
    del one.Root["/AcroForm"]


def _rectangle(corners: Any) -> pikepdf.Rectangle:
    left, bottom, right, top = (float(one) for one in corners)
    return pikepdf.Rectangle(left, bottom, right, top)


def _zip(batch: PaperBatch, papers: dict[str, Paper], store: Store, target: Path, beat: Callable[[], None]) -> None:
    title = KINDS[batch.kind].title
    names: dict[str, str] = {}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as package:
        for number, paper in _in_order(batch, papers, beat):
            names[paper.id] = f"{number:04d}-{title}-{paper.number}-v{paper.version}.pdf"
            package.writestr(names[paper.id], _read(paper, store))
        package.writestr("清单.csv", _listing(batch, papers, names))


def _listing(batch: PaperBatch, papers: dict[str, Paper], names: dict[str, str]) -> bytes:
    out = io.StringIO(newline="")
    lines = csv.writer(out)
    lines.writerow(["序号", "结果", "文件", "SHA-256", "原因"])
    for number, row in enumerate(batch.rows, 1):
        paper = papers.get(row.paper_id or "")
        digest = (paper.sealed_sha256 or paper.sha256) if paper else ""
        reason = (row.problem or {}).get("title", "")
        lines.writerow([number, _STATES[row.state], names.get(row.paper_id or "", ""), digest, reason])
    return b"\xef\xbb\xbf" + out.getvalue().encode()  # so that a spreadsheet takes it for UTF-8


def _keep(path: Path, store: Store, kind: str) -> dict[str, Any]:
    with path.open("rb") as source:
        kept = store.put(source, max_bytes=MAX_FILE_BYTES, content_type=kind)
    return {"store_key": kept.key, "sha256": kept.sha256, "size": kept.size}
