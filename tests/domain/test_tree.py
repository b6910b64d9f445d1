"""The tree of messages: each follows a parent, one child of each is chosen."""

from datetime import UTC, datetime

import pytest

from chimera_tui.domain.conversation import HUMAN, Message, Turn
from chimera_tui.domain.saved import Tree


def message(id_: int, parent_id: int | None, turn: int, speaker: str = "ada") -> Message:
    return Message(
        id=id_,
        parent_id=parent_id,
        turn=Turn(number=turn, speaker=speaker),
        text=f"{id_}",
        created_at=datetime(2026, 11, 20, tzinfo=UTC),
    )


@pytest.fixture
def tree() -> Tree:
    """A path of three: 1, 2, 3."""
    tree = Tree()
    for said in (message(1, None, 1), message(2, 1, 2), message(3, 2, 3)):
        tree.add(said)
    return tree


def ids(tree: Tree) -> list[int]:
    return [said.id for said in tree.path]


def test_messages_follow_each_other(tree: Tree) -> None:
    assert ids(tree) == [1, 2, 3]
    assert tree.tip == message(3, 2, 3)


def test_nothing_was_said_in_an_empty_tree() -> None:
    assert (Tree().tip, Tree.of([], {}).path) == (None, [])


def test_another_answer_begins_another_branch(tree: Tree) -> None:
    assert tree.add(message(4, 1, 2)) == []

    assert ids(tree) == [1, 4]
    assert tree.alternatives(tree.messages[4]) == [2, 4]


def test_choosing_goes_back_to_all_of_the_other_branch(tree: Tree) -> None:
    tree.add(message(4, 1, 2))

    tree.choose(2)

    assert ids(tree) == [1, 2, 3]


def test_the_first_message_has_alternatives_too(tree: Tree) -> None:
    tree.add(message(4, None, 1))

    assert ids(tree) == [4]
    assert tree.alternatives(tree.messages[1]) == [1, 4]


def test_what_was_said_during_a_reply_goes_behind_it(tree: Tree) -> None:
    tree.add(message(4, 3, 5, HUMAN))

    moved = tree.add(message(5, 3, 4))

    assert moved == [message(4, 5, 5, HUMAN)]
    assert ids(tree) == [1, 2, 3, 5, 4]
    assert tree.messages[4].parent_id == 5


def test_what_follows_moves_along(tree: Tree) -> None:
    tree.add(message(4, 3, 5, HUMAN))
    tree.add(message(5, 4, 6))

    tree.add(message(6, 3, 4))

    assert ids(tree) == [1, 2, 3, 6, 4, 5]


def test_an_answer_of_a_later_turn_is_no_alternative(tree: Tree) -> None:
    tree.end_at(2)
    tree.add(message(4, 2, 4))

    assert tree.alternatives(tree.messages[4]) == [4]
    assert tree.alternatives(tree.messages[3]) == [3]


def test_a_cut_ends_the_path_until_something_is_said_there(tree: Tree) -> None:
    tree.end_at(1)
    assert ids(tree) == [1]

    tree.add(message(4, 1, 2))
    assert ids(tree) == [1, 4]


def test_a_cut_can_be_taken_back(tree: Tree) -> None:
    tree.end_at(1)
    tree.choose(2)

    assert ids(tree) == [1, 2, 3]


def test_a_tree_is_rebuilt_from_messages_and_choices(tree: Tree) -> None:
    tree.add(message(4, 1, 2))
    tree.choose(2)

    assert Tree.of(list(tree.messages.values()), tree.chosen) == tree


def test_without_a_choice_the_latest_is_chosen() -> None:
    assert ids(Tree.of([message(1, None, 1), message(2, None, 1)], {})) == [2]


def test_a_message_whose_parent_is_gone_is_not_on_the_path() -> None:
    assert ids(Tree.of([message(1, None, 1), message(3, 2, 3)], {})) == [1]
