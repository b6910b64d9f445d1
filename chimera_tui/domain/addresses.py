"""Addresses: as people paste them, and as they may be shown."""

import ipaddress
import re
import unicodedata
from urllib.parse import SplitResult, urlsplit

_QUOTES = "\"'`“”‘’„«»<>"  # noqa: RUF001 - what text programs make of quotes
_ASSIGNED = re.compile(r"(?:export\s+|set\s+)?[A-Za-z_]\w*\s*[=]\s*(?=\S)")
_SCHEME = re.compile(r"(?i)\A(https?)(?::/{1,2}(?!/)|//(?!/)|:(?=[a-z\[]))")
_ENDPOINT = re.compile(
    r"/(?:chat/completions|completions|messages|responses|embeddings|models"
    r"|api/(?:chat|generate|tags|ps|version|show|v0/models))/*\Z"
)
"""What the documentation of a service shows, and we add ourselves."""
_AUTHORITY = re.compile(r"([a-z][a-z0-9+.-]*://)?([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_LOOPBACK = {"::", "::1"}


def tidied(text: str) -> str:
    """Return the address in what a person typed or pasted.

    Without quotes, blanks, invisible characters and `NAME=`; with brackets around an address of
    IPv6; without the path of one call behind the address of the service.
    """
    text = unicodedata.normalize("NFKC", text).replace("\\", "/")
    text = "".join(char for char in text if unicodedata.category(char) != "Cf")
    text = text.strip().strip(_QUOTES).strip()
    if assigned := _ASSIGNED.match(text):
        text = text[assigned.end() :].strip(_QUOTES).strip()
    text = _SCHEME.sub(lambda found: f"{found[1].lower()}://", text, count=1)
    found = _AUTHORITY.match(text)
    scheme, host, rest = (found[1] or "", found[2], found[3]) if found else ("", text, "")
    path, mark, query = rest.partition("?")
    path = _ENDPOINT.sub("", re.sub(r"/{2,}", "/", path)).rstrip("/")
    return f"{scheme}{_bracketed(host)}{path}" + (f"?{query}" if mark and query else "")


def shown(address: str, longest: int = 80) -> str:
    """Return an address as it may be shown: without password, query and fragment.

    It is taken apart, not searched, so that half a password behind a slash is none, too.
    """
    before, sign, after = address.rpartition("@")
    scheme, separator, _ = before.partition("://")
    if sign:
        is_scheme = separator and scheme.lower() in {"http", "https"}
        address = f"{scheme}://…@{after}" if is_scheme else f"…@{after}"
    for mark in "?#":
        address, found, rest = address.partition(mark)
        if found and rest:
            address += f"{mark}…"
            break
    address = "".join(char if char.isprintable() else "\ufffd" for char in address)
    return address if len(address) <= longest else address[: longest - 1] + "…"


def is_private(host: str) -> bool:
    """Whether `host` is this machine, or by its name or number in a private network."""
    try:
        return not ipaddress.ip_address(host.partition("%")[0]).is_global
    except ValueError:
        return "." not in host or host.endswith(_HOME_NAMES)


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine, by number or by the name that always means it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_exposed(address: str) -> bool:
    """Whether what is said to an address leaves this machine unprotected."""
    parts: SplitResult = urlsplit(address)
    return parts.scheme == "http" and not is_loopback(parts.hostname or "")


_HOME_NAMES = (
    ".local", ".localhost", ".localdomain", ".lan", ".internal", ".intranet", ".home", ".home.arpa",
    ".corp", ".private", ".fritz.box",
)  # fmt: skip
"""Ends of names that no public name has (RFC 6762, RFC 8375, and what ICANN gives to nobody)."""


def _bracketed(host: str) -> str:
    """A host, perhaps with a port, with brackets around an address of IPv6."""
    if host.count(":") < 2 or "[" in host:  # noqa: PLR2004 - one stands before a port
        return host
    address, _, port = host.rpartition(":")
    if port.isdigit() and (address in _LOOPBACK or not _is_ipv6(host)) and _is_ipv6(address):
        is_port = len(port) > 1 or not _is_ipv6(host)
        return f"[{address}]:{port}" if is_port else f"[{host}]"
    return f"[{host}]" if _is_ipv6(host) else host


def _is_ipv6(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).version == 6  # noqa: PLR2004 - IPv6
    except ValueError:
        return False
