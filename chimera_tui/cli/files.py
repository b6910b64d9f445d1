"""The files that a command works on."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from chimera_tui.settings.keys import Keys
from chimera_tui.settings.paths import Paths, find_paths
from chimera_tui.settings.settings import Settings, load_settings


@dataclass(slots=True)
class Files:
    """The files that the command line names; None where it names none."""

    db: Path | None = None
    config: Path | None = None
    _keys: Keys | None = field(default=None, repr=False)

    def paths(self) -> Paths:
        """Say where all files lie."""
        return find_paths(os.environ, config=self.config, db=self.db)

    def load_settings(self) -> tuple[Settings, str]:
        """Read the settings; also says what is wrong with the file, if something is."""
        return load_settings(self.paths().config)

    def keys(self) -> Keys:
        """The keys of the person: one object for the whole program, which knows what to hide."""
        if self._keys is None:
            self._keys = Keys(self.paths().keys, os.environ)
        return self._keys
