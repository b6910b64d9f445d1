"""The keys of a screen or of the app as they are bound now, with those that a person has moved."""

from typing import Any

from textual.app import App
from textual.binding import Binding
from textual.screen import Screen


def bindings_of(node: App[Any] | Screen[Any]) -> list[Binding]:
    """Return what keys do on `node`, one binding a key; also what cannot be done just now.

    Textual applies the keys of the person only for the focus of the moment, without the letters
    that a field with the focus takes.
    """
    bindings = node._bindings.copy()  # noqa: SLF001 - there is no other way
    bindings.apply_keymap(node.app._keymap)  # noqa: SLF001 - see above
    return [binding for _, binding in bindings]
