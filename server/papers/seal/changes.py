"""What was done to a sealed PDF afterwards, in words. Changes inside the sealed bytes show as a wrong digest;
everything else has to be appended as a later revision (ISO 32000-2 §7.5.6), whose objects can be read and named.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

_MOST_PAGES = 10_000
_MOST_DEPTH = 50


def since(reader: PdfFileReader, revision: int, *, appended: int) -> list[str]:
    """What came after `revision` (0 is the first) in so many bytes."""
    found = [f"盖章后在文件末尾追加了{appended}字节"]
    if revision < reader.total_revisions - 1:
        found += _between(reader, revision)
    return found


def _between(reader: PdfFileReader, revision: int) -> list[str]:
    """The pages then and now, and the rest of the document."""
    then = list(_pages(reader.get_historical_root(revision)))
    now = list(_pages(reader.root))
    found = []
    if len(now) > len(then):
        found.append(f"增加了{len(now) - len(then)}页（原{len(then)}页，现{len(now)}页）")
    if len(now) < len(then):
        found.append(f"删除了{len(then) - len(now)}页（原{len(then)}页，现{len(now)}页）")
    # Pages keep their object number: a page put in front must not make all others look changed.
    known = {_reference(page): page for page in then}
    for number, page in enumerate(now, 1):
        before = known.get(_reference(page))
        if before is None:
            found.append(f"第{number}页不是盖章时的页")
        else:
            found += _of_page(number, before, page)
    revisions = range(revision + 1, reader.total_revisions)
    touched = {ref.idnum for number in revisions for ref in reader.xrefs.explicit_refs_in_revision(number)}
    return found + list(_of_document(reader.get_historical_root(revision), reader.root, touched))


def _of_page(number: int, before: Any, after: Any) -> Iterator[str]:
    marks, was = len(_list(after, "/Annots")), len(_list(before, "/Annots"))
    if marks > was:
        yield f"第{number}页增加了{marks - was}处批注"
    elif marks < was:
        yield f"第{number}页删除了{was - marks}处批注"
    elif _dump(_list(before, "/Annots")) != _dump(_list(after, "/Annots")):
        yield f"第{number}页的批注被改动"
    if _streams(before) != _streams(after):
        yield f"第{number}页的内容被改动"
    elif _rest(before) != _rest(after):
        yield f"第{number}页的属性或资源被改动"


def _of_document(before: Any, after: Any, touched: set[int]) -> Iterator[str]:
    names = {
        "/AcroForm": "文档的表单或签名域被改动",
        "/Names": "文档的附件或名称表被改动",
        "/OpenAction": "增加或改动了打开文档时的动作",
        "/AA": "增加或改动了文档动作",
        "/Metadata": "文档的元数据被改动",
        "/DSS": "文档的验证信息被改动",
        "/Perms": "文档的改动许可被改动",
    }
    for key, words in names.items():
        now = after.raw_get(key) if key in after else None
        moved = isinstance(now, generic.IndirectObject) and now.idnum in touched
        if moved or _dump(before.raw_get(key) if key in before else None) != _dump(now):
            yield words


def _pages(root: Any) -> Iterator[Any]:
    """Pages in order; a page tree that bites its own tail ends."""
    waiting, seen = [(root["/Pages"], 0)], 0
    while waiting and seen < _MOST_PAGES:
        node, depth = waiting.pop()
        seen += 1
        if "/Kids" in node and depth < _MOST_DEPTH:
            waiting += [(kid, depth + 1) for kid in reversed(_list(node, "/Kids"))]
        elif "/Kids" not in node:
            yield node


def _list(dictionary: Any, key: str) -> list[Any]:
    value = _value(dictionary, key)
    if not isinstance(value, generic.ArrayObject):
        return []
    return [one.get_object() if isinstance(one, generic.IndirectObject) else one for one in value]


def _value(dictionary: Any, key: str) -> Any:
    """What stands under a key, followed to where it lies (pyHanko's own `get` stops at the reference)."""
    return dictionary[key] if key in dictionary else None  # noqa: SIM401 - see above


def _reference(page: Any) -> tuple[int, int]:
    found = page.container_ref
    return (found.idnum, found.generation) if isinstance(found, generic.Reference) else (0, 0)


def _streams(page: Any) -> bytes:
    found = _value(page, "/Contents")
    parts = _list(page, "/Contents") if isinstance(found, generic.ArrayObject) else [found]
    return b"\n".join(part.data for part in parts if isinstance(part, generic.StreamObject))


def _rest(page: Any) -> bytes:
    kept = {key: value for key, value in page.items() if key not in ("/Annots", "/Contents", "/Parent")}
    return _dump(generic.DictionaryObject(kept))


def _dump(value: Any) -> bytes:
    """The bytes of an object as it would be written; references stay references."""
    if value is None:
        return b""
    if isinstance(value, list) and not isinstance(value, generic.PdfObject):
        return b"\n".join(_dump(one) for one in value)
    out = io.BytesIO()
    value.write_to_stream(out, None)
    return out.getvalue()
