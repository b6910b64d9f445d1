"""The console script `chimera-tui`, and `python -m chimera_tui`."""

import sys


def main() -> None:
    """Run the program and exit as product and shell expect: 0, 1 to 5, or 128 and the signal."""
    try:
        from chimera_tui.cli.main import run  # noqa: PLC0415 - so that ctrl+c is heard meanwhile

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
