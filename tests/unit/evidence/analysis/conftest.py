"""One warm sandbox for all tests of a process."""

import io
from collections.abc import Callable, Iterator
from importlib.resources import files

import pytest

from evidence.analysis import Analysis, Job, Output, Sandbox, Setting

FONT = str(files("pylopdf_fonts_zh_cn") / "NotoSansSC-Regular.otf")


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox(setting=Setting(font=FONT))
    yield made
    made.close()


@pytest.fixture
def look(sandbox: Sandbox) -> Callable[..., Analysis]:
    """`look(data, kind, media_type)`: the analysis alone."""

    def look(data: bytes, kind: str, media_type: str, **more: tuple[str, ...]) -> Analysis:
        with sandbox.analyse(io.BytesIO(data), Job(kind, media_type, **more)) as output:
            return output.analysis

    return look


@pytest.fixture
def output(sandbox: Sandbox) -> Callable[..., Output]:
    """The same with its copies; the caller closes it."""

    def output(data: bytes, kind: str, media_type: str, **more: tuple[str, ...]) -> Output:
        return sandbox.analyse(io.BytesIO(data), Job(kind, media_type, **more))

    return output
