"""Media type from the first bytes; names and headers are never asked.

Brands of ISO base media files: ISO/IEC 14496-12 §4.3 and the MP4 registration authority; MPEG audio header:
ISO/IEC 11172-3 §2.4.2.3.
"""

HEAD_BYTES = 64
# Strokes of a signature (evidence.analysis.strokes): JSON whose first key is the schema.
STROKES_SCHEMA = b"songda-strokes/1"

_PREFIXES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"ID3", "audio/mpeg"),
    (b"%PDF-", "application/pdf"),
)
_RIFF = {b"WAVE": "audio/wav", b"WEBP": "image/webp"}
_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"), "image/heic"),
    **dict.fromkeys((b"avif", b"avis"), "image/avif"),
    **dict.fromkeys((b"M4A ", b"M4B "), "audio/mp4"),
    b"qt  ": "video/quicktime",
}


def sniff(head: bytes) -> str | None:
    """Media type of a file beginning with ``head`` (``HEAD_BYTES`` are enough), or None when unknown."""
    for prefix, media_type in _PREFIXES:
        if head.startswith(prefix):
            return media_type
    if head.startswith(b"{") and STROKES_SCHEMA in head:
        return "application/json"
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _iso_media(head)
    return _mpeg_audio(head)


def _iso_media(head: bytes) -> str:
    major = head[8:12]
    if major.startswith(b"3g"):
        return "video/3gpp"
    return _BRANDS.get(major, "video/mp4")


def _mpeg_audio(head: bytes) -> str | None:
    """An MPEG audio frame without ID3, or AAC in ADTS; reserved values are refused, or random bytes would
    pass."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    if layer == 0:
        is_adts = head[1] & 0xF6 == 0xF0 and head[2] >> 2 & 0xF <= 12
        return "audio/aac" if is_adts else None
    bitrate, rate = head[2] >> 4, head[2] >> 2 & 3
    return "audio/mpeg" if version != 1 and bitrate not in (0, 15) and rate != 3 else None
