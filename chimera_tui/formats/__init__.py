"""One module per file format, pure functions; `FORMATS` lists them."""

from collections.abc import Callable, Mapping

from chimera_tui.domain.conversation import SavedConversation
from chimera_tui.formats.json import to_json
from chimera_tui.formats.markdown import to_markdown

FORMATS: Mapping[str, Callable[[SavedConversation], str]] = {
    "markdown": to_markdown,
    "json": to_json,
}
"""What a conversation can be written as, by the name of the format."""
