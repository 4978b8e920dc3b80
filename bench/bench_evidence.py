"""Evidence after it has come: analysis of a photo, verification of a bundle, appends to the log, proofs over it.

Analysis: photos of 12 MP as phones take them, with all copies made, in the decoding process of the product; processor
time as that process measures its own. Bundle: 1,000 items of 100 KB with envelopes, proofs and checkpoint, verified as
`python -m evidence verify` does it, the start of Python excluded. Log: eight writers in four processes append rows to
one court's log in a real mongod (majority, journalled), and the chain is verified afterwards. Proofs: inclusion in a
log of ten million leaves whose tiles lie in that mongod, each proof checked against the root.
"""

from __future__ import annotations

import io
import random
import tempfile
import time
from pathlib import Path

from bench import bench_audit
from bench.figures import Figure
from evidence.analysis import Job, Sandbox, Setting
from evidence.bundle.samples import sample
from evidence.bundle.trust import Trust
from evidence.bundle.verifying import verify
from evidence.bundle.writing import write
from evidence.log.hashing import HASH_BYTES
from evidence.log.proofs import tree_root, verify_inclusion
from evidence.log.tiles import HEIGHT, WIDTH, RepeatingTiles, Tiles, inclusion
from evidence.samples import photo
from server.core import database
from server.core.audit import tiles
from server.core.audit.models import ChainTile
from server.papers import fonts
from tools.stack.mongo import Mongo
from tools.stack.ports import free_port

PHOTOS, QUICK_PHOTOS = 20, 3
WIDTH_PX, HEIGHT_PX = 4032, 3024
ITEMS, QUICK_ITEMS, ITEM_BYTES = 1_000, 100, 100_000
VERIFIED = 5
LEAVES, QUICK_LEAVES, PROOFS, AT_ONCE = 10_000_000, 100_000, 500, 500
COURT = "京0102"
APPEND_S, QUICK_APPEND_S = 10.0, 3.0
WRITERS_EACH = 2
AIM_ANALYSIS_MS, AIM_VERIFY_S, AIM_APPENDS, AIM_PROOF_MS = 150.0, 3.0, 500.0, 5.0
_MARKS = ("2026-11-24 09:32 (UTC+8)", "39.9297, 116.3743", "（2026）京0102民初10001号")


def figures(quick: bool) -> list[Figure]:
    """All four."""
    with tempfile.TemporaryDirectory(prefix="songda-bench-") as folder:
        return [
            *_analysis(QUICK_PHOTOS if quick else PHOTOS),
            *_bundle(Path(folder), QUICK_ITEMS if quick else ITEMS),
            *_log(Path(folder), QUICK_APPEND_S if quick else APPEND_S, QUICK_LEAVES if quick else LEAVES),
        ]


def _analysis(count: int) -> list[Figure]:
    face = fonts.find_fonts().sans.faces[0]
    sandbox = Sandbox(setting=Setting(font=str(face.path), font_index=face.index))
    job = Job("photo", "image/jpeg", _MARKS)
    cpu_ms, wall_ms = [], []
    try:
        for number in range(count + 1):
            data = photo(number, width_px=WIDTH_PX, height_px=HEIGHT_PX)
            begun = time.perf_counter()
            with sandbox.analyse(io.BytesIO(data), job) as done:
                if done.analysis.state != "done":
                    raise SystemExit(f"a photo was found broken: {done.analysis.concerns}")
                cpu_ms.append(float(done.analysis.cpu_ms))
            wall_ms.append((time.perf_counter() - begun) * 1000)
    finally:
        sandbox.close()
    # The first one pays for the start of the process.
    return [
        Figure("photo of 12 MP analysed, processor time", cpu_ms[1:], "ms", aim=AIM_ANALYSIS_MS),
        Figure("photo of 12 MP analysed", wall_ms[1:], "ms"),
    ]


def _bundle(folder: Path, items: int) -> list[Figure]:
    made, path = sample(items, size=ITEM_BYTES), folder / "bundle.zip"
    with path.open("wb") as out:
        size = write(made.bundle, out, signer=made.signer)
    trust = Trust.read(f"{made.signer.verifier}\n".encode())
    seconds = []
    for _ in range(VERIFIED):
        begun = time.perf_counter()
        report = verify(path, trust)
        seconds.append(time.perf_counter() - begun)
    if len(report.items) != items or any(one.verdict in ("ALTERED", "MISSING") for one in report.items):
        raise SystemExit("an untouched bundle was found altered")
    return [Figure(f"bundle of {items:,} items, {size / 1e6:.0f} MB, verified", seconds, "s", aim=AIM_VERIFY_S)]


def _log(folder: Path, seconds: float, leaves: int) -> list[Figure]:
    mongo = Mongo(folder / "mongo", port=free_port(), log_path=folder / "mongod.log")
    mongo.start()
    try:
        uri = mongo.uri_for("songda_bench")
        bench_audit.open_log(uri)
        database.ensure_indexes()
        found = bench_audit.appends(uri, seconds, threads=WRITERS_EACH, aim=AIM_APPENDS)
        return found + _proofs(leaves)
    finally:
        database.disconnect()
        mongo.kill()


def _proofs(leaves: int) -> list[Figure]:
    log, rng = RepeatingTiles(leaves), random.Random(1)
    _keep_tiles(log)
    root, read = tree_root(Tiles(log.read), leaves), tiles.reader(COURT)
    times = []
    for _ in range(PROOFS):
        index = rng.randrange(leaves)
        begun = time.perf_counter()
        proof = inclusion(read, index, leaves)
        times.append((time.perf_counter() - begun) * 1000)
        if not verify_inclusion(log.leaf(index), index, leaves, proof, root):
            raise SystemExit(f"the proof of leaf {index} does not hold")
    return [Figure(f"inclusion proof over {leaves:,} leaves, tiles in MongoDB", times, "ms", aim=AIM_PROOF_MS)]


def _keep_tiles(log: RepeatingTiles) -> None:
    """As `server.core.audit.tiles` keeps them."""
    level = 0
    while count := log.size >> (HEIGHT * level):
        for begin in range(0, count, WIDTH * AT_ONCE):
            places = [
                (level, index) for index in range(begin // WIDTH, min(begin // WIDTH + AT_ONCE, -(-count // WIDTH)))
            ]
            found = log.read(places)
            ChainTile._get_collection().insert_many(
                {
                    "_id": f"{COURT}:{level}:{index}",
                    "court": COURT,
                    "level": level,
                    "index": index,
                    "count": len(found[level, index]) // HASH_BYTES,
                    "hashes": found[level, index],
                }
                for _, index in places
            )
        level += 1
