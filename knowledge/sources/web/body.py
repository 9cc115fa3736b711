"""The body of an answer, unpacked, and never more of it than agreed."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from knowledge.sources.regular import too_large

_GZIP = b"\x1f\x8b"


class BadBody(Exception):
    """What came cannot be used; the message is the reason."""


class BrokenBody(BadBody):
    """What came was damaged on its way; it may be whole the next time."""


def read_body(blocks: Iterable[bytes], encoding: str, limit: int) -> bytes:
    """Join the blocks and undo their content encoding. Raises BadBody beyond `limit` bytes."""
    raw = bytearray()
    for block in blocks:
        raw += block
        if len(raw) > limit:
            raise BadBody(too_large(len(raw), limit))
    match encoding.strip().lower():
        case "" | "identity":
            return bytes(raw)
        case "gzip" | "x-gzip" | "deflate":
            return inflate(bytes(raw), limit) if raw else b""
    raise BadBody(f"is sent in an encoding that was not asked for ({encoding[:40]})")


def is_gzip(data: bytes) -> bool:
    return data.startswith(_GZIP)


def inflate(data: bytes, limit: int) -> bytes:
    """Unpack gzip, zlib or bare deflate. Raises BadBody."""
    zlib_header = data[0] & 15 == 8 and int.from_bytes(data[:2]) % 31 == 0
    window = 47 if is_gzip(data) or zlib_header else -15
    unpacked = bytearray()
    try:
        while data:
            stream = zlib.decompressobj(window)
            unpacked += stream.decompress(data, limit + 1 - len(unpacked))
            if len(unpacked) > limit:
                raise BadBody(too_large(len(unpacked), limit))
            if not stream.eof:
                raise BrokenBody("breaks off before its end")
            # A gzip file may have several parts, and zeros after the last.
            data = stream.unused_data.lstrip(b"\0")
    except zlib.error:
        raise BrokenBody("is packed in a way that cannot be unpacked") from None
    return bytes(unpacked)
