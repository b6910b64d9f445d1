"""Services as data, and addresses as people write them."""

import subprocess
import sys

import pytest

from chimera_tui.domain.errors import ChimeraError
from chimera_tui.providers import registry
from chimera_tui.providers.endpoint import LOCAL, REMOTE
from chimera_tui.settings.settings import HOSTED_PROVIDERS, KNOWN_PROVIDERS, LOCAL_PROVIDERS


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("http://127.0.0.1:1234", "http://127.0.0.1:1234"),
        ("http://127.0.0.1:1234/", "http://127.0.0.1:1234"),
        ("http://127.0.0.1:1234/v1", "http://127.0.0.1:1234"),
        (" http://127.0.0.1:1234/v1/ ", "http://127.0.0.1:1234"),
        ("localhost:1234/v1", "http://localhost:1234"),
        ("127.0.0.1", "http://127.0.0.1:1234"),
        (":8080", "http://127.0.0.1:8080"),
        ("0.0.0.0", "http://127.0.0.1:1234"),  # noqa: S104 - nothing is bound
        ("http://[::]:1234", "http://[::1]:1234"),
        ("http://[fd00::1]:1234", "http://[fd00::1]:1234"),
        ("http://192.168.0.7/lm/v1", "http://192.168.0.7/lm"),
        ("http://box.local:1234", "http://box.local:1234"),
        ("HTTP://Box:1234", "http://box:1234"),
        ("https://api.example.com/v1", "https://api.example.com"),
        ("https://example.com/v1beta/openai", "https://example.com/v1beta/openai"),
        ("'http://127.0.0.1:1234/v1/chat/completions'", "http://127.0.0.1:1234"),
        ("LM_STUDIO_URL=http://127.0.0.1:1234/v1/models", "http://127.0.0.1:1234"),
        ("\ufeff127.0.0.1\u200b", "http://127.0.0.1:1234"),
        ("::1", "http://[::1]:1234"),
        ("[::1]", "http://[::1]:1234"),
        ("::1:8080", "http://[::1]:8080"),
        ("[::]:8080/", "http://[::1]:8080"),
    ],
)
def test_an_address_has_one_normal_form(written: str, meant: str) -> None:
    assert registry.endpoint("lmstudio", base_url=written, environ={}).address == meant


@pytest.mark.parametrize(
    "written",
    [
        "htp://127.0.0.1",
        "http://",
        "http:///v1",
        "my server",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:0",
        "http://127.0.0.1:port",
        "http://[::1",
        "http://a\x1b[2J/",
        "file:///etc/passwd",
    ],
)
def test_a_wrong_address_is_named(written: str) -> None:
    with pytest.raises(ChimeraError, match="is no address of LM Studio") as caught:
        registry.endpoint("lmstudio", environ={"LM_STUDIO_URL": written})
    assert "(LM_STUDIO_URL)" in caught.value.problem
    assert caught.value.problem.isprintable()
    assert caught.value.hint


@pytest.mark.parametrize(
    "written",
    [
        "http://me:secret@box:1234",
        "me:secret@box:1234",
        "http://me:se/secret@box:1234",
        "http://box:1234?key=secret",
        "http://box:1234/v1#secret",
        "http://box:port/?key=secret",
        "http://secret@[::1",
    ],
)
def test_a_secret_in_an_address_is_refused_and_not_repeated(written: str) -> None:
    with pytest.raises(ChimeraError) as caught:
        registry.endpoint("lmstudio", base_url=written, environ={})
    assert "secret" not in f"{caught.value.problem} {caught.value.hint}"
    assert "…" in caught.value.problem


def test_the_address_of_ollama_needs_no_path() -> None:
    for path in ("/api", "/api/", "/api/chat", "/v1", "/v1/chat/completions", "/api/tags"):
        at = registry.endpoint("ollama", base_url=f"localhost:11434{path}", environ={})
        assert at.address == "http://localhost:11434"
    at = registry.endpoint("openrouter", base_url="https://openrouter.ai/api", environ={})
    assert at.address == "https://openrouter.ai/api"


@pytest.mark.parametrize("written", ["http://example.com", "8.8.8.8:1234", "http://[2600::1]"])
def test_nothing_is_said_unprotected_in_public(written: str) -> None:
    with pytest.raises(ChimeraError, match="unprotected"):
        registry.endpoint("lmstudio", base_url=written, environ={})


def test_the_environment_beats_the_settings_which_beat_the_usual_address() -> None:
    def address(environ: dict[str, str], base_url: str = "") -> str:
        return registry.endpoint("ollama", base_url=base_url, environ=environ).address

    assert address({}) == "http://127.0.0.1:11434"
    assert address({}, "box:1") == "http://box:1"
    assert address({"OLLAMA_HOST": "c:3"}, "box:1") == "http://c:3"
    assert address({"OLLAMA_HOST": "a:1", "OLLAMA_URL": "b:2"}) == "http://b:2"
    assert address({"OLLAMA_URL": " "}) == "http://127.0.0.1:11434"


def test_a_key_is_not_shown() -> None:
    at = registry.endpoint("lmstudio", key="secret", environ={})
    assert (at.key, at.key_env) == ("secret", "LM_API_TOKEN")
    assert "secret" not in repr(at)


def test_the_variable_in_the_settings_is_looked_at_first() -> None:
    usual = ("GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_AI_API_KEY")
    assert registry.key_names("gemini") == usual
    assert registry.key_names("gemini", "MINE") == ("MINE", *usual)
    assert registry.key_names("mine") == ()


def test_any_other_name_is_an_openai_compatible_service() -> None:
    at = registry.endpoint(
        "mine", base_url="https://llm.example.com/v1", key="k", key_env="MY_KEY", environ={}
    )
    assert (at.title, at.key, at.key_env, at.is_local) == ("mine", "k", "MY_KEY", False)
    assert (at.deadlines, at.at_once) == (REMOTE, 8)
    assert registry.provider(at).name == "mine"


@pytest.mark.parametrize(
    ("address", "is_believed"),
    [
        ("https://openrouter.ai/api/v1", True),
        ("http://127.0.0.1:1/api/v1", True),
        ("http://localhost:1/v1", True),
        ("http://192.168.0.7/v1", False),
        ("https://openrouter.ai.example.com/api/v1", False),
    ],
)
def test_only_openrouter_itself_is_believed_what_a_reply_costs(
    address: str, *, is_believed: bool
) -> None:
    at = registry.endpoint("openrouter", environ={"OPENROUTER_BASE_URL": address})
    assert at.reports_cost is is_believed
    assert not registry.endpoint("openai", base_url=address, environ={}).reports_cost


def test_a_service_nobody_told_the_address_of_does_not_exist() -> None:
    with pytest.raises(ChimeraError, match="no provider `mine`") as caught:
        registry.endpoint("mine", environ={})
    assert "[providers.mine]" in caught.value.hint


def test_the_settings_know_the_same_services() -> None:
    assert tuple(registry.SERVICES) == KNOWN_PROVIDERS


@pytest.mark.parametrize("name", HOSTED_PROVIDERS)
def test_every_hosted_service_is_complete(name: str) -> None:
    service = registry.SERVICES[name]
    at = registry.endpoint(name, environ={})
    assert at.address == service.address
    assert at.needs_key
    assert at.hint
    assert at.prices
    assert at.preferred
    assert not at.is_local
    assert (at.deadlines, at.at_once) == (REMOTE, 8)


@pytest.mark.parametrize("name", LOCAL_PROVIDERS)
def test_every_local_service_is_complete(name: str) -> None:
    at = registry.endpoint(name, environ={})
    assert at.hint
    assert not at.needs_key
    assert at.is_local
    assert (at.deadlines, at.at_once) == (LOCAL, 1)
    assert registry.provider(at).name == name


def test_a_provider_can_be_made_without_anything_heavy() -> None:
    script = (
        "import sys\n"
        "from chimera_tui.providers import registry\n"
        "names = [n for n, s in registry.SERVICES.items() if s.wire in registry.WIRES]\n"
        "[registry.provider(registry.endpoint(n, environ={})) for n in names]\n"
        "heavy = {'openai', 'ollama', 'httpx', 'httpx2', 'anyio', 'pydantic', 'genai_prices'}\n"
        "print(heavy & set(sys.modules))"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
