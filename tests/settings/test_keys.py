"""Where keys come from, and what is never shown of them."""

import json
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import keyring
import msgspec
import pytest
from keyring.backend import KeyringBackend
from keyring.core import load_keyring

from chimera_tui.domain.errors import ChimeraError, InvalidFileError
from chimera_tui.settings.key_text import cleaned
from chimera_tui.settings.keyring import SystemKeyring
from chimera_tui.settings.keys import Key, Keys, KeySource

KEY = "canary/0123456789-ABCD"
NONE, FORGETFUL = "keyring.backends.fail.Keyring", "keyring.backends.null.Keyring"
AT = "https://api.example.com/v1"


class Kept(KeyringBackend):
    """A keyring that works, for as long as the test runs."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # the library has no annotations
        self.entries: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.entries[service, username]


class Locked(Kept):
    """A keyring that waits for somebody to unlock it."""

    def __init__(self) -> None:
        super().__init__()
        self.unlocked = threading.Event()
        self.asked = 0

    def get_password(self, service: str, username: str) -> str | None:
        self.asked += 1
        self.unlocked.wait()
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        self.get_password(service, username)


class Rude(Kept):
    """A keyring that breaks, and quotes what it was given."""

    def set_password(self, service: str, username: str, password: str) -> None:
        raise OSError(f"cannot keep {password}")


@pytest.fixture(autouse=True)
def _no_keyring() -> Iterator[None]:
    """Whatever keyring a test uses, the next has none."""
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "keys.toml"


def test_the_environment_comes_first_then_what_is_kept(file: Path) -> None:
    keys = Keys(file, {"B_KEY": f" '{KEY}-b' \n", "A_KEY": " "})
    keys.keep("mine", AT, f"{KEY}-f")
    found = keys.find("mine", AT, ("A_KEY", "B_KEY"))
    assert found
    assert (found.value, found.source, found.place) == (
        f"{KEY}-b",
        KeySource.ENVIRONMENT,
        "B_KEY",
    )
    kept = keys.find("mine", AT, ("A_KEY",))
    assert kept
    assert (kept.value, kept.source, kept.place) == (f"{KEY}-f", KeySource.FILE, str(file))
    assert keys.find("yours", AT) is None


def test_the_file_and_its_folder_are_private(file: Path) -> None:
    Keys(file, {}).keep("mine", AT, KEY)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [path.name for path in file.parent.iterdir()] == ["keys.toml"]


@pytest.mark.parametrize(
    "other",
    [
        "https://api.example.com:8443/v1",
        "http://api.example.com",
        "https://api.example.com.evil.example",
    ],
)
def test_a_kept_key_is_for_the_address_it_was_entered_for(file: Path, other: str) -> None:
    keys = Keys(file, {"A_KEY": KEY})
    keys.keep("mine", AT, f"{KEY}-f")
    assert keys.find("mine", "https://api.example.com/other/path")
    assert keys.find("mine", other) is None
    assert keys.bound_elsewhere("mine", other) == "https://api.example.com"
    assert keys.bound_elsewhere("mine", AT) == ""
    assert keys.find("mine", other, ("A_KEY",))  # given by name, for wherever it is


def test_a_keyring_that_works_keeps_the_key_out_of_the_file(file: Path) -> None:
    backend = Kept()
    keyring.set_keyring(backend)
    keys = Keys(file, {})
    assert keys.keep("mine", AT, KEY).source is KeySource.KEYRING
    assert KEY not in file.read_text()
    found = Keys(file, {}).find("mine", AT)
    assert found
    assert (found.value, found.source) == (KEY, KeySource.KEYRING)
    keys.keep("mine", "https://other.example", f"{KEY}-2")
    assert list(backend.entries.values()) == [f"{KEY}-2"]
    assert keys.forget("mine")
    assert backend.entries == {}
    assert keys.find("mine", AT) is None
    assert keys.notes == ()


@pytest.mark.parametrize(
    ("backend", "reason"),
    [
        (load_keyring(NONE), "there is none here"),
        (load_keyring(FORGETFUL), "it does not keep what it is given"),
        (Rude(), "it answers with OSError"),
    ],
)
def test_without_a_keyring_that_works_the_file_is_used_and_that_is_said_once(
    file: Path, backend: KeyringBackend, reason: str
) -> None:
    keyring.set_keyring(backend)
    keys = Keys(file, {})
    assert keys.keep("mine", AT, KEY).source is KeySource.FILE
    assert keys.keep("yours", AT, KEY).source is KeySource.FILE
    (note,) = keys.notes
    assert reason in note
    assert KEY not in note


def test_a_locked_keyring_is_asked_once(file: Path) -> None:
    backend = Locked()
    keyring.set_keyring(backend)
    keys = Keys(file, {}, SystemKeyring(patience=0.01))
    assert keys.keep("mine", AT, KEY).source is KeySource.FILE
    assert keys.keep("yours", AT, KEY).source is KeySource.FILE
    assert "did not answer" in keys.notes[0]
    backend.unlocked.set()
    assert backend.asked == 1


def test_a_key_in_a_keyring_that_is_gone_is_said_and_not_forgotten(file: Path) -> None:
    keyring.set_keyring(Kept())
    Keys(file, {}).keep("mine", AT, KEY)
    keyring.set_keyring(load_keyring(NONE))
    keys = Keys(file, {})
    assert keys.find("mine", AT) is None
    assert "The key of mine lies in it." in keys.notes[0]
    with pytest.raises(ChimeraError, match="stays"):
        keys.forget("mine")


def test_a_key_that_others_can_read_is_used_and_the_remedy_said(file: Path) -> None:
    keys = Keys(file, {})
    keys.keep("mine", AT, KEY)
    file.chmod(0o644)
    assert keys.find("mine", AT)
    assert any("mode 644" in note and f"chmod 600 {file}" in note for note in keys.notes)


def test_a_link_is_not_followed(file: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.toml"
    Keys(elsewhere, {}).keep("mine", AT, KEY)
    file.parent.mkdir()
    file.symlink_to(elsewhere)
    keys = Keys(file, {})
    assert keys.find("mine", AT) is None
    assert "is a link" in keys.notes[0]
    with pytest.raises(InvalidFileError):
        keys.keep("mine", AT, KEY)


@pytest.mark.parametrize(
    "text",
    [
        f"mine = '{KEY}'",
        f"[mine]\nkey = '{KEY}'",
        f"[mine]\naddress = '{AT}'\nkey = '{KEY} {KEY}'",
        f"[mine]\naddress = '{AT}'\nkeys = '{KEY}'",
        f"[mine\nkey = '{KEY}'",
        f"['mine{KEY}']\naddress = '{AT}'",
        f"[mine]\naddress = '{AT}'\nkey = {KEY}",
    ],
)
def test_a_broken_file_is_said_left_alone_and_not_quoted(file: Path, text: str) -> None:
    file.parent.mkdir()
    file.write_text(text)
    file.chmod(0o600)
    keys = Keys(file, {})
    assert keys.find("mine", AT) is None
    assert "keys.toml" in keys.notes[0]
    assert KEY not in keys.notes[0]
    with pytest.raises(InvalidFileError):
        keys.keep("yours", AT, KEY)
    assert file.read_text() == text


def test_a_variable_that_holds_no_key_is_said_and_not_sent(file: Path) -> None:
    keys = Keys(file, {"A_KEY": f"{KEY}\n{KEY}"})
    assert keys.find("mine", AT, ("A_KEY",)) is None
    assert "A_KEY is not used for mine" in keys.notes[0]
    assert KEY not in keys.notes[0]


def test_a_forgotten_key_is_gone(file: Path) -> None:
    keys = Keys(file, {})
    keys.keep("mine", AT, KEY)
    keys.keep("yours", AT, KEY)
    assert keys.forget("mine")
    assert not keys.forget("mine")
    assert (keys.find("mine", AT), bool(keys.find("yours", AT))) == (None, True)


def test_nothing_that_shows_a_key_shows_more_than_its_end() -> None:
    key = Key(KEY, KeySource.ENVIRONMENT, "A_KEY")
    assert f"{key!r} {key!s} {key}".count("<key …ABCD from environment A_KEY>") == 3
    assert key.end == "…ABCD"
    assert repr(Key("short", KeySource.KEYRING)) == "<key … from keyring>"
    for encode in (msgspec.json.encode, json.dumps):
        with pytest.raises(TypeError):
            encode(key)


def test_what_was_found_is_taken_out_of_texts(file: Path) -> None:
    keys = Keys(file, {"A_KEY": KEY})
    assert keys.redact(KEY) == KEY
    keys.find("mine", AT, ("A_KEY",))
    assert keys.redact(f"it is {KEY}!") == "it is [key]!"


@pytest.mark.parametrize(
    "text",
    [
        f"  {KEY}\n",
        f'"{KEY}"',
        f"`{KEY}`",
        f"Bearer {KEY}",
        f"Authorization: Bearer {KEY}",
        f"x-api-key: {KEY}",
        f"export OPENAI_API_KEY='{KEY}'",
        f"OPENAI_API_KEY={KEY}",
    ],
)
def test_what_is_around_a_key_is_dropped(text: str) -> None:
    assert cleaned(text) == KEY


def test_a_key_may_end_in_signs() -> None:
    assert cleaned("abcdefgh0123456789==") == "abcdefgh0123456789=="


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "No key"),
        (" '' ", "No key"),
        ("Bearer ", "No key"),
        (f"{KEY} and more", "blanks"),
        (f"{KEY}\n{KEY}", "blanks"),
        (f"{KEY}\x00", "ASCII"),
        (f"{KEY}\x1b[0m", "ASCII"),
        (f"{KEY}é", "ASCII"),
        ("sk-abc…wxyz", "shortened"),
        ("sk-abc****wxyz", "shortened"),
        ("https://api.openai.com/v1/abcdefgh", "address"),
        ("x" * 5000, "too long"),
    ],
)
def test_what_can_be_no_key_is_refused_in_words_without_it(text: str, problem: str) -> None:
    with pytest.raises(ChimeraError, match=problem) as caught:
        cleaned(text)
    assert not text.strip() or text not in str(caught.value)
