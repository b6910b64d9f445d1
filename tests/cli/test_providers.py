"""`providers`: what is known of them, and what they really answer."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import KEY, Command
from tests.fault_server import FaultServer, refused_address


@pytest.fixture(autouse=True)
def _nobody(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_URL", refused_address())


def test_the_list_asks_nobody(command: Command, server: FaultServer) -> None:
    listed = json.loads(command("providers", "--json").out)
    found = {one["provider"]: one for one in listed}
    assert found["lmstudio"]["address"] == server.url("guarded")
    assert found["lmstudio"]["source"] is None
    assert "lmstudio  http://127.0.0.1:" in command("providers", "list").out
    assert server.calls == []


@pytest.mark.usefixtures("server")
def test_a_check_shows_what_was_sent_and_what_came(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LM_API_TOKEN", KEY)
    result = command("providers", "check", "lmstudio", "--json")
    (found,) = json.loads(result.out)
    assert (result.code, found["state"], found["problem"]) == (0, "up", None)
    (exchange, *_) = found["exchanges"]
    assert (exchange["method"], exchange["status"]) == ("GET", 200)
    assert exchange["request_headers"]["authorization"] == "Bearer …WXYZ"
    assert "m-1" in exchange["response_start"]
    assert "canary" not in result.out + result.err


@pytest.mark.usefixtures("server")
def test_where_nobody_listens_it_says_that_nothing_was_sent(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LM_API_TOKEN", KEY)
    result = command("providers", "check")
    assert result.code == 3
    assert "Ollama: down" in result.out
    assert "> nothing was sent to http://127.0.0.1:" in result.out
    assert "ollama serve" in result.out


def test_all_down_is_a_failure(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LM_STUDIO_URL", refused_address())
    assert command("providers", "check").code == 1
    assert command("providers", "check", "ollama").code == 1


def test_a_wrong_address_is_said(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LM_STUDIO_URL", "http://a b")
    result = command("providers", "check", "lmstudio")
    assert result.code == 1
    assert "is no address of LM Studio" in result.out


@pytest.mark.usefixtures("server")
def test_models_with_what_is_known_of_them(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LM_API_TOKEN", KEY)
    result = command("providers", "models", "--json")
    assert result.code == 3
    assert "Ollama does not answer" in result.err
    listed = json.loads(result.out)
    assert [one["model"] for one in listed] == ["m-1", "text-embedding-m-2"]
    assert listed[0]["is_local"]
    assert not listed[1]["can_chat"]
    assert "lmstudio/m-1  free, local" in command("providers", "models", "lmstudio").out


def test_an_unknown_provider_is_a_mistake_in_the_arguments(command: Command) -> None:
    for words in ("check", "models"):
        result = command("providers", words, "lmstudoi")
        assert result.code == 2
        assert "Did you mean `lmstudio`?" in result.err
