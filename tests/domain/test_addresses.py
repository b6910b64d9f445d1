"""Addresses as people paste them, and as they may be shown."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chimera_tui.domain.addresses import is_exposed, is_loopback, is_private, shown, tidied


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (" 'http://127.0.0.1:1234' ", "http://127.0.0.1:1234"),
        ("“http://127.0.0.1:1234”", "http://127.0.0.1:1234"),
        ("<http://127.0.0.1:1234/>", "http://127.0.0.1:1234"),
        ("\ufeffhttp://127.0.0.1\u200b:1234\u2060", "http://127.0.0.1:1234"),
        ("\u202ahttp://127.0.0.1:1234\u202c", "http://127.0.0.1:1234"),
        ("\xa0http://127.0.0.1:1234\xa0", "http://127.0.0.1:1234"),
        ("http\uff1a\uff0f\uff0f127.0.0.1\uff1a1234", "http://127.0.0.1:1234"),
        ("http:\\\\127.0.0.1:1234\\v1", "http://127.0.0.1:1234/v1"),
        ("export OLLAMA_HOST=http://127.0.0.1:1234", "http://127.0.0.1:1234"),
        ('base_url = "http://127.0.0.1:1234"', "http://127.0.0.1:1234"),
        ("http:/127.0.0.1:1234", "http://127.0.0.1:1234"),
        ("http//127.0.0.1:1234", "http://127.0.0.1:1234"),
        ("HTTPS:api.example.com", "https://api.example.com"),
        ("localhost:11434", "localhost:11434"),
        ("http://127.0.0.1:1234///", "http://127.0.0.1:1234"),
        ("http://127.0.0.1:1234//v1//", "http://127.0.0.1:1234/v1"),
        ("http://127.0.0.1:1234/?", "http://127.0.0.1:1234"),
        ("http://127.0.0.1:1234/v1/chat/completions", "http://127.0.0.1:1234/v1"),
        ("http://127.0.0.1:1234/v1/chat/completions/", "http://127.0.0.1:1234/v1"),
        ("http://127.0.0.1:1234/v1/models", "http://127.0.0.1:1234/v1"),
        ("http://127.0.0.1:1234/api/v0/models", "http://127.0.0.1:1234"),
        ("http://127.0.0.1:11434/api/chat", "http://127.0.0.1:11434"),
        ("http://127.0.0.1:11434/api/generate", "http://127.0.0.1:11434"),
        ("https://openrouter.ai/api/v1/chat/completions", "https://openrouter.ai/api/v1"),
        ("https://api.anthropic.com/v1/messages", "https://api.anthropic.com/v1"),
        ("https://gateway.example/chat", "https://gateway.example/chat"),
        ("::1", "[::1]"),
        ("[::1]", "[::1]"),
        ("::1:1234", "[::1]:1234"),
        ("::1:11434", "[::1]:11434"),
        ("[::1]:1234", "[::1]:1234"),
        ("http://::1:11434/v1", "http://[::1]:11434/v1"),
        ("http://::1", "http://[::1]"),
        ("fd00::12", "[fd00::12]"),
        ("fd00::12:99999", "[fd00::12]:99999"),
        (":8080", ":8080"),
    ],
)
def test_an_address_is_tidied(written: str, meant: str) -> None:
    assert tidied(written) == meant
    assert tidied(meant) == meant


@pytest.mark.parametrize(
    ("address", "is_shown"),
    [
        ("http://me:hunter2@box:1234/v1", "http://…@box:1234/v1"),
        ("http://me:hun/ter2@box:1234", "http://…@box:1234"),
        ("http://me:hun?ter2@box:1234", "http://…@box:1234"),
        ("http://me:hun#ter2@b@box", "http://…@box"),
        ("me:hunter2@box:1234", "…@box:1234"),
        ("http://hunter2@[::1", "http://…@[::1"),
        ("https://box/v1?key=hunter2", "https://box/v1?…"),
        ("https://box/v1#hunter2", "https://box/v1#…"),
        ("https://box/v1?a=b#hunter2", "https://box/v1?…"),
        ("http://box:port?hunter2", "http://box:port?…"),
        ("http://b\x1b[2J", "http://b\ufffd[2J"),
        ("http://127.0.0.1:1234/v1", "http://127.0.0.1:1234/v1"),
    ],
)
def test_no_secret_in_an_address_is_shown(address: str, is_shown: str) -> None:
    assert shown(address) == is_shown


SECRET = "hunter2"  # noqa: S105 - of nobody
AROUND = st.text(st.sampled_from("/?#:@a%[]= "), max_size=6)


@given(AROUND, AROUND, AROUND)
@settings(derandomize=True)
def test_whatever_stands_around_a_password_it_is_not_shown(a: str, b: str, c: str) -> None:
    for address in (f"http://{a}{SECRET}{b}@box{c}", f"{a}{SECRET}{b}@box", f"http://box?{SECRET}"):
        assert SECRET not in shown(address)
        assert SECRET not in shown(tidied(address))


@pytest.mark.parametrize(
    ("host", "is_home", "is_here"),
    [
        ("127.0.0.1", True, True),
        ("127.1.2.3", True, True),
        ("::1", True, True),
        ("localhost", True, True),
        ("models.localhost", True, True),
        ("nas.local", True, False),
        ("nas.home", True, False),
        ("nas.fritz.box", True, False),
        ("mybox", True, False),
        ("192.168.1.7", True, False),
        ("fe80::1%eth0", True, False),
        ("100.64.1.1", True, False),
        ("example.com", False, False),
        ("nas.box", False, False),
        ("8.8.8.8", False, False),
    ],
)
def test_where_a_host_is(host: str, *, is_home: bool, is_here: bool) -> None:
    assert is_private(host) is is_home
    assert is_loopback(host) is is_here
    address = f"http://[{host}]" if ":" in host else f"http://{host}"
    assert is_exposed(address) is not is_here
    assert not is_exposed(address.replace("http:", "https:"))
