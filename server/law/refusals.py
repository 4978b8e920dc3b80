"""What the law engine will not answer: impossible or contradictory facts, unknown words, rules below the statute."""

from __future__ import annotations


class LawRefused(ValueError):
    """`code` is stable (docs/errors.md), `title` is Chinese and for people, `rule` names the rule that was broken.

    `rule` is an article (民事诉讼法第八十五条) or a rule of docs/law.md (R1.30).
    """

    def __init__(self, *, code: str, title: str, rule: str = "") -> None:
        super().__init__(f"{code}: {title}")
        self.code = code
        self.title = title
        self.rule = rule

    def as_mapping(self) -> dict[str, str]:
        """The same for JSON."""
        return {"code": self.code, "title": self.title, "rule": self.rule}
