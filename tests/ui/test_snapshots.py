"""A picture of each screen and state, compared with the one that was looked at."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.ui.hand_pictures import HAND_PICTURES
from tests.ui.pictures import PICTURES
from tests.ui.running import an_app, ready
from tests.ui.service_pictures import SERVICE_PICTURES
from tests.ui.studio_pictures import STUDIO_PICTURES

ALL = PICTURES | SERVICE_PICTURES | STUDIO_PICTURES | HAND_PICTURES


@pytest.mark.parametrize("name", sorted(ALL))
def test_it_looks_as_it_should(
    snap_compare: Any, tmp_path: Path, fixed_time: None, name: str
) -> None:
    picture = ALL[name]
    fake = picture.make()
    app = an_app(fake, tmp_path, theme=picture.theme)

    async def act(pilot: Pilot[Any]) -> None:
        await ready(pilot, fake)
        await picture.act(pilot)

    run_before: Callable[[Pilot[Any]], Awaitable[None]] = act
    assert snap_compare(app, terminal_size=picture.size, run_before=run_before)
