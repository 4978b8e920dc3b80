"""`python -m tests.integration.core.audit_writer MONGODB_URI NAME THREADS ROWS`: a process that appends, to be killed.

Prints `READY`, waits for a line, then appends ROWS rows from each of THREADS threads, printing every id once it is
acknowledged. Every third append is a note, a deed and its end, the others one to three rows at once.
"""

from __future__ import annotations

import sys
import threading

from server.core import crypto, database
from server.core.audit import pending
from server.core.audit.chain import append
from server.core.crypto.mongo_keys import MongoKeys
from tests.integration.core.audit_chain import row

_printing = threading.Lock()


def tell(ids: list[str]) -> None:
    """On lines of their own, whatever moment the process is killed at."""
    with _printing:
        sys.stdout.write("".join(f"{one}\n" for one in ids))
        sys.stdout.flush()


def write(name: str, thread: int, rows: int) -> None:
    """Rows of one thread."""
    written = 0
    while written < rows:
        batch = [row(n, person_id=f"{name}-{thread}") for n in range(written, min(written + 1 + written % 3, rows))]
        tell(pending.finish(pending.begin(batch[0]), batch[0]) if len(batch) == 1 else append(batch))
        written += len(batch)


if __name__ == "__main__":
    mongodb_uri, name, threads, rows = sys.argv[1:]
    database.connect(mongodb_uri)
    crypto.use(crypto.Vault.from_master(bytes(range(32)), MongoKeys()))
    sys.stdout.write("READY\n")
    sys.stdout.flush()
    sys.stdin.readline()
    writers = [threading.Thread(target=write, args=(name, n, int(rows))) for n in range(int(threads))]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
