"""`python -m bench.bench_phone [CLIENTS] [SECONDS]`: the phone API beside a bare Flask + pymongo view, in one run.

Starts a mongod, a Valkey and two gunicorns of its own (the product, and `bench.bare_phone`); both are asked in turns,
so that a noisy machine disturbs both alike. Aim: route fetch p95 at most three times the bare view.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import os
import secrets
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.figures import Figure
from evidence.samples import photo
from server.accounts import services as accounts
from server.accounts.models import Court, Person, holding
from server.core import crypto, database
from server.core.clock import court_day, utc_now
from server.core.crypto.mongo_keys import MongoKeys
from server.core.fields import Sealed
from server.core.ids import new_id
from server.dispatch.models import Roster, RosterEntry, Visit
from tools.stack.child import Child
from tools.stack.mongo import Mongo
from tools.stack.ports import LOOPBACK, free_port, is_free
from tools.stack.valkey import Valkey

COURT = "京0102"
STOPS = 25
ROUNDS = 4
AIM = 3.0
DAY = court_day(utc_now()).isoformat()
_ROOT = Path(__file__).resolve().parents[1]
_POINT = {
    "lng": 116.3743,
    "lat": 39.9297,
    "datum": "GCJ-02",
    "wgs84": {"type": "Point", "coordinates": [116.36806, 39.9283]},
}


@dataclass(frozen=True, slots=True)
class Client:
    """One server with a phone and the visits of a day."""

    person_id: str
    token: str
    visit_ids: list[str]


Ask = Callable[[Client, http.client.HTTPConnection], int]


def make_day(count: int) -> list[Client]:
    """A court with `count` servers of STOPS visits each, their phones signed in."""
    now = utc_now()
    Court(id=COURT, name="北京市西城区人民法院", level=4).save()
    clients, entries = [], []
    for n in range(count):
        person = Person(
            court=COURT, username=f"wc{n:03d}", name=f"外出送达员{n:02d}", staff_no=f"WC{n:03d}",
            grants=holding("process_server"), created_at=now,
        ).save()  # fmt: skip
        code, _ = accounts.issue_bind_code(court=COURT, person_id=person.id, now=now)
        phone = accounts.bind_phone(openid=f"o{n}", court=COURT, bind_code=code, device="bench", now=now)
        visits = [_visit(person.id, stop) for stop in range(STOPS)]
        Visit.objects.insert(visits)
        entries.append(_entry(person))
        clients.append(Client(person.id, phone.token, [one.id for one in visits]))
    Roster(court=COURT, date=DAY, entries=entries, updated_at=now).save()
    return clients


def _entry(person: Person) -> RosterEntry:
    return RosterEntry(
        server_id=person.id, staff_no=person.staff_no, name=person.name, start=_POINT, shift_start_s=30_600,
        shift_end_s=63_000, break_start_s=43_200, break_end_s=46_800, mode="ebike", max_stops=30,
    )  # fmt: skip


def _visit(person_id: str, stop: int) -> Visit:
    now, party_id = utc_now(), new_id()
    address = Sealed.of_address(f"北京市某区某路{stop}号院{stop}01号", court=COURT, subject=party_id)
    return Visit(
        id=new_id(), court=COURT, date=DAY, task_id=new_id(), recipient_id=new_id(), attempt_id=new_id(),
        case_number=f"（2026）京0102民初{10_000 + stop}号", case_kind="民事", cause="民间借贷纠纷",
        recipient_name=f"赵某{stop}", recipient_kind="自然人", standing="被告", id_mask="410***********5909",
        phone_mask="199****1234", party_id=party_id, address=address,
        address_basis="原告提供", point=_POINT, documents=[{"name": "起诉状副本"}, {"name": "传票"}], rule="bench",
        windows=[[32_400, 43_200]], minutes=8.0, due_on=DAY, state="assigned", server_id=person_id,
        position=stop + 1,
        planned_arrive_at=now, planned_leave_at=now, created_at=now, updated_at=now,
    )  # fmt: skip


# ---- what is asked


def fetch_route(client: Client, line: http.client.HTTPConnection) -> int:
    return _ask(line, "GET", f"/api/phone/route?date={DAY}", None, {"Authorization": f"Bearer {client.token}"})


def fetch_bare(client: Client, line: http.client.HTTPConnection) -> int:
    return _ask(line, "GET", f"/route?person={client.person_id}&date={DAY}", None, {})


def send_step(client: Client, line: http.client.HTTPConnection) -> int:
    path = f"/api/phone/visits/{secrets.choice(client.visit_ids)}/events"
    return _ask(line, "POST", path, _step(), {**_JSON, "Authorization": f"Bearer {client.token}"})


def send_bare_step(client: Client, line: http.client.HTTPConnection) -> int:
    return _ask(line, "POST", f"/visits/{secrets.choice(client.visit_ids)}/events", _step(), _JSON)


def uploads_of(pictures: list[bytes]) -> Ask:
    def upload(client: Client, line: http.client.HTTPConnection) -> int:
        # Bytes behind the end of a JPEG are ignored by decoders: cheap to make every file another one.
        data = secrets.choice(pictures) + secrets.token_bytes(16)
        path = f"/api/phone/visits/{secrets.choice(client.visit_ids)}/evidence"
        body, kind = _multipart(data)
        return _ask(line, "POST", path, body, {"Content-Type": kind, "Authorization": f"Bearer {client.token}"})

    return upload


_JSON = {"Content-Type": "application/json"}


def _step() -> bytes:
    kind = secrets.choice(("accept", "depart", "arrive"))
    return json.dumps({"client_id": new_id(), "kind": kind, "happened_at": utc_now().isoformat()}).encode()


def _multipart(data: bytes) -> tuple[bytes, str]:
    fields = {
        "client_id": new_id(),
        "kind": "photo_door",
        "sha256": hashlib.sha256(data).hexdigest(),
        "captured_at": utc_now().isoformat(),
    }
    mark = secrets.token_hex(16)
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
    body = "".join([*parts, head]).encode() + data + f"\r\n--{mark}--\r\n".encode()
    return body, f"multipart/form-data; boundary={mark}"


def _ask(line: http.client.HTTPConnection, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> int:
    line.request(method, path, body, headers)
    answer = line.getresponse()
    text = answer.read()
    if answer.status >= 300:
        raise SystemExit(f"{method} {path}: {answer.status} {text[:300]!r}")
    return len(body or text)


# ---- measuring


@dataclass
class Taken:
    """Milliseconds of each request, bytes moved, wall seconds; `p95s`: the 95th percentile of each round."""

    ms: list[float]
    moved: int
    wall_s: float
    p95s: list[float] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        return sorted(self.ms)[int(len(self.ms) * share)]


def load(clients: list[Client], port: int, ask: Ask, *, seconds: float) -> Taken:
    """All clients at once, each asking again as soon as it was answered."""
    taken, lock, end = Taken([], 0, 0.0), threading.Lock(), time.monotonic() + seconds

    def work(client: Client) -> None:
        line = http.client.HTTPConnection(LOOPBACK, port, timeout=60)
        times, moved = [], 0
        while time.monotonic() < end:
            start = time.perf_counter()
            moved += ask(client, line)
            times.append((time.perf_counter() - start) * 1000)
        line.close()
        with lock:
            taken.ms.extend(times)
            taken.moved += moved

    start = time.perf_counter()
    threads = [threading.Thread(target=work, args=(one,)) for one in clients]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    taken.wall_s = time.perf_counter() - start
    return taken


def in_turns(
    clients: list[Client], ports: tuple[int, int], ours: Ask, bare: Ask, *, seconds: float
) -> tuple[Taken, Taken]:
    """Both in turns, each `seconds` in all; the first tenth of a second of each is thrown away."""
    both = (Taken([], 0, 0.0), Taken([], 0, 0.0))
    for one, port in ((ours, ports[0]), (bare, ports[1])):
        load(clients, port, one, seconds=0.5)
    for _ in range(ROUNDS):
        for total, port, ask in zip(both, ports, (ours, bare), strict=True):
            part = load(clients, port, ask, seconds=seconds / ROUNDS)
            total.ms.extend(part.ms)
            total.moved += part.moved
            total.wall_s += part.wall_s
            total.p95s.append(part.percentile(0.95))
    return both


# ---- the stack


@contextmanager
def stack(base: Path) -> Iterator[dict[str, str]]:
    """Databases of this run's own; yields the environment of the product's processes."""
    mongo = Mongo(base / "mongo", port=free_port(), log_path=base / "mongod.log")
    valkey = Valkey(base / "valkey", port=free_port(), log_path=base / "valkey.log")
    key = base / "master.key"
    key.write_bytes(base64.b64encode(secrets.token_bytes(32)))
    try:
        mongo.start()
        valkey.start()
        yield {
            "SONGDA_MODE": "test",
            "MONGODB_URI": mongo.uri_for("songda_bench"),
            "REDIS_URL": valkey.url,
            "SONGDA_SECRET_KEY": secrets.token_hex(32),
            "SONGDA_MASTER_KEY_FILE": str(key),
            "SONGDA_EVIDENCE_STORE": (base / "evidence").as_uri(),
            "WECHAT_BASE_URL": f"http://{LOOPBACK}:9",
        }
    finally:
        mongo.stop()
        valkey.stop()


@contextmanager
def gunicorn(base: Path, app: str, env: dict[str, str]) -> Iterator[int]:
    """One process with 16 threads: two cores are shared by servers, database and clients."""
    with web(base, app, env, workers=1) as (port, _):
        yield port


@contextmanager
def web(base: Path, app: str, env: dict[str, str], *, workers: int) -> Iterator[tuple[int, Child]]:
    """A gunicorn of the product; its port, and the process that leads it."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", app, "--bind", f"{LOOPBACK}:{port}", "--worker-class", "gthread"]
    command += ["--workers", str(workers), "--threads", "16", "--keep-alive", "30", "--no-control-socket"]
    python_path = f"{_ROOT / 'miniprogram-api'}:{_ROOT}"
    child = Child(
        app.split(":", maxsplit=1)[0],
        command,
        log_path=base / f"{app}.log",
        env={**os.environ, **env, "PYTHONPATH": python_path},
        cwd=_ROOT,
    )
    child.start()
    try:
        deadline = time.monotonic() + 60
        while is_free(port):
            if time.monotonic() > deadline or not child.running:
                raise SystemExit(f"{app} did not start:\n{child.log_tail(30)}")
            time.sleep(0.1)
        yield port, child
    finally:
        child.stop()


def main(arguments: list[str]) -> None:
    run(int(arguments[0]) if arguments else 16, float(arguments[1]) if len(arguments) > 1 else 12.0)


def figures(quick: bool) -> list[Figure]:
    """Latencies, their ratio to the bare view and upload rates, for `python -m bench`."""
    return run(16, 3.0 if quick else 12.0)


def run(count: int, seconds: float) -> list[Figure]:
    """Starts everything, measures, prints as it goes."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        with stack(base) as env:
            database.connect(env["MONGODB_URI"])
            database.ensure_indexes()
            crypto.use(crypto.Vault.from_file(base / "master.key", MongoKeys()))
            clients = make_day(count)
            database.disconnect()
            with gunicorn(base, "wsgi:app", env) as ours, gunicorn(base, "bench.bare_phone:app", env) as bare:
                return measure(clients, (ours, bare), seconds)


def measure(clients: list[Client], ports: tuple[int, int], seconds: float) -> list[Figure]:
    print(f"phone API, {len(clients)} clients, {STOPS} stops each, {seconds:.0f} s each, one web process each")
    found = _compare("route fetch", *in_turns(clients, ports, fetch_route, fetch_bare, seconds=seconds), aim=AIM)
    found += _compare("event write", *in_turns(clients, ports, send_step, send_bare_step, seconds=seconds), aim=None)
    for name, size in (("photo 250 KB", (1600, 1200)), ("photo 1.5 MB", (4032, 3024))):
        pictures = [photo(n, width_px=size[0], height_px=size[1]) for n in range(3)]
        taken = load(clients, ports[0], uploads_of(pictures), seconds=seconds / 2)
        rate = taken.moved / taken.wall_s / 1e6
        print(f"  {name:<14} {rate:7.1f} MB/s  {len(taken.ms) / taken.wall_s:6.1f}/s  {_line(taken)}")
        found += [Figure(f"upload, {name}", [rate], "MB/s"), Figure(f"upload, {name}", taken.ms, "ms")]
    return found


def _compare(name: str, ours: Taken, bare: Taken, *, aim: float | None) -> list[Figure]:
    times = ours.percentile(0.95) / bare.percentile(0.95)
    verdict = f" (aim {aim:g}: {'met' if times <= aim else 'MISSED'})" if aim else ""
    print(f"  {name:<14} ours {_line(ours)}\n  {'':<14} bare {_line(bare)}\n  {'':<14} p95 ×{times:.2f}{verdict}")
    return [
        Figure(f"{name}, 16 clients", ours.ms, "ms"),
        Figure(f"{name}, 16 clients: p95 of each round", ours.p95s, "ms"),
        Figure(f"{name}: p95 of each round ÷ bare view's", [a / b for a, b in zip(ours.p95s, bare.p95s, strict=True)],
               "×", aim=aim),
        Figure(f"{name}, requests answered", [len(ours.ms) / ours.wall_s], "per s"),
    ]  # fmt: skip


def _line(taken: Taken) -> str:
    middle = statistics.median(taken.ms)
    rate = len(taken.ms) / taken.wall_s
    return f"p50 {middle:6.1f} ms  p95 {taken.percentile(0.95):6.1f} ms  {rate:7.1f} req/s  n={len(taken.ms)}"


if __name__ == "__main__":
    main(sys.argv[1:])
