"""What WeChat's error codes mean here: one table, one DomainError each."""

from __future__ import annotations

from server.core.errors import DomainError

BAD_CREDENTIAL = frozenset({40001, 40014, 42001})
CODE_REFUSED = frozenset({40029, 40163})
BUSY = -1

_BAD_CODE = ("wechat.bad_code", 422, "微信登录凭证无效或已过期，请重新登录")
_TOO_MANY = ("wechat.too_many", 429, "操作过于频繁，请一分钟后再试")
_UNAVAILABLE = ("wechat.unavailable", 503, "微信服务暂不可用，请稍后重试")
_MISCONFIGURED = ("wechat.misconfigured", 503, "微信接入配置有误，请联系系统管理员")
_BAD_MESSAGE = ("wechat.bad_message", 422, "微信通知内容或模板不正确")

# Codes the vendor lists for these calls; 40163 (code used before) is seen in the field but not in its list.
_MEANINGS = {
    BUSY: _UNAVAILABLE,
    40029: _BAD_CODE,
    40163: _BAD_CODE,
    45011: _TOO_MANY,
    45009: ("wechat.quota_used_up", 503, "微信接口当日调用次数已用完"),
    40226: ("wechat.user_blocked", 403, "该微信账号被限制登录"),
    43101: ("wechat.not_subscribed", 409, "对方未订阅微信通知"),
    40003: ("wechat.bad_openid", 422, "微信用户标识不正确"),
    40037: _BAD_MESSAGE,
    41030: _BAD_MESSAGE,
    47003: _BAD_MESSAGE,
    **dict.fromkeys((40002, 40013, 40125, 40164, 41002, 41004, 48001), _MISCONFIGURED),
}


def error_for(errcode: int) -> DomainError:
    """The refusal for one of WeChat's codes; an unlisted code counts as WeChat being unavailable."""
    code, status, title = _MEANINGS.get(errcode, _UNAVAILABLE)
    return DomainError(code=code, status=status, title=title, wechat_errcode=errcode)


def unavailable() -> DomainError:
    """WeChat did not answer, or not in its own language."""
    code, status, title = _UNAVAILABLE
    return DomainError(code=code, status=status, title=title)


def bad_code() -> DomainError:
    """A login code that cannot be one."""
    code, status, title = _BAD_CODE
    return DomainError(code=code, status=status, title=title)


def misconfigured() -> DomainError:
    """No app id or secret is set."""
    code, status, title = _MISCONFIGURED
    return DomainError(code=code, status=status, title=title)
