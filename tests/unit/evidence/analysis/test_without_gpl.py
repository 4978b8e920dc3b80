"""PyAV without libx264 and libx265: the loader is content, and everything the product does still works."""

import shutil
import subprocess
import sys
from pathlib import Path

import av
import pytest

from tools.setup import without_gpl

ROOT = Path(__file__).parents[4]
SCRIPT = """
import io, sys
sys.path[:0] = sys.argv[1:]
import av
assert av.__file__.startswith(sys.argv[1]), av.__file__
from evidence.analysis import Job
from evidence.analysis.specimens import film
from evidence.analysis.work import analyse
print(sorted(analyse(io.BytesIO(film()), io.BytesIO(), Job("video", "video/mp4"), None)["copies"]))
for name in ("libx264", "libx265"):
    stream = av.open(io.BytesIO(), "w", format="mp4").add_stream(name, rate=1)
    stream.width = stream.height = 64
    stream.pix_fmt = "yuv420p"
    try:
        stream.encode(av.VideoFrame(64, 64, "yuv420p"))
    except av.error.FFmpegError:
        print("no", name)
"""


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A copy of the installed PyAV."""
    package = Path(av.__file__).parent
    shutil.copytree(package, tmp_path / "av")
    shutil.copytree(package.with_name("av.libs"), tmp_path / "av.libs")
    return tmp_path


def test_without_the_gpl_encoders_everything_the_product_does_still_works(
    installed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert without_gpl.main([str(installed)]) == 0
    capsys.readouterr()
    encoders = [path for path in (installed / "av.libs").iterdir() if path.name.startswith(("libx264", "libx265"))]
    assert len(encoders) == 2
    assert all(path.stat().st_size < 10_000 for path in encoders)
    assert without_gpl.main([str(installed)]) == 0, "safe to repeat"
    assert capsys.readouterr().out == ""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(installed), str(ROOT)], capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == ["['poster', 'proxy', 'thumb']", "no libx264", "no libx265"], done.stderr


def test_where_pyav_is_not_installed_there_is_nothing_to_take_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert without_gpl.main([str(tmp_path)]) == 0
    assert "nothing" in capsys.readouterr().out
