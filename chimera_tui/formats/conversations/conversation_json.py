"""A conversation as JSON: the whole tree, with all that is known about each message.

Nothing is left out, so that a later version can read it back. `SCHEMA` counts
up when a key changes its meaning; new keys may come without that.
"""

import json
import re
from dataclasses import asdict
from datetime import datetime
from typing import Any

from chimera_tui.domain.conversation import Assignment
from chimera_tui.domain.saved import SavedConversation

SCHEMA = 1
FORMAT = "chimera-conversation"

# What a terminal, an editor or JavaScript would obey rather than show.
_UNSAFE = re.compile(
    "[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)


def to_json(saved: SavedConversation) -> str:
    """Return `saved` as one JSON object, readable, with unsafe characters escaped."""
    conversation, tree = saved.conversation, saved.tree
    about = asdict(conversation)
    cast = [_member(assignment) for assignment in conversation.cast]
    del about["cast"]
    document = {
        "format": FORMAT,
        "schema": SCHEMA,
        "conversation": about | {"is_demo": conversation.is_demo, "turns": saved.turns},
        "cast": cast,
        "messages": [asdict(m) for m in sorted(tree.messages.values(), key=lambda m: m.id)],
        "path": [message.id for message in tree.path],
        "chosen": [{"parent_id": parent, "id": id_} for parent, id_ in tree.chosen.items()],
        "notices": [asdict(notice) for notice in saved.notices],
        "failure": asdict(saved.failure) if saved.failure else None,
    }
    text = json.dumps(document, ensure_ascii=False, indent=2, default=_plain)
    return _UNSAFE.sub(lambda match: json.dumps(match[0])[1:-1], text) + "\n"


def _member(assignment: Assignment) -> dict[str, Any]:
    persona = assignment.persona
    return asdict(persona) | {
        "version": persona.version,
        "preferred_model": persona.model,
        "model": str(assignment.model) if assignment.model else None,
        "fallbacks": [str(model) for model in assignment.fallbacks],
        "is_muted": assignment.is_muted,
    }


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)
