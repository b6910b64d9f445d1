import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chimera_tui.domain.errors import InvalidFileError
from chimera_tui.domain.persona import Persona
from chimera_tui.library.library import Library, builtin_folder
from chimera_tui.library.persona_file import (
    PersonaFile,
    parse_persona,
    read_persona,
    template,
    write_persona,
)
from tests import HANG

PATH = Path("ada.toml")
GOOD = 'name = "The Ada"\none_line = "Counts."\nprompt = "You count."\n'


def test_a_short_file_is_enough() -> None:
    assert parse_persona(GOOD.encode(), PATH) == Persona(
        slug="ada",
        name="The Ada",
        emoji="💬",
        colour=1,
        category="everyday",
        one_line="Counts.",
        prompt="You count.",
    )


def test_bytes_of_other_editors_are_understood() -> None:
    plain = parse_persona(GOOD.encode(), PATH)
    assert parse_persona(b"\xef\xbb\xbf" + GOOD.encode(), PATH) == plain
    assert parse_persona(GOOD.replace("\n", "\r\n").encode(), PATH) == plain


def test_what_is_written_reads_the_same() -> None:
    for persona in Library.load(builtin_folder()):
        assert (
            parse_persona(write_persona(persona).encode(), Path(f"{persona.slug}.toml")) == persona
        )


@pytest.mark.parametrize(
    ("text", "problem", "hint"),
    [
        (
            "temperature = 3.5",
            "`ada.toml`, line 4, `temperature`",
            "Allowed: a number from 0 to 2.",
        ),
        (
            "temperature = nan",
            "`ada.toml`, line 4, `temperature`",
            "Allowed: a number from 0 to 2.",
        ),
        (
            "temperature = inf",
            "`ada.toml`, line 4, `temperature`",
            "Allowed: a number from 0 to 2.",
        ),
        (
            'words = "many"',
            "`ada.toml`, line 4, `words`",
            "Allowed: a whole number from 20 to 300.",
        ),
        ("words = 19", "`ada.toml`, line 4, `words`", "Allowed: a whole number from 20 to 300."),
        ("words = true", "`ada.toml`, line 4, `words`", "Allowed: a whole number from 20 to 300."),
        ("talkativeness = -1", "line 4, `talkativeness`", "Allowed: a number from 0 to 1."),
        ("colour = 13", "line 4, `colour`", "Allowed: a whole number from 1 to 12."),
        ("color = 1", "line 4, `color`: there is no such key.", "Did you mean `colour`?"),
        ("zzz = 1", "line 4, `zzz`: there is no such key.", "Known keys: name, emoji"),
        ('traits = ["a", 3]', "line 4, `traits`", "Allowed: a list of at most 24 short texts."),
        ('model = "llama"', "line 4, `model`: `llama` names no model.", "Write it as"),
        ('category = "a\\nb"', "line 4, `category`: this cannot stand here.", "one word"),
        ("words = ", "line 4", "Texts need quotes"),
        ("words = 30\nwords = 40", "`ada.toml`, line 5", ""),
        ("words = " + "9" * 5000, "a number is too long", ""),
        ("x = " + "[" * 10_000, "nested too deeply", ""),
        (".".join("a" * 15_000) + " = 1", "line 4: a key has too many dots", ""),
        (" . ".join("a" * 10_000) + " = 1", "line 4: a key has too many dots", ""),
        ("[" + ".".join("a" * 15_000) + "]", "line 4: a key has too many dots", ""),
    ],
)
def test_a_broken_file_says_where_and_what_is_allowed(text: str, problem: str, hint: str) -> None:
    started = time.monotonic()
    with pytest.raises(InvalidFileError) as caught:
        parse_persona((GOOD + text).encode(), PATH)
    assert problem in caught.value.problem
    assert hint in caught.value.hint
    assert time.monotonic() - started < HANG


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "`name`: this key is missing."),
        (GOOD.replace("You count.", " ").encode(), "line 3, `prompt`: it is blank."),
        (GOOD.replace("You count.", "x" * 8001).encode(), "`prompt`"),
        (b"#" * 65_537, "larger than 64 KiB"),
        (GOOD.encode("utf-16"), "written in UTF-16"),
        (GOOD.encode() + b"# \xff", "not UTF-8 (line 4)"),
        (GOOD.replace("\n", "\r").encode(), "line ends of old Macs"),
    ],
)
def test_other_bytes_are_refused(data: bytes, problem: str) -> None:
    with pytest.raises(InvalidFileError) as caught:
        parse_persona(data, PATH)
    assert problem in caught.value.problem


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    real = tmp_path / "real.toml"
    real.write_text(GOOD)
    link, pipe, folder, secret = (
        tmp_path / f"{n}.toml" for n in ("link", "pipe", "folder", "secret")
    )
    link.symlink_to(real)
    os.mkfifo(pipe)
    folder.mkdir()
    assert read_persona(real).slug == "real"
    for path, problem in (
        (link, "is a link"),
        (pipe, "not a regular file"),
        (folder, "regular file"),
    ):
        with pytest.raises(InvalidFileError, match=problem):
            read_persona(path)
    with pytest.raises(FileNotFoundError):
        read_persona(secret)


@settings(max_examples=300, deadline=2000)
@given(
    st.binary(max_size=400)
    | st.text(max_size=400).map(lambda text: text.encode(errors="replace"))
    | st.text("\"[]{}=.,\n\\'#ab1 ", max_size=300).map(lambda text: (GOOD + text).encode())
    | st.dictionaries(
        st.sampled_from(["name", "words", "traits", "temperature", "prompt", "x"]),
        st.sampled_from(
            ["1", "nan", '"a"', "[]", "{}", "1979-05-27", '["a"]', "1e400", "-0", '""']
        ),
    ).map(lambda table: "\n".join(f"{k} = {v}" for k, v in table.items()).encode())
)
def test_any_bytes_are_a_persona_or_a_clear_error(data: bytes) -> None:
    problem = ""
    try:
        persona = parse_persona(data, PATH)
        assert persona.slug == "ada"
        assert 20 <= persona.words <= 300
    except InvalidFileError as error:
        problem = error.problem
    assert problem == "" or problem.startswith("`ada.toml`")
    assert "\n" not in problem


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), max_size=60)
lines = texts.filter(lambda text: bool(text.strip()))


@settings(max_examples=300, deadline=2000)
@given(
    name=lines.map(lambda text: text[:40]).filter(lambda text: bool(text.strip())),
    one_line=lines,
    prompt=st.lists(texts, max_size=4).map("\n".join).filter(lambda text: text.strip("\n") == text),
    tags=st.lists(lines, max_size=24).map(tuple),
    greeting=st.text(st.characters(exclude_categories=["Cs"]), max_size=80),
)
def test_whatever_is_written_reads_the_same(
    name: str, one_line: str, prompt: str, tags: tuple[str, ...], greeting: str
) -> None:
    persona = Persona(
        slug="ada",
        name=name,
        emoji="\U0001f989",
        colour=12,
        category="x",
        one_line=one_line,
        prompt=f'You. {prompt}\\""""',
        tags=tags,
        greeting=greeting,
    )
    text = write_persona(persona)
    assert parse_persona(text.encode(), PATH) == persona
    assert not {*text} & {*"\r\x1b\x7f\x85\x9b\u200b\u2028\u202e\u2066\U000e0041"}


def test_a_template_is_sound_and_explains_every_key() -> None:
    text = template('The "Bee" \\ Keeper')
    persona = parse_persona(text.encode(), PATH)
    assert persona.name == 'The "Bee" \\ Keeper'
    for key in PersonaFile.__struct_fields__:
        before, _, _ = text.partition(f"\n{key} = ")
        assert before.splitlines()[-1].startswith("# "), key
    assert "(a whole number from 1 to 12)" in text
