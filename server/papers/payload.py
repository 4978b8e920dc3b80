"""From the dataclasses to what the templates read: a tree of strings, numbers and file names.

Image bytes leave the tree here: they become files beside the template, and the tree holds their names. Everything a
template prints is a string in the tree, so the glyph check can walk it and name the field.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from server.papers import images

Tree = dict[str, Any]

# Decoding releases the GIL; two is what a small court server can spare beside its web workers.
_POOL = ThreadPoolExecutor(max_workers=2, thread_name_prefix="papers-image")


class Exhibits:
    """The image files of one paper. Decoding runs beside the building of the tree; `files` waits for it."""

    def __init__(self) -> None:
        self._pending: dict[str, Future[bytes]] = {}

    def photo(self, content: bytes, *, name: str) -> str:
        """Queue a photo; returns the file name the template will read."""
        file_name = f"photo-{len(self._pending)}.jpg"
        self._pending[file_name] = _POOL.submit(images.photo, content, name=name)
        return file_name

    def signature(self, content: bytes, *, name: str) -> str:
        """Queue a signature; returns the file name the template will read."""
        file_name = f"signature-{len(self._pending)}.png"
        self._pending[file_name] = _POOL.submit(images.signature, content, name=name)
        return file_name

    def files(self) -> dict[str, bytes]:
        """File name to bytes. Raises the first image's DomainError, in order of appearance."""
        return {name: future.result() for name, future in self._pending.items()}


def texts(tree: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every string of the tree with its dotted path: `documents[2].name`."""
    if isinstance(tree, str):
        yield path, tree
    elif isinstance(tree, dict):
        for key, value in tree.items():
            yield from texts(value, f"{path}.{key}" if path else key)
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from texts(value, f"{path}[{index}]")
