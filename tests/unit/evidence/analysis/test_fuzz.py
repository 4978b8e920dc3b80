"""Two thousand damaged files through the sandbox: each has an answer, in time, and the parent lives."""

import io
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from evidence.analysis import CONCERNS, COPIES, Job, Sandbox
from evidence.analysis.limits import BUDGETS
from tests.unit.evidence.analysis.mutations import damaged, originals

FILES = 2_080
PARTS = 4
WALL_S = 20.0


@pytest.mark.parametrize("part", range(PARTS))
def test_every_damaged_file_has_an_answer_in_time(part: int) -> None:
    budgets = {kind: replace(one, wall_s=WALL_S, cpu_s=10, proxy_s=1.0) for kind, one in BUDGETS.items()}
    sandbox, states, files = Sandbox(budgets=budgets), Counter[str](), originals()
    opened = len(list(Path("/proc/self/fd").iterdir()))
    for seed in range(part, FILES, PARTS):
        kind, media_type, whole = files[seed // PARTS % len(files)]
        data = damaged(whole, seed)
        began = time.monotonic()
        with sandbox.analyse(io.BytesIO(data), Job(kind, media_type)) as output:
            taken_s, analysis = time.monotonic() - began, output.analysis
            sizes = {name: len(output.copy(name).read()) for name in analysis.copies}
        said = f"seed {seed}, {media_type}, {len(data)} bytes: {analysis}"
        assert taken_s < WALL_S + 5, said
        assert analysis.state in ("done", "broken"), said
        assert set(analysis.concerns) <= set(CONCERNS), said
        assert analysis.state == "done" or analysis.concerns, f"broken without a reason: {said}"
        assert sizes == {name: copy.size for name, copy in analysis.copies.items()}, said
        assert set(sizes) <= set(COPIES), said
        killed = [code for code in analysis.concerns if code.startswith("analysis.")]
        states[killed[0] if killed else analysis.state] += 1
    sandbox.close()
    print(dict(states))  # noqa: T201 - what became of them, for whoever looks
    assert states["done"] > 30, "damage that nobody sees is part of it"
    assert states["broken"] > 100
    assert set(states) == {"done", "broken"}, "nothing small takes long, and no damage comes as a surprise"
    assert len(list(Path("/proc/self/fd").iterdir())) <= opened + 1
