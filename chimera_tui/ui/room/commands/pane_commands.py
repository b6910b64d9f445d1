"""What is shown: panels, columns, other screens, help."""

from contextlib import suppress

from chimera_tui.domain.arguments import parse_persona
from chimera_tui.domain.errors import UnknownError
from chimera_tui.domain.persona import TWIN
from chimera_tui.ui.kit.command import Command
from chimera_tui.ui.room.room_context import RoomContext


async def _panels(context: RoomContext, _: str) -> None:
    context.view.toggle_panels()


async def _rooms(context: RoomContext, _: str) -> None:
    context.view.toggle_rooms()


async def _columns(context: RoomContext, _: str) -> None:
    await context.view.toggle_columns()


async def _vitals(context: RoomContext, _: str) -> None:
    from chimera_tui.ui.room.vitals_screen import VitalsScreen  # noqa: PLC0415 - not needed at first

    cast = [(row.slug, row.speaker) for row in context.known.cast_rows()]
    await context.app.ask(VitalsScreen(context.known.measures, cast))


async def _sent(context: RoomContext, who: str) -> None:
    from chimera_tui.ui.room.sent_screen import SentScreen  # noqa: PLC0415 - not needed at first

    slug = context.persona(who) if who else ""
    await context.app.ask(SentScreen(context.live_room, context.known.cast_rows(), slug))


async def _providers(context: RoomContext, name: str) -> None:
    await context.app.open.providers(name)


async def _studio(context: RoomContext, who: str) -> None:
    """Look at the personas: the one named, under the cursor of the cast, or who spoke."""
    slug = who.removeprefix("@").casefold() or context.view.focused_persona
    if not slug and (message := context.reply()):
        slug = message.turn.speaker
    if who and context.state:
        with suppress(UnknownError):  # somebody of the library, then
            slug = parse_persona(who, context.cast).slug
    await context.app.open.studio(slug.partition(TWIN)[0])


async def _write(context: RoomContext, _: str) -> None:
    context.view.begin_writing("/")


async def _theme(context: RoomContext, name: str) -> None:
    if name:
        context.app.preferences.choose_theme(name)
    else:
        await context.app.open.themes()


async def _help(context: RoomContext, _: str) -> None:
    await context.app.open.help()


async def _quit(context: RoomContext, _: str) -> None:
    await context.app.open.end()


def _is_open(context: RoomContext) -> bool:
    return context.state is not None


PANELS = Command(
    name="panels",
    words="Show the panels",
    run=_panels,
    keys="o",
    short="panels",
    is_available=lambda context: context.view.has_hidden_panels,
)
ROOMS = Command(name="rooms", words="Show the rooms", run=_rooms, keys="l", short="rooms")
COLUMNS = Command(
    name="columns",
    words="One column a persona",
    run=_columns,
    keys="c",
    short="columns",
    is_available=_is_open,
)
VITALS = Command(
    name="vitals",
    words="Score, heat, who agrees with whom",
    run=_vitals,
    keys="v",
    is_available=_is_open,
)
SENT = Command(
    name="sent",
    words="Show what the next speaker is sent",
    run=_sent,
    keys="f9",
    argument="[@PERSONA]",
    is_available=lambda context: context.room is not None,
)
PROVIDERS = Command(
    name="providers",
    words="Providers: keys, health, what was sent",
    run=_providers,
    keys="f4",
    argument="[PROVIDER]",
)
STUDIO = Command(
    name="studio",
    words="Personas: edit, try, make new ones",
    run=_studio,
    keys="p,f8",
    argument="[@persona]",
)
WRITE = Command(name="write", words="Write a command", run=_write, keys="slash", is_written=False)
THEME = Command(name="theme", words="Choose the colours", run=_theme, argument="THEME")
HELP = Command(
    name="help", words="Keys and commands", run=_help, keys="question_mark,f1", short="help"
)
QUIT = Command(name="quit", words="Leave Chimera", run=_quit)
