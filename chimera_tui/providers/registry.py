"""The services we know, as data: a compatible one more is one entry here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from chimera_tui.domain.addresses import is_loopback, is_private
from chimera_tui.domain.errors import ChimeraError
from chimera_tui.providers.anthropic_messages import AnthropicProvider
from chimera_tui.providers.base import Provider
from chimera_tui.providers.capabilities import LearnedCapabilities
from chimera_tui.providers.endpoint import (
    LOCAL,
    REMOTE,
    Endpoint,
    normal,
)
from chimera_tui.providers.gemini import GeminiProvider
from chimera_tui.providers.ollama import OllamaProvider
from chimera_tui.providers.openai_chat import OpenAIChatProvider

WIRES: Mapping[str, Callable[[Endpoint, LearnedCapabilities], Provider]] = {
    "openai": OpenAIChatProvider,
    "anthropic": AnthropicProvider,
    "gemini": GeminiProvider,
    "ollama": OllamaProvider,
}
"""The wire formats: what speaks to an endpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What is known of a service before anyone says where it is."""

    name: str
    title: str
    """What a person calls it."""
    wire: str = "openai"
    """A key of `WIRES`."""
    address: str = ""
    """Where it usually is; empty if only a person can say."""
    address_env: tuple[str, ...] = ()
    """Environment variables that hold its address; the first that is set counts."""
    key_env: tuple[str, ...] = ()
    """Environment variables that hold its key."""
    needs_key: bool = False
    hint: str = ""
    """What to do when nothing answers."""
    facts: str = ""
    """See `Endpoint.facts`."""
    probe: str = ""
    """See `Endpoint.probe`."""
    has_list: bool = True
    """See `Endpoint.has_list`."""
    reports_cost: bool = False
    """Whether it says what a reply costs. Believed at its own address only, or on this machine."""
    prices: str = ""
    """See `Endpoint.prices`."""
    preferred: tuple[str, ...] = ()
    """Current, small and cheap models, the first choice first."""


_ONLINE = "See whether this computer is online, then try again."

SERVICES: Mapping[str, Service] = {
    service.name: service
    for service in (
        Service(
            name="openai",
            title="OpenAI",
            address="https://api.openai.com",
            address_env=("OPENAI_BASE_URL",),
            key_env=("OPENAI_API_KEY",),
            needs_key=True,
            hint=_ONLINE,
            prices="openai",
            preferred=("gpt-6-luna", "gpt-6.1-terra", "gpt-5.6-luna", "gpt-5-mini", "gpt-4.1-mini"),
        ),
        Service(
            name="anthropic",
            title="Anthropic",
            wire="anthropic",
            address="https://api.anthropic.com",
            address_env=("ANTHROPIC_BASE_URL",),
            key_env=("ANTHROPIC_API_KEY",),
            needs_key=True,
            hint=_ONLINE,
            prices="anthropic",
            preferred=("claude-haiku-5-5", "claude-haiku-4-5", "claude-sonnet-5-5"),
        ),
        Service(
            name="deepseek",
            title="DeepSeek",
            address="https://api.deepseek.com",
            address_env=("DEEPSEEK_BASE_URL",),
            key_env=("DEEPSEEK_API_KEY",),
            needs_key=True,
            hint=_ONLINE,
            probe="/user/balance",
            prices="deepseek",
            preferred=("deepseek-flash", "deepseek-v4-flash", "deepseek-chat"),
        ),
        Service(
            name="gemini",
            title="Gemini",
            wire="gemini",
            address="https://generativelanguage.googleapis.com",
            address_env=("GEMINI_BASE_URL",),
            key_env=("GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_AI_API_KEY"),
            needs_key=True,
            hint=_ONLINE,
            prices="google",
            preferred=(
                "gemini-3.5-flash-lite",
                "gemini-3.1-flash-lite",
                "gemini-3.8-flash",
                "gemini-2.5-flash-lite",
            ),
        ),
        Service(
            name="openrouter",
            title="OpenRouter",
            address="https://openrouter.ai/api",
            address_env=("OPENROUTER_BASE_URL",),
            key_env=("OPENROUTER_API_KEY",),
            needs_key=True,
            hint=_ONLINE,
            probe="/v1/key",
            reports_cost=True,
            prices="openrouter",
            preferred=(
                "openai/gpt-6-luna",
                "deepseek/deepseek-v4.1-flash",
                "anthropic/claude-haiku-5.5",
                "google/gemini-3.5-flash-lite",
            ),
        ),
        Service(
            name="lmstudio",
            title="LM Studio",
            address="http://127.0.0.1:1234",
            address_env=("LM_STUDIO_URL",),
            key_env=("LM_API_TOKEN",),
            hint="Start its server (Developer tab), then try again.",
            facts="/api/v0/models",
        ),
        Service(
            name="ollama",
            title="Ollama",
            wire="ollama",
            address="http://127.0.0.1:11434",
            address_env=("OLLAMA_URL", "OLLAMA_HOST"),
            key_env=("OLLAMA_API_KEY",),
            hint="Start it (`ollama serve`), then try again.",
            probe="/api/version",
        ),
    )
}


def service(name: str) -> Service:
    """Return the service called `name`; one we do not know speaks OpenAI's format."""
    return SERVICES.get(name) or Service(
        name=name,
        title=name,
        hint=f"See that its server runs, and `base_url` under `[providers.{name}]`.",
        has_list=False,
    )


def key_names(name: str, key_env: str = "") -> tuple[str, ...]:
    """The environment variables that may hold the key of `name`, the first choice first.

    Args:
        name: A key of `SERVICES`, or any other name.
        key_env: The variable in the settings; empty if there is none.
    """
    known = service(name).key_env
    return (key_env, *known) if key_env else known


def endpoint(
    name: str,
    *,
    base_url: str = "",
    key: str = "",
    key_env: str = "",
    model: str = "",
    environ: Mapping[str, str],
) -> Endpoint:
    """Say where the service called `name` is.

    Environment variables beat `base_url`, which beats the usual address.

    Args:
        name: A key of `SERVICES`, or any other name for an OpenAI-compatible service.
        base_url: The address in the settings; empty if there is none.
        key: Its key, wherever it was found; empty if there is none.
        key_env: The variable that holds its key, in the settings; empty if there is none.
        model: The model that the settings name; empty if they name none.
        environ: The environment, for the address.

    Raises:
        ChimeraError: If there is no address, or it is wrong.
    """
    known = service(name)
    source, address = next(
        ((env, environ[env]) for env in known.address_env if environ.get(env, "").strip()),
        (f"base_url of [providers.{name}]", base_url) if base_url.strip() else ("", known.address),
    )
    if not address:
        raise ChimeraError(
            f"There is no provider `{name}`.",
            hint=f"Say where it is: `base_url` under `[providers.{name}]` in the settings.",
        )
    usual = urlsplit(known.address)
    address = normal(address, title=known.title, port=usual.port, source=source)
    if known.wire == "ollama":
        address = address.removesuffix("/api")
    host = urlsplit(address).hostname or ""
    return Endpoint(
        name=name,
        title=known.title,
        address=address,
        key=key,
        key_env=next(iter(key_names(name, key_env)), ""),
        hint=known.hint,
        facts=known.facts,
        probe=known.probe,
        needs_key=known.needs_key,
        has_list=known.has_list,
        is_usual=host == usual.hostname,
        reports_cost=known.reports_cost and (host == usual.hostname or is_loopback(host)),
        prices=known.prices,
        model=model,
        preferred=known.preferred,
        deadlines=LOCAL if is_private(host) else REMOTE,
    )


def provider(at: Endpoint, learned: LearnedCapabilities | None = None) -> Provider:
    """Make what speaks to an endpoint. Nothing is imported or opened before its first use.

    Args:
        at: The endpoint.
        learned: What services were found to refuse; None: nothing yet.
    """
    return WIRES[service(at.name).wire](at, learned or LearnedCapabilities())
