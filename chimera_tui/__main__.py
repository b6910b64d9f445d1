"""The console script `chimera-tui`, and `python -m chimera_tui`."""

import sys


def main() -> None:
    """Run the program and exit as product and shell expect: 0, 1 to 5, or 128 and the signal."""
    try:
        # Imported here, so that ctrl+c is heard meanwhile, and only what is needed.
        if sys.argv[1:]:
            from chimera_tui.cli import main as commands  # noqa: PLC0415

            code = commands.run(sys.argv[1:])
        else:
            from chimera_tui.cli import app  # noqa: PLC0415

            code = app.run()
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
