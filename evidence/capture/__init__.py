"""Sealed capture: tickets the court signs beforehand, envelopes signed at the shutter, the verdict on both.

Values in, values out; nothing here relies on EXIF. See docs/capture.md for the formats.
"""

from evidence.capture.envelopes import Envelope, key_is_strong, parse, payload_sha256, signature_holds
from evidence.capture.reasons import REASONS, Reason
from evidence.capture.shutter import DeviceKey, Sealed, Shutter
from evidence.capture.tickets import Ticket
from evidence.capture.verdicts import (
    LABELS_ZH,
    VERDICTS,
    Around,
    Device,
    Sent,
    Stated,
    Verdict,
    Verified,
    judge,
    link_of,
    verify_envelope,
)

__all__ = [
    "LABELS_ZH",
    "REASONS",
    "VERDICTS",
    "Around",
    "Device",
    "DeviceKey",
    "Envelope",
    "Reason",
    "Sealed",
    "Sent",
    "Shutter",
    "Stated",
    "Ticket",
    "Verdict",
    "Verified",
    "judge",
    "key_is_strong",
    "link_of",
    "parse",
    "payload_sha256",
    "signature_holds",
    "verify_envelope",
]
