"""`keys`: kept, tested, listed, forgotten, and never printed."""

import io
import json
from pathlib import Path

import click
import pytest

from tests.cli.conftest import KEY, Command
from tests.fault_server import FaultServer, refused_address


@pytest.fixture(autouse=True)
def _providers(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_URL", refused_address())


def type_in(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def keys_file(home: Path) -> Path:
    return home / "chimera-tui" / "keys.toml"


@pytest.mark.usefixtures("server")
def test_a_key_is_kept_tested_listed_and_forgotten(
    command: Command, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_in(monkeypatch, f"{KEY}\n")
    result = command("keys", "set", "lmstudio")
    assert (result.code, result.out) == (0, "")
    assert "…WXYZ from" in result.err
    assert "LM Studio answers, and accepts it." in result.err
    assert KEY in keys_file(home).read_text()

    result = command("keys", "--json")
    (listed,) = [one for one in json.loads(result.out) if one["provider"] == "lmstudio"]
    assert (listed["source"], listed["end"]) == ("file", "…WXYZ")
    assert "lmstudio" in command("keys").out

    assert command("keys", "unset", "lmstudio").code == 0
    again = command("keys", "unset", "lmstudio")
    assert (again.code, again.err) == (1, "No key of lmstudio is kept.\n")


@pytest.mark.usefixtures("server")
def test_a_wrong_key_is_said_with_the_providers_answer_but_without_the_key(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_in(monkeypatch, f"{KEY}-wrong")
    result = command("keys", "set", "lmstudio")
    assert result.code == 1
    assert "LM Studio refuses the key: Incorrect API key provided:" in result.err
    assert "keys.toml" in result.err
    assert KEY not in result.out + result.err

    checked = command("providers", "check", "lmstudio")
    assert checked.code == 1
    assert "> authorization: Bearer …rong" in checked.out
    assert "< 401 Unauthorized" in checked.out
    assert "Incorrect API key provided" in checked.out
    assert KEY not in checked.out + checked.err


def test_without_a_test_nobody_is_asked(
    command: Command, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_in(monkeypatch, KEY)
    assert command("keys", "set", "lmstudio", "--no-test").code == 0
    assert server.calls == []


def test_the_environment_goes_before_what_is_kept(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LM_API_TOKEN", "canary-9876543210-ABCD")
    type_in(monkeypatch, KEY)
    result = command("keys", "set", "lmstudio", "--no-test")
    assert "LM_API_TOKEN is set, and goes before it" in result.err
    assert "…ABCD from LM_API_TOKEN" in command("keys").out


def test_a_key_for_another_address_is_asked_for_again(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LM_STUDIO_URL", "http://127.0.0.1:1111")
    type_in(monkeypatch, KEY)
    command("keys", "set", "lmstudio", "--no-test")
    monkeypatch.setenv("LM_STUDIO_URL", "http://127.0.0.1:2222")
    listed = command("keys").out
    assert (
        "none for http://127.0.0.1:2222; the one that is kept is for http://127.0.0.1:1111"
        in listed
    )
    assert "WXYZ" not in listed


@pytest.mark.parametrize(
    ("given", "words"),
    [("", "No key was given."), (f"{KEY} {KEY}", "blanks"), (f"{KEY}\x1b[0m", "ASCII")],
)
def test_what_can_be_no_key_is_refused(
    command: Command, home: Path, monkeypatch: pytest.MonkeyPatch, given: str, words: str
) -> None:
    type_in(monkeypatch, given)
    result = command("keys", "set", "lmstudio")
    assert result.code == 1
    assert words in result.err
    assert KEY not in result.err
    assert not keys_file(home).exists()


def test_a_key_of_another_service_is_not_kept(
    command: Command, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_in(monkeypatch, "sk-ant-api03-0123456789abcdef")
    result = command("keys", "set", "openai")
    assert result.code == 1
    assert "Anthropic" in result.err
    assert "0123456789" not in result.err
    assert not keys_file(home).exists()


def test_bytes_that_are_no_text_are_refused(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(KEY.encode() + b"\xff")))
    result = command("keys", "set", "lmstudio")
    assert result.code == 1
    assert "ASCII" in result.err


def test_an_unknown_provider_is_said_before_the_key_is_asked_for(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", None)
    result = command("keys", "set", "lmstudoi")
    assert result.code == 2
    assert "Did you mean `lmstudio`?" in result.err


def test_a_key_is_never_an_argument(command: Command, home: Path) -> None:
    result = command("keys", "set", "lmstudio", KEY)
    assert result.code == 2
    assert not keys_file(home).exists()


def test_at_a_terminal_it_is_asked_for_without_echo(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, object]] = []

    def prompt(question: str, **how: object) -> str:
        asked.append({"question": question, **how})
        return KEY

    monkeypatch.setattr(click, "prompt", prompt)
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", terminal)
    assert command("keys", "set", "lmstudio", "--no-test").code == 0
    assert asked[0]["hide_input"] is True


def test_who_else_can_read_the_file_is_said(
    command: Command, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_in(monkeypatch, KEY)
    command("keys", "set", "lmstudio", "--no-test")
    keys_file(home).chmod(0o644)
    assert "chmod 600" in command("keys").err
    result = command("doctor", "--json")
    report = json.loads(result.out)
    assert any("chmod 600" in problem for problem in report["problems"])
    assert report["keys"]["lmstudio"].startswith("…WXYZ from ")
    assert KEY not in result.out + result.err


def test_doctor_says_which_proxy_is_in_use(
    command: Command, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = refused_address().replace("//", "//me:hunter2hunter2@")
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    folder = home / "chimera-tui"
    folder.mkdir()
    (folder / "config.toml").write_text('[providers.mine]\nbase_url = "https://api.example.com"\n')
    report = json.loads(command("doctor", "--json").out)
    assert "through the proxy 127.0.0.1:" in report["providers"]["mine"]
    assert "proxy" not in report["providers"]["ollama"]
    assert report["environment"]["HTTPS_PROXY"] == "set"
    assert "hunter2" not in json.dumps(report)
