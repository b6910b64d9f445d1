"""The one reader for bytes of text that others wrote: which encoding, which line ends."""

import codecs

_MARKS = (  # the longer first: the mark of UTF-16 begins that of UTF-32
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def encoding_of(data: bytes) -> str:
    """Return the encoding of a text: by its byte order mark, else by the zeros at its start.

    The second rule is that of JSON (RFC 4627): the text has to begin with two ASCII letters, as
    JSON, TOML and tables do. Without either it is UTF-8.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    if data[:1] == b"\0":
        return "utf-32-be" if data[1:2] == b"\0" else "utf-16-be"
    if data[1:2] == b"\0":
        return "utf-32-le" if data[2:4] == b"\0\0" else "utf-16-le"
    return "utf-8"


def without_mark(data: bytes) -> bytes:
    """Return `data` without the byte order mark at its start."""
    return next((data[len(mark) :] for mark, _ in _MARKS if data.startswith(mark)), data)


def plain_lines(text: str) -> str:
    """Return `text` with line ends LF, whatever they were: CRLF, or CR alone."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def decoded(data: bytes) -> tuple[str, bool]:
    """Return the text of `data` with plain line ends, and whether all of it could be read.

    What could not is U+FFFD. No letter of the text is a surrogate.
    """
    encoding = encoding_of(data)
    body = without_mark(data)
    try:
        return plain_lines(body.decode(encoding)), True
    except UnicodeDecodeError:
        return plain_lines(body.decode(encoding, errors="replace")), False
