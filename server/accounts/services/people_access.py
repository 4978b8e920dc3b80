"""Ways into an account, as an administrator sees them: passwords, second factors, sessions, lost phones."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from server.accounts.models import BindCode, Person
from server.accounts.services.administration import Book, change, look, must_outrank, version_is
from server.accounts.services.passwords import hash_password, one_time_password
from server.accounts.services.sessions import end_sessions
from server.core import audit
from server.core.errors import Conflict, DomainError

Raw = dict[str, Any]


def stale() -> Conflict:
    return Conflict(code="person.stale", title="此人员的资料已被他人修改，请刷新后重试")


def reset_password(*, person_id: str, version: int, by: str, now: datetime) -> str:
    """Gives the account a one-time password, told once, and ends every session of it.

    Raises `people.own_account`, `people.beyond_authority` (opening an account is taking its rights), `person.stale`.
    """
    told = one_time_password()
    hashed = hash_password(told)

    def work(book: Book) -> None:
        _openable(book, person_id)
        update = {
            "$set": {
                "password_hash": hashed,
                "password_changed_at": now,
                "must_change_password": True,
                "updated_at": now,
            },
            "$inc": {"version": 1},
        }
        _write(book, person_id, version, update)

    change(work, by=by, now=now)
    end_sessions(person_id, reason="ended", now=now)
    audit.change(after={"must_change_password": True})
    return told


def remove_second_factor(*, person_id: str, version: int, by: str, now: datetime) -> None:
    """Takes the one-time-password device and its recovery codes away and ends every session.

    Raises `people.own_account`, `people.beyond_authority`, `person.no_second_factor`, `person.stale`.
    """

    def work(book: Book) -> None:
        person = _openable(book, person_id)
        if not person.get("totp"):
            raise Conflict(code="person.no_second_factor", title="此人员没有绑定动态口令")
        _write(
            book, person_id, version, {"$unset": {"totp": True}, "$set": {"updated_at": now}, "$inc": {"version": 1}}
        )

    change(work, by=by, now=now)
    end_sessions(person_id, reason="ended", now=now)
    audit.change(before={"second_factor": True}, after={"second_factor": False})


def _openable(book: Book, person_id: str) -> Raw:
    if book.by == person_id:
        raise DomainError(code="people.own_account", status=403, title="请在“我的账号”中修改本人的密码和双因素")
    person = book.person(person_id)
    book.lock_person(person)
    must_outrank(book, person, ordinary_too=True)
    return person


def _write(book: Book, person_id: str, version: int, update: Raw) -> None:
    if not book.write(Person, {"_id": person_id, "version": version_is(version)}, update):
        raise stale()


def may_bind(*, person_id: str, by: str, now: datetime) -> None:
    """A bind code opens the account on a phone: beyond the phone's own work it asks what a password reset asks.

    Somebody's own code is theirs to make. Raises `people.beyond_authority`.
    """
    if person_id == by:
        return
    look(
        lambda book: must_outrank(book, book.person(person_id), ordinary_too=True, besides=("phone.work",)),
        by=by,
        now=now,
    )


def report_lost_phone(*, person_id: str, version: int, by: str, now: datetime) -> int:
    """Unbinds the WeChat account, forgets unused bind codes, ends the phone's sessions at once; returns how many.

    Raises `person.stale`.
    """

    def work(book: Book) -> bool:
        person = book.person(person_id)
        gone = {"openid": True, "device": True}
        _write(book, person_id, version, {"$unset": gone, "$set": {"updated_at": now}, "$inc": {"version": 1}})
        BindCode._get_collection().delete_many({"person_id": person_id, "used_at": None}, session=book.session)
        return bool(person.get("openid"))

    bound = change(work, by=by, now=now)
    ended = end_sessions(person_id, kind="phone", reason="lost", now=now)
    audit.change(before={"bound": bound}, after={"bound": False})
    audit.note(ended=ended)
    return ended
