"""What the program exits with; on a signal it is 128 and the number of the signal."""

from enum import IntEnum

from chimera_tui.cli.output import OutputError
from chimera_tui.domain.errors import (
    ChimeraError,
    NewerDatabaseError,
    NoDatabaseError,
    ReadOnlyDatabaseError,
    UnknownError,
)


class Exit(IntEnum):
    """The exit codes."""

    DONE = 0
    FAILED = 1
    """A failure that was explained."""
    USAGE = 2
    """Arguments that mean nothing, or no terminal where one is needed."""
    PARTLY = 3
    """Some of it failed."""
    NEWER = 4
    """The database was made by a newer version."""
    CANNOT_WRITE = 5
    """Neither the database nor the output could be written."""


_OF_ERRORS: dict[type[ChimeraError], Exit] = {
    OutputError: Exit.CANNOT_WRITE,
    UnknownError: Exit.USAGE,
    NewerDatabaseError: Exit.NEWER,
    ReadOnlyDatabaseError: Exit.CANNOT_WRITE,
    NoDatabaseError: Exit.CANNOT_WRITE,
}


def exit_of(error: ChimeraError) -> Exit:
    """Say what a failure of ours exits with."""
    return next((code for kind, code in _OF_ERRORS.items() if isinstance(error, kind)), Exit.FAILED)
