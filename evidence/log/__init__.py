"""A log nobody can quietly rewrite: Merkle trees (RFC 6962, RFC 9162), signed checkpoints, RFC 3161 time-stamps.

Values in, values out: where leaves are kept is the caller's matter (see :mod:`evidence.log.proofs` for the protocol).
Asking a time-stamp service is the one thing that needs the network: :mod:`evidence.log.timestamps`, not imported here.
"""

from evidence.log.checkpoints import Checkpoint, Signer, Verifier
from evidence.log.compact import CompactRange
from evidence.log.hashing import EMPTY_ROOT, leaf_hash, node_hash
from evidence.log.proofs import (
    Leaves,
    NodeStore,
    consistency_proof,
    inclusion_proof,
    tree_root,
    verify_consistency,
    verify_inclusion,
)
from evidence.log.stamps import TimeStamp, check_time_stamp

__all__ = [
    "EMPTY_ROOT",
    "Checkpoint",
    "CompactRange",
    "Leaves",
    "NodeStore",
    "Signer",
    "TimeStamp",
    "Verifier",
    "check_time_stamp",
    "consistency_proof",
    "inclusion_proof",
    "leaf_hash",
    "node_hash",
    "tree_root",
    "verify_consistency",
    "verify_inclusion",
]
