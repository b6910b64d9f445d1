"""`personas`."""

import json
import sys
from pathlib import Path

import pytest

from chimera_tui.cli.persona_text import WIDTH, cells
from chimera_tui.library.library import builtin_folder
from chimera_tui.library.persona_file import read_persona
from tests.cli.conftest import Command

GOOD = 'name = "The Bee"\none_line = "Counts."\nprompt = "You count."\n'


@pytest.fixture
def own(home: Path) -> Path:
    """The person's folder; not there yet."""
    return home / "chimera-tui" / "personas"


def editor(monkeypatch: pytest.MonkeyPatch, home: Path, code: str) -> None:
    """Make an editor of `code`, which has the path of the file in `path`."""
    script = home / "editor.py"
    script.write_text(f"import sys, pathlib\npath = pathlib.Path(sys.argv[1])\n{code}\n")
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"{sys.executable} {script}")


def test_they_are_listed_by_category_in_80_cells(command: Command, own: Path) -> None:
    own.mkdir(parents=True)
    (own / "bee.toml").write_text(GOOD.replace("Counts.", "蜂" * 80) + 'category = "insects"\n')
    (own / "poet.toml").write_text(GOOD.replace("Bee", "Poet") + 'emoji = "x\\u0301\\u001b"\n')
    listed = command("personas")
    lines = listed.out.splitlines()
    assert (listed.code, listed.err) == (0, "")
    assert all(cells(line) <= WIDTH for line in lines)
    assert lines[0] == "thinkers"
    assert "  🦉 philosopher        Turns every answer back into a better question." in lines
    assert lines[-2] == "insects"
    assert lines[-1].startswith("  💬 bee                蜂蜂")
    assert lines[-1].endswith("…    yours")
    assert any(line.endswith(" changed") and "poet" in line for line in lines)
    assert command("personas", "list").out == listed.out


def test_json_lists_them_as_records(command: Command) -> None:
    before, alone, behind = (
        json.loads(command(*words).out)
        for words in (
            ("personas", "--json", "list"),
            ("personas", "--json"),
            ("personas", "list", "--json"),
        )
    )
    assert before == alone == behind
    assert len(alone) == 43
    record = next(r for r in alone if r["slug"] == "kid")
    assert (record["origin"], record["words"], record["talkativeness"]) == ("builtin", 35, 0.6)
    assert record == json.loads(command("personas", "show", "kid", "--json").out)


def test_one_is_shown(command: Command) -> None:
    shown = command("personas", "show", "KID")
    assert shown.out.startswith("🧒 The Kid (kid, everyday, built in)\nAsks ")
    assert "about 35 words, temperature 1, talkativeness 0.6, colour 2" in shown.out
    assert "expertise  school, games" in shown.out
    assert all(cells(line) <= WIDTH for line in shown.out.splitlines() if "file" not in line)
    missing = command("personas", "show", "kidd")
    assert (missing.code, missing.out) == (2, "")
    assert "Did you mean `kid`?" in missing.err


def test_a_new_one_is_a_file_that_explains_itself(command: Command, own: Path) -> None:
    made = command("personas", "new", "The Bee Keeper")
    assert (made.code, made.out) == (0, f"{own / 'bee-keeper.toml'}\n")
    assert read_persona(own / "bee-keeper.toml").name == "The Bee Keeper"
    again = command("personas", "new", "Bee keeper")
    assert again.code == 1
    assert "There is a persona `bee-keeper` already." in again.err
    assert command("personas", "new", "The Poet").code == 1
    assert [path.name for path in own.iterdir()] == ["bee-keeper.toml"]


def test_a_built_in_one_is_edited_as_a_copy(
    command: Command, own: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (builtin_folder() / "kid.toml").read_bytes()
    editor(monkeypatch, home, "path.write_text(path.read_text().replace('The Kid', 'The Imp'))")
    edited = command("personas", "edit", "kid")
    assert (edited.code, edited.out) == (0, "")
    assert "The Imp is sound" in edited.err
    assert read_persona(own / "kid.toml").name == "The Imp"
    assert (builtin_folder() / "kid.toml").read_bytes() == before
    assert "(kid, everyday, changed)" in command("personas", "show", "kid").out


def test_a_mistake_is_named_and_can_be_mended(
    command: Command, own: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(monkeypatch, home, "path.write_text(path.read_text() + 'wordz = 3\\n')")
    command("personas", "new", "Bee")
    broken = command("personas", "edit", "bee")
    assert broken.code == 1
    assert "`wordz`: there is no such key." in broken.err
    assert "Did you mean `words`?" in broken.err
    assert (own / "bee.toml").exists()
    editor(monkeypatch, home, "path.write_text(path.read_text().replace('wordz', '#'))")
    assert command("personas", "edit", "bee").code == 0


def test_nothing_is_left_behind_when_nothing_was_changed(
    command: Command, own: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(monkeypatch, home, "")
    assert command("personas", "edit", "kid").err == "Nothing was changed.\n"
    editor(monkeypatch, home, "sys.exit(1)")
    failed = command("personas", "edit", "kid")
    assert (failed.code, "Set EDITOR" in failed.err) == (1, True)
    assert list(own.iterdir()) == []
    for slug in ("nobody", "../kid"):
        assert command("personas", "edit", slug).code in (1, 2)


def test_one_goes_out_and_comes_in(command: Command, own: Path, tmp_path: Path) -> None:
    printed = command("personas", "export", "kid")
    file = tmp_path / "The Imp (1).toml"
    written = command("personas", "export", "kid", "-o", str(file))
    assert (written.code, written.out) == (0, "")
    assert file.read_text() == printed.out

    taken = command("personas", "import", str(file))
    assert (taken.code, taken.out) == (0, "")
    assert read_persona(own / "imp-1.toml").name == "The Kid"
    assert command("personas", "import", str(file)).code == 1
    assert command("personas", "import", str(file), "--replace").code == 0
    assert command("personas", "export", "kid", "-o", str(tmp_path)).code == 5


def test_what_is_no_persona_is_not_taken_in(command: Command, own: Path, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("words = 1")
    (tmp_path / "a.exe").write_text(GOOD)
    for name, problem in (
        ("a.toml", "`words`"),
        ("a.exe", "Known endings: .toml, .json, .png, .charx."),
        ("b.toml", "There is no file"),
    ):
        result = command("personas", "import", str(tmp_path / name))
        assert result.code == 1
        assert problem in result.err
    assert not own.exists()


def test_all_files_or_one_are_checked(command: Command, own: Path, tmp_path: Path) -> None:
    assert command("personas", "validate").err == "Sound personas: 43; problems: 0.\n"
    own.mkdir(parents=True)
    (own / "bee.toml").write_text(GOOD + "words = 3\n")
    (own.parent / "rooms").mkdir()
    (own.parent / "rooms" / "hive.toml").write_text('title = "Hive"\ncast = ["wasp"]\n')
    checked = command("personas", "validate")
    assert checked.code == 1
    assert f"`{own / 'bee.toml'}`, line 4, `words`" in checked.out
    assert "there is no persona `wasp`" in checked.out
    assert json.loads(command("personas", "validate", "--json").out) == {
        "sound": 43,
        "problems": checked.out.splitlines(),
    }
    assert command("personas", "validate", str(own / "bee.toml")).code == 1
    (tmp_path / "good.toml").write_text(GOOD)
    assert command("personas", "validate", str(tmp_path / "good.toml")).code == 0


def test_a_card_comes_in_and_goes_out_with_what_we_do_not_know(
    command: Command, own: Path, tmp_path: Path
) -> None:
    card = tmp_path / "bee.json"
    text = {"name": "Bee", "description": "<b>You</b> count.", "unknown": 5}
    card.write_text(json.dumps(text))
    taken = command("personas", "import", str(card))
    assert taken.code == 0
    assert "taken out" in taken.err
    assert read_persona(own / "bee.toml").name == "Bee"
    written = command("personas", "export", "bee", "--format", "v2")
    assert json.loads(written.out)["unknown"] == 5
    picture = tmp_path / "bee.png"
    assert command("personas", "export", "bee", "--format", "png").code == 2
    assert command("personas", "export", "bee", "--format", "png", "-o", str(picture)).code == 0
    assert command("personas", "validate", str(picture)).code == 0


def test_a_lorebook_is_given_to_a_persona(command: Command, home: Path, own: Path) -> None:
    book = home / "book.json"
    book.write_text('{"entries": {"0": {"key": ["lamp"], "content": "Whale oil."}}}')
    refused = command("personas", "import", str(book))
    assert (refused.code, "--into" in refused.err) == (1, True)
    done = command("personas", "import", str(book), "--into", "poet")
    assert (done.code, "The Poet knows now" in done.err) == (0, True)
    assert sorted(path.name for path in own.iterdir()) == ["poet.card.json", "poet.toml"]
    assert "Whale oil." in command("personas", "export", "poet", "--format", "v2").out
    assert "card       entries of lore: 1\n" in command("personas", "show", "poet").out
    assert "entries of lore" not in command("personas", "show", "kid").out
    assert command("personas", "import", str(book), "--into", "nobody").code == 2


def test_a_card_with_a_description_that_must_be_cut_is_sound_in_the_library(
    command: Command, own: Path, tmp_path: Path
) -> None:
    data = {"name": "Long Bee", "description": "x" * 9000}
    card = tmp_path / "bee.json"
    card.write_text(json.dumps({"spec": "chara_card_v2", "spec_version": "2.0", "data": data}))
    assert "Long Bee is now in the library" in command("personas", "import", str(card)).err
    again = command("personas", "import", str(card))
    assert "Its name is in the card: change it there, or say --replace." in again.err
    checked = command("personas", "validate")
    assert (checked.code, checked.out) == (0, "")
    assert len(read_persona(own / "long-bee.toml").prompt) == 8000
