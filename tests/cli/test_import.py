"""`import`."""

import json
from pathlib import Path
from typing import Any

from tests.cards.corpus import SIX, coded
from tests.cards.test_chats import HEADER, line
from tests.cli.conftest import Command


def as_json(command: Command, number: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(command("export", str(number), "--format", "json").out)
    return found


def chat(folder: Path, *lines: object) -> str:
    path = folder / "chat.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    return str(path)


def test_what_was_exported_comes_in_as_another_conversation(command: Command, home: Path) -> None:
    command("talk", "--demo", "--pace", "0", "--turns", "3", "--topic", "Should robots dream?")
    command("export", "1", "--format", "json", "-o", str(home / "c.json"))
    done = command("import", str(home / "c.json"))
    assert (done.code, done.out) == (0, "2\n")
    first, second = as_json(command, 1), as_json(command, 2)
    assert second["conversation"].pop("id") == 2
    assert first["conversation"].pop("id") == 1
    assert first["messages"]
    assert first == second


def test_a_chat_of_sillytavern_comes_in_with_its_swipes(command: Command, home: Path) -> None:
    swiped = line("B", swipes=["A", "B", "C"], swipe_id=1, extra={"model": "gpt-5"})
    why = line("Why?", "The Philosopher")
    group = home / "group.json"
    group.write_text(json.dumps({"name": "Shore \x1b[31m", "activation_strategy": 1}))
    path = chat(home, HEADER, line("Hi.", "Kim"), swiped, why)
    done = command("import", path, "--group", str(group))
    assert (done.code, done.out) == (0, "1\n")
    assert "Mira is not in the library: only the name is known." in done.err
    found = as_json(command, 1)
    assert [message["text"] for message in found["messages"]] == ["Hi.", "A", "B", "C", "Why?"]
    assert found["path"] == [1, 3, 5]
    assert [member["slug"] for member in found["cast"]] == ["mira", "philosopher"]
    assert found["cast"][1]["words"] == 150  # the library's
    assert "\x1b" not in command("conversations", "show", "1").out


def test_it_is_played_by_nobody_who_is_not_here(command: Command, home: Path) -> None:
    command("talk", "--demo", "--pace", "0", "--turns", "1", "--topic", "x")
    document = as_json(command, 1)
    document["cast"][0] |= {"model": "elsewhere/model", "fallbacks": ["demo/demo", "other/x"]}
    document["conversation"] |= {"budget": {"cost": None, "tokens": None}, "turn_limit": 10**6}
    (home / "c.json").write_text(json.dumps(document))
    assert command("import", str(home / "c.json")).code == 0
    found = as_json(command, 2)
    assert (found["cast"][0]["model"], found["cast"][0]["fallbacks"]) == ("demo/demo", [])
    assert found["conversation"]["turn_limit"] == 20
    assert found["conversation"]["budget"] == {"cost": 500_000, "tokens": 200_000, "minutes": 60}


def test_a_file_of_something_else_says_what_takes_it(command: Command, home: Path) -> None:
    card = home / "mira.json"
    card.write_bytes(coded(SIX))
    done = command("import", str(card))
    assert (done.code, done.out) == (1, "")
    assert "That file holds no conversation, but Mira Voss." in done.err
    assert "`chimera-tui personas import`" in done.err
    assert "holds no message" in command("import", chat(home, {"a": 1})).err
    assert "no such file" in command("import", str(home / "none.jsonl")).err
