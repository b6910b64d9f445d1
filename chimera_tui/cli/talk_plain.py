"""What `talk` prints for people: who speaks, and what is said while it is said."""

from typing import assert_never

from chimera_tui.cli.output import Output
from chimera_tui.domain.conversation import (
    DEMO,
    Conversation,
    Failure,
    Finish,
    Message,
    ModelRef,
    Turn,
)
from chimera_tui.domain.events import (
    AttemptStarted,
    ConversationChanged,
    ConversationEnded,
    EndReason,
    ErrandDone,
    Event,
    MessageChanged,
    MessageCompleted,
    NoticePosted,
    PathChanged,
    ProviderSwitched,
    RetryScheduled,
    RoomPaused,
    RoomResumed,
    TextReceived,
    TextWithdrawn,
    ThinkingReceived,
    TurnDelayed,
    TurnDropped,
    TurnFailed,
    TurnStarted,
)
from chimera_tui.domain.health import WaitReason
from chimera_tui.domain.text import clean, one_line

MARGIN = "  "
"""Stands before what is said, so that no reply can write a head and forge a speaker."""

_DELAYS = {
    WaitReason.LOADING: "The model is being loaded …",
    WaitReason.LIMIT: "Waiting: enough requests were made in this minute",
    WaitReason.ASKED: "Waiting: the provider asked for it",
    WaitReason.BREAKER: "Waiting: the provider does not answer, it is tried again",
    WaitReason.QUEUE: "Waiting: the provider is busy with other requests of ours",
}
"""What is said of a wait; of the pause before another attempt, its event says more."""
_ENDS = {
    EndReason.FINISHED: "",
    EndReason.STOPPED: "Stopped. What was said is kept.",
    EndReason.FAILED: "Ended: nobody could speak any more. What was said is kept.",
    EndReason.BUDGET: "Ended: what may be spent is spent. What was said is kept.",
    EndReason.STRAYED: "Ended: the database is not where it was.",
    EndReason.CRASHED: "",  # said with its cause by whoever ran the room
}


class PlainText:
    """Writes a conversation down while it is spoken."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._models: dict[int, ModelRef] = {}
        self._turn: Turn | None = None
        self._cleaner = StreamCleaner()

    def __call__(self, event: Event) -> Output:  # noqa: C901, PLR0911, PLR0912 - the union
        """Return what is to be written when `event` happens."""
        match event:
            case AttemptStarted(turn=turn, model=model):
                self._models[turn.number] = model
                return Output()
            case RetryScheduled(number=number, of=of, seconds=seconds, problem=problem):
                wait = f" in {seconds:.0f} s" if seconds >= 1 else ""
                return Output(err=one_line(f"{problem} Attempt {number} of {of}{wait}."))
            case TurnDelayed(why=why, seconds=seconds) if why in _DELAYS:
                wait = f" ({seconds:.0f} s)" if seconds else ""
                return Output(err=f"{_DELAYS[why]}{wait}")
            case TextReceived(turn=turn, text=text):
                return Output(self._head(turn) + self._cleaner(text).replace("\n", f"\n{MARGIN}"))
            case TextWithdrawn():
                return Output(self._end(" [only thought]"))
            case MessageCompleted(message=message):
                return Output(self._end(_mark(message)))
            case TurnFailed(failure=failure):
                return Output(
                    self._end(" [broken off]" if failure.text else ""), self._why(failure)
                )
            case NoticePosted(notice=notice):
                return Output(err=one_line(notice.text))
            case ConversationEnded(reason=reason):
                return Output(err=_ENDS[reason])
            case TurnStarted() | TurnDelayed() | ThinkingReceived() | ProviderSwitched():
                return Output()  # a notice tells of the new one
            case TurnDropped() | RoomPaused() | RoomResumed():
                return Output()
            case PathChanged() | ConversationChanged() | MessageChanged() | ErrandDone():
                return Output()
            case _:
                assert_never(event)

    def _head(self, turn: Turn) -> str:
        """Name the speaker, if another one spoke before."""
        if turn == self._turn:
            return ""
        before = self._end("")
        self._turn, self._cleaner = turn, StreamCleaner()
        model = self._models[turn.number]
        label = "DEMO" if model.provider == DEMO.provider else one_line(str(model))
        name = one_line(self._conversation.name_of(turn.speaker))
        return f"{before}{name} ({label})\n{MARGIN}"

    def _end(self, mark: str) -> str:
        if self._turn is None:
            return ""
        self._turn = None
        return f"{mark}\n\n"

    def _why(self, failure: Failure) -> str:
        name = self._conversation.name_of(failure.turn.speaker)
        return one_line(f"{name} did not speak: {failure.problem} {failure.hint}".rstrip())


class StreamCleaner:
    """Cleans a text that comes in pieces: together they give what the whole would give."""

    _REACH = 9
    """Characters before a piece that `clean` has to see: it counts marks up to eight."""

    def __init__(self) -> None:
        self._shown = ""
        self._held = ""

    def __call__(self, piece: str) -> str:
        """Return what can be shown now. White space at the end waits for what follows it."""
        piece = self._held + piece
        said = piece.rstrip()
        self._held = piece[len(said) :]
        text = clean(self._shown + said)
        new = text[len(self._shown) :]
        self._shown = text[-self._REACH :]
        return new


def _mark(message: Message) -> str:
    if message.finish is Finish.STOPPED:
        return " [stopped]"
    if message.finish is Finish.STOP:
        return ""
    return (
        f" [{message.finish}{one_line(f': {message.finish_note}' if message.finish_note else '')}]"
    )
