"""Sessions: opening, knowing who asks, rotating, listing and ending them.

A session is one or more documents with the same `public_id`: the live token, and the marks of those it replaced.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pymongo.errors import DuplicateKeyError

from server.accounts import rights
from server.accounts.models import Person, Session
from server.accounts.services.policy import rules
from server.core import audit, crypto
from server.core.clock import court_day
from server.core.errors import DomainError, NotFound
from server.core.ids import new_token
from server.core.permissions import Principal, Scope, Seat

TOUCH_EVERY = timedelta(minutes=1)
ROTATING = timedelta(seconds=5)  # in which a second rotation is the same phone's other request
# What a phone may do whoever holds it: its second factor is the WeChat account alone.
PHONE_CODES = frozenset({"phone.work", "me.view", "session.finish"})
_PERSON_FIELDS = {
    "court": 1,
    "division": 1,
    "name": 1,
    "grants": 1,
    "groups": 1,
    "secondments": 1,
    "active": 1,
    "left_on": 1,
    "openid": 1,
    "totp.confirmed_at": 1,
}
# Whoever has an account may sign in and out and look after it, whatever roles a court makes up.
_EVERYBODYS = {"session.finish": Scope.OWN, "me.view": Scope.OWN}
_ROTATIONS_TRIED = 3
_ENDED = {
    "lost": "此手机已挂失，登录已失效",
    "reused": "登录凭证被重复使用，为安全起见已退出，请重新登录",
    "wrong_codes": "验证码错误次数过多，请重新登录",
}


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh token. It is told once and stored only as a hash. `stage` is what signing in still asks for."""

    token: str
    csrf: str
    person: Person
    expires_at: datetime
    stage: str = "full"
    session_id: str = ""

    @property
    def next(self) -> str:
        return "done" if self.stage == "full" else self.stage


def digest(secret: str) -> str:
    """What is stored of a token: SHA-256. Tokens carry 256 random bits, so no salt is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def csrf_of(session_id: str) -> str:
    """The token a browser repeats in X-CSRF-Token: the same for all tabs of a session, unguessable without our key."""
    return crypto.vault().index(f"csrf {session_id}", court="")


def csrf_matches(session_id: str, csrf: str) -> bool:
    return hmac.compare_digest(csrf_of(session_id).encode(), csrf.encode("utf-8", "replace"))


def open_session(
    person: Person,
    *,
    kind: str,
    how: str,
    now: datetime,
    stage: str = "full",
    device: str | None = None,
    agent: str = "",
    remote: str = "",
) -> SignedIn:
    """A new session of its own, never one the caller brought along."""
    token = new_token()
    session = Session(
        id=digest(token),
        person_id=person.id,
        court=person.court,
        kind=kind,
        stage=stage,
        how=how,
        device=device,
        agent=agent[:256],
        remote=remote,
        created_at=now,
        last_seen_at=now,
        **_limits(kind, stage, now, now),
    ).save(force_insert=True)
    return SignedIn(token, csrf_of(session.id), person, session.expires_at, stage, session.id)


def _limits(kind: str, stage: str, created_at: datetime, now: datetime) -> dict[str, datetime]:
    limits = rules()
    if stage in ("second_factor", "enrol"):
        return {"expires_at": now + limits.unfinished_life, "idle_until": now + limits.unfinished_life}
    life, idle = (limits.phone_life, limits.phone_idle) if kind == "phone" else (limits.web_life, limits.web_idle)
    return {"expires_at": created_at + life, "idle_until": now + idle}


def principal_of(token: str, *, now: datetime, kind: str | None = None) -> Principal | None:
    """Who holds this token; None when it is refused for any reason (see `identify_token`)."""
    try:
        return identify_token(token, now=now, kind=kind)
    except DomainError:
        return None


def identify_token(token: str, *, now: datetime, kind: str | None = None) -> Principal:
    """Who holds this token. Raises 401 `auth.bad_token`, `.expired`, `.ended`, `.token_reused`, `.left`.

    `kind` is the kind of session the token came as: a phone's token in a cookie is refused, and the other way round.
    """
    return _identify(digest(token), now, kind)


def principal_of_session(session_id: str, *, now: datetime) -> Principal | None:
    """The same by the id of the session, for what was signed in its name; None when it is over."""
    try:
        return _identify(session_id, now, None)
    except DomainError:
        return None


def _identify(session_id: str, now: datetime, kind: str | None) -> Principal:
    session = Session._get_collection().find_one({"_id": session_id})
    if session is None or (kind and session["kind"] != kind):
        raise _refused(code="auth.bad_token", title="登录凭证无效，请重新登录")
    _check_alive(session, now)
    person = Person._get_collection().find_one({"_id": session["person_id"]}, _PERSON_FIELDS)
    if person is None or not employed(person, now=now):
        raise _refused(code="auth.left", title="账号已停用，请联系本院管理员")
    _touch(session, now)
    held = rights.of_person(person, today=court_day(now))
    home, *lent = held.seats
    seats = (replace(home, scopes={**_EVERYBODYS, **home.scopes}), *lent)
    if session["kind"] == "phone":
        seats = tuple(_as_phone(seat) for seat in seats)
    return Principal(
        person_id=person["_id"],
        court=person["court"],
        name=person["name"],
        roles=held.roles,
        permissions=frozenset(code for seat in seats for code in seat.scopes),
        session_id=session["_id"],
        kind=session["kind"],
        home=person["court"],
        seats=seats,
        stage=_stage(session, person, privileged=held.privileged),
    )


def _stage(session: Mapping[str, Any], person: Mapping[str, Any], *, privileged: bool) -> str:
    """Where signing in stands. A role that asks for two factors asks for them from the next request on."""
    stage = str(session.get("stage", "full"))
    if stage != "full" or session["kind"] != "web" or session.get("second"):
        return stage
    if privileged or rules().second_factor == "all":
        return "second_factor" if has_second_factor(person) else "enrol"
    return stage


def has_second_factor(person: Mapping[str, Any]) -> bool:
    """An authenticator app that was confirmed, or a bound phone that can confirm."""
    return bool((person.get("totp") or {}).get("confirmed_at") or person.get("openid"))


def _as_phone(seat: Seat) -> Seat:
    return replace(seat, scopes={code: scope for code, scope in seat.scopes.items() if code in PHONE_CODES})


def _refused(*, code: str, title: str) -> DomainError:
    return DomainError(code=code, status=401, title=title)


def _check_alive(session: Mapping[str, Any], now: datetime) -> None:
    if session.get("ended_at"):
        reason = session.get("end_reason") or ""
        raise _refused(
            code="auth.token_reused" if reason == "reused" else "auth.ended",
            title=_ENDED.get(reason, "此登录已结束，请重新登录"),
        )
    if session["expires_at"] <= now or (session.get("idle_until") or session["expires_at"]) <= now:
        raise _refused(code="auth.expired", title="登录已过期，请重新登录")
    rotated_at = session.get("rotated_at")
    if rotated_at and rotated_at + rules().rotation_grace <= now:
        # Whoever has the newer token and whoever has this one are two: neither is let in.
        _end_as_reused(session, now)
        raise _refused(code="auth.token_reused", title=_ENDED["reused"])


def _end_as_reused(session: Mapping[str, Any], now: datetime) -> None:
    if end_sessions(session["person_id"], public_id=session["public_id"], reason="reused", now=now):
        audit.record_system(
            court=session["court"],
            action="session.reused",
            object_type="person",
            object_id=session["person_id"],
            now=now,
            session=session["public_id"],
        )


def employed(person: Mapping[str, Any], *, now: datetime) -> bool:
    """False from the moment an account is made inactive, and from the day after somebody's last."""
    left_on = person.get("left_on")
    return bool(person.get("active", True)) and (not left_on or court_day(now).isoformat() <= left_on)


def _touch(session: Mapping[str, Any], now: datetime) -> None:
    """Moves the idle limit, at most once a minute; of two requests at once one writes."""
    seen = session.get("last_seen_at")
    if seen and now - seen < TOUCH_EVERY:
        return
    moved = {"last_seen_at": now}
    if session.get("stage", "full") in ("full", "password"):
        moved["idle_until"] = _limits(session["kind"], "full", session["created_at"], now)["idle_until"]
    Session._get_collection().update_one({"_id": session["_id"], "last_seen_at": seen}, {"$set": moved})


def advance(session_id: str, *, stage: str, person: Person, now: datetime, second: bool = False) -> SignedIn:
    """A finished step: a new token at the next stage, and the one the step was done with is gone (no fixation).

    `second` when the step was a second factor.
    Raises `auth.ended` when the session was ended meanwhile, or the step was done twice at once.
    """
    found = Session._get_collection().find_one({"_id": session_id, "ended_at": None})
    if found is None:
        raise _refused(code="auth.ended", title="此登录已结束，请重新登录")
    token = new_token()
    fresh = {
        **found,
        "_id": digest(token),
        "stage": stage,
        "second": second or bool(found.get("second")),
        "last_seen_at": now,
        "wrong_codes": 0,
        **_limits(found["kind"], stage, found["created_at"], now),
    }
    Session._get_collection().insert_one(fresh)
    if not Session._get_collection().delete_one({"_id": session_id, "ended_at": None}).deleted_count:
        Session._get_collection().delete_one({"_id": fresh["_id"]})
        raise _refused(code="auth.ended", title="此登录已结束，请重新登录")
    return SignedIn(token, csrf_of(fresh["_id"]), person, fresh["expires_at"], stage, fresh["_id"])


def rotate(*, session_id: str, now: datetime) -> SignedIn:
    """A new token for a phone; the old one is good for some minutes more, and its use after that ends the session.

    Asking again with the old token within that time (an answer was lost) replaces the token nobody received. Raises
    `auth.rotating` (409) to the second of two calls at once, `auth.ended`, `auth.token_reused` when the newer token
    was used to rotate already.
    """
    sessions = Session._get_collection()
    for _ in range(_ROTATIONS_TRIED):
        old = sessions.find_one({"_id": session_id, "ended_at": None})
        if old is None:
            break
        token = new_token()
        fresh = {
            **{name: value for name, value in old.items() if name != "rotated_at"},
            "_id": digest(token),
            "previous": session_id,
            "last_seen_at": now,
            **_limits(old["kind"], "full", old["created_at"], now),
        }
        try:
            sessions.insert_one(fresh)
        except DuplicateKeyError:
            _supersede(old, now)
            continue
        mark = [{"$set": {"rotated_at": {"$ifNull": ["$rotated_at", now]}}}]
        if not sessions.update_one({"_id": session_id, "ended_at": None}, mark).matched_count:
            sessions.delete_one({"_id": fresh["_id"]})
            break
        person = Person.objects(id=old["person_id"]).get()
        return SignedIn(token, csrf_of(fresh["_id"]), person, fresh["expires_at"], "full", fresh["_id"])
    raise _refused(code="auth.ended", title="此登录已结束，请重新登录")


def _supersede(old: Mapping[str, Any], now: datetime) -> None:
    """The successor that was never received: whoever uses it all the same shows that two hold the session."""
    sessions = Session._get_collection()
    successor = sessions.find_one({"previous": old["_id"]})
    if successor is None:
        return
    if successor.get("rotated_at"):
        _end_as_reused(old, now)
        raise _refused(code="auth.token_reused", title=_ENDED["reused"])
    if now - successor["last_seen_at"] < ROTATING:
        raise DomainError(code="auth.rotating", status=409, title="正在更换登录凭证，请稍后重试", retry_after_s=5)
    sessions.update_one(
        {"_id": successor["_id"], "rotated_at": None},
        {"$set": {"rotated_at": now - rules().rotation_grace}, "$unset": {"previous": 1}},
    )


def sign_out(session_id: str, *, now: datetime) -> None:
    """Ends the session of this token, with every token it ever had."""
    found = Session._get_collection().find_one({"_id": session_id}, {"public_id": 1, "person_id": 1})
    if found:
        end_sessions(found["person_id"], public_id=found["public_id"], reason="signed_out", now=now)


def end_sessions(
    person_id: str,
    *,
    now: datetime,
    kind: str | None = None,
    except_id: str | None = None,
    public_id: str | None = None,
    reason: str = "ended",
) -> int:
    """Ends a person's sessions at once; how many were alive. `except_id` is the session_id of the one that stays."""
    sessions = Session._get_collection()
    where: dict[str, Any] = {"person_id": person_id, "ended_at": None}
    if kind:
        where["kind"] = kind
    if public_id:
        where["public_id"] = public_id
    if except_id:
        kept = sessions.find_one({"_id": except_id}, {"public_id": 1})
        where["public_id"] = {"$ne": kept["public_id"]} if kept else {"$exists": True}
    alive = {one["public_id"] for one in sessions.find({**where, "expires_at": {"$gt": now}}, {"public_id": 1})}
    # Again until nothing is left: a token rotated in this very moment is ended with the rest.
    while sessions.update_many(where, {"$set": {"ended_at": now, "end_reason": reason}}).modified_count:
        pass
    return len(alive)


def lost_phone(*, person_id: str, now: datetime) -> int:
    """Unbinds the WeChat account and ends every phone session at once; how many there were."""
    Person._get_collection().update_one(
        {"_id": person_id}, {"$unset": {"openid": 1, "device": 1}, "$set": {"updated_at": now}, "$inc": {"version": 1}}
    )
    return end_sessions(person_id, kind="phone", reason="lost", now=now)


def list_sessions(person_id: str, *, now: datetime, session_id: str = "") -> list[dict[str, Any]]:
    """The living sessions, newest first; `this` marks the one whose token `session_id` is."""
    alive = {
        "person_id": person_id,
        "ended_at": None,
        "rotated_at": None,
        "expires_at": {"$gt": now},
        "$or": [{"idle_until": None}, {"idle_until": {"$gt": now}}],
    }
    mine = Session._get_collection().find_one({"_id": session_id}, {"public_id": 1}) or {}
    found = Session._get_collection().find(alive).sort("created_at", -1)
    return [
        {
            "id": one["public_id"],
            "kind": one["kind"],
            "how": one.get("how", ""),
            "stage": one.get("stage", "full"),
            "device": one.get("device"),
            "agent": one.get("agent", ""),
            "remote": one.get("remote", ""),
            "created_at": one["created_at"],
            "last_seen_at": one.get("last_seen_at"),
            "expires_at": one["expires_at"],
            "this": one["public_id"] == mine.get("public_id"),
        }
        for one in found
    ]


def end_one(*, person_id: str, public_id: str, now: datetime) -> None:
    """Raises 404 `session.not_found` when the person has no such living session."""
    if not end_sessions(person_id, public_id=public_id, now=now):
        raise NotFound(code="session.not_found", title="没有这个登录")
