"""Pictures of what a person does to a conversation: answers, branches, edits, whispers, vitals."""

from dataclasses import replace
from typing import Any

from textual.pilot import Pilot

from chimera_tui.domain.conversation import HUMAN
from chimera_tui.domain.saved import SavedConversation
from chimera_tui.ui.room.sent_screen import SentPage, SentScreen
from tests.ui.fakes import MODELS, OLLAMA, FakeChimera, a_message, a_saved, with_alternative
from tests.ui.pictures import CAST, TALK, Act, Picture, look, press, rooms
from tests.ui.running import composer_of, do, scene_of, until

DISPUTE = (
    ("philosopher", "Comedian, I doubt that. A laugh proves nothing about knowledge, does it?"),
    ("comedian", "Philosopher, no! You are wrong, and the whole room knows it: they laughed."),
    ("scientist", "I agree with you, Comedian. The room is evidence, and exactly the right kind."),
    (
        "grandmother",
        "Nonsense, Scientist. I disagree: the room was cold, they laughed to get warm.",
    ),
    ("philosopher", "Grandmother, that is true, well said: warmth explains more than wit."),
    ("comedian", "But Grandmother, that is not so. My landlord is cold, and has never laughed."),
    ("scientist", "Comedian, exactly. Your landlord is a control group of one, and a good one."),
    ("grandmother", "Philosopher, you are right. Knowledge keeps; a joke goes off by evening."),
)


def a_dispute(**details: Any) -> SavedConversation:
    """Four who agree and dispute."""
    return a_saved(*DISPUTE, number=9, cast=CAST, **details)


def a_disputing_room() -> FakeChimera:
    """The same, to be opened."""
    return FakeChimera(a_dispute(), *rooms()[1:], healths=[OLLAMA])


def many_answers() -> FakeChimera:
    """A turn that was answered three times, once of them cut short."""
    saved = with_alternative(a_saved(*TALK, number=9, cast=CAST), 3, "*That* is what I ask you.")
    longer = (
        "You laugh, therefore you knew. Nobody laughs at what they have not understood; they only "
        "smile, and look for the door.\n\n1. the smile is manners\n2. the laugh is evidence"
    )
    return FakeChimera(with_alternative(saved, 3, longer), *rooms()[1:])


def branched() -> FakeChimera:
    """A talk that went three ways, and one of them two."""
    saved = many_answers().saved[9]
    tree = saved.tree
    more = [
        replace(a_message(6, "comedian", "So my career is a control group.", None), id=20),
        replace(a_message(7, "scientist", "With a sample of one, yes.", None), id=21, parent_id=20),
        replace(a_message(6, "grandmother", "Bad will do.", None), id=22, parent_id=5),
        replace(a_message(4, "comedian", "My landlord smiles.", None), id=23, parent_id=6),
        replace(a_message(5, "philosopher", "At the door?", None), id=24, parent_id=23),
        replace(a_message(5, "scientist", "At what temperature?", None), id=25, parent_id=23),
    ]
    messages = [*tree.messages.values(), *more]
    return FakeChimera(
        replace(saved, tree=type(tree).of(messages, {5: 20, 2: 3}), turns=7), *rooms()[1:]
    )


def gone_back() -> FakeChimera:
    """The same, after somebody went back, and before anything was said."""
    fake = branched()
    fake.saved[9].tree.end_at(3)
    return fake


def whispered() -> FakeChimera:
    """What was told to one alone, told as nobody, and edited."""
    saved = a_saved(*TALK, number=9, cast=CAST)
    whisper = replace(a_message(6, HUMAN, "Do not let him get away with it.", None), to="comedian")
    narration = replace(
        a_message(
            7, HUMAN, "The lights go out. Somewhere a door falls shut, and nobody laughs.", None
        ),
        is_narration=True,
    )
    edited = a_message(8, "comedian", "Then I shall tell it in the dark.", MODELS["comedian"])
    edited = replace(edited, edited_at=edited.created_at)
    messages = [*saved.tree.messages.values(), whisper, narration, edited]
    tree = type(saved.tree).of(messages, {})
    return FakeChimera(replace(saved, tree=tree, turns=8), *rooms()[1:])


def opened(*keys: str) -> Act:
    """Stand on what the Philosopher said, and press keys."""
    return press("home", "j", "j", *keys)


async def show_sent(pilot: Pilot[Any]) -> None:
    """Look at what the next speaker is sent."""
    await press("f9")(pilot)
    await until(pilot, lambda: isinstance(pilot.app.screen, SentScreen))
    await until(pilot, lambda: pilot.app.screen.query_one(SentPage).row_count())


async def write_whisper(pilot: Pilot[Any]) -> None:
    """Write to one persona alone."""
    await look(pilot)
    do(pilot, "whisper", "@Comedian")
    composer_of(pilot).write("Do not let him")
    composer_of(pilot).field.cursor_blink = False
    await pilot.pause()


async def measured(pilot: Pilot[Any]) -> None:
    """Wait until it was measured."""
    await look(pilot)
    await until(pilot, lambda: scene_of(pilot).measures.score)


async def show_vitals(pilot: Pilot[Any]) -> None:
    """Look at all that is measured."""
    await measured(pilot)
    await pilot.press("v")
    await pilot.pause()


HAND_PICTURES = {
    "answers": Picture(make=many_answers, act=opened("a")),
    "branches": Picture(make=branched, act=press("B")),
    "edit": Picture(make=many_answers, act=opened("e")),
    "pace": Picture(make=many_answers, act=press("P", "plus", "plus", "plus"), size=(80, 24)),
    "sent": Picture(make=many_answers, act=show_sent),
    "topic": Picture(make=many_answers, act=press("T")),
    "vitals": Picture(make=a_disputing_room, act=show_vitals),
    "agreement": Picture(make=a_disputing_room, act=measured, size=(140, 46)),
    "whispered": Picture(make=whispered, act=press("end", "k")),
    "whispering": Picture(make=whispered, act=write_whisper),
}
