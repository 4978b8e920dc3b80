"""Identities that somebody else vouches for: an OIDC provider or an LDAP directory, mapped to people who are here.

Nobody is created and no right is given by an outside identity: it only says which existing person is at the door.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pymongo.errors import DuplicateKeyError

from server.accounts.models import Person
from server.accounts.services import passwords
from server.accounts.services.sessions import employed
from server.core import audit
from server.core.errors import DomainError

LDAP = "ldap"


@dataclass(frozen=True, slots=True)
class Identity:
    """What a provider said: `subject` never changes; the others may serve to find the person the first time."""

    provider: str
    subject: str
    username: str = ""
    staff_no: str = ""


@dataclass(frozen=True, slots=True)
class FirstTime:
    """How an identity that is not linked yet finds its person: `by` username, staff_no (of `court`), or none."""

    by: str = "username"
    court: str = ""


class Found(Protocol):
    """An entry of a directory whose password was right."""

    @property
    def subject(self) -> str: ...
    @property
    def username(self) -> str: ...
    @property
    def staff_no(self) -> str: ...


class Directory(Protocol):
    """A directory that can be asked whether a name and a password belong together."""

    def check(self, name: str, password: str) -> Found | None:
        """The entry, None when name or password is wrong. Raises `ldap.unavailable`."""
        ...


class OidcClaims(Protocol):
    """What a verified ID token says: who, and the claim that the settings name."""

    @property
    def subject(self) -> str: ...
    @property
    def name(self) -> str: ...


class OidcOptions(Protocol):
    """The settings of a provider, as far as people matter."""

    @property
    def label(self) -> str: ...
    @property
    def match(self) -> str: ...
    @property
    def court(self) -> str: ...


class OidcClient(Protocol):
    """A provider that can be asked who is at the door."""

    @property
    def settings(self) -> OidcOptions: ...
    def authorization_url(self, *, state: str, nonce: str, verifier: str) -> str: ...
    def exchange(self, *, code: str, nonce: str, verifier: str) -> OidcClaims:
        """Raises `oidc.refused`, `oidc.unavailable`."""
        ...


def belongs_to_directory(person: Person) -> bool:
    return bool(person.external and person.external.get("provider") == LDAP)


def check_in_directory(directory: Directory | None, person: Person, password: str, *, now: datetime) -> bool:
    """Whether the directory confirms this person's password; the first time it also tells the lasting subject."""
    passwords.fits(None, password)  # as long as for anybody else
    if directory is None or not password:
        return False
    found = directory.check(person.username, password)
    if found is None:
        return False
    subject = person.external.get("subject")
    if subject:
        return bool(subject == found.subject)
    return _link(person, Identity(LDAP, found.subject, found.username, found.staff_no), now)


def person_of(identity: Identity, *, first_time: FirstTime, now: datetime) -> Person:
    """Raises `external.unknown` (403) when the identity is nobody's here, `auth.left` (403) when they left."""
    person = Person.objects(
        __raw__={"external.provider": identity.provider, "external.subject": identity.subject}
    ).first() or _first_time(identity, first_time, now)
    if person is None:
        raise DomainError(code="external.unknown", status=403, title="统一认证账号没有对应的工作人员，请联系本院管理员")
    if not employed(person.to_mongo(), now=now):
        raise DomainError(code="auth.left", status=403, title="账号已停用，请联系本院管理员")
    return person


def _first_time(identity: Identity, how: FirstTime, now: datetime) -> Person | None:
    person = None
    if how.by == "username" and identity.username:
        where = {"username": identity.username.strip().lower(), **({"court": how.court} if how.court else {})}
        person = Person.objects(**where).first()
    elif how.by == "staff_no" and how.court and identity.staff_no:
        person = Person.objects(court=how.court, staff_no=identity.staff_no.strip()).first()
    if person is None or not employed(person.to_mongo(), now=now):
        return person
    return person if _link(person, identity, now) else None


def _link(person: Person, identity: Identity, now: datetime) -> bool:
    """Once and for all: a person with a subject, or of another provider, is never moved to this one."""
    try:
        linked = Person._get_collection().update_one(
            {
                "_id": person.id,
                "external.subject": None,
                "external.provider": {"$in": [None, identity.provider]},
            },
            {
                "$set": {
                    "external": {"provider": identity.provider, "subject": identity.subject},
                    "updated_at": now,
                },
                "$inc": {"version": 1},
            },
        )
    except DuplicateKeyError:
        return False
    audit.note(linked=identity.provider)
    return bool(linked.modified_count)
