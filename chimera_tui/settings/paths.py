"""Where things lie on this machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import PlatformDirs

from chimera_tui.domain.errors import ChimeraError


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """The files and folders of one person; none of them need exist."""

    config: Path
    """`config.toml`."""
    keys: Path
    """`keys.toml`, beside it."""
    db: Path
    """`chimera.db`."""
    logs: Path
    """The folder of the log and the crash reports."""
    personas: Path
    """The folder of the person's own personas."""


def find_paths(
    environ: Mapping[str, str], *, config: Path | None = None, db: Path | None = None
) -> Paths:
    """Say where things lie.

    Args:
        environ: The environment: `CHIMERA_CONFIG` and `CHIMERA_DB` beat the usual places.
        config: The file of `--config`; beats the environment.
        db: The file of `--db`; beats the environment.
    """
    dirs = PlatformDirs("chimera-tui", appauthor=False)
    config = config or _named(environ, "CHIMERA_CONFIG") or dirs.user_config_path / "config.toml"
    return Paths(
        config=config,
        keys=config.parent / "keys.toml",
        db=db or _named(environ, "CHIMERA_DB") or dirs.user_data_path / "chimera.db",
        logs=dirs.user_log_path,
        personas=config.parent / "personas",
    )


def private_folder(folder: Path) -> Path:
    """Make `folder`, which nobody else may look into (0700), unless it exists.

    Raises:
        ChimeraError: If it cannot be made.
    """
    try:
        if not folder.is_dir():
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ChimeraError(
            f"The folder `{folder}` cannot be made: {reason}.", hint="Name another place."
        ) from None
    return folder


def _named(environ: Mapping[str, str], variable: str) -> Path | None:
    text = environ.get(variable, "").strip()
    return Path(text).expanduser() if text else None
