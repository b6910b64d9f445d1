"""Where a service is reached: its address in one normal form, its key, how long it may take."""

import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from chimera_tui.domain.addresses import is_exposed, is_private, shown, tidied
from chimera_tui.domain.errors import ChimeraError
from chimera_tui.providers.request_log import RequestLog

_ALL_INTERFACES = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - recognised, never bound
_NO_HOST = re.compile(r"[^\w.:%-]", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """How long a provider may take, in seconds."""

    connect: float
    first_content: float
    """From the request to the first text or thinking; keep-alives do not count."""
    gap: float
    """Between two pieces of text or thinking."""
    turn: float
    """From the request to the end."""
    probe: float = 3.0
    """For the whole of `probe`."""
    listing: float = 3.0
    """For each document that `list_models` asks for."""
    aside: float = 1.0
    """For what is asked before a reply only to be able to say why it takes long."""
    trailer: float = 2.0
    """For what comes after all is said: the count of tokens, the text of an error."""


LOCAL = Deadlines(connect=2, first_content=600, gap=120, turn=1800)
"""At home: nearby, but a model may have to be loaded first."""
REMOTE = Deadlines(connect=5, first_content=300, gap=60, turn=900, listing=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A service at an address."""

    name: str
    """Its key among the providers."""
    title: str
    """What a person calls it."""
    address: str
    """As `normal` writes it."""
    key: str = field(default="", repr=False)
    key_env: str = ""
    """The environment variable a key is read from; empty if it never needs one."""
    key_place: str = ""
    """Where the key was found: a variable, a file, the keyring; empty if there is none."""
    hint: str = ""
    """What to do when nothing answers there."""
    facts: str = ""
    """Path of a list of models that says more than the usual one; empty if there is none."""
    probe: str = ""
    """Path of what proves the key, where the list of models does not; empty if it does."""
    needs_key: bool = False
    has_list: bool = True
    """False if it may lack a list of models, as some servers of one model do."""
    is_usual: bool = False
    """Whether this is where its service usually is: whose it is, is then certain."""
    reports_cost: bool = False
    """Whether to believe what it says a reply costs."""
    prices: str = ""
    """Its name in the price list; empty if it is not there."""
    model: str = ""
    """The model that the settings name; empty if they name none."""
    preferred: tuple[str, ...] = ()
    """Models to choose from where nobody chose, the first choice first."""
    deadlines: Deadlines = LOCAL
    proxy: str = field(default="", repr=False)
    """The address of the proxy on the way there, perhaps with a password; empty if there is none.
    """
    exchanges: RequestLog = field(default_factory=RequestLog, repr=False, compare=False)
    """What was sent there last, and what came back."""

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine or in this private network."""
        return is_private(urlsplit(self.address).hostname or "")

    @property
    def is_exposed(self) -> bool:
        """Whether what is said to it leaves this machine unprotected."""
        return is_exposed(self.address)

    @property
    def at_once(self) -> int:
        """Requests it may have in flight, unless a person says otherwise."""
        return 1 if self.is_local else 8

    @property
    def proxy_host(self) -> str:
        """The proxy without its password, to be shown."""
        return urlsplit(self.proxy).netloc.rpartition("@")[2]


def normal(text: str, *, title: str, port: int | None = None, source: str = "") -> str:
    """Return an address as `scheme://host[:port][/path]`, without a trailing `/` or `/v1`.

    Without a scheme it is `http`, and then `port` where it names none. An
    address that means "all interfaces" to a server means loopback to us.

    Args:
        text: What a person wrote.
        title: Whose address it is, for the error.
        port: The usual port of the service.
        source: Where it was written, for the error.

    Raises:
        ChimeraError: If it is no address, or would carry what is said unprotected
            through a public network.
    """
    text = tidied(text)
    if re.match(r":\d", text):
        text = f"127.0.0.1{text}"
    named = f"`{shown(text)}`" + (f" ({source})" if source else "")
    wrong = ChimeraError(
        f"{named} is no address of {title}.", hint="Write it like `http://127.0.0.1:1234`."
    )
    holds_more = ChimeraError(
        f"{named} holds more than an address of {title}.",
        hint="Take out what stands behind `?` or `#` and before `@`; a key is set by itself.",
    )
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        given = parts.port
    except ValueError:
        raise (holds_more if re.search("[@?#]", text) else wrong) from None
    if parts.username or parts.password or parts.query or parts.fragment:
        raise holds_more
    host = _ALL_INTERFACES.get(parts.hostname or "", parts.hostname or "")
    if not _is_address(parts, host):
        raise wrong
    if parts.scheme == "http" and not is_private(host):
        raise ChimeraError(
            f"{named} would send everything unprotected.",
            hint="Write `https://` in front; `http` is for this machine and private networks.",
        )
    if given is None and "://" not in text:
        given = port
    where = f"[{host}]" if ":" in host else host
    path = parts.path.rstrip("/").removesuffix("/v1").rstrip("/")
    return f"{parts.scheme}://{where}" + (f":{given}" if given else "") + path


def _is_address(parts: SplitResult, host: str) -> bool:
    return (
        parts.scheme in {"http", "https"}
        and bool(host)
        and not _NO_HOST.search(host)
        and not any(c.isspace() for c in parts.netloc + parts.path)
        and parts.port != 0
    )
