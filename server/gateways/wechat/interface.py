"""What the rest of the server may ask of WeChat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class WeChatIdentity:
    """A person as one mini-program knows them; `unionid` only where the account is bound to an open platform.

    WeChat's `session_key` is left out on purpose: nothing here needs it, and it must never reach a client.
    """

    openid: str
    unionid: str | None = None


class WeChatGateway(Protocol):
    """The part of the WeChat mini-program API that Songda uses. Errors: see `server.gateways.wechat.errors`."""

    def code_to_openid(self, js_code: str) -> WeChatIdentity:
        """Who holds the phone that made `js_code` with wx.login(); a code works once, within five minutes.

        Raises DomainError `wechat.bad_code` 422, `wechat.too_many` 429, `wechat.user_blocked` 403,
        `wechat.unavailable` 503, `wechat.misconfigured` 503.
        """
        ...

    def send_subscribe_message(
        self, *, openid: str, template_id: str, data: Mapping[str, str], page: str | None = None
    ) -> None:
        """Sends one notice the person agreed to receive; one consent is one notice.

        `data` maps the template's keys (`thing1`, `time2`) to text. Raises DomainError
        `wechat.not_subscribed` 409, `wechat.bad_message` 422, `wechat.too_many` 429, `wechat.unavailable` 503,
        `wechat.misconfigured` 503.
        """
        ...
