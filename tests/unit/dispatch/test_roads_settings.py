"""Settings of road engines: what is refused, and what each provider becomes."""

from __future__ import annotations

import pytest

from routing.roads import AMap, Osrm, Tencent, Valhalla
from server.config import RoadsSettings, Settings, SettingsError
from server.gateways.roads import engine_from

BASE = {
    "MONGODB_URI": "mongodb://127.0.0.1/songda",
    "REDIS_URL": "redis://127.0.0.1/0",
    "SONGDA_SECRET_KEY": "k" * 40,
    "SONGDA_EVIDENCE_STORE": "file:///srv/evidence",
}


def settings(mode: str = "demo", **roads: str) -> RoadsSettings:
    environ = {**BASE, "SONGDA_MODE": mode, "SONGDA_PUBLIC_URL": "https://songda.example.org"}
    environ |= {f"SONGDA_ROADS_{name.upper()}": value for name, value in roads.items()}
    return Settings.from_env(environ).roads


def test_without_a_provider_nobody_is_asked() -> None:
    assert engine_from(settings()) is None


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"provider": "valhalla", "url": "http://valhalla:8002"}, Valhalla),
        ({"provider": "osrm", "url": "http://osrm:5000"}, Osrm),
        ({"provider": "amap", "key": "k", "secret": "s"}, AMap),
        ({"provider": "tencent", "key": "k"}, Tencent),
    ],
)
def test_each_provider_becomes_its_engine(given: dict[str, str], kind: type) -> None:
    assert isinstance(engine_from(settings(**given)), kind)
    assert isinstance(engine_from(settings("production", **given)), kind)


def test_the_contracts_pace_is_kept() -> None:
    engine = engine_from(settings(provider="tencent", key="k", per_second="50"))
    assert engine is not None
    assert engine.limits.per_second == 50


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"provider": "google"}, "SONGDA_ROADS_PROVIDER"),
        ({"provider": "osrm"}, "SONGDA_ROADS_URL"),
        ({"provider": "valhalla", "url": "valhalla:8002"}, "SONGDA_ROADS_URL"),
        ({"provider": "amap"}, "SONGDA_ROADS_KEY"),
        ({"provider": "amap", "key": "k", "url": "http://127.0.0.1:9"}, "SONGDA_ROADS_URL"),
        ({"per_second": "0"}, "SONGDA_ROADS_PER_SECOND"),
        ({"seconds": "-1"}, "SONGDA_ROADS_SECONDS"),
        ({"keep_days": "4000"}, "SONGDA_ROADS_KEEP_DAYS"),
    ],
)
def test_what_cannot_work_is_refused_by_name(given: dict[str, str], name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        settings("production", **given)


def test_courts_are_a_list() -> None:
    assert settings(courts="京0101, 京0102,").court_list == {"京0101", "京0102"}
    assert settings().court_list == frozenset()


def test_secrets_are_not_shown() -> None:
    assert "topsecret" not in repr(settings(provider="amap", key="topsecret1", secret="topsecret2"))
