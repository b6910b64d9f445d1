"""What a person can do in the studio: one table, read by keys, footer, palette and help."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from chimera_tui.domain.conversation import ModelRef
from chimera_tui.domain.errors import ChangedElsewhereError, ChimeraError
from chimera_tui.domain.history import PersonaVersion, Sketch
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.text import one_line
from chimera_tui.library.library import Origin
from chimera_tui.ui.kit.command import Command, Commands, always
from chimera_tui.ui.kit.costs import usual_usage
from chimera_tui.ui.kit.dialog import AskText, Choose
from chimera_tui.ui.kit.paths import PERSONA_ENDINGS, typed_path
from chimera_tui.ui.kit.undo import Step
from chimera_tui.ui.room.room_state import CastRow
from chimera_tui.ui.studio.persona_import import take_in
from chimera_tui.ui.studio.studio_context import StudioContext

if TYPE_CHECKING:
    from chimera_tui.core.studio import Removed
    from chimera_tui.ui.room.model_picker import Picked

FORMATS = (
    ("toml", "a file of Chimera, for the folder of another person", ".toml"),
    ("png", "a picture with the card in it, for most other programs", ".png"),
    ("v2", "a card that nearly every program reads", ".json"),
    ("v3", "a card of the newer kind", ".json"),
    ("charx", "an archive with the newer card in it", ".charx"),
)
"""Names of formats, what each is good for, how its files end."""


def _is_somebody(context: StudioContext) -> bool:
    return bool(context.state.slug)


def _is_edited(context: StudioContext) -> bool:
    return context.state.is_edited


def _is_saved(context: StudioContext) -> bool:
    return context.state.saved is not None


def _is_changed(context: StudioContext) -> bool:
    return context.state.is_own(Origin.CHANGED)


def _is_removable(context: StudioContext) -> bool:
    return context.state.is_removable


def _is_undoable(context: StudioContext) -> bool:
    return context.undo.last(None) is not None


# Saving


async def _save(context: StudioContext, _: str) -> None:
    """Save what stands in the form: it holds from the next turn on wherever it is cast."""
    if context.goes_to_problem():
        return
    book, slug = context.state.book, context.state.slug
    persona = context.session.draft()
    try:
        saved = await context.studio.save(persona, book.base(slug))
    except ChangedElsewhereError as error:
        if not await _asked_to_keep_mine(context, slug, error):
            return
        saved = await context.studio.save(persona, book.saved(slug), anyway=True)
    book.drop(slug)
    context.session.keep(slug, None)
    await context.session.show_saved(saved)
    context.app.tell(f"{saved.name} is saved.{_where(context, saved)}")


async def _asked_to_keep_mine(context: StudioContext, slug: str, error: ChimeraError) -> bool:
    """Ask which definition is to hold; say whether it is the one in the form."""
    back = f"{context.app.key_of('studio.undo')} brings my edits back"
    choices = [("keep mine", "theirs stays among the versions"), ("take theirs", back)]
    index = await context.app.ask(Choose(error.problem, choices, 0))
    if index == 1:
        _throw_away(context, slug)
    context.panes.draw_library()
    return index == 0


def _where(context: StudioContext, saved: Persona) -> str:
    """In which open room it holds."""
    for room in context.app.open.live_rooms():
        if any(one.persona.original == saved.slug for one in room.conversation.cast):
            return " In the room it speaks so from its next turn on."
    return ""


# Making


async def _new(context: StudioContext, _: str) -> None:
    _begin(context, context.state.book.begin())


async def _duplicate(context: StudioContext, _: str) -> None:
    fields = context.state.fields
    _begin(context, context.state.book.begin({**fields, "name": f"{fields['name']} 2"}))


def _begin(context: StudioContext, sketch: Sketch) -> None:
    context.view.clear_search()
    context.session.keep(sketch.slug, sketch)
    context.state.slug = sketch.slug
    context.panes.draw_library()
    context.view.go_to_form("name")


# Taking away, and back


async def _revert(context: StudioContext, _: str) -> None:
    """Drop the edits: what is saved stands again."""
    _throw_away(context, context.state.slug)
    context.app.tell(
        f"The edits are dropped: {context.app.key_of('studio.undo')} brings them back."
    )


def _throw_away(context: StudioContext, slug: str) -> None:
    sketch = context.state.book.drop(slug)
    context.session.keep(slug, None)
    if sketch:

        async def take_up() -> None:
            context.state.book.put(sketch)
            context.session.keep(slug, sketch)
            context.state.slug = slug

        _can_undo(context, "The edits are back.", take_up)
    context.panes.draw_library()


async def _delete(context: StudioContext, _: str) -> None:
    """Take the persona, or a file that cannot be read, out of the library."""
    state = context.state
    if state.broken:
        await _remove(context, state.broken)
    elif state.saved is None:
        _throw_away(context, state.slug)
        context.app.tell(f"It is dropped: {context.app.key_of('studio.undo')} brings it back.")
    else:
        await _remove(context, state.library.file(state.slug))


async def _reset(context: StudioContext, _: str) -> None:
    """Let the built-in persona stand again in the place of the person's own."""
    await _remove(context, context.state.library.file(context.state.slug))


async def _remove(context: StudioContext, path: Path) -> None:
    """Remove a file; it can be brought back."""
    removed = await context.studio.remove(path)

    async def bring_back() -> None:
        await context.studio.bring_back(removed)
        await _show_without(context, removed)

    _can_undo(context, f"{removed.name} is back.", bring_back)
    if removed.slug in context.state.book.sketches:
        _throw_away(context, removed.slug)
    await _show_without(context, removed)
    is_built_in = removed.slug in context.state.library.personas
    what = "is as it was built in" if is_built_in else "is deleted"
    undo = context.app.key_of("studio.undo")
    context.app.tell(f"{removed.name} {what}: {undo} undoes that.")


async def _show_without(context: StudioContext, removed: "Removed") -> None:
    """Show and cast what the library holds now."""
    if saved := context.state.library.personas.get(removed.slug):
        await context.session.show_saved(saved)
    else:
        context.panes.draw_library()


def _can_undo(context: StudioContext, words: str, back: Callable[[], Awaitable[object]]) -> None:
    context.undo.push(Step(words, None, back))


async def _undo(context: StudioContext, _: str) -> None:
    """Undo the last removal, or bring the edits back that were dropped last."""
    if step := context.undo.last(None):
        context.undo.forget(step)
        await step.back()
        context.panes.draw_library()
        context.app.tell(step.done)


# Trying


async def _try(context: StudioContext, _: str) -> None:
    """Let the persona answer, as it is saved and as it stands in the form."""
    if not context.goes_to_problem():
        context.view.go_to_try()
        context.session.begin_trying(context.view.line)


async def _model(context: StudioContext, _: str) -> None:
    """Choose what plays the persona while it is tried."""
    if picked := await _pick_model(context, context.session.model):
        context.session.choose_model(picked.model)


async def choose_value(context: StudioContext, key: str) -> None:
    """Fill a field, emoji or model, from a list."""
    if key == "model":
        if picked := await _pick_model(context, context.state.hinted_model):
            context.view.fill("model", str(picked.model) if picked.model else "")
        return
    from chimera_tui.ui.studio.emoji_picker import EmojiPicker  # noqa: PLC0415 - at first use

    state = context.state
    picker = EmojiPicker(state.speaker.name, state.fields["emoji"])
    if emoji := await context.app.ask(picker):
        context.view.fill("emoji", emoji)


async def _pick_model(context: StudioContext, now: ModelRef | None) -> "Picked | None":
    from chimera_tui.ui.room.model_picker import ModelPicker  # noqa: PLC0415 - at first use

    state, session, chimera = context.state, context.session, context.session.chimera
    row = CastRow(
        slug=state.slug,
        speaker=state.speaker,
        state="waiting",
        model=one_line(str(now), 80) if now else "automatic",
        share=0,
        assigned=now,
    )
    picker = ModelPicker(
        [row],
        list(chimera.health.values()),
        state.slug,
        is_local=lambda provider: chimera.connections.is_free(ModelRef(provider, "")),
        usual=usual_usage(session.room.tree.path if session.room else ()),
    )
    return await context.app.ask(picker)


async def _versions(context: StudioContext, _: str) -> None:
    """Look at what the persona was; go back to it, or try it beside the form."""
    from chimera_tui.ui.studio.persona_versions import PersonaVersions  # noqa: PLC0415 - at first use

    state = context.state
    if (saved := state.saved) is None or context.goes_to_problem():
        return
    slug, versions = state.slug, await context.studio.versions(state.slug)
    builtin = state.library.builtin(slug)
    known = {version.persona for version in versions}
    more = [PersonaVersion(persona=one) for one in (saved, builtin) if one and one not in known]
    kept = [*versions, *dict.fromkeys(more)]
    chosen = await context.app.ask(PersonaVersions(context.session.draft(), saved, kept, builtin))
    if chosen is None:
        return
    if chosen.is_compared:
        state.compared_with = (chosen.when, chosen.persona)
        await _try(context, "")
        return
    context.session.keep(slug, state.book.write_all(slug, chosen.persona))
    context.panes.draw_library()
    context.app.tell(f"It stands in the form: {context.app.key_of('studio.save')} saves it.")


# Files


async def _import(context: StudioContext, _: str) -> None:
    from chimera_tui.ui.kit.pick_file import PickFile  # noqa: PLC0415 - at first use

    question = "Import which persona?"
    if path := await context.app.ask(PickFile(question, PERSONA_ENDINGS, typed_path("~"))):
        await import_file(context, path)


async def import_file(context: StudioContext, path: Path) -> None:
    """Read a file, and take the persona in it into the library."""
    found = await context.studio.read(path)
    if saved := await take_in(context.app, context.studio, found):
        await context.session.show_saved(saved)


async def _export(context: StudioContext, _: str) -> None:
    """Write the persona, as it stands in the form, to a file."""
    if context.goes_to_problem():
        return
    choices = [(f"{name}  {ending}", words) for name, words, ending in FORMATS]
    index = await context.app.ask(Choose("Export as what?", choices, 0))
    if index is None:
        return
    name, words, ending = FORMATS[index]
    proposed = f"{context.studio.file_name(context.state.speaker.name)}{ending}"
    question = AskText("Write it to which file?", proposed, note=f"It is {words}.", done="write")
    if where := await context.app.ask(question):
        path = typed_path(where)
        await context.studio.export_persona(context.session.draft(), name, path)
        context.app.tell(f"Written to {path}.")


# Moving about


async def _search(context: StudioContext, _: str) -> None:
    context.view.go_to_search()


async def _back(context: StudioContext, _: str) -> None:
    """Stop who speaks; else back to the form, to the list, out of the search, to the room."""
    if context.session.stop() or context.view.step_back():
        return
    await context.session.leave()
    context.view.close()
    if count := len(context.state.book.sketches):
        edits = f"{count} edit{'s are' if count > 1 else ' is'} not saved, and kept"
        how_long = "" if context.studio.keeps_sketches else " until Chimera ends"
        them = "them" if count > 1 else "it"
        context.app.tell(f"{edits}{how_long}: the studio shows {them}.")


async def _help(context: StudioContext, _: str) -> None:
    await context.app.open.help()


def _command(
    name: str,
    words: str,
    run: Callable[[StudioContext, str], Awaitable[object]],
    keys: str,
    short: str = "",
    is_available: Callable[[StudioContext], bool] = always,
    *,
    goes_first: bool = False,
    key_display: str = "",
) -> Command[StudioContext]:
    """Make a command of the studio, where nothing is written behind `/`."""
    return Command(
        name=name,
        words=words,
        run=run,
        keys=keys,
        short=short,
        is_available=is_available,
        is_written=False,
        goes_first=goes_first,
        key_display=key_display,
    )


COMMANDS = Commands(
    (
        _command("studio.save", "Save", _save, "ctrl+s", "save", _is_edited, goes_first=True),
        _command("studio.try", "Try it", _try, "ctrl+t", "try it", _is_somebody, goes_first=True),
        _command("studio.new", "New", _new, "ctrl+n,n", "new"),
        _command("studio.duplicate", "Duplicate", _duplicate, "d", "duplicate", _is_somebody),
        _command("studio.versions", "Versions", _versions, "v", "versions", _is_saved),
        _command("studio.delete", "Delete", _delete, "delete", "delete", _is_removable),
        _command("studio.undo", "Undo", _undo, "u", "undo", _is_undoable),
        _command("studio.import", "Import", _import, "i,ctrl+o", "import", key_display="i"),
        _command("studio.export", "Export", _export, "x", "export", _is_somebody),
        _command("studio.reset", "Back to the built-in one", _reset, "b", "", _is_changed),
        _command("studio.revert", "Drop the edits", _revert, "z", "", _is_edited),
        _command(
            "studio.model", "Choose what plays it", _model, "f6", "", _is_somebody, goes_first=True
        ),
        _command("studio.search", "Search", _search, "slash"),
        _command("back", "Back", _back, "escape", "back"),
        _command("help", "Help", _help, "question_mark,f1"),
    )
)
"""Everything; the order is that of the footer and of the help."""
