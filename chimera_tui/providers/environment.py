"""What the environment of this machine says to libraries: nothing that we did not choose.

The SDKs look for keys, addresses, headers, proxies and certificates there, some of them already
when they are imported (ollama), and fail over what they cannot use. They get all of that from us.
"""

import os
import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from chimera_tui.domain.errors import Fault, ProviderError
from chimera_tui.domain.text import one_line

_SPOKEN = re.compile(
    r"(?i)(?:AZURE_)?OPENAI_|ANTHROPIC_|GOOGLE_|GEMINI_|OLLAMA_|\w+_PROXY\Z|SSL_CERT_|SSLKEYLOGFILE\Z"
    r"|REQUESTS_CA_BUNDLE\Z|CURL_CA_BUNDLE\Z|NETRC\Z"
)
"""Variables that the SDKs look at."""
_LOCK = threading.Lock()
"""Held while variables are hidden, and while those are read that stay."""


@contextmanager
def hidden() -> Iterator[None]:
    """Import and make an SDK in here: it sees no variable that is meant for it.

    What of Chimera looks at variables has a copy of them from before.
    """
    with _LOCK:
        kept = {name: os.environ.pop(name) for name in list(os.environ) if _SPOKEN.match(name)}
        try:
            yield
        finally:
            os.environ.update(kept)


def certificates(library: ModuleType) -> ssl.SSLContext:
    """Return whom to trust: what `SSL_CERT_FILE` or `SSL_CERT_DIR` says, else the system.

    Args:
        library: httpx or httpx2.

    Raises:
        ProviderError: If one of these, or `SSLKEYLOGFILE`, names what cannot be used.
    """
    variable = ""
    with _LOCK:
        try:
            for variable, check in _CHECKS.items():
                if value := os.environ.get(variable):
                    check(value)
            variable = ""
            context: ssl.SSLContext = library.create_ssl_context()
        except (OSError, ValueError) as error:  # an error of TLS is one of the system, too
            raise _unusable(variable, error) from None
        return context


def _file(value: str) -> None:
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=value)


def _folders(value: str) -> None:
    if os.environ.get("SSL_CERT_FILE"):
        return  # then nobody looks there
    for folder in value.split(os.pathsep):
        if folder:
            os.listdir(folder)  # noqa: PTH208 - only whether it can be read


def _log(value: str) -> None:
    with Path(value).open("ab"):
        pass


_CHECKS = {"SSL_CERT_FILE": _file, "SSL_CERT_DIR": _folders, "SSLKEYLOGFILE": _log}
"""Variables of TLS, and what has to go well with their values."""


def _unusable(variable: str, error: Exception) -> ProviderError:
    why = (error.strerror if isinstance(error, OSError) else "") or "it is no certificate"
    if isinstance(error, ssl.SSLError):
        why = str(error.reason or "it is no certificate").replace("_", " ").lower()
    if not variable:
        return ProviderError(
            f"The certificates of this computer cannot be read: {one_line(why, 80)}.",
            kind=Fault.TLS,
            hint="Name a file of certificates in SSL_CERT_FILE, then start Chimera again.",
        )
    value = one_line(os.environ[variable], 80)
    return ProviderError(
        f"{variable} names `{value}`, which cannot be used: {one_line(why, 80)}.",
        kind=Fault.TLS,
        hint=f"Correct the variable {variable}, or unset it; then start Chimera again.",
    )
