"""What the gate costs: signing-in state, permission, reach of the object and the row in the audit log, per request.

The same view is asked in turns through the gate and without it, in one process over WSGI (no socket), on a mongod of
its own on this machine's disk, as `make run` starts it. A look that is not recorded, a look that is, and a change.
"""

from __future__ import annotations

import base64
import secrets
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Blueprint
from flask.testing import FlaskClient

from bench.figures import Figure
from server.accounts.models import Court, Person, Session, holding
from server.accounts.resources import COOKIE
from server.accounts.services import csrf_of, digest
from server.app import create_app
from server.config import Settings
from server.core import database
from server.core.clock import utc_now
from server.core.http import SongdaApi
from server.core.ids import new_id, new_token
from server.core.permissions import needs, public
from server.service.models import ServiceTask
from tools.stack.mongo import Mongo
from tools.stack.ports import free_port
from tools.stack.valkey import Valkey

COURT = "京0102"
ROUNDS, QUICK_ROUNDS = 1_500, 200
AIM_MS = 1.5


class Bare:
    """A face with one small view, behind the gate and not."""

    def __init__(self) -> None:
        self.blueprint = Blueprint("bench", __name__)
        say = self.blueprint.route
        say("/bench/open/<task_id>", methods=["GET"], endpoint="open")(public("measured")(_answer()))
        say("/bench/look/<task_id>", methods=["GET"], endpoint="look")(
            needs("tasks.view", on="task:task_id")(_answer())
        )
        say("/bench/recorded/<task_id>", methods=["GET"], endpoint="recorded")(
            needs("tasks.view", on="task:task_id", does="task.view")(_answer())
        )
        say("/bench/change/<task_id>", methods=["POST"], endpoint="change")(
            needs("tasks.review", on="task:task_id", does="task.review")(_answer())
        )

    def register(self, api: SongdaApi) -> None:
        api._app.register_blueprint(self.blueprint)


def _answer() -> Any:
    def answer(task_id: str) -> dict[str, str]:
        """What any view does at least: one read by id."""
        found = ServiceTask._get_collection().find_one({"_id": task_id}, {"case_number": 1})
        return {"case_number": found["case_number"]}

    return answer


@contextmanager
def bench_settings(base: Path) -> Iterator[Settings]:
    """Databases of this run's own."""
    mongo = Mongo(base / "mongo", port=free_port(), log_path=base / "mongod.log")
    valkey = Valkey(base / "valkey", port=free_port(), log_path=base / "valkey.log")
    key, evidence = base / "master.key", base / "evidence"
    key.write_bytes(base64.b64encode(secrets.token_bytes(32)))
    evidence.mkdir()
    try:
        mongo.start()
        valkey.start()
        yield Settings(
            mode="test",
            mongodb_uri=mongo.uri_for("songda_bench_gate"),
            redis_url=valkey.url,
            secret_key=secrets.token_hex(32),
            master_key_file=key,
            evidence_store=evidence.as_uri(),
        )
    finally:
        database.disconnect()
        mongo.stop()
        valkey.stop()


def figures(quick: bool) -> list[Figure]:
    """Milliseconds the gate adds to a request, for `python -m bench`."""
    with tempfile.TemporaryDirectory() as folder, bench_settings(Path(folder)) as settings:
        app = create_app(settings, faces=(Bare(),))
        database.ensure_indexes()
        task_id, token = _prepare()
        stranger, client = app.test_client(), app.test_client()
        client.set_cookie(COOKIE, token)
        return _measure(stranger, client, task_id, token, QUICK_ROUNDS if quick else ROUNDS)


def _prepare() -> tuple[str, str]:
    now = utc_now()
    Court(id=COURT, name="示例人民法院", level=4).save()
    person = Person(
        court=COURT, username="bench", name="演示", staff_no="B1", grants=holding("specialist"), created_at=now
    ).save()
    task = ServiceTask(
        court=COURT, case_id=new_id(), case_number="（2026）京0102民初1号", case_kind="民事", channel="direct",
        due_on="2026-12-01", created_at=now, updated_at=now,
    ).save()  # fmt: skip
    token, later = new_token(), now + timedelta(hours=1)
    Session(
        id=digest(token), person_id=person.id, court=COURT, kind="web", created_at=now, last_seen_at=now,
        idle_until=later, expires_at=later,
    ).save()  # fmt: skip
    return task.id, token


def _measure(stranger: FlaskClient, client: FlaskClient, task_id: str, token: str, rounds: int) -> list[Figure]:
    headers = {"X-CSRF-Token": csrf_of(digest(token))}
    kinds = {"look": "GET", "recorded": "GET", "change": "POST"}
    times: dict[str, list[float]] = {name: [] for name in ("open", *kinds)}
    for n in range(rounds + 50):
        for name, spents in times.items():
            method, asking = kinds.get(name, "GET"), stranger if name == "open" else client
            start = time.perf_counter()
            answer = asking.open(f"/bench/{name}/{task_id}", method=method, headers=headers)
            spent = (time.perf_counter() - start) * 1000
            if answer.status_code != 200:
                raise SystemExit(f"{name}: {answer.status_code} {answer.get_data(as_text=True)[:200]}")
            if n >= 50:
                spents.append(spent)
    bare = statistics.median(times["open"])
    labels = {
        "look": "gate: session, permission, reach of the object",
        "recorded": "gate: the same and a row in the audit log (durable)",
        "change": "gate: the same, a note before and a row after (durable)",
    }
    found = [Figure("view without the gate", times["open"], "ms")]
    for name, what in labels.items():
        aim = AIM_MS if name == "look" else None
        found.append(Figure(what, [spent - bare for spent in times[name]], "ms more", aim=aim))
    for one in found:
        print(f"  {one.what:<60} {one.median:7.2f} {one.unit}  ({one.spread})")
    return found


if __name__ == "__main__":
    figures(quick=False)
