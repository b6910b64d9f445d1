"""What replies have cost, added up over all conversations."""

import sqlite3
from datetime import datetime
from functools import partial

import msgspec

from chimera_tui.domain.spending import Spending
from chimera_tui.storage.rows import microseconds
from chimera_tui.storage.store import Store


async def spent_since(store: Store, moment: datetime) -> tuple[Spending, ...]:
    """Add up what attempts and previews that ended since `moment` used, provider by provider.

    Raises:
        StorageError: If it cannot be read.
    """
    return await store.read(partial(_since, moment=moment))


def _since(db: sqlite3.Connection, moment: datetime) -> tuple[Spending, ...]:
    query = """
        SELECT provider, count(*), sum(input_tokens + output_tokens), ifnull(sum(cost), 0),
               max(cost IS NULL), max(is_estimate)
        FROM (
            SELECT provider, input_tokens, output_tokens, cost, is_estimate
            FROM attempt
            WHERE ended_at >= :since AND cost_source IS NOT NULL AND provider IS NOT NULL
            UNION ALL
            SELECT provider, input_tokens, output_tokens, cost, is_estimate
            FROM rehearsal
            WHERE ended_at >= :since
        )
        GROUP BY provider
        ORDER BY provider
    """
    columns = ("provider", "attempts", "tokens", "cost", "is_partly_unknown", "is_estimate")
    rows = db.execute(query, {"since": microseconds(moment)})
    return tuple(
        msgspec.convert(dict(zip(columns, row, strict=True)), Spending, strict=False)
        for row in rows
    )
