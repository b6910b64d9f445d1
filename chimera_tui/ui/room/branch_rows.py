"""The tree of a conversation as rows: one for each stretch between two forks. Needs no terminal."""

from collections.abc import Iterator
from dataclasses import dataclass

from chimera_tui.domain.conversation import Message
from chimera_tui.domain.saved import Tree

LINE, FORK = "│ ", "├─"
DEEPEST = 8
"""Forks inside forks whose lines are drawn; what is deeper stands at the last of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchRow:
    """A stretch of messages that follow each other without a fork."""

    lines: str
    """What joins it to the rows above."""
    first: Message | None
    """The message it begins with; None: the end of the path, where nothing has been said yet."""
    last: Message | None
    count: int
    """Messages in it, without deleted ones."""
    is_on_path: bool
    is_here: bool = False
    """Whether the path ends in it."""


def branch_rows(tree: Tree) -> list[BranchRow]:
    """The rows of a tree: the side branches of a fork first, indented, then what goes on from it.

    What goes on is what is chosen there, so that a talk in which many answers were asked for
    again is still one straight line.
    """
    children = _visible(tree)
    trunk = {message.id for message in tree.trunk}
    end = tree.trunk[-1].id if tree.trunk else None
    is_cut = end in children  # somebody went back to there, and has said nothing since
    rows: list[BranchRow] = []
    waiting = _below(None, 0, tree, children, is_cut=is_cut and end is None)
    while waiting:
        start, depth, opens = waiting.pop()
        lines = _lines(depth, opens=opens)
        if start is None:
            rows.append(
                BranchRow(
                    lines=lines, first=None, last=None, count=0, is_on_path=True, is_here=True
                )
            )
            continue
        stretch = list(_stretch(start, children, end if is_cut else None))
        said = [tree.messages[id_] for id_ in stretch if not tree.messages[id_].is_deleted]
        last = stretch[-1]
        rows.append(
            BranchRow(
                lines=lines,
                first=said[0] if said else tree.messages[start],
                last=tree.messages[last],
                count=len(said),
                is_on_path=start in trunk,
                is_here=end in stretch and not is_cut,
            )
        )
        waiting += _below(last, depth, tree, children, is_cut=is_cut and last == end)
    return rows


Waiting = tuple[int | None, int, bool]
"""A message a row begins with (None: the open end), how deep, and whether it branches off there."""


def _below(
    parent: int | None,
    depth: int,
    tree: Tree,
    children: dict[int | None, list[int]],
    *,
    is_cut: bool,
) -> list[Waiting]:
    """What follows a message, the last to be drawn first."""
    ids = children.get(parent, [])
    if not ids:
        return []
    main = None if is_cut else tree.chosen.get(parent, ids[-1])
    if main not in ids and not is_cut:  # the chosen one was deleted
        main = ids[-1]
    sides = [(id_, depth + 1, True) for id_ in reversed(ids) if id_ != main]
    return [(main, depth, False), *sides]


def _stretch(start: int, children: dict[int | None, list[int]], end: int | None) -> Iterator[int]:
    """The messages from `start` to the next fork, to a leaf, or to where the path was cut."""
    at = start
    yield at
    while at != end and len(following := children.get(at, [])) == 1:
        at = following[0]
        yield at


def _visible(tree: Tree) -> dict[int | None, list[int]]:
    """The children of each message, without deleted ones that nothing follows."""
    kept: set[int] = set()
    for message in tree.messages.values():
        at = None if message.is_deleted else message.id
        while at is not None and at not in kept:
            kept.add(at)
            at = tree.messages[at].parent_id
    children = {
        parent: [id_ for id_ in ids if id_ in kept] for parent, ids in tree.children.items()
    }
    return {parent: ids for parent, ids in children.items() if ids}


def _lines(depth: int, *, opens: bool) -> str:
    depth = min(depth, DEEPEST)
    return LINE * (depth - 1) + FORK if opens else LINE * depth
