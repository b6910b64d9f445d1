"""The keyring of the operating system, which may be missing, locked, or forgetful."""

import importlib
import importlib.util
import threading
from collections.abc import Callable
from typing import Any

from chimera_tui.domain.text import one_line

PATIENCE = 3.0
"""Seconds; a locked keyring asks for its password in a window, and nobody may be there."""
_SERVICE = "chimera-tui"


class KeyringError(Exception):
    """The keyring cannot be used; the message says why, empty if there is none at all."""


class SystemKeyring:
    """Asks the library `keyring`, if it is installed, in a thread of its own.

    After a failure it is not asked again. All methods raise `KeyringError`.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._failed: KeyringError | None = None

    def get(self, entry: str) -> str | None:
        """Return what is kept under this name; None if nothing is."""
        value = self._ask(lambda library: library.get_password(_SERVICE, entry))
        return value if isinstance(value, str) else None

    def set(self, entry: str, value: str) -> None:
        """Keep a value, and see that it really is kept: some backends drop what they are given."""
        self._ask(lambda library: library.set_password(_SERVICE, entry, value))
        if self.get(entry) != value:
            raise self._fail("it does not keep what it is given")

    def delete(self, entry: str) -> None:
        """Forget what is kept under this name, if something is."""
        if self.get(entry) is not None:
            self._ask(lambda library: library.delete_password(_SERVICE, entry))

    def _ask(self, question: Callable[[Any], object]) -> object:
        if self._failed:
            raise self._failed
        if importlib.util.find_spec("keyring") is None:
            raise self._fail("")
        answers: list[object] = []
        errors: list[Exception] = []

        def work() -> None:
            try:
                answers.append(question(importlib.import_module("keyring")))
            except Exception as error:  # noqa: BLE001 - plugins of the system raise what they like
                errors.append(error)

        # A daemon: one that hangs must not keep the program from ending.
        thread = threading.Thread(target=work, name="keyring", daemon=True)
        thread.start()
        thread.join(self._patience)
        if answers:
            return answers[0]
        if errors:
            raise self._fail(_reason(errors[0])) from None
        raise self._fail(f"it did not answer within {self._patience:g} s")

    def _fail(self, reason: str) -> KeyringError:
        self._failed = KeyringError(reason)
        return self._failed


def _reason(error: Exception) -> str:
    """Say why in a few words; never what the error says, which may hold what was to be kept."""
    if type(error).__name__ == "NoKeyringError":
        return "there is none here"
    return one_line(f"it answers with {type(error).__name__}", 80)
