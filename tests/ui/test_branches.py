"""The small tree: one row from fork to fork, every message in one of them."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from chimera_tui.domain.conversation import Message
from chimera_tui.domain.saved import Tree
from chimera_tui.ui.room.branch_rows import BranchRow, branch_rows
from tests.ui.fakes import a_message
from tests.ui.hand_pictures import branched, gone_back


def drawn(rows: list[BranchRow]) -> list[str]:
    return [
        f"{row.lines}{'●' if row.is_on_path else '○'} "
        f"{row.first.text[:8] if row.first else '-'} {row.count}{' here' if row.is_here else ''}"
        for row in rows
    ]


def test_side_branches_come_before_what_goes_on() -> None:
    assert drawn(branch_rows(branched().saved[9].tree)) == [
        "● My neigh 2",
        "├─○ *That* i 2",
        "│ ├─○ At the d 1",
        "│ ○ At what  1",
        "├─○ You laug 1",
        "● Suppose  3",
        "├─○ Bad will 1",
        "● So my ca 2 here",
    ]


def test_who_went_back_stands_at_an_open_end() -> None:
    rows = drawn(branch_rows(gone_back().saved[9].tree))
    assert rows[-1] == "● - 0 here"
    assert sum(row.endswith("here") for row in rows) == 1


def test_a_deleted_answer_is_no_branch() -> None:
    tree = branched().saved[9].tree
    tree.change(replace(tree.messages[22], is_deleted=True))
    assert drawn(branch_rows(tree))[-2:] == ["├─○ You laug 1", "● Suppose  5 here"]


def test_without_messages_there_are_no_rows() -> None:
    assert branch_rows(Tree()) == []


def trees() -> st.SearchStrategy[Tree]:
    """Trees of up to 25 messages, some deleted, one of them the chosen end or cut there."""

    def tree(parents: list[int], deleted: set[int], at: int, cut: bool) -> Tree:  # noqa: FBT001
        messages: list[Message] = []
        for number, parent in enumerate(parents, 1):
            one = a_message(number, "comedian", f"{number}", None)
            one = replace(one, parent_id=(parent % number) or None, is_deleted=number in deleted)
            messages.append(one)
        made = Tree.of(messages, {})
        made.choose(at % len(messages) + 1)
        if cut:
            made.end_at(at % len(messages) + 1)
        return made

    return st.builds(
        tree,
        st.lists(st.integers(0, 100), min_size=1, max_size=25),
        st.sets(st.integers(1, 25), max_size=5),
        st.integers(0, 100),
        st.booleans(),
    )


@given(trees())
def test_every_message_is_counted_once_and_one_row_is_where_we_are(tree: Tree) -> None:
    rows = branch_rows(tree)
    assert sum(row.count for row in rows) == sum(not m.is_deleted for m in tree.messages.values())
    ends_in_sight = not tree.trunk or not tree.trunk[-1].is_deleted
    if tree.path and ends_in_sight:
        assert sum(row.is_here for row in rows) == 1
