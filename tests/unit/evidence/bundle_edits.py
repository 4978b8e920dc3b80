"""Ways somebody may edit a bundle, each given a source of chance; what they answer always differs from the original."""

from __future__ import annotations

import hashlib
import io
import json
import random
import zipfile
from collections.abc import Callable
from typing import Any

from evidence.bundle import container
from evidence.bundle.writing import LISTING, NOTE, SUMS, encoded, sign_listing, sums_of
from evidence.log import Signer

Edit = Callable[[bytes, random.Random], bytes]
Files = dict[str, bytes]
FORGER = Signer("songda/京0102", bytes(range(32)))


def unpacked(data: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


def packed(files: Files) -> bytes:
    """In the one form, so that only the content differs."""
    out = io.BytesIO()
    writer = container.Writer(out)
    for name, body in files.items():
        writer.add(name, len(body), [body])
    writer.finish()
    return out.getvalue()


def flip(data: bytes, chance: random.Random) -> bytes:
    """One bit anywhere in the file."""
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(200, len(data))]


def append(data: bytes, chance: random.Random) -> bytes:
    return data + chance.randbytes(chance.randrange(1, 50))


def prepend(data: bytes, chance: random.Random) -> bytes:
    return chance.randbytes(chance.randrange(1, 50)) + data


def insert(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + chance.randbytes(chance.randrange(1, 9)) + data[at:]


def drop_member(data: bytes, chance: random.Random) -> bytes:
    files = unpacked(data)
    del files[chance.choice(sorted(files))]
    return packed(files)


def swap_members(data: bytes, chance: random.Random) -> bytes:
    """Two members exchange their contents."""
    files = unpacked(data)
    one, other = _two(files, chance)
    files[one], files[other] = files[other], files[one]
    return packed(files)


def reorder_members(data: bytes, chance: random.Random) -> bytes:
    files = list(unpacked(data).items())
    one, other = chance.sample(range(len(files)), 2)
    files[one], files[other] = files[other], files[one]
    return packed(dict(files))


def substitute(data: bytes, chance: random.Random) -> bytes:
    """Other content, sizes and checksums of the zip put right."""
    files = unpacked(data)
    name = chance.choice(sorted(files))
    files[name] = chance.randbytes(len(files[name]))
    return packed(files)


def substitute_with_listing(data: bytes, chance: random.Random) -> bytes:
    """Other content, and every hash in the bundle that names it put right: all but the signature."""
    files = unpacked(data)
    listing = json.loads(files[LISTING])
    row = chance.choice(listing["items"])
    files[row["original"]] = chance.randbytes(len(files[row["original"]]))
    return packed(_listed(files, listing))


def edit_manifest(data: bytes, chance: random.Random) -> bytes:
    """A manifest that says something else, still canonical, with the listing put right."""
    files = unpacked(data)
    listing = json.loads(files[LISTING])
    row = chance.choice(listing["items"])
    said = json.loads(files[row["manifest"]])
    said[chance.choice(["captured_at", "received_at", "visit_id", "server_id", "kind"])] = chance.choice(["x", "y", ""])
    files[row["manifest"]] = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return packed(_listed(files, listing))


def drop_item(data: bytes, chance: random.Random) -> bytes:
    """An item with its files and its listing: nothing left that names it."""
    files = unpacked(data)
    listing = json.loads(files[LISTING])
    row = listing["items"].pop(chance.randrange(len(listing["items"])))
    gone = {str(one) for one in [*row.values(), *(row["envelope"] or {}).values()] if isinstance(one, str)}
    files = {
        name: body for name, body in files.items() if name not in gone or name.startswith(("devices/", "tickets/"))
    }
    return packed(_listed(files, listing))


def drop_and_sign(data: bytes, chance: random.Random) -> bytes:
    """The same by somebody who signs with a key of their own under the court's name."""
    files = unpacked(drop_item(data, chance))
    files[NOTE] = sign_listing(files[LISTING], FORGER)
    return packed(files)


def reorder_chain(data: bytes, chance: random.Random) -> bytes:
    """Two sealed captures exchange what was signed at the shutter, with the listing put right."""
    files = unpacked(data)
    listing = json.loads(files[LISTING])
    one, other = chance.sample([row for row in listing["items"] if row["envelope"]], 2)
    for name in ("payload", "signature"):
        first, second = one["envelope"][name], other["envelope"][name]
        files[first], files[second] = files[second], files[first]
    return packed(_listed(files, listing))


def reorder_rows(data: bytes, chance: random.Random) -> bytes:
    """Rows of the listing change places."""
    files = unpacked(data)
    listing = json.loads(files[LISTING])
    rows = listing["items"]
    one, other = chance.sample(range(len(rows)), 2)
    rows[one], rows[other] = rows[other], rows[one]
    return packed(_listed(files, listing))


def swap_proofs(data: bytes, chance: random.Random) -> bytes:
    files = unpacked(data)
    listing = json.loads(files[LISTING])
    one, other = chance.sample(listing["items"], 2)
    one["proof"], other["proof"] = other["proof"], one["proof"]
    return packed(_listed(files, listing))


def add_member(data: bytes, chance: random.Random) -> bytes:
    files = unpacked(data)
    files[f"papers/{chance.randrange(1000)}.pdf"] = b"%PDF-1.7"
    return packed(files)


def edit_listing(data: bytes, chance: random.Random) -> bytes:
    """Other words in what people read."""
    files = unpacked(data)
    listing = json.loads(files[LISTING])
    chance.choice([listing["scope"], listing["court"], *listing["items"], *listing["documents"]])["title"] = "另一标题"
    return packed(_listed(files, listing))


def repack(data: bytes, chance: random.Random) -> bytes:
    """Packed anew by an ordinary tool, in another way."""
    out = io.BytesIO()
    method = chance.choice([zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
    with zipfile.ZipFile(out, "w", method) as package:
        for name, body in unpacked(data).items():
            package.writestr(zipfile.ZipInfo(name, (2020 + chance.randrange(9), 1, 2, 3, 4, 6)), body, method)
        if chance.random() < 0.3:
            package.comment = b"packed"
    return out.getvalue()


EDITS: tuple[Edit, ...] = (
    flip, cut, append, prepend, insert, drop_member, swap_members, reorder_members, substitute,
    substitute_with_listing, edit_manifest, drop_item, drop_and_sign, reorder_chain, reorder_rows, swap_proofs,
    add_member, edit_listing, repack,
)  # fmt: skip


def _listed(files: Files, listing: dict[str, Any]) -> Files:
    """The listing put right for what is there now; the note stays, nobody else can sign."""
    made = {name: body for name, body in files.items() if name not in (NOTE, LISTING, SUMS)}
    listing["files"] = [{"path": name, "sha256": _hash(body), "size": len(body)} for name, body in made.items()]
    for row in listing["items"]:
        row["sha256"], row["size"] = _hash(made[row["original"]]), len(made[row["original"]])
        row["manifest_sha256"] = _hash(made[row["manifest"]])
    raw = encoded(listing)
    sums = sums_of(raw, files[NOTE], [(_hash(body), name) for name, body in made.items()])
    return {NOTE: files[NOTE], LISTING: raw, SUMS: sums, **made}


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _two(files: Files, chance: random.Random) -> tuple[str, str]:
    """Two members whose contents differ."""
    names = sorted(files)
    while True:
        one, other = chance.sample(names, 2)
        if files[one] != files[other]:
            return one, other
