"""Signing in: by name and password, by WeChat, by an outside identity; and changing one's own password."""

from __future__ import annotations

from datetime import datetime, timedelta

from pymongo import ReturnDocument

from server.accounts.models import BindCode, Person
from server.accounts.services import passwords, signing_limits
from server.accounts.services.external import Directory, belongs_to_directory, check_in_directory
from server.accounts.services.people import get_person
from server.accounts.services.second_factor import first_stage
from server.accounts.services.sessions import SignedIn, advance, digest, employed, end_sessions, open_session
from server.accounts.sign_in_rules import THROTTLE, SignInRules
from server.core import audit
from server.core.errors import Conflict, DomainError, Invalid
from server.core.ids import new_bind_code
from server.core.permissions import Principal

WEB_SESSION = SignInRules().web_life
PHONE_SESSION = SignInRules().phone_life
BIND_CODE_LIFE = timedelta(minutes=30)
FAILURES_ALLOWED = THROTTLE.per_name_and_place


def normal_username(username: str) -> str:
    return username.strip().lower()


def sign_in_web(
    *,
    username: str,
    password: str,
    remote: str,
    now: datetime,
    agent: str = "",
    device: str | None = None,
    directory: Directory | None = None,
) -> SignedIn:
    """Raises `auth.wrong_password` (the same for an unknown name, in the same time) or `auth.slow_down`.

    `device` is the id of this browser's mark when it signed in under the name before. Names that the directory keeps
    (`external.provider` is `ldap`) are asked of it; `ldap.unavailable` when it does not answer.
    """
    name = normal_username(username)
    tried = signing_limits.begin_password_try(name, remote=remote, device=device, now=now)
    person = Person.objects(username=name).first()
    if person is not None and belongs_to_directory(person):
        right, how = check_in_directory(directory, person, password, now=now), "ldap"
    else:
        right, how = passwords.fits(person.password_hash if person else None, password), "password"
    if person is None or not right or not employed(person.to_mongo(), now=now):
        raise DomainError(code="auth.wrong_password", status=401, title="用户名或密码不正确")
    signing_limits.forget_try(tried)
    if how == "password":
        passwords.strengthen(person, password)
    return open_web(person, how=how, remote=remote, agent=agent, now=now)


def open_web(person: Person, *, how: str, remote: str, agent: str, now: datetime) -> SignedIn:
    """A browser session at the stage its person's rights ask for."""
    stage = first_stage(person, now=now, password_used=how == "password")
    return open_session(person, kind="web", how=how, stage=stage, agent=agent, remote=remote, now=now)


def court_of_username(username: str) -> str | None:
    """Where a wrong try belongs in the audit log; None when nobody has the name."""
    found = Person._get_collection().find_one({"username": normal_username(username)}, {"court": 1})
    return str(found["court"]) if found else None


def change_password(*, principal: Principal, old: str, new: str, remote: str, now: datetime) -> SignedIn:
    """Gives the caller a new token; the person's other browsers are signed out.

    Raises `password.wrong_old`, `password.elsewhere` (the directory keeps it), `password.…` of the rules.
    """
    if principal.stage not in ("full", "password") or principal.kind != "web":
        raise Conflict(code="session.wrong_step", title="登录步骤不符，请刷新后重试")
    person = Person.objects(id=principal.person_id).get()
    if not person.password_hash or belongs_to_directory(person):
        raise Conflict(code="password.elsewhere", title="您的密码由统一认证系统管理，请在该系统中修改")
    tried = signing_limits.begin_code_try(
        f"password:{person.id}", remote=remote, most=THROTTLE.per_name_and_place, now=now
    )
    if not passwords.fits(person.password_hash, old):
        raise Invalid(code="password.wrong_old", title="原密码不正确")
    signing_limits.forget_try(tried)
    passwords.check_new(person, new)
    passwords.set_password(person=person, password=new, now=now)
    end_sessions(person.id, kind="web", except_id=principal.session_id, reason="replaced", now=now)
    audit.target("person", person.id)
    return advance(principal.session_id, stage="full", person=person, now=now)


def sign_in_phone(*, openid: str, device: str | None, now: datetime, remote: str = "", agent: str = "") -> SignedIn:
    """Raises `phone.not_bound` (403) when the WeChat account belongs to nobody who works here."""
    person = Person.objects(openid=openid).first()
    if person is None or not employed(person.to_mongo(), now=now):
        raise DomainError(code="phone.not_bound", status=403, title="此微信尚未绑定工作人员，请输入绑定码")
    return _open_phone(person, device=device, remote=remote, agent=agent, now=now)


def _open_phone(person: Person, *, device: str | None, remote: str, agent: str, now: datetime) -> SignedIn:
    return open_session(person, kind="phone", how="wechat", device=device, agent=agent, remote=remote, now=now)


def issue_bind_code(*, court: str, person_id: str, now: datetime) -> tuple[str, datetime]:
    """A one-time code for one person of the court, told once. Returns (code, expires_at)."""
    person = get_person(court=court, person_id=person_id)
    expires_at = now + BIND_CODE_LIFE
    code = new_bind_code()
    BindCode(id=_bind_code_id(court, code), person_id=person.id, court=court, expires_at=expires_at).save(
        force_insert=True
    )
    return code, expires_at


def bind_phone(
    *,
    openid: str,
    court: str,
    bind_code: str,
    device: str | None,
    now: datetime,
    remote: str = "",
    agent: str = "",
) -> SignedIn:
    """Uses up the code. Raises `phone.bad_bind_code` (422) when it is wrong, old or used, `auth.slow_down` (429).

    Binding a person again moves them to the new phone and ends the sessions of the old one.
    """
    tried = signing_limits.begin_code_try(f"bind:{openid}", remote=remote, most=THROTTLE.bind_codes, now=now)
    used = BindCode._get_collection().find_one_and_update(
        {"_id": _bind_code_id(court, bind_code), "used_at": None, "expires_at": {"$gt": now}},
        {"$set": {"used_at": now}},
    )
    if used is None:
        raise Invalid(code="phone.bad_bind_code", title="绑定码不正确或已失效，请向送达管理员重新索取")
    signing_limits.forget_try(tried)
    candidate = Person.objects(id=used["person_id"]).first()
    if candidate is None or not employed(candidate.to_mongo(), now=now):
        raise Invalid(code="phone.bad_bind_code", title="此人员账号已停用")
    moved = Person.objects(openid=openid, id__ne=candidate.id)
    for other in moved.only("id"):
        end_sessions(other.id, kind="phone", reason="replaced", now=now)
    moved.update(unset__openid=True)
    document = Person._get_collection().find_one_and_update(
        {"_id": candidate.id, "active": True},
        {"$set": {"openid": openid, "device": device or ""}},
        return_document=ReturnDocument.AFTER,
    )
    if document is None:
        raise Invalid(code="phone.bad_bind_code", title="此人员账号已停用")
    end_sessions(candidate.id, kind="phone", reason="replaced", now=now)
    audit.target("person", candidate.id)
    return _open_phone(Person._from_son(document), device=device, remote=remote, agent=agent, now=now)


def _bind_code_id(court: str, code: str) -> str:
    return digest(f"{court}\0{code.strip()}")
