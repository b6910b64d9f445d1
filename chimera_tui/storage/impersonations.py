"""How models behaved, counted over all conversations."""

import sqlite3

from chimera_tui.domain.conversation import ModelRef
from chimera_tui.domain.errors import Fault
from chimera_tui.domain.impersonations import Impersonations
from chimera_tui.storage.store import Store


async def impersonations(store: Store) -> tuple[Impersonations, ...]:
    """Count the slips of each model that has been asked to speak, by its name.

    Raises:
        StorageError: If they cannot be read.
    """
    return await store.read(_impersonations)


def _impersonations(db: sqlite3.Connection) -> tuple[Impersonations, ...]:
    query = """
        SELECT provider, model, count(message_id), ifnull(sum(leaks), 0), sum(fault = ?),
               ifnull(sum(is_refusal), 0)
        FROM attempt
        WHERE turn > 0 AND provider IS NOT NULL AND model IS NOT NULL
        GROUP BY provider, model
        ORDER BY provider, model
    """
    return tuple(
        Impersonations(
            model=ModelRef(str(provider), str(model)),
            replies=replies,
            leaks=leaks,
            retries=retries,
            refusals=refusals,
        )
        for provider, model, replies, leaks, retries, refusals in db.execute(query, (Fault.LABEL,))
    )
