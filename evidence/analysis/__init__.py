"""Analysis of evidence files in processes of their own: facts, quality, hashes, copies; hostile files included.

``Sandbox.analyse(stream, Job(…))`` answers an ``Output`` for any bytes whatever. See docs/analysis.md.
"""

from evidence.analysis.concerns import BREAKING, CONCERNS, words
from evidence.analysis.phash import bands, distance, near_keys
from evidence.analysis.report import COPIES, Analysis, Copy, Job
from evidence.analysis.sandbox import Output, Sandbox, Setting

__all__ = [
    "BREAKING",
    "CONCERNS",
    "COPIES",
    "Analysis",
    "Copy",
    "Job",
    "Output",
    "Sandbox",
    "Setting",
    "bands",
    "distance",
    "near_keys",
    "words",
]
