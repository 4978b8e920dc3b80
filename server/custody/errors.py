"""Refusals of custody: what a phone, a team or the office is told when evidence cannot be taken as it came."""

from __future__ import annotations

from server.core.errors import Conflict, DomainError, Invalid, NotFound


def item_not_announced() -> NotFound:
    return NotFound(code="item.not_announced", title="没有登记过这份材料，请先登记再上传")


def item_already_here(state: str) -> Conflict:
    return Conflict(code="item.already_here", title="这份材料已经送达服务器，不能再撤回", state=state)


def item_linked_elsewhere(visit_id: str) -> Conflict:
    return Conflict(code="item.linked_elsewhere", title="这份材料已关联到另一个上门任务", visit_id=visit_id)


def unknown_kind() -> Invalid:
    return Invalid(code="item.unknown_kind", title="没有这种证据材料")


def bad_size() -> Invalid:
    return Invalid(code="item.bad_size", title="文件大小不正确，应为大于 0 的字节数")


def device_bad_key() -> Invalid:
    return Invalid(code="device.bad_key", title="本机公钥不正确，应为 32 字节的 Ed25519 公钥（Base64）")


def device_phone_only() -> DomainError:
    return DomainError(code="device.phone_only", status=403, title="请在手机小程序中登记本机密钥")


def device_revoked() -> Conflict:
    return Conflict(code="device.revoked", title="本机密钥已被注销，请更换密钥后重新登记")


def device_none() -> Conflict:
    return Conflict(code="device.none", title="请先登记本机密钥，再领取取证凭证")


def device_superseded(device_id: str) -> Conflict:
    return Conflict(code="device.superseded", title="已在另一部手机上登记，请重新登录后再试", device_id=device_id)


def device_too_many() -> DomainError:
    return DomainError(code="device.too_many", status=429, title="今日登记密钥次数过多，请联系送达管理员")


def ticket_bad_day() -> Invalid:
    return Invalid(code="ticket.bad_day", title="只能领取近期的取证凭证：最早为昨天，最晚为七天之后")


def upload_not_found() -> NotFound:
    return NotFound(code="upload.not_found", title="没有这个上传")
