"""The services of a stack in the order they start, and how each is started again when it dies."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools.stack.child import Child
from tools.stack.config import ROOT, Config
from tools.stack.mongo import Mongo
from tools.stack.valkey import Valkey

BACK_OFF_S = (0.2, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
# Having run this long, a service is no longer in trouble.
SETTLED_S = 60.0
QUEUES = "default,plan,papers,imports,evidence"


@dataclass(slots=True)
class Service:
    """A child with a name for people, and its record of dying."""

    title: str
    child: Child
    begin: Callable[[], None]
    deaths: int = 0
    started_at_s: float = field(default_factory=time.monotonic)
    due_at_s: float | None = None

    @property
    def name(self) -> str:
        return self.child.name

    def start(self) -> None:
        """Starts it; databases return when they answer. Whatever is left of the process group goes first."""
        self.child.kill()
        self.started_at_s = time.monotonic()
        self.due_at_s = None
        self.begin()

    def plan_restart(self) -> float:
        """Notes a death; returns in how many seconds to try again: at once at first, later more slowly."""
        if time.monotonic() - self.started_at_s > SETTLED_S:
            self.deaths = 0
        delay_s = BACK_OFF_S[min(self.deaths, len(BACK_OFF_S) - 1)]
        self.deaths += 1
        self.due_at_s = time.monotonic() + delay_s
        return delay_s


def databases(config: Config) -> list[Service]:
    """mongod and Valkey, unless the environment names external ones."""
    place = config.place
    found = []
    if config.own_mongod:
        mongo = Mongo(
            place.var / "mongo",
            port=config.ports["mongod"],
            log_path=place.log_dir / "mongod.log",
            pid_path=place.pid_path("mongod"),
            env=config.environ,
        )
        found.append(Service("数据库 mongod", mongo.child, mongo.start))
    if config.own_valkey:
        valkey = Valkey(
            place.var / "valkey",
            port=config.ports["valkey"],
            log_path=place.log_dir / "valkey.log",
            pid_path=place.pid_path("valkey"),
            env=config.environ,
        )
        found.append(Service("队列与缓存 Valkey", valkey.child, valkey.start))
    return found


def emulators(config: Config) -> list[Service]:
    """Outside systems of the demo, as processes of their own."""
    if not config.own_wechat:
        return []
    command = [
        *(sys.executable, "-m", "tests.emulators.wechat"),
        *("--port", str(config.ports["wechat"])),
        *("--appid", config.environ["WECHAT_APPID"]),
        *("--secret", config.environ["WECHAT_SECRET"]),
    ]
    return [_service(config, "wechat", "模拟微信", command)]


def application(config: Config) -> list[Service]:
    """Web, live updates, worker and beat."""
    place = config.place
    return [
        _service(config, "web", "网页与接口 web", _gunicorn(place.host, place.port, "wsgi:app", 2, 16, 10)),
        # One stream holds one thread for as long as a browser looks: many threads, and no long good-bye.
        _service(
            config,
            "live",
            "实时更新 live",
            _gunicorn(place.host, place.live_port, "wsgi:live_app", 1, 256, 2),
        ),
        _service(
            config,
            "worker",
            "后台任务 worker",
            [
                *_celery("worker"),
                *("--queues", QUEUES),
                *("--concurrency", "2"),
                *("--hostname", f"songda-{place.port}@%h"),
                "--without-mingle",
                "--without-gossip",
                *("-O", "fair"),
            ],
        ),
        _service(
            config,
            "beat",
            "定时任务 beat",
            # No pid file of Celery's own: after kill -9 it would refuse to start.
            [*_celery("beat"), "--schedule", str(place.run_dir / "beat-schedule"), "--pidfile="],
        ),
    ]


def preparation(config: Config, accounts_path: Path) -> Child:
    """To be run once before the application: indexes, demo court, and the demo accounts into a file."""
    name = "prepare"
    return Child(
        name,
        [sys.executable, "-m", "tools.stack.prepare", str(accounts_path)],
        log_path=config.place.log_dir / f"{name}.log",
        env=config.environ,
        cwd=ROOT,
        pid_path=config.place.pid_path(name),
    )


def _service(config: Config, name: str, title: str, command: Sequence[str]) -> Service:
    child = Child(
        name,
        command,
        log_path=config.place.log_dir / f"{name}.log",
        env=config.environ,
        cwd=ROOT,
        pid_path=config.place.pid_path(name),
    )
    return Service(title, child, child.start)


def _gunicorn(host: str, port: int, app: str, workers: int, threads: int, goodbye_s: int) -> list[str]:
    return [
        *(sys.executable, "-m", "gunicorn", app),
        *("--bind", f"{host}:{port}"),
        *("--worker-class", "gthread"),
        *("--workers", str(workers)),
        *("--threads", str(threads)),
        *("--graceful-timeout", str(goodbye_s)),
        *("--timeout", "120"),
        # Its default path is one per user: two stacks would take it from each other.
        "--no-control-socket",
    ]


def _celery(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "celery", "--app", "wsgi:celery_app", *arguments, "--loglevel", "INFO"]
