"""The console script `chimera-tui`, and `python -m chimera_tui`."""

import os
import signal
import sys
from types import FrameType

INTERRUPTED = 128 + signal.SIGINT


def main() -> None:
    """Run the program and exit as product and shell expect: 0, 1 to 5, or 128 and the signal."""
    if is_heard := signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)
    try:
        if sys.argv[1:]:
            from chimera_tui.cli import main as commands  # noqa: PLC0415 - only what is needed

            code = commands.run(sys.argv[1:])
        else:
            from chimera_tui.cli import app  # noqa: PLC0415 - only what is needed

            code = app.run()
    except KeyboardInterrupt:
        code = INTERRUPTED
    if is_heard:
        signal.signal(signal.SIGINT, _leave)  # all is done: what is left is to tidy up in memory
    sys.exit(code)


def _leave(_number: int, _frame: FrameType | None) -> None:
    """Go at once: nothing is begun yet, and an import does not pass on a `KeyboardInterrupt`.

    Python throws some away, with a traceback on stderr, and imports on. Whoever begins something
    that has to be finished listens to the signal in a way of its own.
    """
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    main()
