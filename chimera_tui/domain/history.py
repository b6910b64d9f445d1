"""What is known of a persona beside its file: where it spoke, what it was, what it may become."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chimera_tui.domain.persona import Persona


@dataclass(frozen=True, slots=True, kw_only=True)
class Uses:
    """How often a persona has spoken, its twins included."""

    conversations: int = 0
    messages: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonaVersion:
    """A persona as it was once: saved in the studio, or speaking."""

    persona: Persona
    saved_at: datetime | None = None
    """When it was saved here last; None if that is not known."""
    messages: int = 0
    """How many it has spoken."""
    spoke_at: datetime | None = None
    """When it spoke last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """A persona as it is being edited: kept until it is saved, or thrown away."""

    slug: str
    fields: Mapping[str, str]
    """What stands in the form, by key; it need not be sound."""
    base: str = ""
    """The version it was begun from; empty for a persona that is new."""
