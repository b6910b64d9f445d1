"""A clock that stands still while a thread is ready to run, but others have the processor.

So what it measures holds on a machine that does other things as well. Time in which a thread
waits for a disk, for another thread or for a timer is counted, unlike in CPU time.
"""

import time
from pathlib import Path


def waited(whose: str = "thread-self") -> float:
    """Seconds that a thread was ready and had no processor.

    Args:
        whose: The number of its process, of which the first thread counts; else who asks.
    """
    return int(Path(f"/proc/{whose}/schedstat").read_text().split()[1]) / 1e9


def clock() -> float:
    """Seconds, from any moment on."""
    return time.perf_counter() - waited()
