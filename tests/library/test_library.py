import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from chimera_tui.domain.errors import ChimeraError, UnknownError
from chimera_tui.domain.persona import Persona
from chimera_tui.library.library import Changes, Library, Origin, builtin_folder
from chimera_tui.library.persona_file import PersonaFile, read_persona
from chimera_tui.library.rooms import RoomFile, RoomTemplate, read_room

GOOD = 'name = "The {}"\none_line = "Counts."\nprompt = "You count."\n'


def folder_of(place: Path, *names: str) -> Path:
    place.mkdir(exist_ok=True)
    for name in names:
        (place / f"{name}.toml").write_text(GOOD.format(name.title()))
    return place


def test_a_later_folder_replaces_and_adds(tmp_path: Path) -> None:
    first, second = (
        folder_of(tmp_path / "a", "bob", "ada"),
        folder_of(tmp_path / "b", "cleo", "bob"),
    )
    (second / "bob.toml").write_text(GOOD.format("Robert"))
    library = Library.load(first, second, tmp_path / "missing")
    assert [(p.slug, p.name) for p in library] == [
        ("ada", "The Ada"),
        ("bob", "The Robert"),
        ("cleo", "The Cleo"),
    ]
    assert len(library) == 3
    assert library.problems == ()


def test_a_broken_file_is_skipped_and_named(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "ada")
    (folder / "bob.toml").write_text("words = 3\n")
    (folder / "con.toml").write_text(GOOD)
    (folder / "human.toml").write_text(GOOD)
    (folder / ("x" * 90 + ".toml")).write_text(GOOD)
    library = Library.load(folder)
    assert [p.slug for p in library] == ["ada"]
    assert len(library.problems) == 4
    assert any("bob.toml" in p and "`words`" in p for p in library.problems)


def test_names_that_differ_only_in_case_or_composition_are_one(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "ada", "Ada", "caf\u00e9", "cafe\u0301")
    library = Library.load(folder)
    assert [p.slug for p in library] == ["ada", "caf\u00e9"]
    assert sum("has the name of another file" in p for p in library.problems) == 2
    assert library.get("ADA").name == "The Ada"
    assert library.file("ada").name == "Ada.toml"


def test_an_unknown_name_is_met_with_the_nearest() -> None:
    library = Library.load(builtin_folder())
    with pytest.raises(UnknownError) as caught:
        library.get("comedien")
    assert caught.value.problem == "There is no persona `comedien`."
    assert caught.value.hint == "Did you mean `comedian`?"
    with pytest.raises(UnknownError, match="zz"):
        library.cast(["comedian", "zz"])
    with pytest.raises(UnknownError, match="Nobody"):
        library.cast([])


def test_a_cast_keeps_its_order_and_may_hold_the_same_persona_twice() -> None:
    library = Library.load(builtin_folder())
    cast = library.cast(["scientist", "comedian", "scientist"])
    assert [p.slug for p in cast] == ["scientist", "comedian", "scientist"]
    with pytest.raises(UnknownError, match="17 are too many"):
        library.cast(["comedian"] * 17)


def test_own_rooms_come_and_go_and_those_built_in_stay(tmp_path: Path) -> None:
    own = tmp_path / "personas"
    library = Library.load(builtin_folder(), own)
    room = replace(library.room("slow-jazz"), slug="mine", title="Mine")
    library.save_room(room)
    assert library.is_own_room("mine")
    assert not library.is_own_room("slow-jazz")
    library.remove_room("mine")
    assert "mine" not in library.rooms
    library.save_room(replace(room, slug="slow-jazz"))
    library.remove_room("slow-jazz")
    assert library.room("slow-jazz").title == "Slow Jazz"
    with pytest.raises(ChimeraError, match="stay"):
        library.remove_room("slow-jazz")


def test_whose_a_persona_is(tmp_path: Path) -> None:
    builtin, own = folder_of(tmp_path / "a", "ada", "bob"), folder_of(tmp_path / "b", "Bob", "cleo")
    library = Library.load(builtin, own)
    assert [library.origin(p.slug) for p in library] == [
        Origin.BUILTIN,
        Origin.CHANGED,
        Origin.OWN,
    ]
    assert library.builtin("bob") == Library.load(builtin).get("bob")
    assert library.builtin("cleo") is None
    assert library.file("bob") == library.own_file("bob") == own / "Bob.toml"
    assert library.own_file("ada") == own / "ada.toml"


def test_what_changes_on_the_disk_is_picked_up(tmp_path: Path) -> None:
    builtin, own = folder_of(tmp_path / "a", "ada", "bob"), tmp_path / "b"
    library = Library.load(builtin, own)
    assert not library.reload_changed()

    folder_of(own, "cleo")
    (own / "bob.toml").write_text(GOOD.format("Robert"))
    assert library.reload_changed() == Changes(added=("cleo",), changed=("bob",))
    assert library.get("bob").name == "The Robert"
    assert not library.reload_changed()

    (own / "bob.toml").unlink()
    (own / "cleo.toml").rename(own / "dora.toml")
    changes = library.reload_changed()
    assert changes == Changes(added=("dora",), changed=("bob",), removed=("cleo",))
    assert library.get("bob").name == "The Bob"


def test_a_file_of_the_same_length_and_time_is_seen_if_it_is_another_one(tmp_path: Path) -> None:
    path = folder_of(tmp_path, "ada") / "ada.toml"
    library = Library.load(tmp_path)
    other = tmp_path / "other"
    other.write_text(path.read_text().replace("Ada", "Eve"))
    before = path.stat()
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)
    assert library.reload_changed() == Changes(changed=("ada",))


def test_what_breaks_while_the_program_runs_stays_in_use(tmp_path: Path) -> None:
    path = folder_of(tmp_path, "ada") / "ada.toml"
    library = Library.load(tmp_path)
    path.write_text("name = ")
    changes = library.reload_changed()
    assert (changes.added, changes.changed, changes.removed) == ((), (), ())
    assert "`" + str(path) + "`, line 1" in changes.problems[0]
    assert library.get("ada").name == "The Ada"
    assert len(Library.load(tmp_path)) == 0

    path.write_text(GOOD.format("Eve"))
    assert library.reload_changed() == Changes(changed=("ada",))
    assert library.problems == ()


def test_only_files_that_changed_are_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder_of(tmp_path, "ada", "bob")
    read: list[str] = []

    def reading(path: Path) -> Persona:
        read.append(path.name)
        return read_persona(path)

    monkeypatch.setattr("chimera_tui.library.library.read_persona", reading)
    library = Library.load(tmp_path)
    assert read == ["ada.toml", "bob.toml"]
    library.reload_changed()
    (tmp_path / "bob.toml").write_text(GOOD.format("Robert"))
    library.reload_changed()
    assert read == ["ada.toml", "bob.toml", "bob.toml"]


def test_what_is_saved_replaces_the_built_in_and_leaves_it_alone(tmp_path: Path) -> None:
    builtin, own = folder_of(tmp_path / "a", "ada"), tmp_path / "new" / "b"
    before = (builtin / "ada.toml").read_bytes()
    library = Library.load(builtin, own)
    persona = replace(library.get("ada"), name="The Countess", prompt='You say """that""".\n\\o/')
    path = library.save(persona)
    assert path == own / "ada.toml"
    assert library.get("ada") == persona == Library.load(builtin, own).get("ada")
    assert library.origin("ada") is Origin.CHANGED
    assert (builtin / "ada.toml").read_bytes() == before
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(own.stat().st_mode) == 0o700


def test_nothing_is_saved_under_a_name_that_is_none(tmp_path: Path) -> None:
    library = Library.load(folder_of(tmp_path / "a", "ada"), tmp_path / "b")
    for slug in ("../ada", "a/b", "con", "human", "", "x" * 81, "a\nb", "."):
        with pytest.raises(ChimeraError, match="No file may be called"):
            library.save(replace(library.get("ada"), slug=slug))
    assert not (tmp_path / "b").exists()
    with pytest.raises(ChimeraError, match="no folder"):
        Library.load(tmp_path / "a").save(library.get("ada"))


def texts_at_their_limit(kind: type, filling: str) -> dict[str, str | tuple[str, ...]]:
    """For each text of a file, and each list of texts, the longest that its schema allows.

    Lists hold 24 at most: what is larger than 64 KiB is another limit.
    """
    longest: dict[str, str | tuple[str, ...]] = {}
    for key, hint in get_type_hints(kind, include_extras=True).items():
        limit = hint.__metadata__[0].max_length
        inner, *of = get_args(hint)[0], *get_args(get_args(hint)[0])
        if inner is str:
            longest[key] = filling * limit
        elif of and hasattr(of[0], "__metadata__"):
            most = of[0].__metadata__[0].max_length
            longest[key] = (filling * most,) * min(limit, 24) if most else ()
    return longest


@pytest.mark.parametrize("filling", ["x", '"', "\\", "'", "é", "\t", "蜂"])
def test_every_text_as_long_as_it_may_be_is_read_again_when_it_was_saved(
    tmp_path: Path, filling: str
) -> None:
    library = Library.load(builtin_folder(), tmp_path / "personas")
    texts = texts_at_their_limit(PersonaFile, filling) | {"model": "p/" + "m" * 198}
    if not filling.strip():
        texts |= {"name": "n" * 40, "one_line": "o" * 160, "prompt": "p" * 8000}
    bee = replace(library.get("poet"), slug="bee", **texts)  # type: ignore[arg-type]
    assert len(bee.prompt) == 8000
    assert read_persona(library.save(bee)) == bee
    texts = texts_at_their_limit(RoomFile, filling) | {"cast": ("poet",)}
    if not filling.strip():
        texts = {"title": "t" * 60, "cast": ("poet",)}
    table = RoomTemplate(**({"slug": "table"} | texts))  # type: ignore[arg-type]
    assert read_room(library.save_room(table)) == table
    assert library.problems == ()


def test_what_could_not_be_read_again_is_not_saved_and_what_was_there_stays(tmp_path: Path) -> None:
    library = Library.load(builtin_folder(), tmp_path / "personas")
    poet = library.get("poet")
    path = library.save(poet)
    room = RoomTemplate(slug="table", title="Table", cast=("poet",))
    table = library.save_room(room)
    before = path.read_bytes(), table.read_bytes()
    with pytest.raises(ChimeraError, match=r"Nothing was saved.*`prompt`.*8000"):
        library.save(replace(poet, prompt="x" * 8001))
    with pytest.raises(ChimeraError, match=r"Nothing was saved.*`greeting`.*400"):
        library.save(replace(poet, greeting="x" * 401))
    with pytest.raises(ChimeraError, match=r"Nothing was saved.*64 KiB"):
        library.save(replace(poet, prompt="\U000e0041" * 8000))
    with pytest.raises(ChimeraError, match=r"Nothing was saved.*`title`"):
        library.save_room(replace(room, title="x" * 61))
    assert (path.read_bytes(), table.read_bytes()) == before
    assert library.problems == ()
