"""What was learned about models: which a provider has, and what they refuse."""

import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from chimera_tui.domain.health import ModelInfo
from chimera_tui.domain.text import storable
from chimera_tui.storage.rows import microseconds
from chimera_tui.storage.store import Store

Refusal = tuple[str, str, str]
"""Provider, model, and what it refuses in a request."""


class KnownModels:
    """The models of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def load(self) -> dict[str, tuple[ModelInfo, ...]]:
        """Return the models that each provider listed last.

        Raises:
            StorageError: If they cannot be read.
        """
        return await self._store.read(_load)

    async def save(self, listed: Mapping[str, Iterable[ModelInfo]]) -> None:
        """Keep what these providers list now, in the place of what they listed before.

        Raises:
            StorageError: If it cannot be saved.
        """
        now = self._store.now()
        await self._store.write(lambda db: _save(db, listed, now))

    async def refusals(self) -> list[Refusal]:
        """Return what models are known to refuse.

        Raises:
            StorageError: If it cannot be read.
        """
        query = "SELECT provider, model, parameter FROM refusal"
        return await self._store.read(lambda db: db.execute(query).fetchall())

    async def add_refusal(self, provider: str, model: str, parameter: str) -> None:
        """Keep that a model refuses a parameter.

        Raises:
            StorageError: If it cannot be saved.
        """
        values = (*map(storable, (provider, model, parameter)), microseconds(self._store.now()))
        add = "INSERT OR REPLACE INTO refusal VALUES (?, ?, ?, ?)"
        await self._store.write(lambda db: db.execute(add, values))


def _load(db: sqlite3.Connection) -> dict[str, tuple[ModelInfo, ...]]:
    query = "SELECT provider, info FROM model ORDER BY provider, position"
    found: dict[str, list[ModelInfo]] = {}
    for provider, info in db.execute(query):
        try:
            found.setdefault(provider, []).append(msgspec.json.decode(info, type=ModelInfo))
        except (ValueError, TypeError):
            continue  # it is listed again soon
    return {provider: tuple(models) for provider, models in found.items()}


def _save(db: sqlite3.Connection, listed: Mapping[str, Iterable[ModelInfo]], now: datetime) -> None:
    for provider, models in listed.items():
        db.execute("DELETE FROM model WHERE provider = ?", (provider,))
        db.executemany(
            "INSERT OR REPLACE INTO model VALUES (?, ?, ?, ?, ?)",
            [
                (
                    storable(provider),
                    storable(model.name),
                    position,
                    storable(msgspec.json.encode(model).decode()),
                    microseconds(now),
                )
                for position, model in enumerate(models)
            ],
        )
