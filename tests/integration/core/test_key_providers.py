"""Key providers: the file and the Transit engine behave alike, and none of them is ever done without."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from server.app import create_app
from server.config import Settings, SettingsError
from server.core.crypto import ProviderAway, Vault, VaultError, WrongMasterKey
from server.core.crypto.ciphers import AES, SM4
from server.core.crypto.mongo_keys import MongoKeys
from server.core.crypto.providers import FileProvider, KeyProvider, TransitProvider, Wrapped, from_url
from server.core.crypto.records import MemoryKeys
from tests.emulators import transit

TOKEN = "hvs.test-token"  # the emulator's
COURT = "京0102"


@pytest.fixture
def engine() -> Iterator[transit.Transit]:
    with transit.running(TOKEN) as server:
        yield server


@pytest.fixture(params=["file", "file-sm4", "transit"])
def provider(request: pytest.FixtureRequest, tmp_path: Path, engine: transit.Transit) -> KeyProvider:
    if request.param == "transit":
        return from_url(f"transit+{engine.url}", cipher=AES, token=TOKEN)
    key = tmp_path / "master.key"
    key.write_bytes(base64.b64encode(b"k" * 32) + b"\n")
    return from_url(key.as_uri(), cipher=SM4 if request.param == "file-sm4" else AES)


def test_what_was_wrapped_opens_in_its_own_context_only(provider: KeyProvider) -> None:
    wrapped = provider.wrap(b"s" * 32, context="one")
    assert provider.unwrap(wrapped, context="one") == b"s" * 32
    assert provider.is_current(wrapped.provider_key)
    assert base64.b64encode(b"s" * 32).decode() not in wrapped.text
    with pytest.raises(WrongMasterKey):
        provider.unwrap(wrapped, context="two")
    with pytest.raises(VaultError):
        provider.unwrap(replace(wrapped, text=wrapped.text[:-8] + "AAAAAAA="), context="one")


def test_a_whole_vault_runs_on_the_transit_engine_and_survives_its_rotation(engine: transit.Transit) -> None:
    store = MemoryKeys()
    vault = Vault(TransitProvider(engine.url, TOKEN), store)
    sealed = vault.seal("19907613984", court=COURT, subject="p1")
    requests.post(
        engine.url.replace("/transit/songda", "/v1/transit/keys/songda/rotate"),
        headers={"X-Vault-Token": TOKEN},
        timeout=5,
    )
    assert len(vault.ring.rewrap_all()) == 2
    assert {key.wrapped.provider_key for key in store.every_key() if key.wrapped} == {"transit:songda:2"}
    assert Vault(TransitProvider(engine.url, TOKEN), store).open(sealed, court=COURT) == "19907613984"


def test_a_vault_moves_from_the_file_to_the_transit_engine(engine: transit.Transit) -> None:
    store = MemoryKeys()
    vault = Vault.from_master(b"m" * 32, store)
    sealed = vault.seal("19907613984", court=COURT)
    engine.down = True
    with pytest.raises(ProviderAway):
        vault.ring.rewrap_all(TransitProvider(engine.url, TOKEN))
    engine.down = False
    assert len(vault.ring.rewrap_all(TransitProvider(engine.url, TOKEN))) == 2
    assert vault.ring.rewrap_all(TransitProvider(engine.url, TOKEN)) == []
    assert Vault(TransitProvider(engine.url, TOKEN), store).open(sealed, court=COURT) == "19907613984"
    with pytest.raises(WrongMasterKey):
        Vault.from_master(b"m" * 32, store).check()


def test_keys_in_memory_carry_on_while_the_provider_is_away(engine: transit.Transit) -> None:
    store = MemoryKeys()
    vault = Vault(TransitProvider(engine.url, TOKEN), store)
    sealed = vault.seal("19907613984", court=COURT)
    engine.down = True
    assert vault.open(sealed, court=COURT) == "19907613984"
    fresh = Vault(TransitProvider(engine.url, TOKEN), store)
    for use in (fresh.check, lambda: fresh.open(sealed, court=COURT), lambda: fresh.seal("x", court="京0105")):
        with pytest.raises(ProviderAway):
            use()


def test_no_failure_of_the_provider_tells_its_token(engine: transit.Transit) -> None:
    for broken in (TransitProvider(engine.url, "wrong"), TransitProvider("http://127.0.0.1:9/transit/songda", TOKEN)):
        with pytest.raises(ProviderAway) as refused:
            broken.wrap(b"s" * 32, context="c")
        assert TOKEN not in str(refused.value)
        assert refused.value.__cause__ is None
    assert TOKEN not in repr(TransitProvider(engine.url, TOKEN))
    with pytest.raises(WrongMasterKey):
        TransitProvider(engine.url, TOKEN).unwrap(Wrapped("vault:v9:AAAA", "transit:songda:9"), context="c")


def test_the_program_does_not_start_under_another_master_key(
    settings: Settings, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    Vault(from_url(settings.key_provider_url, cipher=AES), MongoKeys()).seal("x", court=COURT)
    assert database.data_keys.count_documents({}) == 2
    settings.master_key_file.write_bytes(base64.b64encode(b"w" * 32))
    with pytest.raises(WrongMasterKey, match="主密钥不对"):
        create_app(settings)
    settings.master_key_file.unlink()
    with pytest.raises(VaultError, match="主密钥文件无法读取"):
        create_app(settings)


def test_production_wants_its_key_provider_over_https() -> None:
    environ = {
        "MONGODB_URI": "mongodb://db/songda",
        "REDIS_URL": "redis://r/0",
        "SONGDA_SECRET_KEY": "s" * 32,
        "SONGDA_EVIDENCE_STORE": "file:///e",
        "SONGDA_PUBLIC_URL": "https://songda.court.example",
    }
    for provider, complaint in (
        ("transit+http://kms.court:8200/transit/songda", "must be https"),
        ("https://kms.court", "must begin with"),
    ):
        with pytest.raises(SettingsError, match=complaint):
            Settings.from_env({**environ, "SONGDA_KEY_PROVIDER": provider})
    with pytest.raises(SettingsError, match="SONGDA_CIPHER"):
        Settings.from_env({**environ, "SONGDA_CIPHER": "des"})
    kms = {"SONGDA_KEY_PROVIDER": "transit+https://kms.court:8200/transit/songda", "SONGDA_KEY_PROVIDER_TOKEN": TOKEN}
    settings = Settings.from_env({**environ, **kms, "SONGDA_CIPHER": "sm4"})
    assert settings.cipher == "sm4"
    assert TOKEN not in repr(settings)


@pytest.mark.parametrize("url", ["transit+https://kms.court", "transit+https:///transit/songda", "ftp://x/y", ""])
def test_a_provider_that_leads_nowhere_is_refused(url: str) -> None:
    with pytest.raises(VaultError):
        from_url(url, cipher=AES, token=TOKEN)
    with pytest.raises(VaultError):
        from_url("transit+https://kms.court/transit/songda", cipher=AES, token="")


def test_a_file_may_hold_the_master_keys_of_before(tmp_path: Path) -> None:
    old, new = (base64.b64encode(letter * 32).decode() for letter in (b"o", b"n"))
    path = tmp_path / "master.key"
    path.write_text(f"{old}\n")
    wrapped = FileProvider.from_path(path).wrap(b"s" * 32, context="c")
    path.write_text(f"# 2026-11\n{new}\n\n{old}\n")
    both = FileProvider.from_path(path)
    assert both.unwrap(wrapped, context="c") == b"s" * 32
    assert not both.is_current(wrapped.provider_key)
    path.write_text("")
    with pytest.raises(VaultError):
        FileProvider.from_path(path)
