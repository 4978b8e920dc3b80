"""Takes the GPL parts out of an installed PyAV: libx264 and libx265 become empty stand-ins. Standard library only.

    python -m tools.setup.without_gpl [site-packages]

PyAV's wheels link FFmpeg (built as LGPL-3.0-or-later) to both encoders, which Songda never uses; the loader insists on
their names and symbols. A stand-in is a shared object of a few hundred bytes that has exactly those: every function
answers 0 ("no such encoder"), every table is empty. Linux x86-64 and arm64. Safe to repeat.
"""

from __future__ import annotations

import platform
import re
import struct
import sys
import sysconfig
from pathlib import Path

_ENCODERS = ("libx264", "libx265")
_MARK = b"songda stand-in: no GPL code inside\x00"
_SYMBOL = re.compile(rb"\x00(x26[45]_[A-Za-z0-9_]+)(?=\x00)")
# ELF machine, and "return 0".
_MACHINES = {
    "x86_64": (62, bytes.fromhex("31c0c3")),
    "aarch64": (183, bytes.fromhex("000080d2c0035fd6")),
}
_PAGE = 0x10000
_TABLE_BYTES = 256
_LOAD, _DYNAMIC = 1, 2
_HASH, _STRTAB, _SYMTAB, _STRSZ, _SYMENT, _SONAME = 4, 5, 6, 10, 11, 14


def main(arguments: list[str]) -> int:
    """0 when no GPL library is left."""
    packages = Path(arguments[0]) if arguments else Path(sysconfig.get_path("purelib"))
    libraries = packages / "av.libs"
    machine = _MACHINES.get(platform.machine())
    if not libraries.is_dir():
        print("PyAV is not installed here: nothing to take out")
        return 0
    if machine is None:
        print(f"no stand-ins for {platform.machine()}")
        return 1
    wanted = symbols([path for path in libraries.iterdir() if not path.name.startswith(_ENCODERS)])
    for path in sorted(libraries.iterdir()):
        if path.name.startswith(_ENCODERS) and _MARK not in path.read_bytes():
            names = [name for name in wanted if name.startswith(path.name[3:7].encode())]
            # A new file: the old one may be shared with a cache of packages by a hard link.
            path.unlink()
            path.write_bytes(stand_in(path.name, names, *machine))
            print(f"{path.name}: {len(names)} symbols, no code of theirs")
    return 0


def symbols(libraries: list[Path]) -> list[bytes]:
    """Names of the encoders' functions and tables that other libraries mention."""
    return sorted({name for path in libraries for name in _SYMBOL.findall(path.read_bytes())})


def stand_in(soname: str, names: list[bytes], machine: int, code: bytes) -> bytes:
    """An ELF64 shared object that exports the names (ELF gABI 4.1 ch. 4 and 5), without relocations."""
    strings, offsets = b"\x00", []
    for name in (soname.encode(), *names):
        offsets.append(len(strings))
        strings += name + b"\x00"
    strings += _MARK
    count = len(names) + 1
    places, place = {}, 64 + 2 * 56
    for part, size in (
        ("dynamic", 7 * 16),
        ("symbols", count * 24),
        ("hash", 4 * (2 + 1 + count)),
        ("strings", len(strings)),
        ("code", 16),
        ("table", _TABLE_BYTES),
    ):
        place = (place + 15) & ~15
        places[part] = place
        place += size
    image = bytearray(place)
    image[:64] = struct.pack(
        "<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 3, machine, 1, 0, 64, 0, 0, 64, 56, 2, 64, 0, 0
    )  # fmt: skip
    image[64:120] = struct.pack("<IIQQQQQQ", _LOAD, 5, 0, 0, 0, place, place, _PAGE)
    dynamic = places["dynamic"]
    image[120:176] = struct.pack("<IIQQQQQQ", _DYNAMIC, 4, dynamic, dynamic, dynamic, 7 * 16, 7 * 16, 8)
    entries = (
        (_SONAME, offsets[0]), (_HASH, places["hash"]), (_STRTAB, places["strings"]), (_SYMTAB, places["symbols"]),
        (_STRSZ, len(strings)), (_SYMENT, 24), (0, 0),
    )  # fmt: skip
    for at, entry in enumerate(entries):
        struct.pack_into("<QQ", image, dynamic + 16 * at, *entry)
    for at, (name, offset) in enumerate(zip(names, offsets[1:], strict=True), 1):
        is_table = name.endswith((b"levels", b"names"))
        kind, target, size = (1, places["table"], _TABLE_BYTES) if is_table else (2, places["code"], len(code))
        struct.pack_into("<IBBHQQ", image, places["symbols"] + 24 * at, offset, 0x10 | kind, 0, 1, target, size)
    # One bucket that chains all symbols: the loader walks a list of some twenty names once.
    chain = [*range(2, count), 0, 0][:count] if count > 1 else [0]
    struct.pack_into(f"<{3 + count}I", image, places["hash"], 1, count, 1 if count > 1 else 0, *([0, *chain][:count]))
    image[places["strings"] : places["strings"] + len(strings)] = strings
    image[places["code"] : places["code"] + len(code)] = code
    return bytes(image)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
