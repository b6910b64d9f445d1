from dataclasses import replace

from chimera_tui.domain.conversation import HUMAN, Message, Turn
from chimera_tui.engine.summaries import BLOCK, blocks, counted
from tests.fakes import NOON, a_conversation

TALK = a_conversation("Ada", "Bob")


def a_path(count: int) -> list[Message]:
    return [
        Message(
            id=n, parent_id=n - 1 or None, turn=Turn(number=n, speaker=("ada", "bob")[n % 2]),
            text=f"So it goes. The duck number {n} crossed a road near the mill.", created_at=NOON,
        )
        for n in range(1, count + 1)
    ]  # fmt: skip


def ids(path: list[Message], kept: bool = False) -> list[list[int]]:  # noqa: FBT001, FBT002 - a helper
    summaries = [block.to_be_made() for block in blocks(a_path(30))] if kept else []
    return [[m.id for m in block.messages] for block in blocks(path, summaries)]


def test_messages_are_cut_into_blocks_from_the_beginning() -> None:
    assert [len(block) for block in ids(a_path(20))] == [BLOCK, BLOCK, 4]
    assert ids(a_path(24))[:2] == ids(a_path(20))[:2]
    assert ids([]) == []


def test_an_edit_or_another_branch_changes_its_own_block_only() -> None:
    path = a_path(24)
    before = [block.digest for block in blocks(path)]
    path[10] = replace(path[10], text="Other words.")
    after = [block.digest for block in blocks(path)]
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, False, True]
    branch = [*a_path(16), *(replace(m, id=m.id + 90) for m in a_path(8))]
    assert [block.digest for block in blocks(branch)][:2] == before[:1] + before[1:2]


def test_a_deleted_message_moves_no_other_block() -> None:
    path = a_path(30)
    del path[10]
    assert [block[0] for block in ids(path, kept=True)] == [1, 9, 17, 25]
    assert [len(block) for block in ids(path, kept=True)] == [8, 7, 8, 6]


def test_whispers_are_in_no_summary() -> None:
    path = a_path(10)
    path[3] = replace(path[3], to="ada", turn=Turn(number=4, speaker=HUMAN), text="secret")
    assert [len(block) for block in ids(path)] == [8, 1]
    assert "secret" not in counted(blocks(path)[0], TALK)


def test_without_a_model_a_block_is_counted_and_its_most_telling_sentences_stand() -> None:
    path = a_path(8)
    path[2] = replace(
        path[2], text="Elephants buried the treasure under Lisbon cathedral. So it goes."
    )
    text = counted(blocks(path)[0], TALK)
    assert text.startswith("8 messages (The Bob 4, The Ada 4). Among them: ")
    assert "The Bob: “Elephants buried the treasure under Lisbon cathedral.”" in text
    assert "So it goes" not in text
    assert text == counted(blocks(path)[0], TALK)


def test_a_block_of_nothing_much_is_told_all_the_same() -> None:
    path = [replace(m, text="…") for m in a_path(1)]
    assert counted(blocks(path)[0], TALK) == "1 message (The Bob 1)."
