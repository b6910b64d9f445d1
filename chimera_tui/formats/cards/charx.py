"""CHARX: a zip archive of which only `card.json` is read.

The archive is read by hand, since `zipfile` makes an object of every member it is
told of, and one file of 64 MiB can tell of a million.
"""

import io
import struct
import zlib

from chimera_tui.formats.cards.json_reading import LONGEST_JSON, UnreadableError
from chimera_tui.formats.cards.png import inflate

NAME = "card.json"
MOST_MEMBERS = 20_000
_END = struct.Struct("<4s6xHIIH")
_LONGEST_COMMENT = 65_535
_MEMBER = struct.Struct("<4s4xHH4xIIIHHH8xI")
_LOCAL = struct.Struct("<4s22xHH")
_STORED, _DEFLATED = 0, 8


def is_archive(data: bytes) -> bool:
    """Whether a zip archive ends `data`; a picture may stand before it."""
    return _end(data) >= 0


def card_in(data: bytes) -> bytes:
    """Return what `card.json` at the root of the archive holds.

    Raises:
        UnreadableError: If there is none, or it is damaged, too large or encrypted.
    """
    end = _end(data)
    if end < 0:
        raise UnreadableError("is no whole archive")
    _, count, size, offset, _ = _END.unpack_from(data, end)
    start = end - size
    shift = start - offset  # what stands before the archive
    at = start
    for _ in range(min(count, MOST_MEMBERS)):
        if shift < 0 or at < 0 or at + _MEMBER.size > end:
            raise UnreadableError("is a damaged archive")
        mark, flags, method, crc, packed, full, *lengths, local = _MEMBER.unpack_from(data, at)
        if mark != b"PK\1\2":
            raise UnreadableError("is a damaged archive")
        name = data[at + _MEMBER.size : at + _MEMBER.size + lengths[0]]
        if name.lower() == NAME.encode():
            if flags & 1:
                raise UnreadableError("is encrypted")
            body = _body(data, shift + local, packed, end)
            return _unpacked(body, method, crc, full)
        at += _MEMBER.size + sum(lengths)
    raise UnreadableError("is an archive without a `card.json`")


def archive_of(json: bytes) -> bytes:
    """Return a CHARX that holds the card `json` and nothing else; the same bytes each time."""
    import zipfile  # noqa: PLC0415 - 0.7 MB, which only an export needs

    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo(NAME), json, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def _end(data: bytes) -> int:
    at = data.rfind(b"PK\5\6", max(0, len(data) - _END.size - _LONGEST_COMMENT))
    return at if at + _END.size <= len(data) else -1


def _body(data: bytes, at: int, packed: int, end: int) -> bytes:
    if at + _LOCAL.size > end or data[at : at + 4] != b"PK\3\4":
        raise UnreadableError("is a damaged archive")
    _, name, extra = _LOCAL.unpack_from(data, at)
    start = at + _LOCAL.size + name + extra
    if start + packed > end:
        raise UnreadableError("is a damaged archive")
    return data[start : start + packed]


def _unpacked(body: bytes, method: int, crc: int, full: int) -> bytes:
    if full > LONGEST_JSON:
        raise UnreadableError("holds more than 4 MiB of text")
    if method == _DEFLATED:
        body = inflate(body, LONGEST_JSON, -zlib.MAX_WBITS)
    elif method != _STORED:
        raise UnreadableError("is packed in a way that is not known here")
    if zlib.crc32(body) != crc:
        raise UnreadableError("is damaged: the sum of its card is wrong")
    return body
