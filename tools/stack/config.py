"""What a stack keeps under VAR between runs: inner ports and secrets; the environment of its processes."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.stack.guard import MARK, Place
from tools.stack.mongo import REPLICA_SET
from tools.stack.ports import LOOPBACK, free_ports, is_free

ROOT = Path(__file__).resolve().parents[2]
DATABASE = "songda"
INNER = ("mongod", "valkey", "wechat")


@dataclass(frozen=True, slots=True)
class Config:
    """One stack, ready to be started."""

    place: Place
    ports: Mapping[str, int]
    mongodb_uri: str
    redis_url: str
    own_mongod: bool
    own_valkey: bool
    own_wechat: bool
    environ: Mapping[str, str]

    @property
    def url(self) -> str:
        """Where a browser on this machine finds the board."""
        return f"http://{LOOPBACK}:{self.place.port}"

    @property
    def wechat_url(self) -> str:
        return self.environ["WECHAT_BASE_URL"]


def load(place: Place, given: Mapping[str, str], *, running: bool = False) -> Config:
    """Reads, and on the first run makes, what is kept under VAR. `given` (environment) beats defaults.

    `running`: for a command beside a running stack, whose inner ports are taken by that very stack.
    """
    ports = _kept_ports(_ports_path(place)) if running else inner_ports(place)
    mongodb_uri = given.get("MONGODB_URI") or (
        f"mongodb://{LOOPBACK}:{ports['mongod']}/{DATABASE}?replicaSet={REPLICA_SET}"
    )
    redis_url = given.get("REDIS_URL") or f"redis://{LOOPBACK}:{ports['valkey']}/0"
    own_wechat = not given.get("WECHAT_BASE_URL") and has_emulator()
    evidence = place.var / "evidence"
    evidence.mkdir(parents=True, exist_ok=True)
    defaults = {
        "SONGDA_MODE": "demo",
        "SONGDA_SECRET_KEY": secret(place, "secret_key", lambda: secrets.token_hex(32)),
        "SONGDA_MASTER_KEY_FILE": str(master_key(place)),
        "SONGDA_EVIDENCE_STORE": evidence.as_uri(),
        "SONGDA_PUBLIC_URL": f"http://{LOOPBACK}:{place.port}",
        "SONGDA_LIVE_URL": f"http://{LOOPBACK}:{place.live_port}",
        "WECHAT_APPID": "wx5051a5da00000000",
        "WECHAT_SECRET": secret(place, "wechat_secret", lambda: secrets.token_hex(16)),
        "WECHAT_BASE_URL": f"http://{LOOPBACK}:{ports['wechat']}",
    }
    environ = {
        **os.environ,
        **{name: given.get(name) or value for name, value in defaults.items()},
        "MONGODB_URI": mongodb_uri,
        "REDIS_URL": redis_url,
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        MARK: str(place.var),
    }
    return Config(
        place=place,
        ports=ports,
        mongodb_uri=mongodb_uri,
        redis_url=redis_url,
        own_mongod=not given.get("MONGODB_URI"),
        own_valkey=not given.get("REDIS_URL"),
        own_wechat=own_wechat,
        environ=environ,
    )


def has_emulator() -> bool:
    """True when the WeChat emulator is there (an installation for production has no tests)."""
    folder = ROOT / "tests" / "emulators"
    return (folder / "wechat.py").is_file() or (folder / "wechat" / "__main__.py").is_file()


def inner_ports(place: Place) -> dict[str, int]:
    """The ports nobody chooses: picked free once, kept, and picked anew when somebody else has taken one."""
    path = _ports_path(place)
    kept = _kept_ports(path)
    outer = frozenset({place.port, place.live_port})
    # A fresh pick must not hit a recorded port whose server has not started yet.
    fresh = free_ports(len(INNER), avoid=outer | frozenset(kept.values()))
    ports = {
        name: kept[name] if name in kept and kept[name] not in outer and is_free(kept[name]) else new
        for name, new in zip(INNER, fresh, strict=True)
    }
    if ports != kept:
        _write_privately(path, json.dumps(ports))
    return ports


def _ports_path(place: Place) -> Path:
    return place.run_dir / "ports.json"


def _kept_ports(path: Path) -> dict[str, int]:
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        return {name: int(written[name]) for name in INNER if name in written}
    except (OSError, ValueError, TypeError):
        return {}


def secret(place: Place, name: str, make: Callable[[], str]) -> str:
    """A secret of this stack alone: made once, kept under VAR/secrets, readable by its owner only."""
    path = place.var / "secrets" / name
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_privately(path, make())
    return path.read_text(encoding="ascii").strip()


def master_key(place: Place) -> Path:
    """The file with the key that seals personal data: 32 random bytes as base64. Lost with it: that data."""
    secret(place, "master.key", lambda: base64.b64encode(secrets.token_bytes(32)).decode())
    return place.var / "secrets" / "master.key"


def _write_privately(path: Path, text: str) -> None:
    """Mode 0600 from the first byte on; whole or not at all, so that a kill leaves no half a key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".tmp")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
