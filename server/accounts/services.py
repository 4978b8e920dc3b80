"""Signing in and out, binding a WeChat account to a person, and knowing who asks."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from server.accounts.models import BindCode, Court, Person, Session, SignInFailure
from server.accounts.roles import permissions_of
from server.core import crypto
from server.core.errors import DomainError, Invalid, NotFound
from server.core.ids import new_bind_code, new_id, new_token
from server.core.permissions import Principal

WEB_SESSION = timedelta(hours=10)
PHONE_SESSION = timedelta(days=30)
BIND_CODE_LIFE = timedelta(minutes=30)
FAILURES_ALLOWED = 10
FAILURE_WINDOW = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh session. `token` is told once and stored only as a hash."""

    token: str
    csrf: str
    person: Person
    expires_at: datetime


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    # RFC 9106 second recommended option, with less memory so that sixteen sign-ins at once do not need 1 GiB.
    return PasswordHasher(time_cost=3, memory_cost=19 * 1024, parallelism=1)


@lru_cache(maxsize=1)
def _decoy_hash() -> str:
    return _hasher().hash(new_token())


def digest(secret: str) -> str:
    """What is stored of a token: SHA-256. Tokens carry 256 random bits, so no salt is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def hash_password(password: str) -> str:
    return _hasher().hash(password)


def sign_in_web(*, username: str, password: str, remote: str, now: datetime) -> SignedIn:
    """Raises `auth.wrong_password` (the same for an unknown name, in the same time) or `auth.slow_down`."""
    name = username.strip().lower()
    _refuse_when_too_many(name, remote, now)
    person = Person.objects(username=name, active=True).first()
    stored = person.password_hash if person and person.password_hash else _decoy_hash()
    try:
        _hasher().verify(stored, password)
    except (VerificationError, InvalidHashError):
        person = None
    if person is None or not person.password_hash:
        SignInFailure(username=name, remote=remote, at=now).save(force_insert=True)
        raise DomainError(code="auth.wrong_password", status=401, title="用户名或密码不正确")
    return _open_session(person, kind="web", device=None, life=WEB_SESSION, now=now)


def _refuse_when_too_many(username: str, remote: str, now: datetime) -> None:
    """Counts by name and address together, so that a stranger elsewhere cannot lock a colleague out."""
    recent = SignInFailure.objects(username=username, remote=remote, at__gt=now - FAILURE_WINDOW).count()
    if recent >= FAILURES_ALLOWED:
        raise DomainError(
            code="auth.slow_down", status=429, title="密码错误次数过多，请15分钟后再试", retry_after_s=900
        )


def sign_in_phone(*, openid: str, device: str | None, now: datetime) -> SignedIn:
    """Raises `phone.not_bound` (403) when the WeChat account belongs to nobody here."""
    person = Person.objects(openid=openid, active=True).first()
    if person is None:
        raise DomainError(code="phone.not_bound", status=403, title="此微信尚未绑定工作人员，请输入绑定码")
    return _open_session(person, kind="phone", device=device, life=PHONE_SESSION, now=now)


def issue_bind_code(*, court: str, person_id: str, now: datetime) -> tuple[str, datetime]:
    """A one-time code for one person of the court, told once. Returns (code, expires_at)."""
    person = get_person(court=court, person_id=person_id)
    expires_at = now + BIND_CODE_LIFE
    code = new_bind_code()
    BindCode(id=_bind_code_id(court, code), person_id=person.id, court=court, expires_at=expires_at).save(
        force_insert=True
    )
    return code, expires_at


def bind_phone(*, openid: str, court: str, bind_code: str, device: str | None, now: datetime) -> SignedIn:
    """Uses up the code. Raises `phone.bad_bind_code` (422) when it is wrong, old or used.

    Binding a person again moves them to the new phone and ends the sessions of the old one.
    """
    used = BindCode._get_collection().find_one_and_update(
        {"_id": _bind_code_id(court, bind_code), "used_at": None, "expires_at": {"$gt": now}},
        {"$set": {"used_at": now}},
    )
    if used is None:
        raise Invalid(code="phone.bad_bind_code", title="绑定码不正确或已失效，请向送达管理员重新索取")
    Person.objects(openid=openid, id__ne=used["person_id"]).update(unset__openid=True)
    document = Person._get_collection().find_one_and_update(
        {"_id": used["person_id"], "active": True},
        {"$set": {"openid": openid, "device": device or ""}},
        return_document=ReturnDocument.AFTER,
    )
    if document is None:
        raise Invalid(code="phone.bad_bind_code", title="此人员账号已停用")
    Session.objects(person_id=used["person_id"], kind="phone").delete()
    return _open_session(Person._from_son(document), kind="phone", device=device, life=PHONE_SESSION, now=now)


def _bind_code_id(court: str, code: str) -> str:
    return digest(f"{court}\0{code.strip()}")


def _open_session(person: Person, *, kind: str, device: str | None, life: timedelta, now: datetime) -> SignedIn:
    token = new_token()
    Session(
        id=digest(token),
        person_id=person.id,
        court=person.court,
        kind=kind,
        device=device,
        created_at=now,
        expires_at=now + life,
    ).save(force_insert=True)
    return SignedIn(token, csrf_of(digest(token)), person, now + life)


def principal_of(token: str, *, now: datetime) -> Principal | None:
    """Who holds this token; None when it is unknown, expired, or its person was made inactive."""
    session = Session._get_collection().find_one({"_id": digest(token), "expires_at": {"$gt": now}})
    if session is None:
        return None
    person = Person._get_collection().find_one({"_id": session["person_id"], "active": True})
    if person is None:
        return None
    roles = tuple(person.get("roles", ()))
    return Principal(
        person_id=person["_id"],
        court=person["court"],
        name=person["name"],
        roles=roles,
        permissions=permissions_of(roles),
        session_id=session["_id"],
        kind=session["kind"],
    )


def csrf_of(session_id: str) -> str:
    """The token a browser repeats in X-CSRF-Token: the same for all tabs of a session, unguessable without our key."""
    return crypto.vault().index(f"csrf {session_id}", court="")


def csrf_matches(session_id: str, csrf: str) -> bool:
    return hmac.compare_digest(csrf_of(session_id), csrf)


def sign_out(session_id: str) -> None:
    Session.objects(id=session_id).delete()


def get_court(code: str) -> Court:
    court = Court.objects(id=code).first()
    if court is None:
        raise NotFound(code="court.not_found", title="没有这个法院")
    return court


def get_person(*, court: str, person_id: str) -> Person:
    person = Person.objects(court=court, id=person_id).first()
    if person is None:
        raise NotFound(code="person.not_found", title="没有这个人员")
    return person


def list_people(*, court: str, role: str | None = None) -> list[Person]:
    """Active people of the court by staff number, of one role when given."""
    query = Person.objects(court=court, active=True)
    if role:
        query = query.filter(roles=role)
    return list(query.order_by("staff_no"))


def ensure_person(
    *,
    court: str,
    username: str,
    name: str,
    staff_no: str,
    roles: Iterable[str],
    now: datetime,
    password: str | None = None,
) -> tuple[Person, bool]:
    """Creates the person, or gives an existing one (same court and staff number) the name and missing roles.

    Returns (person, created). Raises `person.username_taken` when another person holds the name.
    """
    fields: dict[str, object] = {
        "_id": new_id(),
        "username": username.lower(),
        "active": True,
        "created_at": now,
    }
    if password is not None:
        fields["password_hash"] = hash_password(password)
    try:
        before = Person._get_collection().find_one_and_update(
            {"court": court, "staff_no": staff_no},
            {"$setOnInsert": fields, "$set": {"name": name}, "$addToSet": {"roles": {"$each": list(roles)}}},
            upsert=True,
        )
    except DuplicateKeyError as error:
        raise DomainError(code="person.username_taken", status=409, title=f"用户名 {username} 已被使用") from error
    person = Person.objects(court=court, staff_no=staff_no).get()
    return person, before is None
