"""The vault of a process, from its settings; and the refusal to start with another key than the data's."""

from __future__ import annotations

import logging

import pymongo
from pymongo.errors import PyMongoError

from server.config import Settings
from server.core import database
from server.core.crypto import providers
from server.core.crypto.ciphers import CIPHERS
from server.core.crypto.mongo_keys import MongoKeys
from server.core.crypto.vault import Vault

log = logging.getLogger(__name__)

# A database that does not answer this soon is away; one that does is given time for the check itself.
PATIENCE_S = 1.0
CHECK_S = 15.0


def vault_of(settings: Settings) -> Vault:
    """Raises VaultError when the master key cannot be read."""
    cipher = CIPHERS[settings.cipher]
    provider = providers.from_url(settings.key_provider_url, cipher=cipher, token=settings.key_provider_token)
    return Vault(provider, MongoKeys(), cipher=cipher)


def refuse_a_wrong_key(vault: Vault) -> None:
    """Raises WrongMasterKey or KeysLost when the database can be asked.

    A database that is away stops no start: the vault asks again before its first use, and refuses then.
    """
    try:
        with pymongo.timeout(PATIENCE_S):
            database.ping()
        with pymongo.timeout(CHECK_S):
            vault.check()
    except PyMongoError as error:
        log.warning("the keys will be checked when the database answers: %s", type(error).__name__)
