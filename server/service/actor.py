"""Who does something, as the timeline shows it."""

from __future__ import annotations

from dataclasses import dataclass

from server.core.permissions import Principal


@dataclass(frozen=True, slots=True)
class Actor:
    """A person (id and name), or the system itself."""

    id: str
    name: str

    @classmethod
    def of(cls, principal: Principal) -> Actor:
        return cls(principal.person_id, principal.name)


SYSTEM = Actor("system", "系统")
