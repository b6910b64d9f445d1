"""Who takes part: coming and going, muted and heard, in order, on which model."""

from collections.abc import Awaitable, Callable

from chimera_tui.domain.arguments import parse_persona, parse_personas, split_model
from chimera_tui.domain.conversation import ModelRef
from chimera_tui.domain.text import one_line
from chimera_tui.ui.kit.blocks import fit
from chimera_tui.ui.kit.command import Command
from chimera_tui.ui.kit.costs import usual_usage
from chimera_tui.ui.kit.dialog import AskText, Choose
from chimera_tui.ui.room.room_context import RoomContext

Action = tuple[str, str, Callable[[], Awaitable[object]]]
"""Something to do with a persona: its name, what it means, and how it is done."""


def _is_live(context: RoomContext) -> bool:
    return context.room is not None


async def choose_persona(
    context: RoomContext, who: str, question: str, *, first: str = ""
) -> str | None:
    """Return the slug of the persona that is named, or under the cursor of the cast, or chosen.

    Args:
        context: The room.
        who: What was written; empty: nothing.
        question: What is asked if neither says who.
        first: The slug of whom the question begins with.

    Raises:
        UnknownError: If nobody here is called `who`.
    """
    if who:
        return context.persona(who)
    if slug := context.view.focused_persona:
        return slug
    rows = context.known.cast_rows()
    choices = [(f"{fit(row.speaker.emoji, 3)}{row.speaker.name}", row.state) for row in rows]
    current = next((i for i, row in enumerate(rows) if row.slug == first), 0)
    index = await context.app.ask(Choose(question, choices, current))
    return None if index is None else rows[index].slug


async def _invite(context: RoomContext, argument: str) -> None:
    """Let a persona join; one that is here is joined by a twin."""
    room, library = context.live_room, context.library.library
    slug, model = split_model(argument)
    if not slug:
        from chimera_tui.ui.room.invite_dialog import Invite  # noqa: PLC0415 - not needed at first

        here = {one.persona.original for one in room.conversation.cast}
        if not (slug := await context.app.ask(Invite(list(library), here)) or ""):
            return
    persona = parse_persona(slug, library, where="in the library")
    await room.cast.invite(persona, model)


async def _remove(context: RoomContext, who: str) -> None:
    if slug := await choose_persona(context, who, "Who leaves?"):
        await context.live_room.cast.remove(slug)


async def _duplicate(context: RoomContext, slug: str) -> None:
    """Let a twin of a persona join, on the same model at first."""
    room = context.live_room
    member = room.conversation.assignment(slug)
    personas = context.library.library.personas
    original = personas.get(member.persona.original, member.persona)
    await room.cast.invite(original, member.model)


async def _mute(context: RoomContext, who: str) -> None:
    if slug := await choose_persona(context, who, "Who is muted, or heard again?"):
        room = context.live_room
        is_muted = room.conversation.assignment(slug).is_muted
        await room.cast.mute(slug, is_muted=not is_muted)
        name = context.name_of(slug)
        how = "speaks by itself again" if is_muted else "speaks only when called"
        context.app.tell(f"{name} {how}.")


async def _solo(context: RoomContext, who: str) -> None:
    room = context.live_room
    now = room.conversation.solo
    if slug := await choose_persona(context, who or now, "Who alone speaks?"):
        await room.cast.solo("" if slug == now else slug)
        name = context.name_of(slug)
        how = "All speak again." if slug == now else f"Only {name} speaks unasked."
        context.app.tell(how)


async def _order(context: RoomContext, names: str) -> None:
    if not names:
        order = " ".join(f"@{one.short_name}" for one in context.cast)
        note = "Who is not named comes behind. In the cast panel ⇧↑ and ⇧↓ move one."
        question = AskText("In which order do they sit?", order, note=note, done="sit so")
        names = await context.app.ask(question) or ""
    if names:
        slugs = [one.slug for one in parse_personas(names, context.cast)]
        await context.live_room.cast.reorder(slugs)


async def move(context: RoomContext, slug: str, by: int) -> None:
    """Let a persona sit earlier or later."""
    room = context.live_room
    slugs = [one.persona.slug for one in room.conversation.cast]
    to = max(0, min(len(slugs) - 1, slugs.index(slug) + by))
    slugs.remove(slug)
    slugs.insert(to, slug)
    await room.cast.reorder(slugs)


async def _model(context: RoomContext, argument: str) -> None:
    """Choose who plays a persona; `@persona provider/model` does it at once."""
    name, model = split_model(argument)
    if model:
        await context.live_room.cast.assign(context.persona(name), model)
        return
    slug = context.persona(name) if name else context.view.focused_persona
    if not slug and (message := context.reply()):
        slug = message.turn.speaker
    await pick_model(context, slug)


async def pick_model(context: RoomContext, slug: str, *, then_retry: bool = False) -> None:
    """Ask which model plays a persona, and who takes over for it.

    Args:
        context: The room.
        slug: Whom the question begins with; somebody who is not here: the first of the cast.
        then_retry: Whether the failed turn is to be taken again then.
    """
    from chimera_tui.ui.room.model_picker import ModelPicker  # noqa: PLC0415 - not needed at first

    room, rows, chimera = context.live_room, context.known.cast_rows(), context.library
    known = [row.slug for row in rows]
    picker = ModelPicker(
        rows,
        list(chimera.health.values()),
        slug if slug in known else known[0],
        is_local=lambda provider: chimera.connections.is_free(ModelRef(provider, "")),
        usual=usual_usage(context.known.tree.path),
    )
    if picked := await context.app.ask(picker):
        await room.cast.assign(picked.slug, picked.model, picked.fallbacks)
        if then_retry:
            await room.retry()


async def cast_menu(context: RoomContext, slug: str) -> None:
    """Offer all that can be done with a persona of the cast."""
    if context.room is None:
        return
    actions = _actions(context, slug)
    speaker = context.known.speakers[slug]
    choices = [(name, meaning) for name, meaning, _ in actions]
    index = await context.app.ask(Choose(f"{speaker.emoji} {speaker.name}", choices, 0))
    if index is not None:
        await actions[index][2]()


def _actions(context: RoomContext, slug: str) -> list[Action]:
    """Return what can be done with a persona now."""
    room = context.live_room
    conversation = room.conversation
    member = conversation.assignment(slug)
    place, last = conversation.cast.index(member), len(conversation.cast) - 1
    model = one_line(str(member.model), 40) if member.model else "automatic"
    mute = ("unmute", "speaks again by itself") if member.is_muted else _MUTED
    solo = ("end solo", "all speak again") if conversation.solo == slug else _ALONE

    async def speak() -> None:
        room.next(slug)

    actions: list[Action] = [
        ("model", f"now {model}", lambda: pick_model(context, slug)),
        ("speak next", "takes the next turn", speak),
        (*mute, lambda: _mute(context, slug)),
        (*solo, lambda: _solo(context, slug)),
        ("edit", "in the studio", lambda: context.app.open.studio(member.persona.original)),
    ]
    if place > 0:
        actions.append(("move up", "sits earlier", lambda: move(context, slug, -1)))
    if place < last:
        actions.append(("move down", "sits later", lambda: move(context, slug, 1)))
    twin = "a twin joins; give it another model"
    actions.append(("duplicate", twin, lambda: _duplicate(context, slug)))
    if last:
        stays = "leaves; what it said stays"
        actions.append(("remove", stays, lambda: room.cast.remove(slug)))
    return actions


_MUTED = ("mute", "speaks only when called")
_ALONE = ("solo", "nobody else speaks unasked")

MODEL = Command(
    name="model",
    words="Choose who plays a persona",
    run=_model,
    keys="m",
    short="models",
    argument="[@persona] [provider/model]",
    is_available=_is_live,
)
INVITE = Command(
    name="invite",
    words="Let somebody join",
    run=_invite,
    argument="@persona [provider/model]",
    is_available=_is_live,
)
REMOVE = Command(
    name="remove",
    words="Let somebody go",
    run=_remove,
    argument="@persona",
    is_available=_is_live,
)
MUTE = Command(
    name="mute",
    words="Mute somebody, or hear it again",
    run=_mute,
    argument="@persona",
    is_available=_is_live,
)
SOLO = Command(
    name="solo",
    words="Let only one speak, or all again",
    run=_solo,
    argument="@persona",
    is_available=_is_live,
)
ORDER = Command(
    name="order",
    words="Put the cast in order",
    run=_order,
    argument="@persona @persona",
    is_available=_is_live,
)
