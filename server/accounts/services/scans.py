"""The second factor by phone: a code on the screen that the same person's bound phone confirms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from server.accounts.models import Person, ScanChallenge, Session
from server.accounts.services.second_factor import last_stage, picture
from server.accounts.services.sessions import SignedIn, advance, digest
from server.core import audit
from server.core.errors import Conflict, DomainError, NotFound
from server.core.ids import new_token
from server.core.permissions import Principal

LIFE = timedelta(minutes=2)
PREFIX = "songda:scan:"  # so that the phone knows what it scanned


@dataclass(frozen=True, slots=True)
class Shown:
    """What the screen shows: the challenge itself, and as a QR code with its prefix."""

    challenge: str
    qr_svg: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ScanState:
    """`state` is waiting, confirmed or expired; `signed_in` once, to the poll that found it confirmed."""

    state: str
    signed_in: SignedIn | None = None


def begin(*, principal: Principal, now: datetime) -> Shown:
    """A new challenge for this session; the ones before are void. Raises `scan.no_phone` when no phone is bound."""
    if principal.stage != "second_factor":
        raise Conflict(code="session.wrong_step", title="登录步骤不符，请刷新后重试")
    if not Person.objects(id=principal.person_id, openid__ne=None).first():
        raise Conflict(code="scan.no_phone", title="您还没有绑定小程序，请使用动态口令")
    ScanChallenge.objects(session_id=principal.session_id).delete()
    challenge = new_token()
    ScanChallenge(
        id=digest(challenge),
        session_id=principal.session_id,
        person_id=principal.person_id,
        expires_at=now + LIFE,
    ).save(force_insert=True)
    return Shown(challenge, picture(PREFIX + challenge), now + LIFE)


def confirm(*, principal: Principal, challenge: str, now: datetime) -> None:
    """From the person's own phone. Raises `scan.not_phone`, `scan.not_found` (also when it is somebody else's)."""
    if principal.kind != "phone":
        raise DomainError(code="scan.not_phone", status=403, title="请使用本人已绑定的手机确认")
    found = ScanChallenge._get_collection().find_one_and_update(
        {
            "_id": digest(challenge.removeprefix(PREFIX)),
            "person_id": principal.person_id,
            "confirmed_at": None,
            "used_at": None,
            "expires_at": {"$gt": now},
        },
        {"$set": {"confirmed_at": now}},
    )
    if found is None:
        raise NotFound(code="scan.not_found", title="二维码已失效，或不是您本人的登录")
    audit.target("person", principal.person_id)


def state(*, principal: Principal, now: datetime) -> ScanState:
    """What became of the session's challenge; a confirmed one is used up and finishes the step."""
    found = ScanChallenge.objects(session_id=principal.session_id).order_by("-expires_at").first()
    if found is None or found.expires_at <= now or found.used_at:
        return ScanState("expired")
    if not found.confirmed_at:
        return ScanState("waiting")
    used = ScanChallenge._get_collection().update_one({"_id": found.id, "used_at": None}, {"$set": {"used_at": now}})
    if not used.modified_count:
        return ScanState("expired")
    person = Person.objects(id=principal.person_id).get()
    session = Session.objects(id=principal.session_id).only("how").first()
    stage = last_stage(person, now=now, password_used=session is None or session.how == "password")
    return ScanState("confirmed", advance(principal.session_id, stage=stage, person=person, now=now, second=True))
