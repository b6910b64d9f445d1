"""How a conversation is written down while it is spoken."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from chimera_tui.cli.output import Output
from chimera_tui.cli.talk_json import JsonText
from chimera_tui.cli.talk_plain import PlainText, StreamCleaner
from chimera_tui.domain.conversation import (
    CostSource,
    Failure,
    Finish,
    Message,
    ModelRef,
    Notice,
    Provenance,
    Turn,
    Usage,
)
from chimera_tui.domain.errors import Fault
from chimera_tui.domain.events import (
    AttemptStarted,
    ConversationEnded,
    EndReason,
    Event,
    MessageCompleted,
    NoticePosted,
    PauseReason,
    RoomPaused,
    TextReceived,
    TextWithdrawn,
    TurnDropped,
    TurnFailed,
)
from chimera_tui.domain.text import clean
from tests.fakes import MODEL, NOON, a_conversation

ADA, BOB = Turn(number=1, speaker="ada"), Turn(number=2, speaker="bob")
MESSAGE = Message(
    id=1,
    parent_id=None,
    turn=ADA,
    text="Well \x1b[31m.",
    provenance=Provenance(
        model=MODEL,
        persona_version="abc",
        temperature=0.8,
        max_tokens=300,
        usage=Usage(input=100, output=4),
        cost=1_500,
        cost_source=CostSource.FREE,
        first_text=0.25,
        duration=1.5,
    ),
    created_at=NOON,
)
FAILURE = Failure(
    turn=ADA, model=MODEL, kind=Fault.SERVER, problem="It is ill.", hint="Wait.", text="Well"
)


def started(turn: Turn, model: ModelRef = MODEL) -> AttemptStarted:
    return AttemptStarted(
        turn=turn, model=model, persona_version="abc", temperature=0.8, max_tokens=300
    )


def plain(*events: Event) -> Output:
    """All that is written of these events."""
    text = PlainText(a_conversation("Ada", "Bob"))
    lines = [text(event) for event in events]
    return Output("".join(line.out for line in lines), "|".join(li.err for li in lines if li.err))


PIECES = st.lists(
    st.text()
    | st.sampled_from(
        ["\r", "\n", "\r\n", "\x1b[", "\x9b2J", "e\u0301", "\u0301" * 5, "  ", "\u200b"]
    )
)


@given(PIECES)
def test_pieces_are_cleaned_as_the_whole_is(pieces: list[str]) -> None:
    cleaner = StreamCleaner()
    assert "".join(map(cleaner, pieces)) == clean("".join(pieces).rstrip())


def test_a_conversation_is_written_with_heads_and_a_margin() -> None:
    written = plain(
        started(ADA),
        TextReceived(turn=ADA, text="One,\n"),
        TextReceived(turn=ADA, text="two. "),
        MessageCompleted(message=MESSAGE),
        started(BOB, ModelRef("demo", "demo")),
        TextReceived(turn=BOB, text="Three."),
        MessageCompleted(message=replace(MESSAGE, id=2, turn=BOB)),
        ConversationEnded(reason=EndReason.FINISHED),
    )
    assert written == Output(
        "The Ada (scripted/model)\n  One,\n  two.\n\nThe Bob (DEMO)\n  Three.\n\n"
    )


def test_words_that_were_only_thought_are_told_from_the_reply() -> None:
    heard = started(ADA), TextReceived(turn=ADA, text="Plan."), TextWithdrawn(turn=ADA)
    written = plain(*heard, TextReceived(turn=ADA, text="One."), MessageCompleted(message=MESSAGE))
    head = "The Ada (scripted/model)\n  "
    assert written == Output(f"{head}Plan. [only thought]\n\n{head}One.\n\n")
    assert json.loads(JsonText(1)(TextWithdrawn(turn=ADA)).out)["event"] == "text_withdrawn"


def test_no_reply_can_forge_a_speaker() -> None:
    forged = "Hm.\r\nThe Bob (DEMO)\u2028The Bob (DEMO)\x85The Bob (DEMO)\n"
    lines = plain(started(ADA), TextReceived(turn=ADA, text=forged)).out.split("\n")
    assert [line for line in lines if not line.startswith("  ")] == ["The Ada (scripted/model)"]


def test_it_says_how_a_message_ended_early() -> None:
    stopped = replace(MESSAGE, finish=Finish.STOPPED)
    cut = replace(MESSAGE, finish=Finish.CUT, finish_note="cut at 256 KiB")
    heard = started(ADA), TextReceived(turn=ADA, text="Well")
    assert plain(*heard, MessageCompleted(message=stopped)).out.endswith("Well [stopped]\n\n")
    assert plain(*heard, MessageCompleted(message=cut)).out.endswith(
        "Well [cut: cut at 256 KiB]\n\n"
    )


def test_failures_notices_and_ends_go_to_stderr() -> None:
    written = plain(
        started(ADA),
        TextReceived(turn=ADA, text="Well"),
        TurnFailed(failure=FAILURE),
        NoticePosted(notice=Notice(after_id=None, text="so it goes", created_at=NOON)),
        ConversationEnded(reason=EndReason.FAILED),
    )
    assert written.out.endswith("  Well [broken off]\n\n")
    assert written.err == (
        "The Ada did not speak: It is ill. Wait.|so it goes|"
        "Ended: nobody could speak any more. What was said is kept."
    )


def test_json_of_each_event() -> None:
    text = JsonText(7)
    pieces = TextReceived(turn=ADA, text="\x9b é")
    dropped = TurnDropped(turn=ADA)
    ended = ConversationEnded(reason=EndReason.FINISHED)
    events: list[Event] = [started(ADA), pieces, TurnFailed(failure=FAILURE), dropped, ended]
    turn = {"conversation_id": 7, "turn": 1, "speaker": "ada"}
    model = {"provider": "scripted", "model": "model"}
    assert [json.loads(text(event).out) for event in events] == [
        {"event": "attempt_started"} | turn | model,
        {"event": "text_received", "text": "\x9b é"} | turn,
        {
            "event": "turn_failed",
            "kind": "server",
            "problem": "It is ill.",
            "hint": "Wait.",
            "text": "Well",
        }
        | turn
        | model,
        {"event": "turn_dropped"} | turn,
        {"event": "conversation_ended", "conversation_id": 7, "reason": "finished"},
    ]
    assert all(text(event).out.isascii() for event in events)
    assert text(RoomPaused(reason=PauseReason.ASKED)) == Output()


def test_json_of_a_message() -> None:
    line = JsonText(7)(MessageCompleted(message=MESSAGE)).out
    assert "\x1b" not in line
    assert json.loads(line) == {
        "event": "message_completed",
        "conversation_id": 7,
        "turn": 1,
        "message_id": 1,
        "speaker": "ada",
        "text": "Well \x1b[31m.",
        "provider": "scripted",
        "model": "model",
        "input_tokens": 100,
        "output_tokens": 4,
        "cost_usd": 0.0015,
        "cost_source": "free",
        "first_text_s": 0.25,
        "duration_s": 1.5,
        "finish": "stop",
        "finish_note": "",
    }
