"""`python -m tests.integration.cases.worker MONGODB_URI REDIS_URL STORE RUN_ID KEY`: a worker that can be killed."""

from __future__ import annotations

import sys

from evidence.stores import FileStore
from server.addresses import services as addresses
from server.cases import services
from server.core import crypto, database, redis_client
from server.core.clock import utc_now
from server.core.crypto.mongo_keys import MongoKeys
from server.service import intake

if __name__ == "__main__":
    mongodb_uri, redis_url, store, run_id, master_key = sys.argv[1:]
    crypto.use(crypto.Vault.from_master(bytes.fromhex(master_key), MongoKeys()))
    database.connect(mongodb_uri)
    redis_client.connect(redis_url)
    addresses.register()
    intake.register()
    services.run_import(run_id=run_id, now=utc_now(), store=FileStore(store))
