"""Slowing down whoever guesses, so that nobody else is kept out.

Wrong tries are counted by name and place together. A place is an address, or a browser that has signed in under the
name before (it carries a signed mark): that browser is counted for itself alone, so a stranger at the same address, or
a thousand strangers elsewhere, cannot shut its owner out. Any other place tries a name under attack at most once every
30 seconds, each place for itself: a colleague at a new machine waits that long once, whatever the attackers do.
"""

from __future__ import annotations

from datetime import datetime
from math import ceil

import redis

from server.accounts.models import SignInFailure
from server.accounts.sign_in_rules import THROTTLE, wait_s
from server.core import redis_client
from server.core.errors import DomainError

_WAITS_KEPT_S = 300


def slow_down(seconds: int) -> DomainError:
    title = "密码错误次数过多，请15分钟后再试" if seconds > 60 else f"尝试过于频繁，请{seconds}秒后再试"
    return DomainError(code="auth.slow_down", status=429, title=title, retry_after_s=seconds)


def begin_password_try(name: str, *, remote: str, device: str | None, now: datetime) -> str:
    """Counts the try before it is made, so that a hundred at once are a hundred; raises `auth.slow_down`.

    Returns what `forget_try` takes when it was right. `device` is the id of this browser's mark when it signed in
    under the name before.
    """
    place = f"device:{device}" if device else remote
    tried = _begin(name, place, now)
    try:
        if _count(now, username=name, remote=place) > THROTTLE.per_name_and_place:
            raise slow_down(int(THROTTLE.window.total_seconds()))
        if not device:
            if _count(now, remote=remote) > THROTTLE.per_address:
                raise slow_down(int(THROTTLE.window.total_seconds()))
            _wait_once(name, place, wait_s(_count(now, username=name) - 1), now)
    except DomainError:
        forget_try(tried)  # what was not tried does not count, or knocking would prolong the lock
        raise
    return tried


def begin_code_try(what: str, *, remote: str, most: int, now: datetime) -> str:
    """The same for codes: at most `most` wrong ones of `what` (`code:…`, `bind:…`) anywhere, or at the address."""
    tried = _begin(what, remote, now)
    kind = {"$regex": f"^{what.partition(':')[0]}:"}
    here = {"remote": remote, "username": kind, "at": {"$gt": now - THROTTLE.window}}
    if _count(now, username=what) > most or (remote and SignInFailure.objects(__raw__=here).count() > most):
        forget_try(tried)
        raise slow_down(int(THROTTLE.window.total_seconds()))
    return tried


def forget_try(tried: str) -> None:
    """It was right, or was never made."""
    SignInFailure.objects(id=tried).delete()


def _begin(username: str, place: str, now: datetime) -> str:
    return str(SignInFailure(username=username, remote=place, at=now).save(force_insert=True).id)


def _wait_once(name: str, place: str, pause: int, now: datetime) -> None:
    """Whoever waited may try once. Without the cache nobody waits: the other limits still hold."""
    if not pause:
        return
    key = f"songda:sign-in-wait:{name}:{place}"
    try:
        client = redis_client.client()
        client.set(key, now.timestamp() + pause, nx=True, ex=_WAITS_KEPT_S)
        due = float(str(client.get(key) or 0))
        left = due - now.timestamp()
        if left > 0 or not client.delete(key):
            raise slow_down(max(1, ceil(left)))
    except redis.RedisError:
        return


def _count(now: datetime, **where: str) -> int:
    return int(SignInFailure.objects(at__gt=now - THROTTLE.window, **where).count())
