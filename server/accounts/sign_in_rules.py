"""What signing in asks for: limits of sessions and of guessing, and what a new password must be."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 128
OLD_PASSWORDS_KEPT = 5
COMMON = Path(__file__).parent / "data" / "common_passwords.txt"
# Words every guesser of a court's passwords starts from, beside the person's own.
_COURT_WORDS = ("songda", "court", "fayuan", "faguan", "songdayuan", "送达", "法院", "法官")
_AROUND = re.compile(r"^[\d\W_]+|[\d\W_]+$")
# Digits and signs that people put in the place of letters.
_LOOKALIKES = str.maketrans("0134578@$!", "oleastbasi")
_ONLY_DIGITS_FROM = 16  # shorter ones are telephone numbers, dates, a key held down
_ROWS = ("qwertyuiopasdfghjklzxcvbnm", "1234567890", "qazwsxedcrfvtgbyhnujmikolp", "1qaz2wsx3edc4rfv5tgb6yhn7ujm")


@dataclass(frozen=True, slots=True)
class SignInRules:
    """What the settings say. `second_factor` is `privileged` (whose roles ask for it) or `all`."""

    second_factor: str = "privileged"
    web_idle: timedelta = timedelta(minutes=30)
    web_life: timedelta = timedelta(hours=10)
    phone_idle: timedelta = timedelta(days=7)
    phone_life: timedelta = timedelta(days=30)
    password_life: timedelta | None = timedelta(days=90)  # GB/T 22239-2019 8.1.4.1 a: changed regularly
    unfinished_life: timedelta = timedelta(minutes=10)  # of a session whose second step is still to come
    rotation_grace: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Throttle:
    """How often somebody may be wrong, in `window`."""

    window: timedelta = timedelta(minutes=15)
    per_name_and_place: int = 10
    per_address: int = 60
    name_everywhere: int = 15  # from here on a device unknown under the name waits
    longest_wait_s: int = 30
    codes_per_session: int = 5
    codes_per_person: int = 20
    bind_codes: int = 10


THROTTLE = Throttle()


def wait_s(failures: int, throttle: Throttle = THROTTLE) -> int:
    """Seconds a device that never signed in under a name waits before it may try it: 1, 2, 4 … at most 30."""
    beyond = failures - throttle.name_everywhere
    return 0 if beyond < 0 else min(throttle.longest_wait_s, 2 ** min(beyond, 10))


def normal_password(text: str) -> str:
    """The form that is hashed: NFC, so that two keyboards give the same bytes (NIST SP 800-63B-4 §3.1.1.2)."""
    return unicodedata.normalize("NFC", text)


def password_problem(password: str, *, own_words: Iterable[str], common: frozenset[str]) -> tuple[str, str] | None:
    """(code, Chinese reason) of the first rule a new password breaks, None when it is good.

    NIST SP 800-63B-4 §3.1.1.2 and OWASP ASVS 5 §6.2: length, no composition rules, no words known from the context,
    none of the common ones. `own_words` are the person's name, user name, staff number, court.
    """
    if len(password) < SHORTEST_PASSWORD:
        return "password.too_short", f"密码至少{SHORTEST_PASSWORD}个字符，可以是一句话"
    if len(password) > LONGEST_PASSWORD:
        return "password.too_long", f"密码最多{LONGEST_PASSWORD}个字符"
    folded = password.casefold()
    if is_common(folded, common) or is_monotonous(folded):
        return "password.too_common", "这个密码太常见，容易被猜中，请换一个"
    for word in (*own_words, *_COURT_WORDS):
        if word and _is_mostly(folded, word.casefold()):
            return "password.own_words", "密码不能主要由姓名、用户名、工号或法院名称构成"
    return None


def is_common(folded: str, common: frozenset[str]) -> bool:
    """One of the list, whatever digits and signs stand around it, also doubled or with digits for letters."""
    core = _AROUND.sub("", folded)
    if not core:
        return folded in common or len(folded) < _ONLY_DIGITS_FROM
    lookalike = folded.translate(_LOOKALIKES)
    forms = {folded, core, core.translate(_LOOKALIKES), lookalike, _AROUND.sub("", lookalike)}
    forms |= {form[: len(form) // 2] for form in forms if form[: len(form) // 2] * 2 == form}
    return bool(forms & common)


def _is_mostly(folded: str, word: str) -> bool:
    """The word, with fewer than six characters of something else around it: `songda2026`, `zhangsan!!`."""
    forms = (folded, folded.translate(_LOOKALIKES))
    return any(word in form and len(form) - len(word) < 6 for form in forms)


def is_monotonous(password: str) -> bool:
    """Few different characters, a run along the alphabet or the keyboard, or one short piece again and again."""
    if len(set(password)) < 4:
        return True
    steps = {ord(b) - ord(a) for a, b in pairwise(password)}
    period = (password + password).find(password, 1)
    if steps in ({1}, {-1}) or len(password) // period >= 3:
        return True
    return any(password in row or password in row[::-1] for row in _ROWS)
