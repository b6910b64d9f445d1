"""Draws `screenshots/*.svg` anew, the same every time: `python -m tests.screenshots`."""

import asyncio
import os
import re
import tempfile
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from unittest import mock

from tests.fakes import NOON
from tests.ui.hand_pictures import HAND_PICTURES
from tests.ui.pictures import PICTURES
from tests.ui.running import running
from tests.ui.service_pictures import SERVICE_PICTURES
from tests.ui.studio_pictures import STUDIO_PICTURES

FOLDER = Path(__file__).parent.parent / "screenshots"
SHOWN = {
    "room-dark": "room",
    "room-light": "room-light",
    "room-ansi": "room-ansi",
    "columns-dark": "columns",
    "answers-dark": "answers",
    "branches-dark": "branches",
    "failure-dark": "failure",
    "first-run-dark": "first-run-keys",
    "new-room-dark": "new-room",
    "waiting-dark": "waiting",
    "models-dark": "models",
    "providers-dark": "providers",
    "providers-light": "providers-light",
    "studio-dark": "studio",
    "studio-light": "studio",
}
"""The pictures of the README, by the names of their files, which say how dark it is."""


def tidy(svg: str, name: str) -> str:
    """Take out what differs from drawing to drawing, and the font that would be fetched."""
    svg = re.sub(r"@font-face\s*{.*?}", "", svg, flags=re.DOTALL)
    svg = re.sub(r"terminal-\d+", f"chimera-{name}", svg)
    svg = svg.replace("<text ", '<text xml:space="preserve" ')
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


async def draw(name: str, *, is_light: bool) -> str:
    """Draw one picture."""
    picture = (PICTURES | SERVICE_PICTURES | STUDIO_PICTURES | HAND_PICTURES)[name]
    if is_light:
        picture = replace(picture, theme="chimera-light")
    fake = picture.make()
    with tempfile.TemporaryDirectory() as logs:
        async with running(fake, Path(logs), picture.size, theme=picture.theme) as pilot:
            await picture.act(pilot)
            return tidy(pilot.app.export_screenshot(title="Chimera"), name)


async def main() -> None:
    """Draw all of them."""
    FOLDER.mkdir(exist_ok=True)
    for file, name in SHOWN.items():
        (FOLDER / f"{file}.svg").write_text(
            await draw(name, is_light=file.endswith("light")), encoding="utf-8"
        )


if __name__ == "__main__":
    os.environ["TZ"] = "UTC"
    os.environ.pop("NO_COLOR", None)
    time.tzset()
    with ExitStack() as frozen:
        for module in ("room.room_panes", "room.room_screen", "providers.providers_screen"):
            place = f"chimera_tui.ui.{module}"
            frozen.enter_context(mock.patch(f"{place}.utc_now", return_value=NOON, create=True))
            frozen.enter_context(mock.patch(f"{place}.monotonic", return_value=0.0, create=True))
        asyncio.run(main())
