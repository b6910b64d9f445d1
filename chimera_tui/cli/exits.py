"""How the program ends: what it says, and what it exits with (128 + n on signal n)."""

from enum import IntEnum

from chimera_tui.cli import output
from chimera_tui.cli.files import Files
from chimera_tui.domain.clock import utc_now
from chimera_tui.domain.errors import ChimeraError, StorageError, StorageFault, UnknownError


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
    output.OutputError: Exit.CANNOT_WRITE,
    UnknownError: Exit.USAGE,
}
_OF_STORAGE = dict.fromkeys(StorageFault, Exit.CANNOT_WRITE) | {
    StorageFault.NEWER: Exit.NEWER,
    StorageFault.LIVE_ELSEWHERE: Exit.FAILED,
    StorageFault.OTHER: Exit.FAILED,
}


def explain(error: Exception, files: Files) -> Exit:
    """Say on stderr what ended the program; return what to exit with."""
    match error:
        case output.NobodyReadsError():
            return Exit.DONE
        case StorageError():
            output.say_error(error)
            return _OF_STORAGE[error.kind]
        case ChimeraError():
            output.say_error(error)
            codes = (code for kind, code in _OF_ERRORS.items() if isinstance(error, kind))
            return next(codes, Exit.FAILED)
        case _:
            _explain_crash(error, files)
            return Exit.FAILED


def _explain_crash(error: Exception, files: Files) -> None:
    """Say that the program is mistaken, and where it is written down; never with values."""
    from chimera_tui.ui.kit.crash import cause, write_crash  # noqa: PLC0415 - seldom needed

    redact = files.keys().redact
    report = write_crash(error, files.paths().logs, utc_now(), redact)
    output.say(f"chimera-tui: a mistake in Chimera ended it: {cause(error, redact)}")
    output.say("What was said is kept." + (f" A report is in {report}" if report else ""))
