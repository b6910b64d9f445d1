"""The text chunks of a PNG, where cards live. Pixels are never decoded.

A card stands, as base64 of its JSON, in a chunk `tEXt` (seldom `zTXt` or `iTXt`)
whose keyword is `ccv3` or `chara`; Faraday put its own into the Exif chunk.
"""

import binascii
import colorsys
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chimera_tui.formats.cards.json_reading import LONGEST_JSON, UnreadableError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORDS = (b"ccv3", b"chara")
"""Where a card may be, the better place first."""
MOST_CHUNKS = 20_000
_LONGEST_CODED = LONGEST_JSON * 4 // 3 + 4
_EXIF_CARD = re.compile(rb"eyJ[A-Za-z0-9+/\r\n]{16,}={0,2}")  # base64 of {" and so on


@dataclass(frozen=True, slots=True)
class _Chunk:
    kind: bytes
    body: bytes
    crc: int

    @property
    def is_whole(self) -> bool:
        return zlib.crc32(self.kind + self.body) == self.crc

    @property
    def keyword(self) -> bytes:
        """The keyword of a text chunk in lower case; empty for other chunks."""
        if self.kind not in (b"tEXt", b"zTXt", b"iTXt"):
            return b""
        return self.body[:80].partition(b"\0")[0].lower()


def cards_in(data: bytes) -> list[bytes]:
    """Return the JSON of all cards in the PNG `data`, the one to prefer first.

    What cannot be read is passed over as long as something can.

    Raises:
        UnreadableError: If there is no card, or none that can be read.
    """
    found: dict[int, bytes] = {}
    looked_at = set[int]()
    problem = UnreadableError(
        "is a picture without a card", "Ask for the original file: some sites strip what is in it."
    )
    try:
        for chunk in _chunks(data):
            rank = _rank(chunk)
            if rank is None or rank in looked_at:  # of two equal ones the first counts
                continue
            looked_at.add(rank)
            try:
                found[rank] = _decoded(chunk)
            except UnreadableError as error:
                problem = error
    except UnreadableError as error:
        problem = error
    if not found:
        raise problem
    return [found[rank] for rank in sorted(found)]


def with_cards(picture: bytes, cards: Mapping[bytes, bytes]) -> bytes:
    """Return `picture` with these cards (JSON by keyword) in place of those it had.

    The cards stand before the pixels: readers that stop there (Pillow's `Image.info`, aichar) see
    them, too.

    Raises:
        UnreadableError: If it is no whole PNG.
    """
    ours = [
        _packed(b"tEXt", keyword + b"\0" + binascii.b2a_base64(json, newline=False))
        for keyword, json in cards.items()
    ]
    pieces = [SIGNATURE]
    for chunk in _chunks(picture):
        if chunk.kind in (b"IDAT", b"IEND"):
            pieces += ours
            ours = []
        if chunk.keyword not in KEYWORDS:
            pieces.append(_packed(chunk.kind, chunk.body))
    return b"".join(pieces)


def portrait(colour: int, seed: bytes) -> bytes:
    """Draw a small PNG: a symmetric pattern of blocks, 240 by 360, in a hue from 1 to 12."""
    pattern = zlib.crc32(seed)
    palette = b"".join(_rgb(colour, light) for light in (0.14, 0.20, 0.45, 0.68))
    block, columns, rows = 40, 6, 9
    lines = []
    for row in range(rows):
        half = [2 + (pattern >> (row * 3 + column + 5)) % 2 for column in range(columns // 2)]
        half = [
            ink if pattern >> (row * 3 + column) & 1 else row % 2 for column, ink in enumerate(half)
        ]
        line = b"".join(bytes([ink]) * block for ink in half + half[::-1])
        lines.append((b"\0" + line) * block)
    size = (block * columns).to_bytes(4, "big") + (block * rows).to_bytes(4, "big")
    return SIGNATURE + b"".join(
        [
            _packed(b"IHDR", size + bytes([8, 3, 0, 0, 0])),
            _packed(b"PLTE", palette),
            _packed(b"IDAT", zlib.compress(b"".join(lines), 9)),
            _packed(b"IEND", b""),
        ]
    )


def _chunks(data: bytes) -> Iterator[_Chunk]:
    """The chunks of a PNG up to its end mark; what may stand behind that is not looked at."""
    at = len(SIGNATURE)
    for _ in range(MOST_CHUNKS):
        length = int.from_bytes(data[at : at + 4], "big")
        end = at + 12 + length
        if end > len(data):
            raise UnreadableError("is a damaged picture: it ends too early")
        chunk = _Chunk(
            data[at + 4 : at + 8],
            data[at + 8 : end - 4],
            int.from_bytes(data[end - 4 : end], "big"),
        )
        yield chunk
        if chunk.kind == b"IEND":
            return
        at = end
    raise UnreadableError(f"is a picture in more than {MOST_CHUNKS:,} parts")


def _rank(chunk: _Chunk) -> int | None:
    """How good a place for a card this is; None if it is none."""
    if chunk.keyword in KEYWORDS:
        return KEYWORDS.index(chunk.keyword)
    if chunk.kind == b"eXIf" and _EXIF_CARD.search(chunk.body):
        return len(KEYWORDS)
    return None


def _decoded(chunk: _Chunk) -> bytes:
    if not chunk.is_whole:
        raise UnreadableError("is a damaged picture: the sum of its card is wrong")
    coded = _coded(chunk)
    if len(coded) > _LONGEST_CODED:
        raise UnreadableError("holds more than 4 MiB of text")
    if coded.lstrip().startswith(b"{"):
        return coded  # some programs forget to encode it
    coded = b"".join(coded.split()).translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
    try:
        return binascii.a2b_base64(coded + b"=" * (-len(coded) % 4), strict_mode=True)
    except binascii.Error:
        raise UnreadableError("holds a card that is no base64") from None


def _coded(chunk: _Chunk) -> bytes:
    """What stands in the chunk, unpacked within bounds."""
    if chunk.kind == b"eXIf":
        return max((match[0] for match in _EXIF_CARD.finditer(chunk.body)), key=len)
    _, _, rest = chunk.body.partition(b"\0")
    if chunk.kind == b"tEXt":
        return rest
    if chunk.kind == b"zTXt":
        return inflate(rest[1:], _LONGEST_CODED)
    is_packed, rest = rest[:1] == b"\1", rest[2:]
    _, _, rest = rest.partition(b"\0")  # the language
    _, _, rest = rest.partition(b"\0")  # the keyword in that language
    return inflate(rest, _LONGEST_CODED) if is_packed else rest


def inflate(data: bytes, longest: int, bits: int = zlib.MAX_WBITS) -> bytes:
    """Unpack `data`, but never more than `longest` bytes of it.

    Raises:
        UnreadableError: If it holds more, or is damaged.
    """
    try:
        text = zlib.decompressobj(bits).decompress(data, longest + 1)
    except zlib.error:
        raise UnreadableError("is damaged: its card cannot be unpacked") from None
    if len(text) > longest:
        raise UnreadableError("is packed so that it would fill the memory")
    return text


def _packed(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")


def _rgb(colour: int, light: float) -> bytes:
    parts = colorsys.hls_to_rgb((colour - 1) / 12, light, 0.5)
    return bytes(round(part * 255) for part in parts)
