"""Our cards in the hands of the programs that read them: Pillow, aichar, SillyTavern's parts."""

import base64
import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from chimera_tui.formats.cards.card_export import CardKind, export_card
from chimera_tui.formats.cards.card_import import import_card
from tests.cards.corpus import SHAPES
from tests.cards.test_exporting import ADA

pytestmark = pytest.mark.slow

SILLYTAVERN = Path(__file__).with_name("sillytavern")
HAS_SILLYTAVERN = bool(shutil.which("node")) and (SILLYTAVERN / "node_modules").is_dir()


def _edited(make: Callable[[], bytes]) -> bytes:
    found = import_card(make(), Path("a card"))
    return export_card(replace(found.persona, name="Vera"), CardKind.PNG, found.card)


PICTURES: dict[str, Callable[[], bytes]] = {
    "drawn by us": partial(export_card, ADA, CardKind.PNG),
    **{name: partial(_edited, make) for name, make in SHAPES.items() if "PNG" in name},
}


def _expected(picture: bytes) -> dict[str, Any]:
    found = import_card(picture, Path("a card")).card.fields
    return dict(found)


@pytest.mark.parametrize("name", PICTURES)
def test_pillow_sees_both_cards_without_reading_the_pixels(name: str, tmp_path: Path) -> None:
    path = tmp_path / "card.png"
    path.write_bytes(PICTURES[name]())
    with Image.open(path) as picture:
        found = {key: json.loads(base64.b64decode(picture.info[key])) for key in ("chara", "ccv3")}
        picture.load()
    assert found["ccv3"]["data"] == _expected(path.read_bytes())
    assert (found["chara"]["spec"], found["ccv3"]["spec"]) == ("chara_card_v2", "chara_card_v3")


@pytest.mark.parametrize("name", PICTURES)
def test_aichar_reads_the_character(name: str, tmp_path: Path) -> None:
    aichar = pytest.importorskip("aichar")
    path = tmp_path / "card.png"
    path.write_bytes(PICTURES[name]())
    found, expected = aichar.load_character_card_file(str(path)), _expected(path.read_bytes())
    assert found.name == expected["name"] != ""
    assert found.summary == expected["description"]
    assert found.greeting_message == expected["first_mes"]


@pytest.mark.skipif(not HAS_SILLYTAVERN, reason="no node, or `make install` found no npm")
@pytest.mark.parametrize("name", PICTURES)
def test_sillytavern_reads_the_newer_card(name: str, tmp_path: Path) -> None:
    path = tmp_path / "card.png"
    path.write_bytes(PICTURES[name]())
    done = subprocess.run(  # noqa: S603 - our own script
        [str(shutil.which("node")), str(SILLYTAVERN / "read_card.js"), str(path)],
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    card = json.loads(done.stdout)
    assert (card["spec"], card["data"]) == ("chara_card_v3", _expected(path.read_bytes()))
