"""The keys that a person can move: which there are, and what is wrong with where they went."""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping

from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen

import chimera_tui.ui
from chimera_tui.domain.names import nearest
from chimera_tui.domain.text import one_line

_HERE = "chimera_tui.ui."
_NO_PLACES = "chimera_tui.ui.terminal"
"""Has no keys of its own, and modules that not every system can import."""


def usual_keys() -> dict[str, str]:
    """Return all ids with their usual keys, joined by commas, in order; imports all screens."""
    found: dict[str, dict[str, None]] = {}
    for table in _tables().values():
        for id_, keys in table.items():
            found.setdefault(id_, {}).update(dict.fromkeys(keys.split(",")))
    return {id_: ",".join(found[id_]) for id_ in sorted(found)}


def problems(moved: Mapping[str, str]) -> list[str]:
    """Say in sentences what is wrong with the keys of a person; imports all screens.

    Args:
        moved: The keys, by the ids of the bindings; several joined by commas.
    """
    tables = _tables()
    known = {id_ for table in tables.values() for id_ in table}
    said = [
        f"`{one_line(id_, 40)}` under `[keys]` in the settings is no key of Chimera. "
        f"{nearest(id_, known)}".strip()
        for id_ in moved
        if id_ not in known
    ]
    return [
        *said,
        *dict.fromkeys(one for table in tables.values() for one in conflicts(table, moved)),
    ]


def conflicts(usual: Mapping[str, str], moved: Mapping[str, str]) -> list[str]:
    """Say which keys that a person has moved would do two things in one place, in sentences.

    Args:
        usual: The keys of that place, by id; several joined by commas.
        moved: The keys of the person.
    """
    taken: dict[str, list[str]] = {}
    for id_, keys in usual.items():
        for key in moved.get(id_, keys).split(","):
            taken.setdefault(key.strip(), []).append(id_)
    said = []
    for key, ids in taken.items():
        mover = next((id_ for id_ in ids if id_ in moved), None)
        if mover and len(ids) > 1 and not _share(key, ids, usual):
            others = " and ".join(f"`{id_}`" for id_ in ids if id_ != mover)
            said.append(
                f"The key `{one_line(key, 20)}` of `{mover}` in the settings is that of {others},"
                " too: give one of them another."
            )
    return said


def _share(key: str, ids: Iterable[str], usual: Mapping[str, str]) -> bool:
    """Whether they share the key without anybody having moved it: they are never both there."""
    return all(key in usual[id_].split(",") for id_ in ids)


def _tables() -> dict[str, dict[str, str]]:
    """The keys of each screen and pane, by id; those of the app hold on each screen, too."""
    for module in pkgutil.walk_packages(chimera_tui.ui.__path__, _HERE):
        if not module.name.startswith(_NO_PLACES):
            importlib.import_module(module.name)
    from chimera_tui.ui.app import ChimeraApp  # noqa: PLC0415 - it imports this

    tables = {}
    for place in dict.fromkeys(_below(DOMNode)):
        if place.__module__.startswith(_HERE):
            table = _keys_of(place)
            if issubclass(place, Screen) and not issubclass(place, ModalScreen):
                table |= _keys_of(ChimeraApp)
            tables[place.__qualname__] = table
    return tables


def _below(kind: type[DOMNode]) -> Iterator[type[DOMNode]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)


def _keys_of(place: type[DOMNode]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for key, bindings in place._merge_bindings().key_to_bindings.items():  # noqa: SLF001 - no other way
        for binding in bindings:
            if binding.id:
                found.setdefault(binding.id, []).append(key)
    return {id_: ",".join(keys) for id_, keys in found.items()}
