"""From what was said to what the transcript draws; needs no terminal.

All text of others is cleaned here or by the transcript: labels by `one_line`.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import Enum
from functools import lru_cache, partial

from chimera_tui.domain.conversation import (
    DEMO,
    HUMAN,
    Conversation,
    Failure,
    Finish,
    Message,
    ModelRef,
    Notice,
    Turn,
)
from chimera_tui.domain.errors import Fault
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.saved import Tree
from chimera_tui.domain.text import CHARACTERS_PER_TOKEN, one_line
from chimera_tui.ui.kit.costs import message_costs
from chimera_tui.ui.kit.glyphs import UNICODE, plain_emoji
from chimera_tui.ui.kit.themes import HUES, assign_hues
from chimera_tui.ui.transcript.entries import (
    Chip,
    Entry,
    FailureEntry,
    Item,
    MessageEntry,
    NoticeEntry,
    Speaker,
    Unseen,
)

UNNAMED = "Human"
"""What a person is called who has not said a name; they read `You`."""

FINISHES = {
    Finish.CUT: Chip(label="cut short", kind="error"),
    Finish.STOPPED: Chip(label="stopped"),
    Finish.FILTER: Chip(label="filtered", kind="error"),
}
"""How messages end that do not end as their speakers meant."""

Key = tuple[str, str]
"""Names an entry: what it is, and whose."""


class Remedy(Enum):
    """What a person can do about a failed turn."""

    RETRY = "retry"
    SKIP = "skip"
    MODEL = "model"
    KEEP = "keep"
    KEY = "key"
    LOOK = "look"


NEEDS_HANDS = {Fault.AUTH, Fault.MONEY}
"""Faults of a key or of what stands behind it: to ask again is not enough."""


def key_of(turn: Turn) -> Key:
    """Names the entry of a turn: the same while it is said, when it stands, for each answer."""
    return (f"turn {turn.number}", turn.speaker)


def failure_key(turn: Turn) -> Key:
    """Names the block of a turn that failed."""
    return (f"failure {turn.number}", turn.speaker)


def clock(moment: datetime) -> str:
    """The time of day here, as heads show it."""
    return _time_of_day(int(moment.timestamp()) // 60)


@lru_cache(maxsize=4096)
def _time_of_day(minute: int) -> str:
    return datetime.fromtimestamp(minute * 60).astimezone().strftime("%H:%M")


def speakers(conversation: Conversation, *, has_plain_emoji: bool = False) -> dict[str, Speaker]:
    """How each persona of the cast, and the human, is named and coloured."""
    personas = conversation.known
    own_name = one_line(conversation.human_name, 40)
    known = {HUMAN: Speaker(name="You" if own_name == UNNAMED else own_name)}
    for persona, hue in zip(personas, assign_hues([p.colour for p in personas]), strict=True):
        known[persona.slug] = Speaker(
            name=one_line(persona.short_name, 40),
            emoji=emoji_of(persona, is_plain=has_plain_emoji),
            hue=hue,
        )
    return known


def emoji_of(persona: Persona, *, is_plain: bool) -> str:
    """The emoji of a persona; in its plainest form where a terminal needs that."""
    emoji = one_line(persona.emoji, 8)
    return plain_emoji(emoji) if is_plain else emoji


def message_entry(
    message: Message, known: Mapping[str, Speaker], alternatives: list[int]
) -> MessageEntry:
    """What the transcript shows of a message that stands."""
    told = message.provenance
    model = told.model if told else None
    return MessageEntry(
        key=key_of(message.turn),
        speaker=_speaker(message.turn.speaker, known),
        model=_model_label(model),
        time=clock(message.created_at),
        text=message.text,
        thinking=message.thinking,
        costs=_narrated(message) if message.is_narration else message_costs(told) if told else (),
        chips=(*_chips(message, known, alternatives), *demo_chip(model)),
        is_narration=message.is_narration,
        is_live=False,
    )


def _narrated(message: Message) -> tuple[str, ...]:
    """What stands below a narration while it has the focus: it has no head to say so."""
    edited = " · edited" if message.edited_at else ""
    return (f"narrated at {clock(message.created_at)}{edited}", f"narration{edited}", "narration")


def _chips(
    message: Message, known: Mapping[str, Speaker], alternatives: list[int]
) -> Iterator[Chip]:
    """What is to be known of a message beside its words."""
    if message.thinking:
        yield Chip(label="thought", action="thought")
    if message.provenance and message.provenance.attempt > 1:
        yield Chip(label="retry")
    if message.to:
        yield Chip(label=f"to {_speaker(message.to, known).name} alone")
    if message.edited_at:
        yield Chip(label="edited")
    if len(alternatives) > 1:
        place = alternatives.index(message.id) + 1
        yield Chip(label=f"‹ {place}/{len(alternatives)} ›", kind="bright")
    if message.finish in FINISHES:
        yield FINISHES[message.finish]


def live_entry(
    turn: Turn, model: ModelRef | None, known: Mapping[str, Speaker], *, text: str, time: str
) -> MessageEntry:
    """What the transcript shows of a reply that is being said."""
    return MessageEntry(
        key=key_of(turn),
        speaker=_speaker(turn.speaker, known),
        model=_model_label(model),
        time=time,
        text=text,
        chips=demo_chip(model),
        is_live=True,
    )


def notice_entry(notice: Notice, number: int) -> NoticeEntry:
    """What the transcript shows of a line of the system."""
    return NoticeEntry(key=(f"notice {number}", ""), text=one_line(notice.text))


def remedies(failure: Failure) -> tuple[Remedy, ...]:
    """What can be done about `failure`, in the order of the number keys."""
    choices = [Remedy.RETRY, Remedy.SKIP, Remedy.MODEL]
    if failure.text:
        choices.append(Remedy.KEEP)
    if failure.kind in NEEDS_HANDS and failure.model:
        choices += [Remedy.KEY, Remedy.LOOK]
    return tuple(choices)


def failure_entry(failure: Failure, known: Mapping[str, Speaker]) -> FailureEntry:
    """What the transcript shows of a failed turn: what happened, what was kept, what to do."""
    name = _speaker(failure.turn.speaker, known).name
    words = len(failure.text.split())
    was_interrupted = failure.kind == Fault.INTERRUPTED
    lines = [one_line(text) for text in (failure.problem, failure.hint) if text]
    if words:
        said = "What was said is recovered" if was_interrupted else "What was said is saved"
        lines.append(
            f"{said}: {words} {'word' if words == 1 else 'words'}. Nothing is sent again by itself."
        )
    elif was_interrupted:
        lines.append("Nothing had been said yet. Nothing is sent again by itself.")
    model = _model_label(failure.model) or "its model"
    provider = one_line(failure.model.provider, 40) if failure.model else ""
    effects = {
        Remedy.RETRY: ("try again", f"asks {model} once more"),
        Remedy.SKIP: ("go on without this turn", f"{name} is passed over once"),
        Remedy.MODEL: ("choose another model", f"for {name}, then try again"),
        Remedy.KEEP: ("keep the part", "as a message, marked cut short"),
        Remedy.KEY: (f"set a key for {provider}", "tests it, then tries again"),
        Remedy.LOOK: (f"look at {provider}", "what was sent, what came"),
    }
    return FailureEntry(
        key=failure_key(failure.turn),
        title=f"{name} was interrupted"
        if was_interrupted
        else f"{name} could not finish"
        if words
        else f"{name} could not answer",
        title_rest="when the program ended" if was_interrupted else "",
        lines=tuple(lines),
        remedies=tuple(effects[remedy] for remedy in remedies(failure)),
    )


def path_items(
    tree: Tree,
    notices: Iterable[Notice],
    failure: Failure | None,
    known: Mapping[str, Speaker],
) -> list[Item]:
    """All that the transcript shows of the chosen path, in order."""

    def made(message: Message) -> MessageEntry:
        return message_entry(message, known, tree.alternatives(message))

    behind: dict[int | None, list[Item]] = {}
    for number, notice in enumerate(notices):
        behind.setdefault(notice.after_id, []).append(notice_entry(notice, number))
    items = behind.get(None, [])[:]
    for message in tree.trunk:
        if not message.is_deleted:
            items.append(Unseen(key_of(message.turn), message.text, partial(made, message)))
        items += behind.get(message.id, ())
    if failure:
        items += failure_entries(failure, known)
    return items


def failure_entries(failure: Failure, known: Mapping[str, Speaker]) -> list[Entry]:
    """The failed turn: what was heard of it, then what happened and the remedies."""
    entries: list[Entry] = []
    if failure.text:
        entries.append(broken_entry(failure, known))
    return [*entries, failure_entry(failure, known)]


def broken_entry(failure: Failure, known: Mapping[str, Speaker]) -> MessageEntry:
    """The part that was heard of a reply before it broke."""
    return MessageEntry(
        key=key_of(failure.turn),
        speaker=_speaker(failure.turn.speaker, known),
        model=_model_label(failure.model),
        time="",
        text=failure.text,
        chips=(Chip(label="cut short", kind="error"), *demo_chip(failure.model)),
        is_live=False,
    )


def _speaker(slug: str, known: Mapping[str, Speaker]) -> Speaker:
    return known.get(slug) or Speaker(name=one_line(slug, 40), hue=HUES[-1])


@lru_cache(maxsize=256)
def _model_label(model: ModelRef | None) -> str:
    return one_line(model.model, 60) if model and model.provider != DEMO.provider else ""


def tempo_chip(characters: int, seconds: float) -> Chip:
    """How fast a reply comes: an estimate, from its characters."""
    rate = characters / CHARACTERS_PER_TOKEN / seconds
    return Chip(label=f"{UNICODE.live} ~{rate:.0f} tok/s")


@lru_cache(maxsize=256)
def demo_chip(model: ModelRef | None) -> tuple[Chip, ...]:
    """The mark of what the demo says; nothing for others."""
    is_demo = model is not None and model.provider == DEMO.provider
    return (Chip(label="DEMO", kind="demo"),) if is_demo else ()
