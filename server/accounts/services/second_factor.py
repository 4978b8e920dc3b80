"""The second factor: one-time codes of an authenticator app (RFC 6238), recovery codes, and what a person has of it."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

import pyotp
import segno

from server.accounts import rights
from server.accounts.models import OneTimePassword, Person, Session
from server.accounts.services import passwords, signing_limits
from server.accounts.services.policy import rules
from server.accounts.services.sessions import SignedIn, advance, digest, end_sessions, has_second_factor
from server.accounts.sign_in_rules import THROTTLE
from server.core import audit, crypto
from server.core.clock import court_day
from server.core.errors import Conflict, DomainError, Invalid
from server.core.fields import Sealed
from server.core.permissions import Principal

ISSUER = "送达"
STEP_S = 30
RECOVERY_CODES = 10
_RECOVERY_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_SECRET_MASK = "******"  # noqa: S105  # what is shown of a secret: nothing


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the authenticator app is given: `uri` is otpauth://, `qr_svg` the same as a picture."""

    secret: str
    uri: str
    qr_svg: str


def is_wanted(person: Person, *, now: datetime) -> bool:
    """Whether this person signs in with two factors: by the rights held today, or because everybody does."""
    if rules().second_factor == "all":
        return True
    return rights.of_person(person.to_mongo().to_dict(), today=court_day(now)).privileged


def has_totp(person: Person) -> bool:
    return bool(person.totp and person.totp.confirmed_at)


def first_stage(person: Person, *, now: datetime, password_used: bool = True) -> str:
    """The stage of a session whose first factor was right."""
    if is_wanted(person, now=now) or has_totp(person):
        return "second_factor" if has_second_factor(person.to_mongo()) else "enrol"
    return last_stage(person, now=now, password_used=password_used)


def last_stage(person: Person, *, now: datetime, password_used: bool = True) -> str:
    """The stage after the second factor."""
    return "password" if password_used and passwords.is_due(person, now=now) else "full"


def picture(text: str) -> str:
    """A QR code as an SVG element without scripts or styles from elsewhere."""
    out = BytesIO()
    segno.make(text, error="m").save(out, kind="svg", scale=4, border=3, xmldecl=False, svgclass=None, lineclass=None)
    return out.getvalue().decode()


def begin_enrolment(*, principal: Principal, now: datetime) -> Enrolment:
    """A new secret, good once it is confirmed. Raises `totp.enrolled` when there is one, 403 in the wrong stage."""
    _only_in(principal, "enrol", "full")
    secret = pyotp.random_base32()
    person = Person.objects(id=principal.person_id).get()
    sealed = Sealed(text=crypto.vault().seal(secret, court=person.court), mask=_SECRET_MASK, index="-")
    fresh = OneTimePassword(secret=sealed, last_step=0)
    changed = Person._get_collection().update_one(
        {"_id": person.id, "totp.confirmed_at": None}, {"$set": {"totp": fresh.to_mongo().to_dict(), "updated_at": now}}
    )
    if not changed.matched_count:
        raise Conflict(code="totp.enrolled", title="已绑定动态口令；如需更换，请先解除")
    uri = pyotp.TOTP(secret, interval=STEP_S).provisioning_uri(name=person.username, issuer_name=ISSUER)
    return Enrolment(secret, uri, picture(uri))


def confirm_enrolment(
    *, principal: Principal, code: str, remote: str, now: datetime
) -> tuple[list[str], SignedIn | None]:
    """The first right code confirms it. Returns (recovery codes, told once; the new session when this finished a step).

    Raises `totp.not_begun`, `totp.wrong_code`.
    """
    _only_in(principal, "enrol", "full")
    person = Person.objects(id=principal.person_id).get()
    if person.totp is None or person.totp.confirmed_at:
        raise Conflict(code="totp.not_begun", title="请先获取新的动态口令密钥")
    tried = signing_limits.begin_code_try(f"code:{person.id}", remote=remote, most=THROTTLE.codes_per_person, now=now)
    if not _use_step(person, code, now, {"totp.confirmed_at": None}, {"totp.confirmed_at": now}):
        raise Invalid(code="totp.wrong_code", title="验证码不正确，请核对手机时间后重试")
    signing_limits.forget_try(tried)
    codes = _new_recovery_codes(person.id)
    end_sessions(person.id, kind="web", except_id=principal.session_id, reason="replaced", now=now)
    if principal.stage == "full":
        Session.objects(id=principal.session_id).update_one(set__second=True)
        return codes, None
    stage = last_stage(person, now=now, password_used=_by_password(principal))
    return codes, advance(principal.session_id, stage=stage, person=person, now=now, second=True)


def _new_recovery_codes(person_id: str) -> list[str]:
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    Person.objects(id=person_id).update_one(set__totp__recovery=[digest(code) for code in codes])
    return codes


def _recovery_code() -> str:
    """`x7k2-…`: 79 random bits, so a plain hash keeps it."""
    letters = "".join(secrets.choice(_RECOVERY_ALPHABET) for _ in range(16))
    return "-".join(letters[n : n + 4] for n in range(0, 16, 4))


def finish(*, principal: Principal, code: str, remote: str, now: datetime) -> SignedIn:
    """The second step of signing in, with a code of the app or a recovery code.

    Raises `totp.wrong_code`; the fifth wrong one ends the session (`auth.ended`); `auth.slow_down` after twenty of the
    person in a quarter of an hour.
    """
    _only_in(principal, "second_factor")
    person = Person.objects(id=principal.person_id).get()
    tried = signing_limits.begin_code_try(f"code:{person.id}", remote=remote, most=THROTTLE.codes_per_person, now=now)
    if not use_code(person, code, now=now):
        _count_wrong(principal, now)
        raise Invalid(code="totp.wrong_code", title="验证码不正确或已使用过")
    signing_limits.forget_try(tried)
    stage = last_stage(person, now=now, password_used=_by_password(principal))
    return advance(principal.session_id, stage=stage, person=person, now=now, second=True)


def _by_password(principal: Principal) -> bool:
    session = Session.objects(id=principal.session_id).only("how").first()
    return session is None or session.how == "password"


def _count_wrong(principal: Principal, now: datetime) -> None:
    found = Session._get_collection().find_one_and_update(
        {"_id": principal.session_id}, {"$inc": {"wrong_codes": 1}}, {"wrong_codes": 1, "public_id": 1}
    )
    if found and found.get("wrong_codes", 0) + 1 >= THROTTLE.codes_per_session:
        end_sessions(principal.person_id, public_id=found["public_id"], reason="wrong_codes", now=now)
        raise DomainError(code="auth.ended", status=401, title="验证码错误次数过多，请重新登录")


def use_code(person: Person, code: str, *, now: datetime) -> bool:
    """Uses a code up: each time step once, each recovery code once, whoever else tries it at the same moment."""
    text = code.strip().lower().replace(" ", "")
    if text.isascii() and text.isdigit():
        return has_totp(person) and _use_step(person, text, now, {"totp.confirmed_at": {"$ne": None}}, {})
    hashed = digest(text)
    used = Person._get_collection().update_one(
        {"_id": person.id, "totp.recovery": hashed}, {"$pull": {"totp.recovery": hashed}}
    )
    if used.modified_count:
        audit.note(factor="recovery_code")
    return bool(used.modified_count)


def _use_step(person: Person, code: str, now: datetime, where: dict[str, Any], also: dict[str, Any]) -> bool:
    """The step before, the present one and the next (clocks differ); the newest used one moves on atomically."""
    totp = pyotp.TOTP(person.totp.secret.open(court=person.court), interval=STEP_S)
    present = int(now.timestamp()) // STEP_S
    fitting = [
        step for step in (present - 1, present, present + 1) if hmac.compare_digest(totp.generate_otp(step), code)
    ]
    if not fitting:
        return False
    moved = Person._get_collection().update_one(
        {
            "_id": person.id,
            "totp.secret.text": person.totp.secret.text,
            "totp.last_step": {"$lt": fitting[0]},
            **where,
        },
        {"$set": {"totp.last_step": fitting[0], **also}},
    )
    return bool(moved.modified_count)


def state_of(person_id: str) -> dict[str, Any]:
    """{enrolled, confirmed_at, recovery_left}"""
    person = Person.objects(id=person_id).get()
    enrolled = has_totp(person)
    return {
        "enrolled": enrolled,
        "confirmed_at": person.totp.confirmed_at if enrolled else None,
        "recovery_left": len(person.totp.recovery) if enrolled else 0,
    }


def remove(*, principal: Principal, code: str, remote: str, now: datetime) -> None:
    """Gives the authenticator app up, with a code of it. Raises `totp.not_enrolled`, `totp.wrong_code`."""
    _only_in(principal, "full")
    person = Person.objects(id=principal.person_id).get()
    if not has_totp(person):
        raise Conflict(code="totp.not_enrolled", title="尚未绑定动态口令")
    tried = signing_limits.begin_code_try(f"code:{person.id}", remote=remote, most=THROTTLE.codes_per_person, now=now)
    if not use_code(person, code, now=now):
        raise Invalid(code="totp.wrong_code", title="验证码不正确或已使用过")
    signing_limits.forget_try(tried)
    reset(person_id=person.id, now=now)


def reset(*, person_id: str, now: datetime) -> None:
    """Takes the authenticator app from somebody who lost it (an administrator's deed); they enrol again."""
    Person._get_collection().update_one(
        {"_id": person_id}, {"$unset": {"totp": 1}, "$set": {"updated_at": now}, "$inc": {"version": 1}}
    )


def set_secret(*, person_id: str, court: str, secret: str, now: datetime) -> None:
    """Gives a person a known secret, confirmed: for the demonstration court. Keeps one that is there."""
    sealed = Sealed(text=crypto.vault().seal(secret, court=court), mask=_SECRET_MASK, index="-")
    fresh = OneTimePassword(secret=sealed, confirmed_at=now, last_step=0)
    Person._get_collection().update_one(
        {"_id": person_id, "totp": None}, {"$set": {"totp": fresh.to_mongo().to_dict()}}
    )


def _only_in(principal: Principal, *stages: str) -> None:
    if principal.stage not in stages:
        raise Conflict(code="session.wrong_step", title="登录步骤不符，请刷新后重试")
