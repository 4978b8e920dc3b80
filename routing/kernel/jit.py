"""The one door to numba: `compiled` turns a function on integers and arrays into machine code, kept on disk.

numba ships no type stubs, so it comes in through importlib as an untyped module, and this wrapper hands the decorated
function back under its own signature: everywhere else the kernel is ordinary typed Python (and runs as such, slowly,
with NUMBA_DISABLE_JIT=1).

numba's own cache looks at the age of the file a function is in, not at those it calls. The cache is therefore kept in
a folder named after the contents of all sources of the package, and a changed helper is never missed.
"""

import hashlib
import importlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")

# Wrappers for calls from Python and C take most of the time to compile a small function.
_INNER = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
# Nothing is allocated in here and every array belongs to the caller: counting references to a dozen arrays in every
# small call took most of the time.
_COMMON = {"error_model": "numpy", "_nrt": False}

# Sources of this package that nothing compiled comes from.
_PLAIN = ("__init__.py", "api.py", "arrays.py")

_numba = importlib.import_module("numba")


def entry(function: Callable[P, R]) -> Callable[P, R]:
    """For functions Python calls. Compiled on first call, from the disk if this source was compiled before; without
    a writable place in memory only."""
    folder = cache_folder(Path(function.__code__.co_filename).parent)
    with _cache_in(folder):
        made = _numba.njit(cache=folder is not None, **_COMMON)(function)
    return cast(Callable[P, R], made)


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """For functions that only compiled ones call: without a way in from Python, and part of their callers' code."""
    made = _numba.njit(**_COMMON, **_INNER)(function)
    return cast(Callable[P, R], made)


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """The same for small functions of the innermost loops: always inlined."""
    made = _numba.njit(**_COMMON, forceinline=True, **_INNER)(function)
    return cast(Callable[P, R], made)


@lru_cache
def cache_folder(package: Path) -> Path | None:
    """Where the machine code of a package is kept: beside its sources, else in the user's cache; None if nowhere."""
    name = _digest(package)
    named = os.environ.get("NUMBA_CACHE_DIR")
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    places = [Path(named)] if named else [package / "__pycache__", home / "routing"]
    for place in places:
        folder = place / f"native-{name}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return None


def _digest(package: Path) -> str:
    total = hashlib.sha256(_numba.__version__.encode())
    own = Path(__file__).parent
    plain = {own / name for name in _PLAIN}
    for source in sorted({*package.glob("*.py"), *own.glob("*.py")} - plain):
        total.update(source.read_bytes())
    return total.hexdigest()[:16]


@contextmanager
def _cache_in(folder: Path | None) -> Iterator[None]:
    """numba decides where a function's code is kept when the function is decorated."""
    before = _numba.config.CACHE_DIR
    if folder is not None:
        _numba.config.CACHE_DIR = str(folder)
    try:
        yield
    finally:
        _numba.config.CACHE_DIR = before
