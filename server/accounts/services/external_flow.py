"""A sign-in that is away at a provider: what was sent along, kept for ten minutes and given back once."""

from __future__ import annotations

import hmac
import json
from dataclasses import asdict, dataclass

import redis

from server.accounts.services.sessions import digest
from server.accounts.services.signing_limits import slow_down
from server.core import redis_client
from server.core.errors import DomainError
from server.core.ids import new_token

LIFE_S = 600
BEGUN_PER_MINUTE = 120  # from one address: a whole court may stand behind it in the morning


@dataclass(frozen=True, slots=True)
class Away:
    """`state` and `nonce` travel through the browser; `verifier` (PKCE) stays here; `browser` lies in its cookie."""

    provider: str
    state: str
    nonce: str
    verifier: str
    browser: str


def begin(provider: str, *, remote: str) -> Away:
    """Raises `server.no_redis` when it cannot be kept, `auth.slow_down` when one address begins too many."""
    away = Away(provider, new_token(), new_token(), new_token() + new_token(), new_token())
    try:
        client = redis_client.client()
        counter = f"songda:oidc-begun:{remote}"
        with client.pipeline() as both:
            both.set(counter, 0, nx=True, ex=60)
            both.incr(counter)
            _, begun = both.execute()
        if begun > BEGUN_PER_MINUTE:
            raise slow_down(60)
        client.set(_key(away.state), json.dumps(asdict(away)), ex=LIFE_S)
    except redis.RedisError as error:
        raise DomainError(code="server.no_redis", status=503, title="缓存服务未就绪") from error
    return away


def take_back(*, provider: str, state: str, browser: str) -> Away:
    """What belongs to a returning state, once. Raises `oidc.bad_state`: unknown, old, used, or another browser's."""
    try:
        kept = redis_client.client().getdel(_key(state))
    except redis.RedisError as error:
        raise DomainError(code="server.no_redis", status=503, title="缓存服务未就绪") from error
    away = Away(**json.loads(str(kept))) if kept else None
    if away is None or away.provider != provider or not hmac.compare_digest(away.browser.encode(), browser.encode()):
        raise DomainError(code="oidc.bad_state", status=400, title="登录已过期或不是从本浏览器发起，请重新登录")
    return away


def _key(state: str) -> str:
    return f"songda:oidc:{digest(state)}"
