"""From the dataclasses to what the templates read: a tree of strings, numbers and file names.

Image bytes leave the tree here: they become files beside the template, and the tree holds their names.
Everything a template prints is a string in the tree, so the glyph check can walk it and name the field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from server.papers import images

Tree = dict[str, Any]

# Decoding releases the GIL; two is what a small court server can spare beside its web workers.
DECODERS = 2
POOL_FROM = 2  # photos; starting threads costs more than the two signatures of a proof


class Exhibits:
    """The image files of one paper: collected while the tree is built, decoded side by side at the end."""

    def __init__(self) -> None:
        self._jobs: dict[str, Callable[[], bytes]] = {}

    def photo(self, content: bytes, *, name: str) -> str:
        """Take a photo; returns the file name the template will read."""
        file_name = f"photo-{len(self._jobs)}.jpg"
        self._jobs[file_name] = partial(images.photo, content, name=name)
        return file_name

    def signature(self, content: bytes, *, name: str) -> str:
        """Take a signature; returns the file name the template will read."""
        file_name = f"signature-{len(self._jobs)}.png"
        self._jobs[file_name] = partial(images.signature, content, name=name)
        return file_name

    def drawing(self, content: bytes) -> str:
        """Take an SVG we drew ourselves; returns the file name the template will read."""
        file_name = f"drawing-{len(self._jobs)}.svg"
        self._jobs[file_name] = lambda: content
        return file_name

    def files(self) -> dict[str, bytes]:
        """File name to bytes. Raises the DomainError of the first broken image, in order of appearance."""
        photos = sum(name.startswith("photo-") for name in self._jobs)
        if photos < POOL_FROM:
            return {name: job() for name, job in self._jobs.items()}
        with ThreadPoolExecutor(max_workers=DECODERS, thread_name_prefix="papers-image") as pool:
            return dict(zip(self._jobs, pool.map(_call, self._jobs.values()), strict=True))


def _call(job: Callable[[], bytes]) -> bytes:
    return job()


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
