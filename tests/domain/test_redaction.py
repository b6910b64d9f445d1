"""Keys are taken out of texts, in whatever writing."""

import base64
import html
import json
from urllib.parse import quote

import pytest

from chimera_tui.domain.redaction import REDACTED, Redactor, end_of, redact

KEY = 'pecul"iar/K\\E\\\\Y+0123456789'


@pytest.mark.parametrize(
    "written",
    [
        KEY,
        KEY.upper(),
        quote(KEY),
        quote(KEY, safe=""),
        json.dumps(KEY),
        json.dumps(KEY).replace("/", "\\/"),
        json.dumps(json.dumps(json.dumps(KEY))),
        quote(quote(KEY, safe="")),
        html.escape(KEY),
        KEY.replace("/", "\\u002f"),
        base64.urlsafe_b64encode(KEY.encode()).decode(),
        base64.b64encode(f"user:{KEY}".encode()).decode(),
        base64.b64encode(f"u:{KEY}".encode()).decode(),
        base64.b64encode(KEY.encode()).decode(),
    ],
)
def test_a_known_key_is_found_in_any_writing(written: str) -> None:
    said = redact(f"before {written} after", KEY)
    assert REDACTED in said
    assert said.startswith("before ")
    assert said.endswith(" after")
    assert not any(part in said for part in ("iar", "0123", "Njc4", "M0NT", "Y+"))


@pytest.mark.parametrize(
    "secret",
    [
        "sk-0123456789",
        "sk-ant-api03-abc_def",
        "sk-or-v1-0123",
        "sk-proj-abc****wxyz",
        "AIzaSyA0123456789",
        "gsk_abcdefgh",
        "hf_abcdefgh",
        "Bearer abc.def012",
        "authorization: Bearer abcdefgh",
        '"x-api-key": "abcdefgh"',
        "x-goog-api-key=abcdefgh",
        "api_key='abcdefgh'",
        'api_key=\\"abcdefgh\\"',
        "https://x.example/v1?key=abcdefgh",
        "https://x.example/v1?alt=sse&key=abcdefgh",
        "https://x.example/v1?sig=abcdefgh&alt=sse",
        "http://me:abcdefgh@x.example/v1",
        "http://abcdefgh@[::1]:1234",
        "http://me:ab/cdefgh@x.example",
        "socks5://me:abc?defgh@x.example",
        "abcdefgh*****wxyz",
    ],
)
def test_an_unknown_key_is_found_by_its_shape(secret: str) -> None:
    said = redact(f"Incorrect: {secret} (see below)")
    assert REDACTED in said
    assert said.endswith(" (see below)")
    assert "abc" not in said
    assert "0123" not in said


@pytest.mark.parametrize(
    "text",
    [
        "The model `gpt-5-mini` does not exist.",
        "a task-oriented risk-averse desk",
        "maximum context length is 8192 tokens, however you requested 9000",
        "Missing bearer or basic authentication in header",
        "**bold** words",
    ],
)
def test_other_text_stays(text: str) -> None:
    assert redact(text, "") == text


def test_of_a_secret_header_only_the_end_of_the_key_is_shown() -> None:
    told = Redactor(["0123456789abcdef"]).headers(
        [
            ("Authorization", "Bearer 0123456789abcdef"),
            ("x-api-key", "0123456789abcdef"),
            ("x-goog-api-key", "short"),
            ("proxy-authorization", "Basic dTowMTIzNDU2Nzg5YWJjZGVm"),
            ("x-echo", "is 0123456789abcdef"),
            ("accept", "text/event-stream"),
        ]
    )
    assert told == {
        "Authorization": "Bearer …cdef",
        "x-api-key": "…cdef",
        "x-goog-api-key": REDACTED,
        "proxy-authorization": "Basic",
        "x-echo": f"is {REDACTED}",
        "accept": "text/event-stream",
    }


def test_nothing_is_shown_of_a_short_key() -> None:
    assert end_of("0123456789a") == ""
    assert end_of("0123456789ab") == "…89ab"


def test_a_text_of_escapes_alone_takes_no_time() -> None:
    text = "\\" * 5000
    assert redact(text, KEY) == text
