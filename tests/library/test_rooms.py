import stat
from pathlib import Path

import pytest

from chimera_tui.domain.casting import cast_of
from chimera_tui.domain.conversation import Assignment, Conversation
from chimera_tui.domain.errors import InvalidFileError, UnknownError
from chimera_tui.domain.rules import Rules
from chimera_tui.library.library import Changes, Library, builtin_folder
from chimera_tui.library.rooms import RoomTemplate, read_room, write_room
from tests.fakes import NOON, a_persona

GOOD = 'title = "Long Table"\ncast = ["chef", "Kid"]\n'


def test_a_short_file_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "table.toml"
    path.write_text(GOOD)
    assert read_room(path) == RoomTemplate(
        slug="table", title="Long Table", cast=("chef", "Kid"), mode="natural", pace=1.0, topics=()
    )


@pytest.mark.parametrize(
    ("text", "problem", "hint"),
    [
        ("mode = 'loud'", "line 3, `mode`", "Allowed: natural, round_robin, pooled"),
        ("pace = 3", "line 3, `pace`", "Allowed: a number from 0 to 2."),
        ("topic = 'x'", "line 3, `topic`: there is no such key.", "Did you mean `topics`?"),
        ("topics = ['a\\nb', \"a\\nb\"]", "line 3, `topics`", "a list of at most 50 lines"),
        ("[x]", "line 3, `x`: there is no such key.", "Known keys: title"),
    ],
)
def test_a_broken_file_says_where_and_what_is_allowed(
    tmp_path: Path, text: str, problem: str, hint: str
) -> None:
    path = tmp_path / "table.toml"
    path.write_text(GOOD + text)
    with pytest.raises(InvalidFileError) as caught:
        read_room(path)
    assert problem in caught.value.problem
    assert hint in caught.value.hint


def test_what_is_written_reads_the_same(tmp_path: Path) -> None:
    for room in Library.load(builtin_folder()).rooms.values():
        path = tmp_path / f"{room.slug}.toml"
        path.write_text(write_room(room))
        assert read_room(path) == room


def test_rooms_of_the_person_lie_beside_their_personas(tmp_path: Path) -> None:
    builtin, own = tmp_path / "a" / "personas", tmp_path / "b" / "personas"
    for folder in (builtin, own, tmp_path / "b" / "rooms"):
        folder.mkdir(parents=True)
    for slug in ("chef", "kid"):
        (builtin / f"{slug}.toml").write_text('name = "X"\none_line = "Y."\nprompt = "Z."\n')
    file = tmp_path / "b" / "rooms" / "table.toml"
    file.write_text('title = "T"\ncast = ["KID", "cheff", "chef"]\n')
    library = Library.load(builtin, own)

    assert list(library.room("Table").cast) == ["kid", "chef"]
    assert list(library.problems) == [
        f"`{file}`, line 2, `cast`: there is no persona `cheff`. Did you mean `chef`?",
    ]
    (own / "cheff.toml").write_text('name = "X"\none_line = "Y."\nprompt = "Z."\n')
    assert library.reload_changed() == Changes(added=("cheff",), rooms=("table",))
    assert list(library.room("table").cast) == ["kid", "cheff", "chef"]
    assert list(library.problems) == []
    with pytest.raises(UnknownError) as caught:
        library.room("tabel")
    assert caught.value.hint == "Did you mean `table`?"


def test_a_room_can_be_kept_as_a_template(tmp_path: Path) -> None:
    library = Library.load(builtin_folder(), tmp_path / "personas")
    room = RoomTemplate(
        slug="my-table",
        title='The "Long" Table',
        cast=("chef", "kid"),
        mode="round_robin",
        pace=0.0,
        topics=("Soup?",),
    )
    path = library.save_room(room)
    assert path == tmp_path / "rooms" / "my-table.toml"
    assert library.room("my-table") == room
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_conversation_becomes_a_room_with_its_rules(tmp_path: Path) -> None:
    people = (a_persona("Comedian", 1), a_persona("Comedian", 1))
    conversation = Conversation(
        id=1,
        title="x",
        topic="Tea?\nOr not?",
        cast=cast_of([Assignment(persona=persona) for persona in people], "Human"),
        mode="script",
        pace=9.0,
        rules=Rules(script=("each: close",), every=(("comedian", 6),), most_turns=3, liveliness=1),
        created_at=NOON,
    )
    room = RoomTemplate.of(conversation, slug="kept", title="Kept " * 30)
    (tmp_path / "kept.toml").write_text(write_room(room))
    again = read_room(tmp_path / "kept.toml")
    assert again == room
    assert again.cast == ("comedian", "comedian")
    assert again.topics == ("Tea? Or not?",)
    assert again.pace == 2.0
    assert again.rules == conversation.rules


def test_a_room_for_nobody_who_exists_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "rooms").mkdir()
    (tmp_path / "rooms" / "ghosts.toml").write_text('title = "T"\ncast = ["zzzz"]\n')
    library = Library.load(builtin_folder(), tmp_path / "personas")
    assert "ghosts" not in library.rooms
    assert "there is no persona `zzzz`" in library.problems[0]
