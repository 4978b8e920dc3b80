"""Whether the search is compiled already: compiling takes about a minute, which no plan's budget has."""

import importlib
from pathlib import Path

from . import api
from .jit import cache_folder

_loaded: list[bool] = []


def warm_up() -> None:
    """Compile everything, or load it from the disk; takes long once per machine, then less than half a second."""
    api.warm_up()
    _loaded.append(True)
    mark = _mark()
    if mark is not None:
        mark.touch()


def ready() -> bool:
    """Whether a search starts at once: it ran in this process, or these sources were compiled on such a machine."""
    if _loaded:
        return True
    mark = _mark()
    return mark is not None and mark.exists()


def _mark() -> Path | None:
    """The file that says that everything in the cache was compiled, for this kind of processor."""
    folder = cache_folder(Path(__file__).parent)
    processor = importlib.import_module("llvmlite.binding").get_host_cpu_name()
    return None if folder is None else folder / f"ready-{processor}"
