"""Running the program itself, away from the files and providers of whoever runs the tests."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chimera_tui.providers import proxy
from chimera_tui.providers.registry import SERVICES
from tests.fault_server import refused_address
from tests.process.terminal import Terminal

PROGRAM = (sys.executable, "-m", "chimera_tui")
PATIENCE = 30.0
"""Seconds to wait for what must come; only a failing test waits so long."""
TALK = ("talk", "--demo", "--topic", "Should robots dream?", "--mode", "round_robin", "--seed", "7")
_OURS = (
    "CHIMERA_", "TEXTUAL", "NO_COLOR", "SSH_", "TMUX", "COLUMNS", "LINES", *proxy.VARIABLES,
    *(name for one in SERVICES.values() for name in (*one.address_env, *one.key_env)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Home:
    """A home folder, and the program run in it."""

    path: Path
    folder: str = ""
    """Where in it the database is."""

    @property
    def db(self) -> Path:
        """The database."""
        return self.path / self.folder / "chimera.db"

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of the program: nothing of ours but this home, and `more`."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(_OURS)}
        homes = dict.fromkeys(
            ("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"), str(self.path)
        )
        nobody = refused_address()
        ours = {
            "CHIMERA_DB": str(self.db),
            "LM_STUDIO_URL": nobody,
            "OLLAMA_URL": nobody,
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
        }
        return kept | homes | ours | more

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """Start it with pipes to read from."""
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        environment = self.environment(**options.pop("environment", {}))
        return subprocess.Popen(  # noqa: S603 - our own program
            [*PROGRAM, *arguments],
            env=environment,
            text=True,
            encoding="utf-8",
            **pipes | {"stdin": subprocess.DEVNULL} | options,
        )

    def run(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        with self.start(*arguments, **options) as process:
            out, err = process.communicate(timeout=PATIENCE)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def open_app(self, *arguments: str, **options: Any) -> Terminal:
        """Start it on a terminal of its own."""
        environment = self.environment(**options.pop("environment", {}))
        return Terminal([*PROGRAM, *arguments], environment, **options)

    def conversation(self, conversation_id: int = 1) -> dict[str, Any]:
        """Ask it for all that is saved of a conversation."""
        shown = self.run("conversations", "show", str(conversation_id), "--json")
        assert shown.returncode == 0, shown.stderr
        saved: dict[str, Any] = json.loads(shown.stdout)
        return saved


def events(process: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    """What `talk --json` prints, as it comes."""
    assert process.stdout
    for line in process.stdout:
        yield json.loads(line)
