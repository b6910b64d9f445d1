"""Runs all measurements, or those that are named: `python -m bench start`."""

import importlib
import sys

from bench.figure import HEAD, row

MODULES = (
    "start",
    "transcript",
    "room",
    "storage",
    "library",
    "turns",
    "quality",
    "requests",
    "outage",
    "overhead",
    "voices",
    "cards",
)


def main(names: list[str]) -> int:
    """Print a line for each figure as it is found; 1 if one misses its goal."""
    print(row(HEAD))
    is_ok = True
    for name in names or MODULES:
        for figure in importlib.import_module(f"bench.{name}").report():
            print(row(figure.cells()), flush=True)
            is_ok &= figure.is_ok
    return 0 if is_ok else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
