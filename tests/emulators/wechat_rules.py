"""What WeChat's server knows and how it answers: codes, tokens, consents, limits. No HTTP here.

Limits and error codes follow the vendor's documentation (see docs of each call); times are of an own clock that tests
may advance.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

Answer = dict[str, Any]

CODE_LIFETIME_S = 300
LOGINS_PER_MINUTE = 100
TOKEN_LIFETIME_S = 7200
OLD_TOKEN_GRACE_S = 300
FORCED_PER_DAY = 20
FORCED_APART_S = 30
_FIELD_LIMITS = {"thing": 20, "number": 32, "letter": 32, "character_string": 32, "symbol": 5, "phrase": 5}
_FIELD = re.compile(r"([a-z_]+?)\d+")


class WeChatError(Exception):
    """One of WeChat's error codes with its text."""

    def __init__(self, errcode: int, errmsg: str) -> None:
        super().__init__(errmsg)
        self.errcode = errcode
        self.errmsg = errmsg


@dataclass
class _Code:
    user: str
    ends_at: float
    used: bool = False


@dataclass
class WeChat:
    """One mini-program's account at WeChat."""

    appid: str
    secret: str
    users: dict[str, str] = field(default_factory=dict)  # openid → user
    messages: deque[Answer] = field(default_factory=lambda: deque(maxlen=10_000))
    _codes: dict[str, _Code] = field(default_factory=dict)
    _logins: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _tokens: dict[str, float] = field(default_factory=dict)  # token → end of its life
    _stable: str | None = None
    _plain: str | None = None
    _forced: deque[float] = field(default_factory=deque)
    _consents: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    _shift_s: float = 0.0
    _lock: RLock = field(default_factory=RLock)

    # ---- the phone's side

    def login(self, user: str) -> Answer:
        """wx.login() on the phone of `user`: a code that works once, for five minutes."""
        with self._lock:
            now = self._now()
            self._codes = {code: held for code, held in self._codes.items() if held.ends_at > now - 3600}
            code = "0" + secrets.token_hex(15) + "0"
            self._codes[code] = _Code(user, now + CODE_LIFETIME_S)
            return {"code": code, "openid": self.openid_of(user)}

    def consent(self, user: str, template_id: str, times: int = 1) -> Answer:
        """wx.requestSubscribeMessage() accepted: each consent pays for one message."""
        with self._lock:
            self._consents[self.openid_of(user), template_id] += times
            return {"left": self._consents[self.openid_of(user), template_id]}

    def openid_of(self, user: str) -> str:
        """The same user has the same openid in this mini-program, for ever; another mini-program sees another."""
        digest = hashlib.sha256(f"{self.appid}:{user}".encode()).hexdigest()
        openid = "o" + digest[:27]
        self.users[openid] = user
        return openid

    def unionid_of(self, user: str) -> str:
        """The same user has the same unionid in all mini-programs of one open platform account."""
        return "u" + hashlib.sha256(f"union:{user}".encode()).hexdigest()[:27]

    # ---- the server's side

    def code_to_session(self, query: dict[str, str]) -> Answer:
        """GET /sns/jscode2session"""
        self._check_app(query)
        if query.get("grant_type") != "authorization_code":
            raise WeChatError(40002, "invalid grant_type")
        with self._lock:
            held = self._codes.get(query.get("js_code", ""))
            if held is None or held.ends_at <= self._now():
                raise WeChatError(40029, "invalid code")
            if held.used:
                raise WeChatError(40163, "code been used")
            self._count_login(held.user)
            held.used = True
            return {
                "openid": self.openid_of(held.user),
                "session_key": secrets.token_urlsafe(16),
                **({"unionid": self.unionid_of(held.user)} if not held.user.startswith("nounion") else {}),
            }

    def plain_token(self, query: dict[str, str]) -> Answer:
        """GET /cgi-bin/token: each call voids the token of the call before."""
        if query.get("grant_type") != "client_credential":
            raise WeChatError(40002, "invalid grant_type")
        self._check_app(query)
        with self._lock:
            if self._plain is not None:
                self._tokens.pop(self._plain, None)
            self._plain = self._new_token()
            return {"access_token": self._plain, "expires_in": TOKEN_LIFETIME_S}

    def stable_token(self, body: Answer) -> Answer:
        """POST /cgi-bin/stable_token: the same token until five minutes before its end; forced, a new one."""
        if body.get("grant_type") != "client_credential":
            raise WeChatError(40002, "invalid grant_type")
        self._check_app(body)
        with self._lock:
            if body.get("force_refresh") is True:
                self._count_forced()
                self._tokens.pop(self._stable or "", None)
                self._stable = None
            now = self._now()
            ends_at = self._tokens.get(self._stable or "", 0.0)
            if self._stable is None or ends_at - now <= OLD_TOKEN_GRACE_S:
                self._stable = self._new_token()
                ends_at = self._tokens[self._stable]
            return {"access_token": self._stable, "expires_in": int(ends_at - now)}

    def send_subscribe_message(self, query: dict[str, str], body: Answer) -> Answer:
        """POST /cgi-bin/message/subscribe/send"""
        with self._lock:
            self._check_token(query)
            openid, template_id = str(body.get("touser", "")), str(body.get("template_id", ""))
            if openid not in self.users:
                raise WeChatError(40003, "invalid openid")
            if not template_id:
                raise WeChatError(40037, "invalid template_id")
            self._check_fields(body.get("data"))
            if self._consents[openid, template_id] < 1:
                raise WeChatError(43101, "user refuse to accept the msg")
            self._consents[openid, template_id] -= 1
            self.messages.append({"user": self.users[openid], **body, "sent_at": self._now()})
            return {"errcode": 0, "errmsg": "ok", "msgid": len(self.messages)}

    # ---- for tests

    def advance(self, seconds: float) -> Answer:
        """Lets time pass."""
        with self._lock:
            self._shift_s += seconds
            return {"ahead_s": self._shift_s}

    def revoke_tokens(self) -> Answer:
        """Voids every token at once, as a reset secret does."""
        with self._lock:
            revoked = len(self._tokens)
            self._tokens.clear()
            self._stable = self._plain = None
            return {"revoked": revoked}

    # ---- inside

    def _now(self) -> float:
        return time.time() + self._shift_s

    def _check_app(self, values: Answer | dict[str, str]) -> None:
        if not values.get("appid"):
            raise WeChatError(41002, "appid missing")
        if values.get("appid") != self.appid:
            raise WeChatError(40013, "invalid appid")
        if not values.get("secret"):
            raise WeChatError(41004, "appsecret missing")
        if not secrets.compare_digest(str(values.get("secret")), self.secret):
            raise WeChatError(40125, "invalid appsecret")

    def _check_token(self, query: dict[str, str]) -> None:
        token = query.get("access_token", "")
        if not token:
            raise WeChatError(41001, "access_token missing")
        ends_at = self._tokens.get(token)
        if ends_at is None:
            raise WeChatError(40001, "invalid credential, access_token is invalid or not latest")
        if ends_at <= self._now():
            raise WeChatError(42001, "access_token expired")

    def _new_token(self) -> str:
        token = f"{len(self._tokens)}_{secrets.token_urlsafe(96)}"
        self._tokens[token] = self._now() + TOKEN_LIFETIME_S
        return token

    def _count_login(self, user: str) -> None:
        logins, now = self._logins[user], self._now()
        while logins and logins[0] <= now - 60:
            logins.popleft()
        if len(logins) >= LOGINS_PER_MINUTE:
            raise WeChatError(45011, "api minute-quota reach limit, mustslower, retry next minute")
        logins.append(now)

    def _count_forced(self) -> None:
        now = self._now()
        while self._forced and self._forced[0] <= now - 86_400:
            self._forced.popleft()
        if len(self._forced) >= FORCED_PER_DAY:
            raise WeChatError(45009, "reach max api daily quota limit")
        if self._forced and now - self._forced[-1] < FORCED_APART_S:
            raise WeChatError(45011, "api minute-quota reach limit")
        self._forced.append(now)

    def _check_fields(self, data: Any) -> None:
        if not isinstance(data, dict) or not data:
            raise WeChatError(47003, "argument invalid! data is empty")
        for key, held in data.items():
            value = held.get("value") if isinstance(held, dict) else None
            match = _FIELD.fullmatch(key)
            limit = _FIELD_LIMITS.get(match[1], 0) if match else 0
            if not isinstance(value, str) or not value or (limit and len(value) > limit):
                raise WeChatError(47003, f"argument invalid! data.{key}.value invalid")
