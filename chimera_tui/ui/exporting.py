"""Writing a conversation to a file, as its name says: Markdown for reading, JSON for programs."""

from pathlib import Path

from chimera_tui.domain.conversation import SavedConversation
from chimera_tui.domain.errors import InvalidFileError
from chimera_tui.formats.json import to_json
from chimera_tui.formats.markdown import to_markdown
from chimera_tui.settings.files import write_file

FORMATS = {".md": to_markdown, ".markdown": to_markdown, ".json": to_json}


def export(saved: SavedConversation, name: str) -> Path:
    """Write `saved` to the file called `name`; blocks, so call it in a thread.

    Returns:
        The whole path of what was written.

    Raises:
        ChimeraError: If there is such a file already, if its ending says no format,
            or if it cannot be written.
    """
    path = Path(name).expanduser().absolute()
    if path.suffix not in FORMATS:
        raise InvalidFileError(
            f"`{path.name}` does not say in which format.", hint="End it in .md or in .json."
        )
    if path.exists():
        raise InvalidFileError(f"There is a file `{path}` already.", hint="Choose another name.")
    write_file(path, FORMATS[path.suffix](saved))
    return path
