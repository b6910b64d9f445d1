"""What can be done to personas: saved, taken out, brought back, taken in, given out, tried."""

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

from chimera_tui.domain.clock import utc_now
from chimera_tui.domain.conversation import Budget, Failure, Message, ModelRef, Provenance
from chimera_tui.domain.errors import ChangedElsewhereError, ChimeraError
from chimera_tui.domain.events import Event, MessageCompleted, TurnFailed
from chimera_tui.domain.history import PersonaVersion, Sketch, Uses
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.saved import SavedConversation
from chimera_tui.domain.text import one_line
from chimera_tui.engine.journal import EventRecorder
from chimera_tui.engine.preview import alone, among, preview
from chimera_tui.engine.room import Room
from chimera_tui.library.library import Library
from chimera_tui.library.slugs import slug_of
from chimera_tui.storage.personas import PersonaRecords
from chimera_tui.system.files import write_file

if TYPE_CHECKING:
    from chimera_tui.library.persona_formats import ImportedPersona

MakeRoom = Callable[[SavedConversation, EventRecorder], Room]
"""Makes a room that speaks as all do, over a recorder of its own."""


@dataclass(frozen=True, slots=True)
class Removed:
    """A persona that was taken out of the library, and can be brought back."""

    name: str
    slug: str
    moved: tuple[tuple[Path, Path], ...]
    """Where its files were, and where they are now."""


class Studio:
    """Where personas are made.

    Args:
        library: The personas.
        records: What is kept of them beside their files.
        rooms: Makes the rooms in which they are tried.
        budget: What one try may use up at most.
    """

    def __init__(
        self, library: Library, records: PersonaRecords, rooms: MakeRoom, budget: Budget
    ) -> None:
        self.library = library
        self._records = records
        self._rooms = rooms
        self._budget = budget
        self._removed: list[Removed] = []
        self._sketches: dict[str, Sketch] = {}
        """Edits that the database does not take."""

    # What is known

    async def uses(self) -> dict[str, Uses]:
        """Say how often each persona has spoken.

        Raises:
            StorageError: If it cannot be read.
        """
        return await self._records.uses()

    async def versions(self, slug: str) -> list[PersonaVersion]:
        """Return what a persona was, the newest first.

        Raises:
            StorageError: If it cannot be read.
        """
        return await self._records.versions(slug)

    @property
    def keeps_sketches(self) -> bool:
        """Whether edits outlive the program: not where the database cannot be written."""
        return not self._records.is_read_only

    async def sketches(self) -> list[Sketch]:
        """Return the edits that are not saved yet.

        Raises:
            StorageError: If they cannot be read.
        """
        kept = {sketch.slug: sketch for sketch in await self._records.sketches()}
        return [*(kept | self._sketches).values()]

    async def keep_sketch(self, sketch: Sketch) -> None:
        """Keep an edit until it is saved: in the database, else until the program ends.

        Raises:
            StorageError: If it cannot be kept.
        """
        if self.keeps_sketches:
            await self._records.keep_sketch(sketch)
        else:
            self._sketches[sketch.slug] = sketch

    async def drop_sketch(self, slug: str) -> None:
        """Forget an edit.

        Raises:
            StorageError: If it cannot be forgotten.
        """
        self._sketches.pop(slug, None)
        if self.keeps_sketches:
            await self._records.drop_sketch(slug)

    def free_slug(self, name: str) -> str:
        """Return a slug for a new persona called `name` that nobody in the library has."""
        slug = slug_of(name)
        taken = {*self.library.personas, *(path.stem for path in self.library.broken)}
        numbered = (f"{slug}-{number}" for number in count(2))
        return next(free for free in chain([slug], numbered) if free not in taken)

    # Saving

    def file_name(self, name: str) -> str:
        """Return how a file for a persona called `name` may be called, without its ending."""
        return slug_of(name)

    async def save(
        self, persona: Persona, over: Persona | None, *, anyway: bool = False
    ) -> Persona:
        """Write a persona into the person's folder, and keep what it was before.

        Args:
            persona: What to save.
            over: What the library is to hold now under its slug; None: nothing.
            anyway: Whether to write it whatever the library holds: a person was asked.

        Returns:
            The persona as the library holds it now.

        Raises:
            ChangedElsewhereError: If it holds something else: then nothing is written.
            ChimeraError: If it cannot be written.
        """
        await asyncio.to_thread(self._write, persona, over, is_asked=anyway)
        saved = self.library.get(persona.slug)
        if not self._records.is_read_only:
            await self._records.add_saving(saved, over)
        return saved

    def _write(self, persona: Persona, over: Persona | None, *, is_asked: bool) -> None:
        self.library.reload_changed()
        if is_asked:
            self.library.save(persona)
            return
        path = self.library.own_file(persona.slug)
        if problem := self.library.broken.get(path):
            raise ChangedElsewhereError(f"Its file is broken now: {problem}")
        if (theirs := self.library.personas.get(persona.slug)) != over:
            raise ChangedElsewhereError(
                f"{one_line(theirs.name, 40)} was changed by another program meanwhile."
                if theirs
                else f"{one_line(persona.name, 40)} was deleted by another program meanwhile."
            )
        self.library.save(persona)

    async def remove(self, path: Path) -> Removed:
        """Take a file of the person's own out of the library; what was built in shows again.

        It stays beside its place, unseen, until this program ends: `bring_back` undoes it.

        Raises:
            ChimeraError: If it is no file of the person's own, or cannot be moved.
        """
        removed = await asyncio.to_thread(self._remove, path)
        self._removed.append(removed)
        return removed

    def _remove(self, path: Path) -> Removed:
        from chimera_tui.library.persona_formats import card_files  # noqa: PLC0415 - see `_read`

        if path.parent == self.library.folders[0]:
            raise ChimeraError("What is built in stays.", hint="Change it: yours takes its place.")
        persona = self.library.personas.get(path.stem)
        name = persona.name if persona else one_line(path.name, 80)
        moved = []
        for file in (path, *card_files(path)):
            if os.path.lexists(file):
                hidden = file.with_name(f".{file.name}.removed")
                _move(file, hidden)
                moved.append((file, hidden))
        self.library.reload_changed()
        return Removed(name, path.stem, tuple(moved))

    async def bring_back(self, removed: Removed) -> None:
        """Undo a removal.

        Raises:
            ChimeraError: If there is another file in its place by now.
        """
        await asyncio.to_thread(self._bring_back, removed)
        self._removed.remove(removed)

    def _bring_back(self, removed: Removed) -> None:
        for file, hidden in removed.moved:
            if os.path.lexists(file):
                raise ChimeraError(f"There is a file `{one_line(str(file))}` again.")
            _move(hidden, file)
        self.library.reload_changed()

    async def aclose(self) -> None:
        """Let what was removed be gone."""
        hidden = [path for removed in self._removed for _, path in removed.moved]
        await asyncio.to_thread(_unlink, hidden)

    # Files of other programs

    async def read(self, path: Path) -> "ImportedPersona":
        """Read a persona from a file of any format; nothing is written.

        Raises:
            InvalidFileError: If there is no such file, or no persona in it.
        """
        return await asyncio.to_thread(_read, path)

    async def import_persona(self, found: "ImportedPersona", *, replacing: bool = False) -> Persona:
        """Save a persona that was read, with the card it came in.

        Args:
            found: The persona.
            replacing: Whether it takes the place of the persona of its slug; else it gets another.

        Raises:
            ChimeraError: If it cannot be written.
        """
        from chimera_tui.library import persona_formats  # noqa: PLC0415 - see `_read`

        persona, over = found.persona, self.library.personas.get(found.persona.slug)
        if over and not replacing:
            persona, over = replace(persona, slug=self.free_slug(persona.slug)), None
        saved = await self.save(persona, over)
        if found.card:
            file = self.library.file(saved.slug)
            await asyncio.to_thread(persona_formats.keep_card, file, found.card)
        return saved

    async def export_persona(self, persona: Persona, file_format: str, path: Path) -> None:
        """Write a persona to a file of one of `FORMATS`; one that is there already stays.

        Raises:
            ChimeraError: If there is a file already, or it cannot be written.
        """
        await asyncio.to_thread(self._export_persona, persona, file_format, path)

    def _export_persona(self, persona: Persona, file_format: str, path: Path) -> None:
        from chimera_tui.library.persona_formats import FORMATS, kept_card  # noqa: PLC0415 - see `_read`

        if os.path.lexists(path):
            problem = f"There is a file `{one_line(str(path))}` already."
            raise ChimeraError(problem, hint="Choose another name.")
        kept = self.library.personas.get(persona.slug)
        card = kept_card(self.library.file(persona.slug)) if kept else None
        write_file(path, FORMATS[file_format].write(persona, card))

    # Trying

    async def preview(
        self, persona: Persona, model: ModelRef | None, line: str, room: Room | None = None
    ) -> AsyncGenerator[Event]:
        """Let a persona answer that need not be saved, and yield what happens.

        It is asked as in any room, and costs as much; nothing is written to a conversation.

        Args:
            persona: Who answers.
            model: What plays it; None: automatic.
            line: What it answers.
            room: Where it answers what was said last, if `line` is empty.
        """
        now = utc_now()
        if line or room is None:
            saved = alone(persona, model, line, self._budget, now)
        else:
            saved = among(persona, model, room)
        stage = self._rooms(saved, _Till(self._records, persona.slug))
        async with aclosing(preview(stage, persona)) as events:
            async for event in events:
                yield event


class _Till:
    """Records of a preview only what it cost."""

    def __init__(self, records: PersonaRecords, slug: str) -> None:
        self._records, self._slug = records, slug

    async def record(self, _conversation_id: int, event: Event) -> None:
        """Count what was used."""
        match event:
            case (
                MessageCompleted(message=Message(provenance=Provenance() as told))
                | TurnFailed(failure=Failure(provenance=Provenance() as told))
            ) if not self._records.is_read_only:
                await self._records.add_preview(self._slug, told)


def _read(path: Path) -> "ImportedPersona":
    """Read it; what knows the cards of other programs is imported only now."""
    from chimera_tui.library.persona_formats import import_persona  # noqa: PLC0415

    return import_persona(path)


def _move(old: Path, new: Path) -> None:
    try:
        old.replace(new)
    except OSError as error:
        problem = f"`{one_line(str(old))}` cannot be moved: {error.strerror}."
        raise ChimeraError(problem) from None


def _unlink(paths: list[Path]) -> None:
    for path in paths:
        with contextlib.suppress(OSError):
            path.unlink()
