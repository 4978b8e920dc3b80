"""Settings are read once, completely, and production refuses emulators."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.config import Settings, SettingsError, is_outside_https

GOOD = {
    "SONGDA_MODE": "production",
    "MONGODB_URI": "mongodb://mongo/songda",
    "REDIS_URL": "redis://valkey/0",
    "SONGDA_SECRET_KEY": "k" * 32,
    "SONGDA_EVIDENCE_STORE": "s3://evidence",
    "SONGDA_PUBLIC_URL": "https://songda.court.example",
}


def test_a_complete_production_environment_is_accepted() -> None:
    settings = Settings.from_env(GOOD)
    assert settings.wechat_base_url == "https://api.weixin.qq.com"
    assert settings.secure_cookies


@pytest.mark.parametrize("missing", ["MONGODB_URI", "REDIS_URL", "SONGDA_SECRET_KEY", "SONGDA_EVIDENCE_STORE"])
def test_a_missing_setting_is_named(missing: str) -> None:
    with pytest.raises(SettingsError, match=missing):
        Settings.from_env({key: value for key, value in GOOD.items() if key != missing})


@pytest.mark.parametrize("url", ["http://127.0.0.1:9000", "https://localhost:9000", "https://127.0.0.1", "http://api"])
def test_production_refuses_an_emulated_wechat(url: str) -> None:
    with pytest.raises(SettingsError, match="WECHAT_BASE_URL"):
        Settings.from_env({**GOOD, "WECHAT_BASE_URL": url})


def test_the_demo_may_use_emulators() -> None:
    demo = {**GOOD, "SONGDA_MODE": "demo", "WECHAT_BASE_URL": "http://127.0.0.1:9000"}
    assert Settings.from_env(demo).wechat_base_url == "http://127.0.0.1:9000"


def test_a_short_secret_or_an_unknown_mode_is_refused() -> None:
    with pytest.raises(SettingsError, match="SONGDA_SECRET_KEY"):
        Settings.from_env({**GOOD, "SONGDA_SECRET_KEY": "short"})
    with pytest.raises(SettingsError, match="SONGDA_MODE"):
        Settings.from_env({**GOOD, "SONGDA_MODE": "staging"})


def test_secrets_are_not_printed() -> None:
    assert "kkkk" not in repr(Settings.from_env(GOOD))


def test_only_https_elsewhere_is_outside() -> None:
    assert is_outside_https("https://api.weixin.qq.com")
    assert not is_outside_https("https://[::1]/")


def test_proxies_are_trusted_only_when_told() -> None:
    assert Settings.from_env(GOOD).trusted_proxies == 0
    assert Settings.from_env({**GOOD, "SONGDA_TRUSTED_PROXIES": "1"}).trusted_proxies == 1
    with pytest.raises(SettingsError, match="SONGDA_TRUSTED_PROXIES"):
        Settings.from_env({**GOOD, "SONGDA_TRUSTED_PROXIES": "-1"})


def test_a_time_stamp_authority_without_its_roots_is_refused() -> None:
    with pytest.raises(SettingsError, match="SONGDA_TSA_CERTIFICATES"):
        Settings.from_env({**GOOD, "SONGDA_TSA_URL": "https://tsa.example.cn"})
    settings = Settings.from_env(
        {**GOOD, "SONGDA_TSA_URL": "https://tsa.example.cn", "SONGDA_TSA_CERTIFICATES": "/etc/roots.pem"}
    )
    assert settings.tsa_certificates == Path("/etc/roots.pem")
