"""What it costs to take a card in: reading it, and saving it beside many other personas.

`python -m bench cards` prints it. Times are CPU times, the least of several.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figure import Figure, in_ms
from bench.library import MANY, a_folder, least
from chimera_tui.formats.cards.card_export import CardKind, card_document, export_card
from chimera_tui.formats.cards.card_import import import_card
from chimera_tui.formats.cards.shapes import V3
from chimera_tui.library.library import Library, builtin_folder
from chimera_tui.library.persona_formats import import_persona, keep_card

TIMES = 50
"""Cards that are read in one measurement: one alone takes a fraction of a millisecond."""


def taken_in(library: Library, file: Path) -> None:
    """Do what `personas import` does."""
    found = import_persona(file)
    path = library.save(found.persona)
    if found.card:
        keep_card(path, found.card)


def report() -> Iterator[Figure]:
    """Measure everything."""
    persona = Library.load(builtin_folder()).get("philosopher")
    text = json.dumps(card_document(persona, V3))
    bare_s = least(lambda: [json.loads(text) for _ in range(TIMES)])
    for kind in CardKind:
        card = export_card(persona, kind)
        found_s = least(lambda card=card: [import_card(card, Path()) for _ in range(TIMES)])  # type: ignore[misc]
        yield in_ms(f"cards: read {TIMES} as {kind}, beside parsing their JSON", found_s, bare_s)
    with TemporaryDirectory() as name:
        few, many = Path(name) / "few", a_folder(Path(name) / "many" / "personas", MANY)
        file = Path(name) / "guest.png"
        file.write_bytes(export_card(replace(persona, name="The Guest"), CardKind.PNG))
        alone = Library.load(builtin_folder(), few / "personas")
        beside = Library.load(builtin_folder(), many)
        alone_s = least(lambda: taken_in(alone, file))
        yield in_ms(
            f"cards: take one into a library of {MANY}, beside {len(alone) - 1}",
            least(lambda: taken_in(beside, file)),
            alone_s,
        )
