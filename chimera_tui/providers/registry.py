"""The services we know, as data: a compatible one more is one entry here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from chimera_tui.domain.errors import ChimeraError
from chimera_tui.providers.base import Provider
from chimera_tui.providers.endpoint import LOCAL, REMOTE, Endpoint, is_private, normal
from chimera_tui.providers.ollama import OllamaProvider
from chimera_tui.providers.openai_chat import OpenAIChatProvider

WIRES: Mapping[str, Callable[[Endpoint], Provider]] = {
    "openai": OpenAIChatProvider,
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
    hint: str = ""
    """What to do when nothing answers."""
    facts: str = ""
    """See `Endpoint.facts`."""


SERVICES: Mapping[str, Service] = {
    service.name: service
    for service in (
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
        ),
    )
}


def service(name: str) -> Service:
    """Return the service called `name`; one we do not know speaks OpenAI's format."""
    return SERVICES.get(name) or Service(
        name=name,
        title=name,
        hint=f"See that its server runs, and `base_url` under `[providers.{name}]`.",
    )


def endpoint(
    name: str, *, base_url: str = "", key_env: str = "", environ: Mapping[str, str]
) -> Endpoint:
    """Say where the service called `name` is, and with which key.

    Environment variables beat `base_url`, which beats the usual address.

    Args:
        name: A key of `SERVICES`, or any other name for an OpenAI-compatible service.
        base_url: The address in the settings; empty if there is none.
        key_env: The variable that holds its key, in the settings; empty if there is none.
        environ: The environment.

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
    usual = urlsplit(known.address).port if known.address else None
    address = normal(address, title=known.title, port=usual, source=source)
    key_names = (key_env, *known.key_env) if key_env else known.key_env
    is_local = is_private(urlsplit(address).hostname or "")
    return Endpoint(
        name=name,
        title=known.title,
        address=address,
        key=next((environ[env] for env in key_names if environ.get(env)), ""),
        key_env=next(iter(key_names), ""),
        hint=known.hint,
        facts=known.facts,
        deadlines=LOCAL if is_local else REMOTE,
    )


def provider(at: Endpoint) -> Provider:
    """Make what speaks to an endpoint. Nothing is imported or opened before its first use."""
    return WIRES[service(at.name).wire](at)
