"""P46 to P51 of the fault catalogue: what small servers and gateways do that is none."""

import json
from typing import Any

from chimera_tui.domain.conversation import Finish
from chimera_tui.domain.errors import Fault
from tests.fault_dialects import OPENAI, SAID, Reply
from tests.providers.catalogue import Case, DoesNotOccurError, row
from tests.providers.helpers import Wire
from tests.providers.turns import RETRY, TWICE

PLAN = "Secret plan."
CALM = "The sea is calm today."
PARTS = [{"type": "thinking", "thinking": [{"type": "text", "text": PLAN}]}]
SAYS = [{"type": "text", "text": "The sea is "}, "calm today.", {"type": "image", "image": 7}]
ODD: dict[Wire, list[dict[str, Any]]] = {
    "openai": [
        {"id": None, "model": 7, "created": "today", "object": [], "usage": "none", "choices": {}},
        {"choices": [{"delta": {"content": PARTS, "role": 7, "tool_calls": "none"}}, 7, None]},
        {"choices": [{"index": "0", "delta": {"reasoning": 7, "content": SAYS}, "logprobs": "x"}]},
        {"choices": {"delta": None, "message": None, "finish_reason": False}, "usage": {"a": []}},
    ],
    "anthropic": [
        {"type": "message_start", "message": {"model": 7, "usage": "none", "content": None}},
        {"type": "content_block_start", "index": "0", "content_block": PARTS[0]},
        {"type": "content_block_delta", "delta": {"type": "text_delta", "text": SAYS}},
        {"type": "message_delta", "delta": {"stop_reason": None}, "usage": {"output_tokens": []}},
        {"type": 7, "delta": None, "message": "none"},
    ],
    "gemini": [
        {"modelVersion": 7, "responseId": 7, "createTime": {}, "usageMetadata": "none"},
        {"candidates": [{"content": {"parts": [{"text": PLAN, "thought": True}]}, "index": "0"}]},
        {"candidates": {"content": {"parts": SAYS, "role": 7}, "safetyRatings": "x"}},
        {"candidates": None, "promptFeedback": "none", "usageMetadata": {"promptTokenCount": "x"}},
    ],
    "ollama": [
        {"model": 7, "created_at": 7, "message": None, "done": "no"},
        {"message": {"content": None, "thinking": {"text": PLAN}, "tool_calls": "none"}},
        {"message": {"role": 7, "content": SAYS, "images": 7}, "eval_count": "x"},
        {"message": "", "done": False, "load_duration": "long"},
    ],
}
"""Events in which nothing is of its type but the words."""
OTHER_TYPES = (
    "application/json",
    "text/plain",
    "text/html; charset=utf-8",
    "text/event-stream",
    "application/octet-stream",
)


def streamed(case: Case, name: str, *events: bytes, content_type: str = "") -> str:
    """A scenario that sends these events and the end."""

    async def act(reply: Reply) -> None:
        await reply.head(content_type=content_type)
        await reply.send(*events)
        await reply.done()

    return case.play(name, act)


def said(case: Case, *texts: str) -> tuple[bytes, ...]:
    """These words and the end, as events."""
    return *(case.dialect.piece(text) for text in texts), case.dialect.end()


@row("P46", "fields of another type that nobody needs, words in parts")
async def p46(case: Case) -> None:
    events = (case.dialect.event(event) for event in ODD[case.wire])
    heard = await case.whole(streamed(case, "odd", *events, case.dialect.end()), CALM)
    assert heard.thought == PLAN
    counted = streamed(case, "counted", *said(case, CALM)[:-1], case.dialect.end(sent="7"))
    heard = await case.whole(counted, CALM)
    assert heard.finished
    if case.wire != "anthropic":  # the dialect sums up counts
        assert heard.finished.usage
        assert heard.finished.usage.input == 7


@row("P47", "thoughts among the words")
async def p47(case: Case) -> None:
    for begins, ends in (
        ("<think>\n", "\n</think>\n\n"),
        ("", "\n</think>\n\n"),
        ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
    ):
        for pieces in (
            (f"{begins}{PLAN}{ends}", CALM),
            (f"{begins}{PLAN}{ends}{CALM}",),
            tuple(f"{begins}{PLAN}{ends}{CALM}"),
        ):
            heard = await case.whole(streamed(case, "thinks", *said(case, *pieces)), CALM)
            assert heard.thought.strip() == PLAN
    for pieces in ((f"<think>{PLAN}",), (f"{PLAN}\n</think>\n",)):
        heard = await case.silent(streamed(case, "only_thinks", *said(case, *pieces)), TWICE)
        assert heard.thought.strip() == PLAN
    honest = "The tag `<think>` is no thought, nor is </think> here."
    await case.whole(streamed(case, "honest", *said(case, honest)), honest)


@row("P48", "marks of templates among the words")
async def p48(case: Case) -> None:
    for mark in ("<|im_end|>\n<|im_start|>user\n", "<|eot_id|>", "</s>", "<end_of_turn>\n"):
        for pieces in ((CALM, mark, "[Bob]: Oh!"), tuple(f"{CALM}{mark}")):
            act = streamed(case, "marked", *said(case, *pieces))
            heard = await case.whole(act, CALM, trailer=20)
            assert heard.finished
            assert heard.finished.reason is Finish.STOP
            assert heard.finished.usage

    async def goes_on(reply: Reply) -> None:
        await reply.head()
        await reply.send(case.dialect.piece(f"{CALM}<|im_end|>"))
        while not reply.reader.at_eof():
            await reply.send(case.dialect.piece("[Bob]: Oh! "))
            await reply.wait(0.01)

    await case.whole(case.play("goes_on", goes_on), CALM, trailer=0.1)


@row("P49", "events without data")
async def p49(case: Case) -> None:
    if case.wire == "ollama":
        raise DoesNotOccurError("it is no stream of events")
    for nothing in (b"data: \n\n", b"data\n\n", b"retry: 3000\n\n", b"event: ping\n\n", b"id\n\n"):
        await case.whole(
            streamed(case, "nothing", nothing, *said(case, CALM), nothing, b":\n\n"), CALM
        )


@row("P50", "a body that differs from its header")
async def p50(case: Case) -> None:
    document = case.dialect.document()
    pretty = json.dumps(json.loads(document), indent=2).encode()
    events = (case.dialect.piece(SAID), case.dialect.end())
    for content_type in OTHER_TYPES:
        await case.whole(streamed(case, "events", *events, content_type=content_type), SAID)
        for body in (document, pretty, b"\n" + document + b"\n"):
            await case.whole(streamed(case, "body", body, content_type=content_type), SAID)
    lines = b"\n".join(event for event in map(_bare, events) if event)
    await case.whole(streamed(case, "lines", lines), SAID)
    event = b"".join(b"data: %b\n\n" % line for line in lines.split(b"\n"))
    await case.whole(streamed(case, "as_events", event, content_type="text/event-stream"), SAID)


def _bare(events: bytes) -> bytes:
    """The JSON of events, a line each."""
    lines = (line.strip().removeprefix(b"data: ") for line in events.split(b"\n"))
    return b"\n".join(line for line in lines if line.startswith(b"{"))


@row("P51", "the end of a stream told in another form")
async def p51(case: Case) -> None:
    if case.wire == "openai":
        await _ends_of_openai(case)
    elif case.wire == "anthropic":
        whole = {"type": "message", "content": [{"type": "text", "text": CALM}], "stop_reason": "x"}
        for pieces in ((), ("The sea is ",), (CALM,)):
            events = (*said(case, *pieces)[:-1], case.dialect.event(whole))
            await case.whole(streamed(case, "end", *events), CALM)
    cut = said(case, CALM)[:-1]
    for reason in (None, "", "null", False, 0):
        act = streamed(case, "no_end", *cut, *_with_reason(case, reason))
        await case.fault(act, Fault.TRUNCATED, then=RETRY)


def _with_reason(case: Case, reason: object) -> list[bytes]:
    """The last event, with something in the place of the reason that is none."""
    events: dict[Wire, object] = {
        "openai": {"choices": [{"delta": {}, "finish_reason": reason}]},
        "anthropic": {"type": "message_delta", "delta": {"stop_reason": reason}},
        "gemini": {"candidates": [{"finishReason": reason}]},
        "ollama": {"message": {"content": ""}, "done": reason},
    }
    return [case.dialect.event(events[case.wire])]


async def _ends_of_openai(case: Case) -> None:
    message = {"role": "assistant", "content": CALM}
    for last in (
        {"choices": [{"message": message, "finish_reason": "stop"}]},
        {"choices": [{"delta": {}, "message": message, "finish_reason": "stop"}]},
        {"choices": [{"delta": {}, "message": message}], "finish_reason": "stop"},
        {"choices": [{"delta": {"finish_reason": "stop"}, "message": message}]},
        {"choices": [{"message": message, "stop_reason": "eos"}]},
        {"choices": [{"message": message, "finish_details": {"type": "stop"}}]},
        {"message": message, "done_reason": "stop", "done": True},
    ):
        for pieces in ((), ("The sea is ",), (CALM,)):
            events = (*said(case, *pieces)[:-1], case.dialect.event(last))
            await case.whole(streamed(case, "end", *events, b"data: [DONE]\n\n"), CALM)
    messages = (
        case.dialect.event({"choices": [{"message": {"content": text}}]})
        for text in ("The sea is ", "calm", " today.")
    )
    await case.whole(streamed(case, "messages", *messages, case.dialect.end()), CALM)
    behind = (OPENAI.choice("stop", content="The sea is "), OPENAI.piece("calm today."))
    for done in (b"data: [DONE]\n\n", b"data: [done]\n", b'data: "[DONE]"\n\n', b"[DONE]\n", b""):
        await case.whole(streamed(case, "behind", *behind, done), CALM)
    usage = {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 5}}
    events = (*said(case, CALM)[:-1], case.dialect.event(usage), b"data: [DONE]\n\n")
    await case.whole(streamed(case, "counted", *events), CALM)
