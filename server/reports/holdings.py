"""What the papers' side keeps in the evidence store, for those who move it and watch over how long it stays."""

from __future__ import annotations

from server.custody.holdings import BATCHES, BUNDLES, PACKAGES, PAPERS, Holding, register
from server.reports.archive_models import CaseArchive
from server.reports.batch_models import PaperBatch
from server.reports.bundle_models import EvidenceBundle
from server.reports.models import Paper


def register_holdings() -> None:
    """Called by the composition root."""
    register(
        Holding(
            lambda: Paper, "送达文书", PAPERS, ("store_key", "sealed_store_key"), "made_at", ("sha256", "sealed_sha256")
        ),
        Holding(lambda: PaperBatch, "成批文书", BATCHES, ("merged.store_key", "zipped.store_key"), "finished_at"),
        Holding(lambda: EvidenceBundle, "证据包", PACKAGES, ("store_key",), "finished_at", ("sha256",)),
        Holding(lambda: EvidenceBundle, "证据包", BUNDLES, ("store_key",), "finished_at"),
        Holding(lambda: CaseArchive, "送达档案", PACKAGES, ("store_key",), "finished_at", ("sha256",)),
    )
