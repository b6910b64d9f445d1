"""Where the keys of providers come from: the environment, the OS keyring, a private file.

The first of them that has a key counts. One in the environment is used for whatever address its
provider has: both were given by name. A kept one is bound to the address it was entered for
(scheme, host and port), so that a changed address cannot take it elsewhere.

`keys.toml` lists all kept keys; of one in the keyring it holds only that it is there.
"""

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from chimera_tui.domain.addresses import shown
from chimera_tui.domain.errors import ChimeraError, InvalidFileError
from chimera_tui.domain.redaction import Redactor, end_of
from chimera_tui.domain.text import one_line
from chimera_tui.settings import toml
from chimera_tui.settings.key_text import cleaned
from chimera_tui.settings.keyring import KeyringError, SystemKeyring
from chimera_tui.settings.paths import private_folder
from chimera_tui.system.files import read_text, write_file

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_HEAD = "# The keys of Chimera, each for one address. Whoever can read this file can use them.\n"


class KeySource(StrEnum):
    """Where a key lies."""

    ENVIRONMENT = "environment"
    KEYRING = "keyring"
    FILE = "file"


class Key:
    """A key of a provider. Whatever shows it, shows its end at most.

    Attributes:
        value: The key itself, for the client that sends it and nobody else.
        source: Where it lies.
        place: The variable, or the file; empty for the keyring.
    """

    __slots__ = ("place", "source", "value")

    def __init__(self, value: str, source: KeySource, place: str = "") -> None:
        self.value = value
        self.source = source
        self.place = place

    @property
    def end(self) -> str:
        """What may be shown: `…abcd`; empty if it is short."""
        return end_of(self.value)

    @property
    def where(self) -> str:
        """Where it lies, in words."""
        return self.place or "the keyring"

    def __repr__(self) -> str:
        return f"<key {self.end or '…'} from {self.source} {self.place}>".replace(" >", ">")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyState:
    """What there is to say of the key of a provider, without the key."""

    provider: str
    title: str
    """What a person calls the provider."""
    address: str
    """Where the key is sent; empty if nobody has said, or not well."""
    variables: tuple[str, ...]
    """The environment variables that may hold it, the first that is set counts."""
    source: KeySource | None = None
    """None if there is no key for this address."""
    place: str = ""
    """The variable or the file."""
    end: str = ""
    """`…abcd`; empty if the key is short."""
    elsewhere: str = ""
    """Another address that a key is kept for: it is not used for this one."""


class _Entry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[NAME]` in `keys.toml`."""

    address: str
    key: str = ""
    """Empty: it is in the keyring."""


class Keys:
    """The keys of one person.

    Everything here may block, for three seconds at most: call it in a thread. What is found is
    read anew each time, since another Chimera may have changed it.

    Args:
        file: `keys.toml`; need not exist.
        environ: The environment.
        keyring: The keyring of the system.

    Attributes:
        redact: Takes every key that was found so far out of a text.
    """

    def __init__(
        self, file: Path, environ: Mapping[str, str], keyring: SystemKeyring | None = None
    ) -> None:
        self.file = file
        self.redact = Redactor()
        self._environ = dict(environ)  # variables may be hidden from an SDK just then
        self._keyring = keyring or SystemKeyring()
        self._notes: dict[str, None] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of what was found so far, each once."""
        return tuple(self._notes)

    def find(self, name: str, address: str, variables: Sequence[str] = ()) -> Key | None:
        """Return the key of the provider `name` at `address`; None if there is none for it.

        Args:
            name: The name of the provider.
            address: Where it is; only a key that was entered for this place is found.
            variables: The environment variables that may hold it, the first that is set counts.
        """
        key = self._in_environment(name, variables) or self._kept(name, address)
        if key:
            self.redact.know(key.value)
        return key

    def bound_elsewhere(self, name: str, address: str) -> str:
        """The address for which a key of `name` is kept, if it is another one; else empty."""
        entry = self._entries().get(name)
        return shown(entry.address) if entry and entry.address != origin(address) else ""

    def keep(self, name: str, address: str, text: str) -> Key:
        """Keep a key for this provider at this address: in the keyring, else in the file.

        Args:
            name: The name of the provider.
            address: Where it is.
            text: What a person typed or pasted.

        Raises:
            ChimeraError: If it cannot be a key, or cannot be kept.
        """
        value = cleaned(text)
        self.redact.know(value)
        entries = self._entries(must_be_sound=True)
        place = origin(address)
        old = entries.get(name)
        try:
            self._keyring.set(_entry_name(name, place), value)
        except KeyringError as error:
            self._note_keyring(error)
            entries[name] = _Entry(address=place, key=value)
            key = Key(value, KeySource.FILE, str(self.file))
        else:
            entries[name] = _Entry(address=place)
            key = Key(value, KeySource.KEYRING)
        self._write(entries)
        if old and (old.address, key.source) != (place, KeySource.KEYRING):
            self._drop(name, old)
        return key

    def forget(self, name: str) -> bool:
        """Forget the kept key of this provider; return whether there was one.

        Raises:
            ChimeraError: If the file or the keyring cannot be changed.
        """
        entries = self._entries(must_be_sound=True)
        entry = entries.pop(name, None)
        if entry is None:
            return False
        if not self._drop(name, entry):
            raise ChimeraError(
                "The keyring does not answer: the key in it stays.",
                hint="Unlock the keyring, then try again.",
            )
        self._write(entries)
        return True

    def _in_environment(self, name: str, variables: Sequence[str]) -> Key | None:
        for variable in variables:
            text = self._environ.get(variable, "")
            if not text.strip():
                continue
            self.redact.know(text.strip())
            try:
                return Key(cleaned(text), KeySource.ENVIRONMENT, variable)
            except ChimeraError as error:
                self._note(f"{variable} is not used for {name}: {error.problem}")
        return None

    def _kept(self, name: str, address: str) -> Key | None:
        entry = self._entries().get(name)
        if entry is None or entry.address != origin(address):
            return None
        if entry.key:
            return Key(entry.key, KeySource.FILE, str(self.file))
        try:
            value = self._keyring.get(_entry_name(name, entry.address))
        except KeyringError as error:
            self._note_keyring(error, f"The key of {name} lies in it.")
            return None
        return Key(value, KeySource.KEYRING) if value else None

    def _drop(self, name: str, entry: _Entry) -> bool:
        """Take an old key out of the keyring; return whether it is gone."""
        if entry.key:
            return True
        try:
            self._keyring.delete(_entry_name(name, entry.address))
        except KeyringError as error:
            self._note_keyring(error)
            return False
        return True

    def _entries(self, *, must_be_sound: bool = False) -> dict[str, _Entry]:
        """What `keys.toml` lists; nothing of a broken one.

        Raises:
            InvalidFileError: If it is broken, where it must not be.
        """
        try:
            text = read_text(self.file)
            data = toml.parse(text, self.file)
            entries = {name: _entry(name, table, text, self.file) for name, table in data.items()}
        except FileNotFoundError:
            return {}
        except InvalidFileError as error:
            if must_be_sound:
                raise
            self._note(f"{error.problem} {error.hint}".strip())
            return {}
        self._look_at_mode()
        for entry in entries.values():
            self.redact.know(entry.key)
        return entries

    def _look_at_mode(self) -> None:
        mode = self.file.stat().st_mode & 0o777
        if os.name == "posix" and mode & 0o077:
            file = one_line(str(self.file))
            self._note(
                f"Others on this machine can read your keys: `{file}` has mode {mode:o}."
                f" Say `chmod 600 {file}`."
            )

    def _write(self, entries: Mapping[str, _Entry]) -> None:
        tables = [
            f"\n[{name}]\naddress = {json.dumps(entry.address)}\n"
            + (f"key = {json.dumps(entry.key)}\n" if entry.key else "# the key is in the keyring\n")
            for name, entry in entries.items()
        ]
        private_folder(self.file.parent)
        write_file(self.file, _HEAD + "".join(tables))

    def _note(self, text: str) -> None:
        self._notes[text] = None

    def _note_keyring(self, error: KeyringError, more: str = "") -> None:
        if reason := str(error) or (more and "the package `keyring` is not installed"):
            self._note(f"The keyring of this system is not used: {reason}. {more}".strip())


def origin(address: str) -> str:
    """What a key is bound to: the scheme, host and port of an address."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _entry_name(name: str, place: str) -> str:
    return f"{name} at {place}"


def _entry(name: str, table: Any, text: str, path: Path) -> _Entry:
    if not _NAME.fullmatch(name):
        problem = "a table in it has a name that no provider can have."
        raise toml.wrong(path, text, (), problem, "Delete that table.")
    entry = toml.check(table, _Entry, text, path, name)
    try:
        return _Entry(address=entry.address, key=cleaned(entry.key) if entry.key else "")
    except ChimeraError as error:
        raise toml.wrong(path, text, (name, "key"), error.problem, error.hint) from None
