"""Where the command line writes: data to stdout, everything else to stderr, all of it clean."""

import os
import sys
from typing import NamedTuple, TextIO

from chimera_tui.domain.errors import ChimeraError
from chimera_tui.domain.text import clean


class NobodyReadsError(Exception):
    """Whoever read our data has closed the pipe: it has read enough.

    Not a `BrokenPipeError`, with which click would end the program by itself.
    """


class OutputError(ChimeraError):
    """The data cannot be written to stdout."""


class Output(NamedTuple):
    """What is to be written."""

    out: str = ""
    """For stdout, clean; not always a whole line."""
    err: str = ""
    """A line for stderr."""


def prepare() -> None:
    """Set up stdout and stderr so that no text can fail to be written.

    To a terminal, characters that it lacks are written as `?`. Data that goes
    anywhere else is UTF-8, whatever the locale.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # not None, and not replaced by a test
            stream.reconfigure(errors="replace")
    if hasattr(sys.stdout, "reconfigure") and not sys.stdout.isatty():
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")


def finish() -> None:
    """Write what waits, if anybody is there: else Python would exit with 120, whatever we say."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:  # the terminal is gone
            silence(stream)


def out(text: str) -> None:
    """Write data to stdout at once; the caller cleans what we did not write.

    Raises:
        NobodyReadsError: If nobody reads any more.
        OutputError: If it cannot be written, say because the disk is full.
    """
    try:
        _write(sys.stdout, text)
    except BrokenPipeError:
        silence(sys.stdout)
        raise NobodyReadsError from None
    except OSError as error:
        silence(sys.stdout)
        reason = (error.strerror or str(error)).lower()
        raise OutputError(f"The output cannot be written: {reason}.") from None


def write(lines: Output) -> None:
    """Write both, data first."""
    out(lines.out)
    if lines.err:
        say(lines.err)


def say(text: str) -> None:
    """Tell the person something on stderr; it is no failure if nobody can hear it."""
    try:
        _write(sys.stderr, clean(text) + "\n")
    except OSError:
        silence(sys.stderr)


def say_error(error: ChimeraError) -> None:
    """Tell the person what is wrong, and what to do about it."""
    say(f"chimera-tui: {error.problem}")
    if error.hint:
        say(error.hint)


def silence(stream: TextIO) -> None:
    """Send what a stream still holds nowhere, so that closing it cannot fail."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _write(stream: TextIO | None, text: str) -> None:
    if stream is not None and text:  # None: whoever started us closed it
        stream.write(text)
        stream.flush()
