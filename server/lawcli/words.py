"""Every closed list a question may use: field → word → its Chinese meaning."""

from __future__ import annotations

from collections.abc import Mapping

from server.law import attempts, calls, diligence, outcomes, proof, situation, terms
from server.law.documents import CLASSES
from server.law.signers import RELATIONS

WORDS: Mapping[str, Mapping[str, str]] = {
    "situation.case_kind": {one: one for one in sorted(terms.CASE_KINDS)},
    "situation.procedure": {one: one for one in sorted(terms.PROCEDURES) if one},
    "situation.recipient_kind": {one: one for one in sorted(terms.RECIPIENT_KINDS)},
    "situation.address_basis": terms.BASES,
    "situation.region": terms.REGIONS,
    "situation.forwarded_for": {code: who for code, (who, _, _) in terms.FORWARDED_FOR.items()},
    "situation.e_address": situation.E_ADDRESSES,
    "situation.consent.form": situation.CONSENTS,
    "situation.consent.covers": CLASSES,
    "attempts.channel": {code: terms.WAYS[code] for code in attempts.RESULTS_OF},
    "attempts.result": attempts.RESULTS,
    "attempts.place": attempts.PLACES,
    "attempts.return_reason": {code: text for code, (text, _) in attempts.RETURN_REASONS.items()},
    "attempts.items.kind": {**outcomes.EVIDENCE_KINDS, **proof.KINDS},
    "attempts.fields": outcomes.FIELDS,
    "signer.relation": RELATIONS,
    "contacts.kind": diligence.KINDS,
    "tries.call_result": {code: one.label_zh for code, one in calls.LABELS.items()},
    "tries.result": {"failed": "未果", "served": "已送达", "open": "进行中"},
}
