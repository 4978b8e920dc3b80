"""Evidence bundles (`songda-bundle/1`): written by the court, verified by anybody, offline. See docs/bundle.md.

Needs the standard library, `cryptography` and `rfc3161_client`, and nothing else.
"""

from evidence.bundle.content import (
    Bundle,
    Device,
    Document,
    Envelope,
    Item,
    Log,
    LogProof,
    Original,
    Scope,
)
from evidence.bundle.report import Report
from evidence.bundle.trust import Trust, fingerprint
from evidence.bundle.verifying import verify
from evidence.bundle.writing import write

__all__ = [
    "Bundle",
    "Device",
    "Document",
    "Envelope",
    "Item",
    "Log",
    "LogProof",
    "Original",
    "Report",
    "Scope",
    "Trust",
    "fingerprint",
    "verify",
    "write",
]
