"""One module per file format, pure functions; `FORMATS` lists them."""

from collections.abc import Callable, Mapping
from pathlib import Path

from chimera_tui.domain.errors import UnknownError
from chimera_tui.domain.saved import SavedConversation
from chimera_tui.domain.text import one_line
from chimera_tui.formats.conversations.conversation_json import to_json
from chimera_tui.formats.conversations.conversation_markdown import to_markdown

FORMATS: Mapping[str, Callable[[SavedConversation], str]] = {
    "markdown": to_markdown,
    "json": to_json,
}
"""What a conversation can be written as, by the name of the format."""
ENDINGS: Mapping[str, str] = {".md": "markdown", ".markdown": "markdown", ".json": "json"}
"""The name of the format, by the ending of a file."""


def format_of(path: Path) -> str:
    """Return the name of the format in which a file called `path` is written.

    Raises:
        UnknownError: If its ending says none.
    """
    try:
        return ENDINGS[path.suffix.lower()]
    except KeyError:
        problem = f"`{one_line(path.name, 80)}` does not say in which format."
        raise UnknownError(problem, hint="End it in .md or in .json.") from None
