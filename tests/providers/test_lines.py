"""Documents, in whatever form and however cut they come, and the lines made of them."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chimera_tui.providers.documents import Documents
from chimera_tui.providers.lines import json_lines, plain_events

A, B, C = {"a": 1}, {"b": 2}, {"c": 3}
EVENTS = (
    b': hi\r\n\r\nevent: x\rdata:{"a": 1, "type": ""}\r\rid: 7\ndata: {"b":\ndata:  2}\n\n'
    b'retry: 1\n\nevent: ping\n\ndata:\n\ndata\n\ndata: {"c": 3}\ndata: [1]\n\n'
)
READ = [{"a": 1, "type": ""}, B, C, [1]]


def read(data: bytes, cuts: list[int]) -> list[Any]:
    documents = Documents()
    edges = [0, *sorted(cut for cut in set(cuts) if cut < len(data)), len(data)]
    chunks = [data[start:end] for start, end in pairwise(edges)]
    found = [document for chunk in chunks for document in documents.feed(chunk)]
    return [*found, *documents.end()]


@given(st.lists(st.integers(1, len(EVENTS)), max_size=20))
@settings(derandomize=True)
def test_events_are_read_wherever_they_are_cut(cuts: list[int]) -> None:
    assert read(EVENTS, cuts) == READ


@pytest.mark.parametrize("rest", [b"data: {", b"dat", b"", b"data: [DONE]", b"[DONE]\n"])
def test_an_event_that_is_cut_is_left_out(rest: bytes) -> None:
    assert read(EVENTS + rest, []) == READ


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b'{"a": 1}\n\n \n{"b": 2}\n', [A, B]),
        (b'{"a": 1}\n{"b": 2}', [A, B]),
        (b'{"a": 1}\n{"b": ', [A]),
        (b'data: {"a": 1}\ndata: {"b": 2}\n', [A, B]),  # the empty lines are missing
        (b'data: {"a": 1}\n\ndata: {"b": 2}', [A, B]),
        (b'{\n  "a":\n\n 1\n}\n', [A]),
        (b'[\n{"a": 1},\n{"b": 2}]', [[A, B]]),
        (b"\n", []),
        (b"data: [done]\n\ndata: 5\n\n", []),
        (b"data: [DONE]\n\nnonsense\n\n", []),
        (b'data: "[DONE]"\n\ndata: {nonsense\n\n', []),
        (b"event: error\ndata: it broke\n\n", [{"error": "it broke", "type": "error"}]),
        (b'event: ping\ndata: {"a": 1}\n\n', [A | {"type": "ping"}]),
    ],
)
def test_the_body_decides_what_it_is(data: bytes, found: list[Any]) -> None:
    assert read(data, []) == found
    assert read(data, list(range(len(data)))) == found


@pytest.mark.parametrize("data", [b"{nonsense\n", b"data: {nonsense\n\n", b"OK", b"{}\n{no\n"])
def test_what_is_no_json_is_not_passed_over(data: bytes) -> None:
    with pytest.raises(ValueError, match="JSON"):
        read(data, [])


def test_what_an_sdk_reads_stands_in_its_form_up_to_what_cannot_be_read() -> None:
    for make, form in ((plain_events, b"data: %b\n\n"), (json_lines, b"%b\n")):
        lines = make(lambda document: document)()
        whole = b"".join(form % json.dumps(one, separators=(",", ":")).encode() for one in (A, B))
        assert lines.feed(b'data: {"a": 1}\n\n[{"b": 2}]\n{no\n[7]\n') == whole
        assert lines.is_broken
        assert lines.feed(b"{}\n") + lines.end() == b""
