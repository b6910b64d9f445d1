"""What a room goes by: title, topic, mode, pace, budget, the model that helps."""

from dataclasses import asdict, replace

from chimera_tui.domain.arguments import parse_budget, parse_pace
from chimera_tui.domain.conversation import Budget
from chimera_tui.domain.text import one_line
from chimera_tui.ui.kit.command import Command
from chimera_tui.ui.kit.costs import budget_text
from chimera_tui.ui.kit.dialog import AskText, Choose
from chimera_tui.ui.new_room.room_words import MODE_WORDS, budget_words, mode_name, pace_name
from chimera_tui.ui.room.room_context import RoomContext


def _is_live(context: RoomContext) -> bool:
    return context.room is not None


async def _rename(context: RoomContext, title: str) -> None:
    if not title:
        question = AskText(
            "What is this room called?",
            context.known.conversation.title,
            note="The topic stays what it was.",
            done="rename",
        )
        title = await context.app.ask(question) or ""
    if title:
        await context.live_room.settings.rename(title)


async def _topic(context: RoomContext, topic: str) -> None:
    if not topic:
        topic = await _ask_topic(context)
    if topic:
        await context.live_room.settings.set_topic(topic)


async def _ask_topic(context: RoomContext) -> str:
    from chimera_tui.library.starters import draw  # noqa: PLC0415 - not needed at first
    from chimera_tui.ui.room.room_dialogs import AskTopic  # noqa: PLC0415 - see above

    conversation, offer = context.known.conversation, context.live_room.settings.offered_topic
    rng = conversation.rng(len(context.known.tree.path))
    seen = {conversation.current_topic}
    offered = [offer] if offer else []

    def proposal() -> str:
        topic = offered.pop() if offered else draw(context.cast, rng, avoid=seen).text
        seen.add(topic)
        return topic

    return await context.app.ask(AskTopic(conversation.current_topic, proposal)) or ""


async def _mode(context: RoomContext, name: str) -> None:
    if not name:
        from chimera_tui.engine.turn_taking import MODES  # noqa: PLC0415 - not before the paint

        names = list(MODES)
        choices = [(mode_name(one), MODE_WORDS.get(one, "")) for one in names]
        current = names.index(context.known.conversation.mode)
        index = await context.app.ask(Choose("Who speaks next?", choices, current))
        if index is None:
            return
        name = names[index]
    mode = name.replace(" ", "_").casefold()
    await context.live_room.settings.set_mode(mode)
    context.app.tell(f"Mode: {mode_name(mode)}, {MODE_WORDS.get(mode, 'from the next turn on')}.")


async def _pace(context: RoomContext, text: str) -> None:
    if text:
        pace: float | None = parse_pace(text)
    else:
        from chimera_tui.ui.room.room_dialogs import AskPace  # noqa: PLC0415 - not needed at first

        pace = await context.app.ask(AskPace(context.known.conversation.pace))
    if pace is not None:
        await context.live_room.settings.set_pace(pace)
        context.app.tell(f"Pace: {pace_name(pace)}.")


async def _budget(context: RoomContext, text: str) -> None:
    """Set what is named, and leave the other limits; what is asked for is all of them."""
    now = context.known.conversation.budget
    budget = parse_budget(text) if text else Budget()
    if text and budget != Budget():
        named = {name: limit for name, limit in asdict(budget).items() if limit is not None}
        budget = replace(now, **named)
    elif not text:
        note = "Dollars, then tokens if you like: 1.00 200k. Or off."
        question = AskText("What may this room use up?", budget_text(now), note=note, done="set")
        text = await context.app.ask(question) or ""
        budget = parse_budget(text) if text else now
    if text:
        await context.live_room.settings.set_budget(budget)
        context.app.tell(f"Budget: {budget_words(budget)}.")


async def _helper(context: RoomContext, text: str) -> None:
    if not text:
        now = context.known.conversation.rules.helper or "off"
        note = "provider/model, a small and cheap one: it directs, names, sums up. Or off."
        text = (
            await context.app.ask(AskText("Which model helps?", now, note=note, done="set")) or ""
        )
    if text:
        helper = "" if text.strip() == "off" else text.strip()
        await context.live_room.settings.set_rules(helper=helper)
        context.app.tell(f"{one_line(helper, 60) or 'No model'} helps this room now.")


RENAME = Command(
    name="rename",
    words="Rename the room",
    run=_rename,
    keys="f2",
    argument="TITLE",
    is_available=_is_live,
)
TOPIC = Command(
    name="topic",
    words="Move on to another topic",
    run=_topic,
    keys="T",
    argument="[TOPIC]",
    is_available=_is_live,
)
MODE = Command(
    name="mode",
    words="Choose who speaks next, and how",
    run=_mode,
    argument="MODE",
    is_available=_is_live,
)
PACE = Command(
    name="pace",
    words="Speak slower or faster",
    run=_pace,
    keys="P",
    argument="[0 to 3]",
    is_available=_is_live,
)
BUDGET = Command(
    name="budget",
    words="Say what the room may cost",
    run=_budget,
    argument="DOLLARS [TOKENS] or off",
    is_available=_is_live,
)
HELPER = Command(
    name="helper",
    words="Choose the model that directs and summarises",
    run=_helper,
    argument="PROVIDER/MODEL or off",
    is_available=_is_live,
)
