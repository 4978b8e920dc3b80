"""The WeChat mini-program client: one subclass over wechatpy 1.8.18 that takes the wheel where it slips.

wechatpy retries a refused token without bound, fetches tokens without a time limit, keeps their expiry in the memory
of one process, and sends the access token along with logins that need none. So addresses, requests, tokens and
retries are ours; its endpoints and its reading of answers are kept. Secrets travel in query strings (WeChat's design),
therefore no exception of `requests` is ever chained, logged or shown: its text holds the URL.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import redis
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import NewConnectionError
from wechatpy.client import WeChatClient
from wechatpy.exceptions import WeChatClientException

from server.config import Settings
from server.gateways.wechat.errors import (
    BAD_CREDENTIAL,
    BUSY,
    CODE_REFUSED,
    bad_code,
    error_for,
    misconfigured,
    unavailable,
)
from server.gateways.wechat.interface import WeChatIdentity

log = logging.getLogger(__name__)

OFFICIAL_URL = "https://api.weixin.qq.com"
CONNECT_TIMEOUT_S = 3.0
READ_TIMEOUT_S = 5.0
RETRY_AFTER_S = 0.2
# A stable token is replaced 5 min before it ends, and the old one lives on: 1 min early is on the safe side of both.
TOKEN_MARGIN_S = 60
_CODE = re.compile(r"[0-9A-Za-z_-]{1,512}")
_LOGIN_PATH = "sns/jscode2session"

Answer = dict[str, Any]


class NoAnswer(Exception):
    """Transport failed. `sent` is true when WeChat may have acted all the same."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.sent = sent


class MiniProgramClient(WeChatClient):
    """wechatpy's client with our addresses, time limits and shared stable token; it never retries by itself."""

    def __init__(
        self, appid: str, secret: str, *, base_url: str, cache: redis.Redis, timeout: tuple[float, float]
    ) -> None:
        super().__init__(appid, secret, timeout=timeout, auto_retry=False)
        self._base_url = base_url.rstrip("/")
        self._cache = cache
        self._token_key = f"songda:wechat:{appid}:stable_token"
        # Proxies and .netrc of the machine are no business of a call that carries a secret.
        self._http.trust_env = False
        for scheme in ("http://", "https://"):
            self._http.mount(scheme, HTTPAdapter(pool_maxsize=32, max_retries=0))

    @property
    def access_token(self) -> str:
        """The shared token; fetched when the cache has none or cannot be reached."""
        try:
            held = self._cache.get(self._token_key)
        except redis.RedisError:
            log.warning("no cache for the WeChat token, asking WeChat")
            held = None
        if held:
            return held.decode() if isinstance(held, bytes) else str(held)
        return self.fetch_access_token()

    def fetch_access_token(self) -> str:
        """Asks for the stable token: every worker is given the same one, so no lock is needed between them."""
        answer = self._send(
            "post",
            f"{self._base_url}/cgi-bin/stable_token",
            json={"grant_type": "client_credential", "appid": self.appid, "secret": self.secret},
        )
        token, seconds = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not isinstance(seconds, int):
            raise NoAnswer("no token in the answer", sent=False)
        try:
            self._cache.set(self._token_key, token, ex=max(1, seconds - TOKEN_MARGIN_S))
        except redis.RedisError:
            log.warning("the WeChat token could not be shared")
        return token

    def forget_token(self) -> None:
        """Drops the shared token after WeChat refused it."""
        try:
            self._cache.delete(self._token_key)
        except redis.RedisError:
            log.warning("the refused WeChat token could not be dropped")

    def _request(self, method: str, url_or_endpoint: str, **kwargs: Any) -> Answer:
        """Replaces wechatpy's: own base address, token only where needed, one attempt."""
        address = kwargs.pop("api_base_url", self.API_BASE_URL) + url_or_endpoint
        url = address.replace(OFFICIAL_URL, self._base_url, 1)
        params = dict(kwargs.pop("params", {}))
        if url_or_endpoint != _LOGIN_PATH:
            params["access_token"] = self.access_token
        return self._send(method, url, params=params, json=kwargs.pop("data", None))

    def _send(self, method: str, url: str, **kwargs: Any) -> Answer:
        try:
            response = self._http.request(method, url, timeout=self.timeout, allow_redirects=False, **kwargs)
        except requests.RequestException as error:
            raise NoAnswer(type(error).__name__, sent=_reached(error)) from None
        if response.status_code != HTTPStatus.OK:
            raise NoAnswer(f"HTTP {response.status_code}", sent=True)
        try:
            answer = self._handle_result(response)
        except (ValueError, TypeError):
            raise NoAnswer("an error code that is no number", sent=True) from None
        if not isinstance(answer, dict):
            raise NoAnswer("not JSON", sent=True)
        return answer


class WeChatMiniProgram:
    """`WeChatGateway` over the real API, or over anything that speaks it at `base_url`."""

    def __init__(
        self,
        appid: str,
        secret: str,
        base_url: str,
        redis: redis.Redis,
        *,
        timeout: tuple[float, float] = (CONNECT_TIMEOUT_S, READ_TIMEOUT_S),
    ) -> None:
        self._client = MiniProgramClient(appid, secret, base_url=base_url, cache=redis, timeout=timeout)

    def code_to_openid(self, js_code: str) -> WeChatIdentity:
        """See `WeChatGateway.code_to_openid`. Needs no access token, so it works while tokens do not."""
        if not _CODE.fullmatch(js_code):
            raise bad_code()
        answer = self._call("login", lambda: self._client.wxa.code_to_session(js_code), repeatable=True)
        openid, unionid = answer.get("openid"), answer.get("unionid")
        if not isinstance(openid, str) or not openid:
            log.error("WeChat answered a login without an openid")
            raise unavailable()
        return WeChatIdentity(openid, unionid if isinstance(unionid, str) and unionid else None)

    def send_subscribe_message(
        self, *, openid: str, template_id: str, data: Mapping[str, str], page: str | None = None
    ) -> None:
        """See `WeChatGateway.send_subscribe_message`."""
        body = {
            "touser": openid,
            "template_id": template_id,
            "data": {key: {"value": value} for key, value in data.items()},
            "lang": "zh_CN",
            **({"page": page} if page else {}),
        }
        # A lost answer may be a notice that arrived: sending again would spend a second consent.
        self._call("notice", lambda: self._client.post("message/subscribe/send", data=body), repeatable=False)

    def _call(self, what: str, ask: Callable[[], Answer], *, repeatable: bool) -> Answer:
        """Asks, and once more where that may help: WeChat busy or silent, or the token refused."""
        if not (self._client.appid and self._client.secret):
            raise misconfigured()
        try:
            return ask()
        except WeChatClientException as refused:
            log.warning("WeChat %s: %s %s", what, refused.errcode, refused.errmsg)
            if refused.errcode in BAD_CREDENTIAL:
                self._client.forget_token()
            elif refused.errcode != BUSY:
                raise error_for(refused.errcode) from None
            doubtful = False
        except NoAnswer as lost:
            log.warning("WeChat %s: no answer (%s)", what, lost)
            if lost.sent and not repeatable:
                raise unavailable() from None
            doubtful = lost.sent
        time.sleep(RETRY_AFTER_S)
        return self._once_more(what, ask, doubtful=doubtful)

    def _once_more(self, what: str, ask: Callable[[], Answer], *, doubtful: bool) -> Answer:
        try:
            return ask()
        except WeChatClientException as refused:
            log.error("WeChat %s, second time: %s %s", what, refused.errcode, refused.errmsg)
            # The first, lost request may have used the code up: that is not the phone's fault.
            if doubtful and refused.errcode in CODE_REFUSED:
                raise unavailable() from None
            raise error_for(refused.errcode) from None
        except NoAnswer as lost:
            log.error("WeChat %s, second time: no answer (%s)", what, lost)
            raise unavailable() from None


def _reached(error: requests.RequestException) -> bool:
    """Whether WeChat may have received the request before it failed."""
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.SSLError):
        return False
    cause = error.args[0] if error.args else None
    return not isinstance(getattr(cause, "reason", None), NewConnectionError)


def from_settings(settings: Settings, redis: redis.Redis) -> WeChatMiniProgram:
    """The gateway the settings describe; in production `Settings` itself refuses an emulator's address."""
    return WeChatMiniProgram(settings.wechat_appid, settings.wechat_secret, settings.wechat_base_url, redis)
