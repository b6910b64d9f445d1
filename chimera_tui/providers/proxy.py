"""The proxy that the environment names: used for https to the outer world, never for this machine.

One may stand between a company and the outer world; a model server on this machine or in the
private network is never behind it, whatever the environment says.
"""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from chimera_tui.domain.addresses import is_private, tidied
from chimera_tui.domain.errors import ChimeraError

VARIABLES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
"""That name a proxy; the first that is set counts."""
_HOST = re.compile(r"[\w.:-]+")
EXCEPTIONS = ("no_proxy", "NO_PROXY")
"""That name the hosts to be reached without it, joined by commas."""


def proxy_of(address: str, environ: Mapping[str, str]) -> str:
    """Return the address of the proxy on the way to `address`; empty if there is none.

    Raises:
        ChimeraError: If the environment names one that we cannot use. To pass it by would show
            to the network what was meant to go through it.
    """
    parts = urlsplit(address)
    host = parts.hostname or ""
    variable, proxy = _first(VARIABLES, environ)
    if parts.scheme != "https" or is_private(host) or not proxy or _is_excepted(host, environ):
        return ""
    proxy = tidied(proxy)
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    try:
        named = urlsplit(proxy)
        is_usable = (
            named.scheme in {"http", "https"}
            and bool(_HOST.fullmatch(named.hostname or ""))
            and named.port != 0
            and proxy.isprintable()
            and " " not in proxy
        )
    except ValueError:
        is_usable = False
    if not is_usable:
        raise ChimeraError(
            f"{variable} names a proxy that Chimera cannot use.",
            hint=f"Name an HTTP proxy there, or {host} in NO_PROXY.",
        )
    return proxy


def _is_excepted(host: str, environ: Mapping[str, str]) -> bool:
    _, exceptions = _first(EXCEPTIONS, environ)
    names = [name.strip().lower().lstrip("*.") for name in exceptions.split(",")]
    return "*" in exceptions.split(",") or any(
        name and (host == name or host.endswith(f".{name}")) for name in names
    )


def _first(variables: tuple[str, ...], environ: Mapping[str, str]) -> tuple[str, str]:
    return next(
        ((name, value) for name in variables if (value := environ.get(name, "").strip())), ("", "")
    )
