"""Passwords: how they are hashed and checked, and what is asked of a new one."""

from __future__ import annotations

import secrets
from datetime import datetime
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.accounts.models import Court, Person
from server.accounts.services.policy import rules
from server.accounts.sign_in_rules import COMMON, OLD_PASSWORDS_KEPT, normal_password, password_problem
from server.core.errors import DomainError, Invalid
from server.core.ids import new_token

_ONE_TIME_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # nothing that is read as something else on paper


@lru_cache(maxsize=1)
def hasher() -> PasswordHasher:
    """RFC 9106 second recommended option, with less memory so that sixteen sign-ins at once do not need 1 GiB."""
    return PasswordHasher(time_cost=3, memory_cost=19 * 1024, parallelism=1)


@lru_cache(maxsize=1)
def _decoy_hash() -> str:
    return hasher().hash(new_token())


@lru_cache(maxsize=1)
def common_passwords() -> frozenset[str]:
    """The list of `data/common_passwords.txt`."""
    lines = COMMON.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("# "))


def hash_password(password: str) -> str:
    return hasher().hash(normal_password(password))


def one_time_password() -> str:
    """Sixteen characters (79 bits) for a first sign-in; whoever is given it must change it there."""
    letters = "".join(secrets.choice(_ONE_TIME_ALPHABET) for _ in range(16))
    return "-".join(letters[n : n + 4] for n in range(0, 16, 4))


def fits(stored: str | None, password: str) -> bool:
    """Whether the password is the one hashed. Without a hash the same work is done for nothing (no timing oracle)."""
    try:
        hasher().verify(stored or _decoy_hash(), normal_password(password))
    except (VerificationError, InvalidHashError):
        return False
    return bool(stored)


def strengthen(person: Person, password: str) -> None:
    """Hashes a password that was just found right again, when it was hashed with older parameters."""
    if hasher().check_needs_rehash(person.password_hash):
        Person.objects(id=person.id, password_hash=person.password_hash).update_one(
            set__password_hash=hash_password(password)
        )


def check_new(person: Person, password: str) -> None:
    """Raises Invalid with a code `password.…` when the rules refuse it for this person."""
    court = Court.objects(id=person.court).only("name").first()
    words = [person.name, person.username, person.staff_no, person.court, court.name if court else ""]
    problem = password_problem(normal_password(password), own_words=words, common=common_passwords())
    if problem:
        raise Invalid(code=problem[0], title=problem[1])
    kept = [person.password_hash, *person.old_password_hashes][:OLD_PASSWORDS_KEPT]
    if any(fits(one, password) for one in kept if one):
        raise Invalid(code="password.used_before", title=f"不能与最近{OLD_PASSWORDS_KEPT}次使用过的密码相同")


def set_password(*, person: Person, password: str, now: datetime, must_change: bool = False) -> None:
    """Replaces the password after `check_new`. Raises `password.changed_meanwhile` when somebody else just did."""
    old = person.password_hash
    kept = [one for one in (old, *person.old_password_hashes) if one][:OLD_PASSWORDS_KEPT]
    changed = Person.objects(id=person.id, password_hash=old).update_one(
        set__password_hash=hash_password(password),
        set__old_password_hashes=kept,
        set__password_changed_at=now,
        set__must_change_password=must_change,
        set__updated_at=now,
        inc__version=1,
    )
    if not changed:
        raise DomainError(code="password.changed_meanwhile", status=409, title="密码刚刚已被修改，请重新登录")


def is_due(person: Person, *, now: datetime) -> bool:
    """Whether the password must be changed before anything else."""
    life = rules().password_life
    since = person.password_changed_at or person.created_at
    return bool(person.must_change_password) or (life is not None and since + life <= now)
