"""Files that harm: F01 to F06 of the fault catalogue. None stops the others from loading.

F07 to F09, cards that harm, are in `tests/cards`; F10, targets, there and in `tests/settings`.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from chimera_tui.library.library import Changes, Library, builtin_folder
from chimera_tui.library.shelf import MOST_FILES
from tests import HANG

GOOD = 'name = "The Ada"\none_line = "Counts."\nprompt = "You count."\n'
KIB_64 = 64 * 1024

BOMBS = {
    "too-long": "#" * (KIB_64 + 1),
    "dots": GOOD + ".".join("a" * 30_000) + " = 1",
    "spaced-dots": GOOD + " . ".join("a" * 15_000) + " = 1",
    "quoted-dots": GOOD + ".".join(['"a"'] * 15_000) + " = 1",
    "table-dots": GOOD + "[" + ".".join("a" * 30_000) + "]",
    "open-brackets": GOOD + "x = " + "[" * 60_000,
    "brackets": GOOD + "x = " + "[" * 30_000 + "]" * 30_000,
    "inline-tables": GOOD + "x = " + "{a=" * 20_000,
    "integer": GOOD + "words = " + "9" * 5_000,
    "hexadecimal": GOOD + "words = 0x" + "f" * 60_000,
    "exponent": GOOD + "temperature = 1e" + "9" * 60_000,
    "nan": GOOD + "temperature = nan",
    "inf": GOOD + "temperature = -inf",
    "tables": GOOD + "".join(f"[a{n}]\n" for n in range(8_000)),
    "nested-tables": GOOD + "".join(f"[{'a.' * 15}b{n}]\n" for n in range(1_500)),
    "arrays-of-tables": GOOD + "[[a]]\n" * 10_000,
    "equals": GOOD + "a=" * 30_000,
    "quotes": GOOD + '"' * 60_000,
    "open-text": GOOD + 'x = """' + '\\"' * 30_000,
    "escapes": GOOD + 'greeting = "' + "\\u0041" * 9_000 + '"',
    "long-list": GOOD + "traits = [" + '"a",' * 15_000 + "]",
    "date-soup": GOOD + "x = " + "1979-05-27T07:32:00." + "0" * 60_000,
    "zeros": "\0" * KIB_64,
}
WATCHED = """
import resource, sys, time
from pathlib import Path
from chimera_tui.library.persona_file import read_persona
from chimera_tui.domain.errors import InvalidFileError
resource.setrlimit(resource.RLIMIT_AS, (256 * 2**20, 256 * 2**20))
longest = 0.0
for path in sorted(Path(sys.argv[1]).glob("*.toml")):
    began = time.process_time()
    try:
        read_persona(path)
        print("SOUND", path.stem)
    except InvalidFileError as error:
        assert str(path) in error.problem
    longest = max(longest, time.process_time() - began)
print(longest)
"""


def problem_of(folder: Path, data: bytes | str, name: str = "bob.toml") -> str:
    """What is said of a file with `data` that lies beside a sound one; "" if it is sound, too."""
    (folder / "ada.toml").write_text(GOOD)
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    library = Library.load(folder)
    assert library.get("ada").name == "The Ada"
    assert len(library) + len(library.problems) == 2
    return "".join(library.problems).replace(f"`{path}`", "FILE")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name = The Bob", "FILE, line 1: Invalid value. Texts need quotes"),
        (GOOD + "words = 'ten'", "FILE, line 4, `words`: expected a whole number, got a text."),
        (GOOD + "provider = 'x'", "FILE, line 4, `provider`: there is no such key."),
        (GOOD + "temperature = 9", "FILE, line 4, `temperature`: expected a number <= 2.0."),
        ('name = "B"', "FILE, `one_line`: this key is missing. Allowed: 1 to 160 characters."),
    ],
)
def test_f01_a_broken_file_is_skipped_and_named(tmp_path: Path, text: str, problem: str) -> None:
    assert problem in problem_of(tmp_path, text)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"\xef\xbb\xbf" + GOOD.encode(), ""),
        (GOOD.replace("\n", "\r\n").encode(), ""),
        (GOOD.replace("\n", "\r").encode(), "FILE has line ends of old Macs (CR)."),
        (GOOD.encode("utf-16"), "FILE is written in UTF-16. Save it as UTF-8."),
        (GOOD.encode("utf-16-be"), "FILE is written in UTF-16. Save it as UTF-8."),
        (GOOD.encode() + b"# \xe9", "FILE is not UTF-8 (line 4). Save it as UTF-8."),
        (GOOD.encode() + b"# \xed\xa0\x80", "FILE is not UTF-8 (line 4)."),
        (GOOD.encode() + b"\x00", "FILE, line 4"),
    ],
)
def test_f02_odd_encodings(tmp_path: Path, data: bytes, problem: str) -> None:
    found = problem_of(tmp_path, data)
    assert problem in found
    assert bool(found) == bool(problem)


def test_f03_bombs_are_refused_at_once_and_in_little_memory(tmp_path: Path) -> None:
    for name, text in BOMBS.items():
        (tmp_path / f"{name}.toml").write_text(text)
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", WATCHED, str(tmp_path)], capture_output=True, text=True, check=True
    )
    *sound, cpu_seconds = done.stdout.splitlines()
    assert sound == []
    assert float(cpu_seconds) < HANG


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("Ada.toml", "`{folder}/ada.toml` has the name of another file there. Rename one."),
        ("ADA.toml", "`{folder}/ada.toml` has the name of another file there. Rename one."),
        ("con.toml", "FILE cannot be used: a file of a library may not be called so. Rename it."),
        ("LPT1.toml", "FILE cannot be used"),
        ("human.toml", "FILE cannot be used"),
        ("x" * 81 + ".toml", "FILE cannot be used"),
    ],
)
def test_f04_two_of_one_name_and_names_that_are_none(
    tmp_path: Path, name: str, problem: str
) -> None:
    assert problem.format(folder=tmp_path) in problem_of(tmp_path, GOOD, name)


def test_f04_names_that_differ_only_in_composition(tmp_path: Path) -> None:
    names = ("zoe\u0308.toml", "zo\u00eb.toml")
    for name in names:
        (tmp_path / name).write_text(GOOD)
    library = Library.load(tmp_path)
    assert [p.slug for p in library] == ["zo\u00eb"]
    assert library.file("zo\u00eb").name == min(names)  # the first by its path
    assert "has the name of another file" in library.problems[0]


def a_link(path: Path) -> None:
    target = path.with_name("target")
    target.write_text(GOOD)
    path.symlink_to(target)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (a_link, "FILE is a link. Put the file itself there."),
        (lambda path: path.symlink_to(path), "FILE is a link. Put the file itself there."),
        (lambda path: path.symlink_to("/dev/zero"), "FILE is a link."),
        (os.mkfifo, "FILE is not a regular file."),
        (Path.mkdir, "FILE"),
        (Path.touch, "FILE, `name`: this key is missing."),
    ],
)
def test_f05_only_regular_files_are_read(
    tmp_path: Path, make: Callable[[Path], object], problem: str
) -> None:
    path = tmp_path / "bob.toml"
    make(path)
    (tmp_path / "ada.toml").write_text(GOOD)
    library = Library.load(tmp_path)
    assert [p.slug for p in library] == ["ada"]
    assert problem in library.problems[0].replace(f"`{path}`", "FILE")
    assert not library.reload_changed()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_f05_what_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "bob.toml"
    path.write_text(GOOD)
    path.chmod(0)
    library = Library.load(tmp_path)
    assert len(library) == 0
    assert "cannot be read: permission denied" in library.problems[0]
    path.chmod(0o600)
    assert library.reload_changed() == Changes(added=("bob",))
    tmp_path.chmod(0)
    try:
        assert "The folder" in Library.load(tmp_path).problems[0]
    finally:
        tmp_path.chmod(0o700)


def test_f05_a_folder_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text(GOOD)
    assert "Not a directory" in Library.load(tmp_path / "file").problems[0]
    assert Library.load(tmp_path / "missing").problems == ()


def test_f05_a_file_that_vanishes_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ada", "bob"):
        (tmp_path / f"{name}.toml").write_text(GOOD)
    real = os.open

    def vanishing(path: str, *args: int, **options: int) -> int:
        if str(path).endswith("bob.toml"):
            Path(path).unlink(missing_ok=True)
        return real(path, *args, **options)

    monkeypatch.setattr(os, "open", vanishing)
    library = Library.load(tmp_path)
    assert [p.slug for p in library] == ["ada"]
    assert library.problems == ()


def test_f06_ten_thousand_files(tmp_path: Path) -> None:
    for number in range(10_000):
        (tmp_path / f"p{number:05}.toml").write_text(GOOD)
    library = Library.load(tmp_path)
    assert MOST_FILES == 5000
    assert [p.slug for p in library] == [f"p{number:05}" for number in range(MOST_FILES)]
    assert library.problems == (f"Only {MOST_FILES} files of `{tmp_path}` were read.",)
    assert not library.reload_changed()


WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
from chimera_tui.library.library import Library, builtin_folder
library = Library.load(builtin_folder(), Path(sys.argv[1]))
poet = library.get("poet")
for number in range(100):
    library.save(replace(poet, prompt=f"{sys.argv[2]} {number} " * 250))
"""


def test_two_instances_that_write_the_same_persona_leave_a_whole_one(tmp_path: Path) -> None:
    """What the second of two people who edit is told: `tests/test_studio.py`."""
    library = Library.load(builtin_folder(), tmp_path)
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), name])  # noqa: S603
        for name in ("Ada", "Bob")
    ]
    while any(writer.poll() is None for writer in writers):
        library.reload_changed()
        assert library.problems == ()
    assert [writer.wait() for writer in writers] == [0, 0]
    library.reload_changed()
    assert library.get("poet").prompt.split() in (["Ada", "99"] * 250, ["Bob", "99"] * 250)
    assert [path.name for path in tmp_path.iterdir()] == ["poet.toml"]
