"""What a fetch of travel times came to: how much the roads answered, and how much had to be estimated, and why."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class FetchReport:
    """Counts of ordered pairs between different places, over the engine's profiles.

    `cached` and `fetched` were answered, `no_route` answered with "no way", `unanswered` not at all (`errors` counts
    the requests that failed by code), `not_offered` belong to modes the engine does not know. The last three are
    estimated by the embedded default.
    """

    engine: str
    pairs: int = 0
    cached: int = 0
    fetched: int = 0
    no_route: int = 0
    unanswered: int = 0
    not_offered: int = 0
    requests: int = 0
    elapsed_s: float = 0.0
    errors: dict[str, int] = field(default_factory=dict)
    messages_zh: dict[str, str] = field(default_factory=dict)

    @property
    def estimated(self) -> int:
        """Pairs whose travel time is an estimate instead of a road's."""
        return self.no_route + self.unanswered + self.not_offered

    def fail(self, code: str, message_zh: str) -> None:
        """Counts a request that failed."""
        self.errors[code] = self.errors.get(code, 0) + 1
        self.messages_zh[code] = message_zh

    def document(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {**asdict(self), "elapsed_s": round(self.elapsed_s, 3), "estimated": self.estimated}
