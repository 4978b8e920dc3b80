"""What an upload may be told: a code, a status of HTTP, one sentence for people."""

from __future__ import annotations

from typing import Any

from evidence.errors import EvidenceError


class UploadError(EvidenceError):
    """A refusal with its HTTP status. ``extra`` holds plain JSON values: offsets, limits, seconds."""

    def __init__(self, code: str, status: int, title_zh: str, **extra: Any) -> None:
        super().__init__(code, title_zh, **extra)
        self.status = status


def bad_header(name: str) -> UploadError:
    """A header of the protocol is missing or not what tus 1.0.0 asks for."""
    return UploadError("upload.bad_header", 400, f"请求头 {name} 缺失或格式不正确", header=name)


def bad_metadata() -> UploadError:
    """Upload-Metadata is not a list of `key base64`, names a key twice or is too long."""
    return UploadError("upload.bad_metadata", 400, "上传说明（Upload-Metadata）格式不正确")


def defer_unsupported() -> UploadError:
    """Every item is announced with its size, so a length may not come later."""
    return UploadError("upload.length_required", 400, "必须先说明文件大小（Upload-Length），不支持延后说明")


def bad_algorithm(supported: str) -> UploadError:
    """Upload-Checksum names an algorithm that is not offered."""
    return UploadError("upload.bad_algorithm", 400, "不支持这种校验算法", supported=supported)


def wrong_checksum() -> UploadError:
    """What arrived is not what was sent; nothing of this request is kept (status of the checksum extension)."""
    return UploadError("upload.wrong_checksum", 460, "收到的数据与校验值不一致，请重新发送这一段")


def wrong_version() -> UploadError:
    """Tus-Resumable is missing or another version."""
    return UploadError("upload.wrong_version", 412, "只支持 tus 1.0.0 上传协议")


def wrong_method() -> UploadError:
    """The method, or the one that X-HTTP-Method-Override names, is not one of the protocol here."""
    return UploadError("upload.wrong_method", 405, "此地址不支持该操作")


def wrong_content_type() -> UploadError:
    """Bytes come as application/offset+octet-stream."""
    return UploadError("upload.wrong_content_type", 415, "内容类型应为 application/offset+octet-stream")


def wrong_offset(offset: int) -> UploadError:
    """The bytes do not continue where the stored ones end; `offset` says where that is."""
    return UploadError("upload.wrong_offset", 409, "续传位置与已收到的数据不一致", offset=offset)


def too_long(length: int) -> UploadError:
    """More bytes than the length stated at creation."""
    return UploadError("upload.too_long", 413, "数据超出所报文件大小", length=length)


def too_large(max_bytes: int) -> UploadError:
    """Tus-Max-Size."""
    return UploadError("upload.too_large", 413, "文件超出上传大小上限", max_bytes=max_bytes)


def not_found() -> UploadError:
    """There is no such upload, or it is somebody else's."""
    return UploadError("upload.not_found", 404, "没有这个上传")


def gone() -> UploadError:
    """It was here: ended by its owner, expired, or refused."""
    return UploadError("upload.gone", 410, "该上传已终止或已过期，请重新创建")


def final_is_closed() -> UploadError:
    """A final upload is made of its parts and takes no bytes of its own (concatenation extension)."""
    return UploadError("upload.final_is_closed", 403, "合并后的上传不能再追加数据")


def not_a_part() -> UploadError:
    """Upload-Concat names something that was not created as partial, or nothing at all."""
    return UploadError("upload.not_a_part", 400, "要合并的上传不是分段上传")


def part_unfinished() -> UploadError:
    """A part is still missing bytes."""
    return UploadError("upload.part_unfinished", 409, "要合并的分段尚未传完")


def locked(retry_after_s: int = 2) -> UploadError:
    """Another request holds this upload and did not let go in time."""
    return UploadError("upload.locked", 423, "该文件正在由另一个连接上传，请稍后重试", retry_after_s=retry_after_s)


def handed_over(offset: int) -> UploadError:
    """A newer request asked for this upload; what had arrived is kept."""
    return UploadError("upload.handed_over", 423, "该文件已由新的连接继续上传", offset=offset, retry_after_s=1)


def too_slow(offset: int) -> UploadError:
    """The body took longer than one request may hold a thread; what had arrived is kept: go on from `offset`."""
    return UploadError("upload.too_slow", 503, "网络过慢，本次传输已中止，请从断点继续", offset=offset, retry_after_s=1)


def busy() -> UploadError:
    """This process receives as many uploads as it may at once."""
    return UploadError("upload.busy", 503, "当前上传人数较多，请稍后继续", retry_after_s=2)


def no_space() -> UploadError:
    """The disk of the store is full; what had arrived is kept."""
    return UploadError("upload.no_space", 507, "服务器存储空间不足，请联系管理员")


def unavailable(reason: str) -> UploadError:
    """The store does not answer."""
    return UploadError(
        "evidence.store_unavailable", 503, "证据存储暂不可用，请稍后重试", reason=reason, retry_after_s=5
    )
