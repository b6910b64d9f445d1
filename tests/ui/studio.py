"""A Chimera whose personas lie in real files, for tests and pictures of the studio."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from textual.pilot import Pilot

from chimera_tui.core.studio import Studio
from chimera_tui.domain.conversation import Budget, Provenance
from chimera_tui.domain.history import PersonaVersion, Sketch, Uses
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.saved import SavedConversation
from chimera_tui.engine.journal import EventRecorder
from chimera_tui.engine.room import Room
from chimera_tui.library.library import Library, builtin_folder
from chimera_tui.providers.base import Provider
from chimera_tui.storage.personas import PersonaRecords
from chimera_tui.ui.studio.studio_screen import StudioScreen
from tests.fakes import NOON, FixedModels, FullBudget, calls_to
from tests.ui.fakes import FakeChimera, FakeLibrary
from tests.ui.running import do, until


class FakeRecords:
    """What is known of personas, in memory."""

    is_read_only = False

    def __init__(self) -> None:
        self.known: dict[str, Uses] = {}
        self.old: dict[str, list[PersonaVersion]] = {}
        self.kept: dict[str, Sketch] = {}
        self.told: list[Provenance] = []

    async def uses(self) -> dict[str, Uses]:
        """As a test says."""
        return self.known

    async def versions(self, slug: str) -> list[PersonaVersion]:
        """What was saved, the newest first."""
        return self.old.get(slug, [])

    async def add_saving(self, persona: Persona, over: Persona | None) -> None:
        """Remember it."""
        more = [PersonaVersion(persona=persona, saved_at=NOON)]
        more += [PersonaVersion(persona=over)] if over else []
        self.old[persona.slug] = more + self.old.get(persona.slug, [])

    async def sketches(self) -> list[Sketch]:
        """What was kept."""
        return list(self.kept.values())

    async def keep_sketch(self, sketch: Sketch) -> None:
        """Remember it."""
        self.kept[sketch.slug] = sketch

    async def drop_sketch(self, slug: str) -> None:
        """Forget it."""
        self.kept.pop(slug, None)

    async def add_preview(self, slug: str, told: Provenance) -> None:
        """Remember it."""
        self.told.append(told)


class StudioChimera(FakeChimera):
    """A Chimera over the real library, and a folder of the person's own that soon is gone."""

    def __init__(
        self,
        *saved: SavedConversation,
        said: Provider | None = None,
        folders: Sequence[Path] | None = None,
        **details: Any,
    ) -> None:
        super().__init__(*saved, **details)
        self._folder = tempfile.TemporaryDirectory(prefix="studio-")
        self.own = Path(self._folder.name) / "personas"
        self.own.mkdir()
        self.said_by = said or self.provider
        self.records = FakeRecords()
        self.load_library(*(folders or [builtin_folder()]), self.own)

    def load_library(self, *folders: Path) -> None:
        """Read these folders."""
        library = Library.load(*folders)
        self.library = cast("FakeLibrary", library)
        records = cast("PersonaRecords", self.records)
        self.studio = Studio(library, records, self._stage, Budget())

    def _stage(self, saved: SavedConversation, recorder: EventRecorder) -> Room:
        return Room(
            saved,
            replies=calls_to(self.said_by),
            budget_guard=FullBudget(),
            recorder=recorder,
            models=FixedModels(),
            now=lambda: NOON,
            clock=lambda: 0.0,
        )

    async def refresh_cast(self, room: Room) -> None:
        """The rooms hold what their conversations say."""


def studio_of(pilot: Pilot[Any]) -> StudioScreen:
    """The studio."""
    return next(s for s in pilot.app.screen_stack if isinstance(s, StudioScreen))


async def open_studio(pilot: Pilot[Any], slug: str = "comedian") -> StudioScreen:
    """Open it from the room."""
    do(pilot, "studio", slug)
    await until(pilot, lambda: isinstance(pilot.app.screen, StudioScreen), "the studio")
    studio = studio_of(pilot)
    await until(pilot, lambda: studio.state.is_learned, "what is known of the personas")
    for field in studio.query("TextArea, Input"):
        field.cursor_blink = False  # type: ignore[attr-defined]  # both have it
    return studio
