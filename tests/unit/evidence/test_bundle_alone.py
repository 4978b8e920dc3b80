"""The verifier alone: a process that has nothing but `evidence/`, its crypto libraries, and no sockets."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from evidence.bundle import Trust, verify, write
from evidence.bundle.container import Entry, directory, local_header, scan
from evidence.bundle.samples import sample
from evidence.bundle.writing import CERTIFICATES, STAMP
from evidence.log.timestamps import TimeStampAuthority
from server.core.clock import utc_now
from tests.emulators.tsa import Tsa
from tests.unit.evidence import bundle_edits as edits

ROOT = Path(__file__).parents[3]
# Of what is installed only these may be imported, and no socket may be made.
GUARD = """
import importlib.abc, sys
ALLOWED = {"evidence", "cryptography", "rfc3161_client", "cffi", "_cffi_backend", "typing_extensions"}
class Guard(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        root = name.partition(".")[0]
        if root not in ALLOWED and root not in sys.stdlib_module_names:
            raise ImportError("not allowed: " + name)
sys.meta_path.insert(0, Guard())
def forbid(event, arguments):
    if event.startswith("socket."):
        raise RuntimeError("a socket: " + event)
sys.addaudithook(forbid)
import runpy
runpy.run_module("evidence", run_name="__main__", alter_sys=True)
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bundle") / "证据包.zip"
    one = sample(3)
    with path.open("w+b") as out:
        write(one.bundle, out, signer=one.signer)
    return path


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("alone")
    (folder / "evidence").symlink_to(ROOT / "evidence")
    environ = {"PYTHONPATH": str(folder), "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", GUARD, *arguments]
        return subprocess.run(
            command, env=environ, cwd=folder, capture_output=True, encoding="utf-8", check=False, timeout=60
        )

    return run


def test_the_verifier_needs_nothing_but_the_package_and_its_crypto_libraries(
    alone: Callable[..., subprocess.CompletedProcess[str]], whole: Path, tmp_path: Path
) -> None:
    done = alone("verify", str(whole))
    assert (done.returncode, done.stderr) == (0, "")
    assert "全部成立 everything holds" in done.stdout
    altered = tmp_path / "altered.zip"
    altered.write_bytes(whole.read_bytes().replace(b"evidence-0001", b"evidence-0007", 1))
    assert alone("verify", str(altered), "--json").returncode == 1
    assert alone("verify", __file__).returncode == 2


def test_ordinary_tools_read_the_zip_and_its_sums(whole: Path) -> None:
    with zipfile.ZipFile(whole) as package:
        assert package.testzip() is None
        names = package.namelist()
        assert {one.compress_type for one in package.infolist()} == {zipfile.ZIP_STORED}
    assert names[:4] == ["bundle.note", "bundle.json", "SHA256SUMS", "index.html"]


def test_the_same_bundle_is_the_same_bytes(whole: Path) -> None:
    out = io.BytesIO()
    write(sample(3).bundle, out, signer=sample(3).signer)
    assert out.getvalue() == whole.read_bytes()


@pytest.mark.parametrize("big", [0xFFFFFFFE, 0xFFFFFFFF, 0x1_0000_0001])
def test_sizes_and_places_beyond_four_gigabytes_are_written_as_zip64(big: int, tmp_path: Path) -> None:
    first = Entry("a.mp4", big, 7, 0)
    second = Entry("b.mp4", 3, 0x352441C2, first.ends_at)
    path = tmp_path / "big.zip"
    with path.open("w+b") as file:  # sparse: nothing of that size is written
        file.write(local_header(first))
        file.seek(second.at)
        file.write(local_header(second) + b"abc")
        file.write(directory([first, second], second.ends_at))
        found = scan(file)
    assert (found.entries, found.fault_at) == ((first, second), None)
    with zipfile.ZipFile(path) as package:
        assert [one.file_size for one in package.infolist()] == [big, 3]
        assert package.read("b.mp4") == b"abc"


@pytest.mark.parametrize(
    "name",
    ["../x", "/x", "a//b", "a/../b", ".x", "a\\b", "c:x", "a\0b", "a\nb", "a ", "a.", "x" * 201, "", "a/", "e\u0301"],
)
def test_names_that_could_do_harm_are_never_written_nor_read(name: str, tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"bundle\.bad_name"):
        edits.packed({name: b"x"})
    path = tmp_path / "bad.zip"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("bundle.note", "songda-bundle/1\n")
        package.writestr(name or "//", "x")
    report = verify(path)
    assert not report.ok


def test_a_bomb_and_members_on_top_of_each_other_are_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("bundle.note", "songda-bundle/1\n")
        package.writestr("bundle.json", bytes(50_000_000))
    report = verify(path)
    assert {"bundle.unsafe", "bundle.listing"} <= {one.code for one in report.reasons}


@pytest.fixture(scope="module")
def tsa() -> Iterator[Tsa]:
    with Tsa() as running:
        yield running


def test_a_third_partys_time_stamp_is_checked_against_the_trusted_roots(tsa: Tsa, tmp_path: Path) -> None:
    authority = TimeStampAuthority(tsa.url, [tsa.root])

    def stamp(note: bytes) -> tuple[bytes, bytes]:
        return authority.stamp(note, now=utc_now()).der, tsa.root.public_bytes(Encoding.PEM)

    one, path = sample(2, stamp=stamp), tmp_path / "stamped.zip"
    with path.open("w+b") as out:
        write(one.bundle, out, signer=one.signer)
    key = str(one.signer.verifier)
    report = verify(path, Trust([key], [tsa.root]))
    assert report.ok
    assert report.stamp is not None
    assert (report.stamp.by, report.stamp.trusted) == ("authority", True)
    own = verify(path, Trust([key]))
    assert own.ok
    assert "remark.own_roots" in [found.code for found in own.remarks]
    with Tsa() as other:
        stranger = verify(path, Trust([key], [other.root]))
    assert (stranger.ok, [found.code for found in stranger.reasons]) == (False, ["stamp.untrusted"])
    files = edits.unpacked(path.read_bytes())
    for name in (STAMP, CERTIFICATES):
        broken = tmp_path / "broken.zip"
        broken.write_bytes(edits.packed({**files, name: files[name][:-9]}))
        assert not verify(broken, Trust([key], [tsa.root] if name == STAMP else ())).ok
