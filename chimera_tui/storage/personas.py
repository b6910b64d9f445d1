"""What is kept of personas: their versions, where they spoke, edits that are not saved yet."""

import sqlite3
from datetime import datetime
from functools import partial

import msgspec

from chimera_tui.domain.conversation import Provenance
from chimera_tui.domain.history import PersonaVersion, Sketch, Uses
from chimera_tui.domain.persona import TWIN, Persona
from chimera_tui.domain.text import storable
from chimera_tui.storage.rows import definition, microseconds, moment_of, used_values
from chimera_tui.storage.store import Store


class PersonaRecords:
    """The personas of a store. All of it raises `StorageError` where it cannot be done."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def is_read_only(self) -> bool:
        """Whether nothing can be kept."""
        return bool(self._store.read_only)

    async def uses(self) -> dict[str, Uses]:
        """Say how often each persona has spoken, by the slug of the library."""
        return await self._store.read(_uses)

    async def versions(self, slug: str) -> list[PersonaVersion]:
        """Return what a persona was: each version once, the one saved or heard last first."""
        return await self._store.read(partial(_versions, slug=storable(slug)))

    async def add_saving(self, persona: Persona, over: Persona | None) -> None:
        """Keep that `persona` was saved now, and what was there before."""
        now = self._store.now()
        await self._store.write(partial(_add_saving, persona=persona, over=over, now=now))

    async def sketches(self) -> list[Sketch]:
        """Return what is being edited, in the order of the last change."""
        return await self._store.read(_sketches)

    async def keep_sketch(self, sketch: Sketch) -> None:
        """Keep a persona as it is being edited, in the place of what was kept of it."""
        texts = {key: storable(text) for key, text in sketch.fields.items()}
        fields = msgspec.json.encode(texts).decode()
        now = microseconds(self._store.now())
        values = (storable(sketch.slug), fields, sketch.base, now)
        keep = "INSERT OR REPLACE INTO sketch VALUES (?, ?, ?, ?)"
        await self._store.write(lambda db: db.execute(keep, values))

    async def drop_sketch(self, slug: str) -> None:
        """Forget it: it was saved, or thrown away."""
        drop = "DELETE FROM sketch WHERE slug = ?"
        await self._store.write(lambda db: db.execute(drop, (storable(slug),)))

    async def add_preview(self, slug: str, told: Provenance) -> None:
        """Count what a reply that was tried out has used."""
        values = used_values(told) | {
            "slug": storable(slug),
            "provider": storable(told.model.provider),
            "model": storable(told.model.model),
            "ended_at": microseconds(self._store.now()),
        }
        add = """
            INSERT INTO rehearsal (slug, provider, model, input_tokens, output_tokens, is_estimate,
                                   cost, cost_source, ended_at)
            VALUES (:slug, :provider, :model, :input_tokens, :output_tokens, :is_estimate, :cost,
                    :cost_source, :ended_at)
        """
        await self._store.write(lambda db: db.execute(add, values))


def _uses(db: sqlite3.Connection) -> dict[str, Uses]:
    """Add up by slug; a twin counts for whom it copies."""
    query = """
        SELECT CASE instr(speaker, :twin) WHEN 0 THEN speaker
                    ELSE substr(speaker, 1, instr(speaker, :twin) - 1) END AS slug,
               count(DISTINCT conversation_id), count(*)
        FROM message
        WHERE NOT is_deleted
        GROUP BY slug
    """
    return {
        slug: Uses(conversations=conversations, messages=messages)
        for slug, conversations, messages in db.execute(query, {"twin": TWIN})
    }


def _versions(db: sqlite3.Connection, slug: str) -> list[PersonaVersion]:
    query = """
        SELECT definition,
               (SELECT max(saved_at) FROM persona_saving
                WHERE persona_saving.version = persona_version.version) AS saved_at,
               (SELECT count(*) FROM message
                WHERE message.persona_version = persona_version.version),
               (SELECT max(created_at) FROM message
                WHERE message.persona_version = persona_version.version) AS spoke_at
        FROM persona_version
        WHERE slug = ?
        ORDER BY max(ifnull(saved_at, 0), ifnull(spoke_at, 0)) DESC, rowid DESC
    """
    found = []
    for text, saved_at, messages, spoke_at in db.execute(query, (slug,)):
        try:
            persona = msgspec.json.decode(text, type=Persona)
        except (ValueError, TypeError):
            continue  # nothing can be shown of it, and nobody can go back to it
        found.append(
            PersonaVersion(
                persona=persona,
                saved_at=moment_of(saved_at),
                messages=messages,
                spoke_at=moment_of(spoke_at),
            )
        )
    return found


def _add_saving(
    db: sqlite3.Connection, persona: Persona, over: Persona | None, now: datetime
) -> None:
    seen = "SELECT 1 FROM persona_saving WHERE version = ?"
    for one, saved_at in ((over, None), (persona, microseconds(now))):
        if one is None or (saved_at is None and db.execute(seen, (one.version,)).fetchone()):
            continue
        slug = storable(one.slug)
        db.execute(
            "INSERT OR IGNORE INTO persona_version (version, slug, definition) VALUES (?, ?, ?)",
            (one.version, slug, definition(one)),
        )
        db.execute(
            "INSERT INTO persona_saving (slug, version, saved_at) VALUES (?, ?, ?)",
            (slug, one.version, saved_at),
        )


def _sketches(db: sqlite3.Connection) -> list[Sketch]:
    found = []
    for slug, text, base in db.execute("SELECT slug, fields, base FROM sketch ORDER BY changed_at"):
        try:
            fields = msgspec.json.decode(text, type=dict[str, str])
        except (ValueError, TypeError):
            continue
        found.append(Sketch(slug=slug, fields=fields, base=base))
    return found
