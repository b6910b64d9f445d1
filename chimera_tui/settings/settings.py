"""What a person can set in `config.toml`. The defaults below are the documentation."""

import re
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct, field

from chimera_tui.domain.errors import InvalidFileError
from chimera_tui.settings import toml
from chimera_tui.system.files import read_text, write_file

HOSTED_PROVIDERS = ("openai", "anthropic", "deepseek", "gemini", "openrouter")
"""Services that need a key and nothing else, the first choice first."""
LOCAL_PROVIDERS = ("lmstudio", "ollama")
"""Looked for at their usual addresses, without any setting."""
KNOWN_PROVIDERS = (*HOSTED_PROVIDERS, *LOCAL_PROVIDERS)
_ADDRESS = r"(?i)^(?!\W*(?!https?:)[a-z][a-z0-9+.-]*://)[^\n]*\Z"
"""Not of another scheme; whoever asks there says what else is wrong with it."""
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


class ProviderSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[providers.NAME]`: an endpoint of our own, or other values for a known one."""

    base_url: Annotated[
        str, Meta(pattern=_ADDRESS, max_length=2000, description="an address, http:// or https://")
    ] = ""
    """Empty, for the known ones only: the usual address."""
    model: Annotated[str, Meta(max_length=200, description="the name of a model there")] = ""
    """Empty: at home the one that is loaded, else the first that can chat; of a hosted service the
    first of a short list of small ones."""
    key_env: Annotated[
        str, Meta(pattern=r"^\w*\Z", description="the name of an environment variable")
    ] = ""
    """The environment variable that holds its key, if it needs one."""
    context: (
        Annotated[int, Meta(ge=512, le=10_000_000, description="tokens, 512 to 10000000")] | None
    ) = None
    """Tokens its models read at most; None: what the provider says."""
    requests_per_minute: Annotated[
        int, Meta(ge=1, le=10_000, description="a whole number from 1 to 10000")
    ] = 60
    at_once: (
        Annotated[int, Meta(ge=1, le=100, description="a whole number from 1 to 100")] | None
    ) = None
    """Requests in flight at most; None: 1 at home, 8 elsewhere."""


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of the program."""

    theme: Annotated[str, Meta(max_length=80, description="the name of a theme")] = "chimera-dark"
    human_name: Annotated[
        str, Meta(min_length=1, max_length=40, description="a name of 1 to 40 characters")
    ] = "Human"
    """What the personas call the person at the keyboard."""
    mode: Annotated[str, Meta(max_length=40, description="the name of a mode")] = "natural"
    """The rule of turn-taking of new rooms."""
    pace: Annotated[float, Meta(ge=0, le=10, description="a number from 0 to 10")] = 1.0
    """How slowly new rooms talk: 0 is instant, 1 a human pace, 2 slow."""
    turn_limit: Annotated[int, Meta(ge=1, le=100, description="a whole number from 1 to 100")] = 20
    """Automatic turns after the last human word, then a room pauses."""
    priority: Annotated[tuple[str, ...], Meta(description="a list of names of providers")] = ()
    """Who plays a persona without a model: the first healthy one. Empty: see `order`."""
    local_first: Annotated[bool, Meta(description="true or false")] = False
    """Whether models at home are preferred, where `priority` says nothing."""
    budget: Annotated[
        float, Meta(ge=0, le=1_000, description="US dollars from 0, which is no limit, to 1000")
    ] = 0.5
    """What a new conversation may cost; 0: no limit."""
    token_budget: Annotated[
        int, Meta(ge=0, le=10**9, description="tokens from 0, which is no limit, to 10^9")
    ] = 200_000
    """Tokens a new conversation may use, read and written together; 0: no limit."""
    minutes_budget: Annotated[
        int, Meta(ge=0, le=10_000, description="minutes from 0, which is no limit, to 10000")
    ] = 60
    """How long the personas of a new conversation may speak, all in all; 0: no limit."""
    helper: Annotated[
        str, Meta(max_length=200, pattern=r"^(\S+/\S+)?\Z", description="provider/model, or empty")
    ] = ""
    """A cheap model that directs new rooms (mode `director`), names them, and summarises what no
    longer fits. Empty: whatever plays a persona without a model directs, and the rest is left."""
    daily_budget: Annotated[
        float, Meta(ge=0, le=10_000, description="US dollars from 0, which is no limit, to 10000")
    ] = 5.0
    """What all conversations of a day may cost; 0: no limit."""
    plain_http: Annotated[
        tuple[str, ...], Meta(description='a list like ["http://nas.local:1234"]')
    ] = ()
    """Addresses in the private network that may be spoken to unprotected: a person was asked."""
    mouse: Annotated[bool, Meta(description="true or false")] = True
    reduced_motion: Annotated[bool, Meta(description="true or false")] = False
    ascii: Annotated[bool, Meta(description="true or false")] = False
    """Marks and lines in plain ASCII, for fonts that lack the others."""
    safe_emoji: Annotated[bool | None, Meta(description="true or false")] = None
    """Only emoji that every terminal draws alike; None: inside tmux, screen and ssh."""
    providers: Annotated[
        dict[str, ProviderSettings], Meta(description="tables [providers.NAME]")
    ] = field(default_factory=dict)
    """By name: the endpoints of the person, and other values for the known ones."""
    keys: Annotated[
        dict[str, str], Meta(description='key = "binding", for instance pause = "space"')
    ] = field(default_factory=dict)
    """Other keys for a binding, by the id of the binding; several joined by commas."""

    @property
    def names(self) -> tuple[str, ...]:
        """All providers: those at home behind the hosted ones, or before them if `local_first`."""
        own = (name for name in self.providers if name not in KNOWN_PROVIDERS)
        local = (*own, *LOCAL_PROVIDERS)
        if self.local_first:
            return (*local, *HOSTED_PROVIDERS)
        return (*HOSTED_PROVIDERS, *local)

    @property
    def order(self) -> tuple[str, ...]:
        """The providers that may play a persona without a model, the first choice first."""
        return self.priority or self.names


def load_settings(path: Path) -> tuple[Settings, str]:
    """Read the settings.

    Args:
        path: `config.toml`; need not exist. A broken one is left alone.

    Returns:
        The settings, and what is wrong with the file: empty if nothing is. Of a broken file
        nothing is used.
    """
    try:
        return _read(path), ""
    except InvalidFileError as error:
        problem = f"{error.problem} {error.hint}".strip()
        return Settings(), f"{problem} Until then the defaults hold."


SettingValue = str | float | tuple[str, ...]


def save_setting(path: Path, key: str, value: SettingValue) -> None:
    """Change one value in `config.toml` and leave all the rest of it, comments too, as it is.

    Raises:
        InvalidFileError: If the file is broken: then it is left alone.
        ChimeraError: If it cannot be written.
    """
    import tomlkit  # noqa: PLC0415 - takes 30 ms, and is not needed to read

    from chimera_tui.settings.paths import private_folder  # noqa: PLC0415 - nor is this

    _read(path)
    path = path.resolve()  # where the settings are kept elsewhere, the link stays
    private_folder(path.parent)
    document = tomlkit.parse(read_text(path)) if path.exists() else tomlkit.document()
    document[key] = list(value) if isinstance(value, tuple) else value
    text = tomlkit.dumps(document)
    toml.check(toml.parse(text, path), _File, text, path)
    write_file(path, text)


class _File(Settings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file as it stands: the tables of the providers are checked one by one, by name."""

    providers: dict[str, Any] = field(default_factory=dict)


def _read(path: Path) -> Settings:
    try:
        text = read_text(path, follow_links=True)
    except FileNotFoundError:
        return Settings()
    data = toml.parse(text, path)
    toml.check(data, _File, text, path)
    tables = data.get("providers", {})
    providers = {name: _provider(name, table, text, path) for name, table in tables.items()}
    for name in data.get("priority", ()):
        if name not in providers and name not in KNOWN_PROVIDERS:
            known = ", ".join(dict.fromkeys([*providers, *KNOWN_PROVIDERS]))
            problem = f"there is no provider `{name}`."
            raise toml.wrong(path, text, ("priority",), problem, f"There are: {known}.")
    return msgspec.convert(data | {"providers": providers}, Settings)


def _provider(name: str, table: object, text: str, path: Path) -> ProviderSettings:
    keys = ("providers", name)
    if not _NAME.fullmatch(name) or name == "demo":
        hint = "Allowed: up to 32 of a-z, 0-9, - and _, but not `demo`."
        raise toml.wrong(path, text, keys, "this cannot be the name of a provider.", hint)
    settings = toml.check(table, ProviderSettings, text, path, *keys)
    if not settings.base_url and name not in KNOWN_PROVIDERS:
        hint = 'Say where it is, for instance base_url = "http://127.0.0.1:8080".'
        raise toml.wrong(path, text, keys, "`base_url` is missing.", hint)
    return settings
