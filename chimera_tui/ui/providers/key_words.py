"""Where the key of a provider lies, in words; of the key itself its last four at most."""

from chimera_tui.domain.text import one_line
from chimera_tui.settings.keys import KeySource, KeyState


def key_words(key: KeyState) -> str:
    """Where the key lies, and its last four."""
    if key.source is None:
        kept = f"; one is kept for {one_line(key.elsewhere, 60)}" if key.elsewhere else ""
        return f"no key{kept}"
    place = "the keyring" if key.source is KeySource.KEYRING else one_line(key.place, 80)
    ends = f", ends {one_line(key.end.removeprefix('…'), 8)}" if key.end else ""
    return f"key from {place}{ends}"


def key_found(key: KeyState | None) -> str:
    """The same for a short line; empty without a key."""
    if key is None or key.source is None:
        return ""
    if key.source is KeySource.ENVIRONMENT:
        return f"key found ({one_line(key.place, 40)})"
    return "key kept in the keyring" if key.source is KeySource.KEYRING else "key kept in keys.toml"
