"""WeChat: who logs in on the phone, and one-time notices to them.

Services take a :class:`WeChatGateway`; only the composition of the application calls :func:`from_settings`.
"""

from server.gateways.wechat.client import WeChatMiniProgram, from_settings
from server.gateways.wechat.interface import WeChatGateway, WeChatIdentity

__all__ = ["WeChatGateway", "WeChatIdentity", "WeChatMiniProgram", "from_settings"]
