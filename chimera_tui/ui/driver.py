"""Writing to a terminal that may go away."""

from contextlib import suppress
from typing import IO, Any

from textual.driver import Driver


def outliving(driver_class: type[Driver]) -> type[Driver]:
    """Return a driver that goes on writing, to nobody, when its terminal is closed.

    Textual's own writes in a thread that ends at the first error. Then the queue to
    it runs full, and the app waits for ever instead of keeping what was said.
    """

    class OutlivingDriver(driver_class):  # type: ignore[misc, valid-type]  # known when it runs
        """A driver whose file never fails."""

        _file: Any = None

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            if self._file is not None:  # not every driver writes through a file
                self._file = _Forgiving(self._file)

    return OutlivingDriver


class _Forgiving:
    """A file that can be written to even when it cannot."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def write(self, text: str) -> None:
        """Write, if anybody is there."""
        with suppress(OSError):
            self._file.write(text)

    def flush(self) -> None:
        """Send it, if anybody is there."""
        with suppress(OSError):
            self._file.flush()
