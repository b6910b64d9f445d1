"""What stands in the environment of a machine: of use, of no matter, or named where it is wrong."""

import json
import os
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from chimera_tui.domain.errors import Fault, ProviderError
from tests.fault_dialects import SAID
from tests.fault_server import FaultServer, in_a_thread
from tests.providers.certificate import self_signed
from tests.providers.helpers import WIRES, Wire, a_provider, an_endpoint, hear

ODD = {
    "ALL_PROXY": "socks5://127.0.0.1:9",
    "HTTPS_PROXY": "http://[",
    "HTTP_PROXY": "::::",
    "all_proxy": "?",
    "NO_PROXY": "[::1",
    "SSL_CERT_FILE": "/nowhere.pem",
    "SSL_CERT_DIR": "/nowhere",
    "SSLKEYLOGFILE": "/nowhere/log",
    "REQUESTS_CA_BUNDLE": "/nowhere",
    "CURL_CA_BUNDLE": "/nowhere",
    "NETRC": "/nowhere",
    "OPENAI_BASE_URL": "::::",
    "OPENAI_API_KEY": "private-é",
    "OPENAI_ADMIN_KEY": "private",
    "OPENAI_ORG_ID": "private\n",
    "OPENAI_PROJECT_ID": "private",
    "OPENAI_WEBHOOK_SECRET": "private",
    "OPENAI_CUSTOM_HEADERS": "private\n:x\nX-A: private\n: private",
    "OPENAI_LOG": "debug",
    "ANTHROPIC_BASE_URL": "::",
    "ANTHROPIC_API_KEY": "private",
    "ANTHROPIC_AUTH_TOKEN": "private-é",
    "ANTHROPIC_CUSTOM_HEADERS": "private\n:x\nX-A: private",
    "ANTHROPIC_PROFILE": "private",
    "ANTHROPIC_LOG": "debug",
    "GOOGLE_GENAI_USE_VERTEXAI": "true",
    "GOOGLE_GENAI_USE_ENTERPRISE": "maybe",
    "GOOGLE_GENAI_CLIENT_MODE": "replay",
    "GOOGLE_GENAI_HTTP_CLIENT": "private",
    "GOOGLE_GENAI_REPLAYS_DIRECTORY": "/nowhere",
    "GOOGLE_CLOUD_PROJECT": "private",
    "GOOGLE_APPLICATION_CREDENTIALS": "/nowhere",
    "GOOGLE_GEMINI_BASE_URL": "::",
    "GOOGLE_API_KEY": "private-é",
    "GEMINI_API_KEY": "private",
    "OLLAMA_HOST": "[::",
    "OLLAMA_API_KEY": "private-é",
}
"""What the SDKs, and the libraries below them, look at; nothing of it can be used."""
ASK = """
import asyncio, json, sys
from chimera_tui.providers import registry
from chimera_tui.providers.base import ChatMessage, ChatRequest, Text
from chimera_tui.domain.persona import Persona

ADA = Persona(slug="ada", name="Ada", emoji="A", colour=1, category="", one_line="", prompt="x")
HI = (ChatMessage("user", "hi"),)
ASKED = ChatRequest(model="m", system="", messages=HI, max_tokens=9, persona=ADA)

async def said(name):
    at = registry.endpoint(name, base_url=sys.argv[1], key="k-1", environ={})
    provider = registry.provider(at)
    try:
        items = [item async for item in provider.stream(ASKED)]
    finally:
        await provider.aclose()
    return "".join(item.text for item in items if isinstance(item, Text))

async def main():
    names = ("lmstudio", "anthropic", "gemini", "ollama")
    print(json.dumps(await asyncio.gather(*map(said, names))))

asyncio.run(main())
"""


def test_no_variable_keeps_an_sdk_from_being_made_and_none_is_told_to_anybody() -> None:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    with in_a_thread(FaultServer()) as server:
        done = subprocess.run(  # noqa: S603 - our own interpreter
            [sys.executable, "-c", ASK, server.url("ok")],
            env=inherited | ODD,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.stderr == ""
    assert json.loads(done.stdout) == [SAID] * len(WIRES)
    assert "private" not in "".join(server.heads)


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    ("variable", "value", "why"),
    [
        ("SSL_CERT_FILE", "/nowhere.pem", "No such file"),
        ("SSL_CERT_FILE", "/", "Is a directory"),
        ("SSL_CERT_FILE", __file__, "no certificate"),
        ("SSL_CERT_DIR", "/nowhere", "No such file"),
        ("SSL_CERT_DIR", __file__, "Not a directory"),
        ("SSLKEYLOGFILE", "/nowhere/log", "No such file"),
        ("SSLKEYLOGFILE", "/", "Is a directory"),
    ],
)
async def test_a_variable_of_tls_that_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, wire: Wire, variable: str, value: str, why: str
) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, value)
    async with FaultServer(self_signed()) as server:
        async with a_provider(an_endpoint(server.url("ok"), wire)) as provider:
            for call in (provider.probe(), provider.list_models(), hear(provider)):
                with pytest.raises(ProviderError, match=variable) as caught:
                    await call
                assert caught.value.kind is Fault.TLS
                assert why.lower() in caught.value.problem.lower()
                assert f"Correct the variable {variable}" in caught.value.hint
        plain = server.url("ok").replace("https:", "http:")
        async with a_provider(an_endpoint(plain, wire)) as provider:
            with pytest.raises(ProviderError) as caught:  # it speaks TLS
                await hear(provider)
            assert variable not in caught.value.problem


@pytest.mark.parametrize("wire", WIRES)
async def test_whom_a_variable_of_tls_names_is_trusted(
    monkeypatch: pytest.MonkeyPatch, wire: Wire
) -> None:
    pem = Path(__file__).parent / "self_signed.pem"
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem)
    async with FaultServer(tls) as server:
        async with a_provider(an_endpoint(server.url("ok"), wire)) as provider:
            with pytest.raises(ProviderError, match="self-signed"):
                await hear(provider)
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
        async with a_provider(an_endpoint(server.url("ok"), wire)) as provider:
            assert (await hear(provider)).text == SAID
