"""The sign-in rules of this process, given once when the program is composed."""

from __future__ import annotations

from server.accounts.sign_in_rules import SignInRules


class _Holder:
    rules = SignInRules()


def use_rules(rules: SignInRules) -> None:
    """From the settings; without it the defaults hold."""
    _Holder.rules = rules


def rules() -> SignInRules:
    return _Holder.rules
