"""Lines, however they are cut and written."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chimera_tui.providers.lines import JsonLines, Lines, PlainEvents

EVENTS = (
    b': hi\r\n\r\nevent: x\rdata:{"a": 1}\r\rid: 7\ndata: {"b":\ndata:  2}\n\nretry: 1\n\n[1]\n'
)
PLAIN = b'\ndata: {"a": 1}\n\ndata: {"b":\ndata:  2}\n\n\n[1]\n'


def rewritten(lines: Lines, data: bytes, cuts: list[int]) -> bytes:
    edges = [0, *sorted(cut for cut in set(cuts) if cut < len(data)), len(data)]
    return b"".join(lines.feed(data[start:end]) for start, end in pairwise(edges)) + lines.end()


@given(st.lists(st.integers(1, len(EVENTS)), max_size=20))
@settings(derandomize=True)
def test_events_become_plain_wherever_they_are_cut(cuts: list[int]) -> None:
    assert rewritten(PlainEvents(), EVENTS, cuts) == PLAIN


@pytest.mark.parametrize("rest", [b'data: {"c": 3}', b"data: {", b"dat", b""])
def test_an_event_without_an_end_is_left_out(rest: bytes) -> None:
    assert rewritten(PlainEvents(), EVENTS + rest, []) == PLAIN


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b'{"a": 1}\n\n \n{"b": 2}\n', b'{"a": 1}\n{"b": 2}\n'),
        (b'{"a": 1}\n{"b": 2}', b'{"a": 1}\n{"b": 2}\n'),
        (b'{"a": 1}\n{"b": ', b'{"a": 1}\n'),
        (b"\n", b""),
    ],
)
def test_objects_stand_in_a_line_each(data: bytes, lines: bytes) -> None:
    assert rewritten(JsonLines(), data, list(range(len(data)))) == lines
