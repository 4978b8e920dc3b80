"""What a phone captures with: its key, the tickets of its shift, one signed envelope for each item."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evidence.capture import DeviceKey, Shutter
from evidence.capture.envelopes import DeviceFacts, SealedFix
from server.drill.doors import sha256_of
from server.drill.ledger import Ledger
from server.drill.line import Line, Refused

_PHONE = "/api/phone"
_FACTS = DeviceFacts(model="演练手机", system="Songda drill", app="1")
_WITHOUT_VISIT = ""


@dataclass(frozen=True, slots=True)
class Captured:
    """One item as it left the shutter. `fix` as the API takes it."""

    visit_id: str
    client_id: str
    kind: str
    data: bytes
    captured_at: datetime
    fix: dict[str, Any] | None
    envelope: dict[str, str] | None

    @property
    def sha256(self) -> str:
        return sha256_of(self.data)

    def announced(self) -> dict[str, Any]:
        """As POST /api/phone/items takes it."""
        said = {
            "visit_id": self.visit_id,
            "client_id": self.client_id,
            "kind": self.kind,
            "sha256": self.sha256,
            "size": len(self.data),
            "captured_at": self.captured_at.isoformat(),
        }
        more = {"fix": self.fix, "envelope": self.envelope}
        return said | {name: value for name, value in more.items() if value is not None}


class Camera:
    """One phone's. Captures without envelopes on a day for which the court hands out no tickets."""

    def __init__(self, line: Line, ledger: Ledger) -> None:
        self._line, self._ledger = line, ledger
        self._key = DeviceKey.new()
        self._registered = False
        self._shutters: dict[str, Shutter] = {}

    def load(self, day: str) -> None:
        """Before the shift, while there is a network: registers the key, fetches a ticket for every visit."""
        try:
            if not self._registered:
                self._line.post(f"{_PHONE}/devices", {"public_key": self._key.public_key_text, "name": _FACTS.model})
                self._registered = True
            found = self._line.post(f"{_PHONE}/tickets", {"date": day})
        except Refused as error:
            if error.code not in ("ticket.bad_day", "device.too_many"):
                raise
            self._ledger.once(f"不签发取证凭证，材料不带封存信息：{error.problem.get('title')}")
            return
        for one in found["tickets"]:
            if one["visit_id"] not in self._shutters:
                self._shutters[one["visit_id"]] = Shutter.of_answer(one, self._key, facts=_FACTS)

    def shoot(
        self, visit_id: str, client_id: str, kind: str, data: bytes, at: datetime, fix: dict[str, Any] | None
    ) -> Captured:
        """Offline: nothing is asked of anybody."""
        shutter = self._shutters.get(visit_id) or self._shutters.get(_WITHOUT_VISIT)
        if shutter is None:
            return Captured(visit_id, client_id, kind, data, at, fix, None)
        source = "pad" if kind.startswith("signature_") else "camera"
        fixes = [_sealed(fix)] if fix else []
        sealed = shutter.shoot(data, client_id=client_id, kind=kind, taken_at=at, fixes=fixes, source=source)
        self._ledger.count("sealed")
        return Captured(visit_id, client_id, kind, data, at, fix, sealed.as_json())


def _sealed(fix: dict[str, Any]) -> SealedFix:
    return SealedFix(
        **fix["point"],
        accuracy_m=fix["accuracy_m"],
        provider=fix["provider"],
        mock=False,
        at=datetime.fromisoformat(fix["at"]),
    )
