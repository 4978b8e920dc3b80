"""Settings of signing in: read by name, refused when they would be dangerous."""

from __future__ import annotations

from typing import Any

import pytest

from server.config import Settings, SettingsError

GOOD = {
    "SONGDA_MODE": "production",
    "MONGODB_URI": "mongodb://db/songda",
    "REDIS_URL": "redis://cache/0",
    "SONGDA_SECRET_KEY": "x" * 32,
    "SONGDA_EVIDENCE_STORE": "file:///evidence",
    "SONGDA_PUBLIC_URL": "https://songda.example",
}
OIDC = {"SONGDA_OIDC_ISSUER": "https://sso.example", "SONGDA_OIDC_CLIENT_ID": "songda"}
LDAP = {"SONGDA_LDAP_URL": "ldaps://ldap.example", "SONGDA_LDAP_BASE": "dc=court"}


def read(**changes: str) -> Settings:
    return Settings.from_env({**GOOD, **changes})


def test_what_is_not_set_has_the_careful_value() -> None:
    settings = read()
    assert (settings.idle_minutes, settings.password_days, settings.second_factor) == (30, 90, "privileged")
    assert (settings.oidc.issuer, settings.ldap.url) == ("", "")


def test_everything_is_read_by_its_name() -> None:
    settings = read(
        **OIDC,
        **LDAP,
        SONGDA_OIDC_MATCH="staff_no",
        SONGDA_OIDC_COURT="京0102",
        SONGDA_LDAP_BIND_PASSWORD="s3cret",
        SONGDA_IDLE_MINUTES="15",
        SONGDA_PASSWORD_DAYS="0",
        SONGDA_SECOND_FACTOR="all",
    )
    assert (settings.oidc.client_id, settings.oidc.match, settings.oidc.court) == ("songda", "staff_no", "京0102")
    assert (settings.ldap.base, settings.ldap.filter) == ("dc=court", "(uid={name})")
    assert (settings.idle_minutes, settings.password_days, settings.second_factor) == (15, 0, "all")
    assert "s3cret" not in repr(settings)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"SONGDA_SECOND_FACTOR": "none"}, "SONGDA_SECOND_FACTOR"),
        ({"SONGDA_IDLE_MINUTES": "0"}, "SONGDA_IDLE_MINUTES"),
        ({"SONGDA_IDLE_MINUTES": "100000"}, "SONGDA_IDLE_MINUTES"),
        ({"SONGDA_PASSWORD_DAYS": "-1"}, "SONGDA_PASSWORD_DAYS"),
        ({"SONGDA_OIDC_ISSUER": "https://sso.example"}, "SONGDA_OIDC_CLIENT_ID"),
        ({**OIDC, "SONGDA_OIDC_ISSUER": "http://sso.example"}, "SONGDA_OIDC_ISSUER"),
        ({**OIDC, "SONGDA_OIDC_ISSUER": "https://127.0.0.1"}, "SONGDA_OIDC_ISSUER"),
        ({**OIDC, "SONGDA_OIDC_MATCH": "email"}, "SONGDA_OIDC_MATCH"),
        ({**OIDC, "SONGDA_OIDC_MATCH": "staff_no"}, "SONGDA_OIDC_COURT"),
        ({"SONGDA_LDAP_URL": "ldaps://ldap.example"}, "SONGDA_LDAP_BASE"),
        ({**LDAP, "SONGDA_LDAP_FILTER": "(uid=*)"}, "SONGDA_LDAP_FILTER"),
        ({**LDAP, "SONGDA_LDAP_PLAIN": "yes"}, "SONGDA_LDAP_PLAIN"),
    ],
)
def test_a_dangerous_setting_stops_the_start_and_is_named(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        read(**changes)
