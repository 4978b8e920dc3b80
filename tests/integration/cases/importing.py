"""A short way to import a list."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evidence.stores import Store
from server.cases import services
from server.cases.models import ImportRun
from server.service.actor import Actor
from tests.factories.case_lists import COURT, xlsx_of

CLERK = Actor("person-1", "书记员甲")


@dataclass(frozen=True, slots=True)
class Importing:
    """Starts and runs imports at a fixed time."""

    store: Store
    now: datetime

    def start(
        self, content: bytes, *, filename: str = "cases.xlsx", kind: str = "cases", court: str = COURT
    ) -> ImportRun:
        return services.start_import(
            court=court,
            kind=kind,
            filename=filename,
            stream=io.BytesIO(content),
            day=None,
            actor=CLERK,
            now=self.now,
            store=self.store,
            enqueue=False,
        )

    def run(self, run: ImportRun) -> ImportRun:
        return services.run_import(run_id=run.id, now=self.now, store=self.store)

    def whole(self, content: bytes, **options: Any) -> ImportRun:
        return self.run(self.start(content, **options))

    def rows(self, *rows: Mapping[str, Any]) -> ImportRun:
        return self.whole(xlsx_of(rows))

    def together(self, runs: Sequence[ImportRun]) -> list[ImportRun]:
        """Several workers at once, each with a run of its own."""
        with ThreadPoolExecutor(len(runs)) as workers:
            return list(workers.map(self.run, runs))
