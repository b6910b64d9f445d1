"""What holds for all tests: nothing leaves this machine, and nobody's keyring is touched."""

import ipaddress
import os
import signal
import socket
from collections.abc import Iterator
from typing import Any

import pytest

# Before anything imports the library, and for the programs that tests start: nobody's own keyring
# is touched.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"

pytest_plugins = ["tests.real_server.fixture"]


@pytest.fixture(autouse=True, scope="session")
def _ctrl_c_is_heard() -> None:
    """A shell lets what it starts in the background ignore ctrl+c, and so would our programs."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def _loopback_only() -> Iterator[None]:
    """Make any connection off loopback an error, not a fault of a provider."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and not ipaddress.ip_address(address[0]).is_loopback:
            raise RuntimeError(f"A test connects to {address}.")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield
