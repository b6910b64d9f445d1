"""Pictures of the studio."""

import math
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from chimera_tui.domain.history import PersonaVersion, Uses
from chimera_tui.providers.scripted import ScriptedProvider
from chimera_tui.ui.studio.emoji_picker import EmojiGrid
from chimera_tui.ui.studio.persona_versions import PersonaVersions
from tests.fakes import NOON
from tests.ui.fakes import LMSTUDIO
from tests.ui.pictures import Picture, rooms
from tests.ui.running import text_of, until
from tests.ui.studio import StudioChimera, open_studio

BEFORE = (
    "Knowledge? I once told a joke so bad that the audience asked for the slides. That is peer "
    "review, basically, with worse snacks, and I have been turned down by better journals."
)
AFTER = (
    "My landlord knows one joke. It is the boiler. He is right about the timing, and it cost "
    "me a shower."
)
PROMPT = (
    "You find the absurd hinge on which a serious matter swings. Open with something small and "
    "true, turn it once, and get out. Never explain a joke. When someone is right, say so, and "
    "make it cost them. Two sentences are plenty; the second one may be shorter."
)


class TwoVoices(ScriptedProvider):
    """Says one thing for the persona as it is saved, another for the edited one."""

    def __init__(self) -> None:
        super().__init__([])
        self.scripts = {True: BEFORE, False: AFTER}

    def stream(self, request: Any, until: float = math.inf) -> Any:
        """By what the system message holds."""
        is_saved = "twenty years of small rooms" in request.system
        return ScriptedProvider([self.scripts[is_saved]]).stream(request)


def a_studio(**details: Any) -> StudioChimera:
    """A room behind, personas that have spoken, one of the person's own."""
    fake = StudioChimera(*rooms(), said=TwoVoices(), **details)
    octavia = replace(
        fake.library.get("grandmother"),
        slug="aunt-octavia",
        name="Aunt Octavia",
        emoji="🐙",
        category="everyday",
    )
    fake.studio.library.save(octavia)
    fake.records.known = {
        "comedian": Uses(conversations=12, messages=318),
        "philosopher": Uses(conversations=14, messages=402),
        "scientist": Uses(conversations=11, messages=290),
        "aunt-octavia": Uses(conversations=1, messages=7),
    }
    return fake


def a_poor_studio() -> StudioChimera:
    """Nobody but the demo answers, and a file cannot be read."""
    fake = a_studio(healths=[LMSTUDIO])
    (fake.own / "bob.toml").write_text('name = "Bob"\nwords = "few"\n')
    fake.studio.library.reload_changed()
    return fake


def an_old_studio() -> StudioChimera:
    """A persona that was something else before."""
    fake = a_studio()
    now = fake.library.get("comedian")
    older = replace(now, words=120, temperature=0.7, prompt=f"{now.prompt}\nYou love puns.")
    fake.records.old["comedian"] = [
        PersonaVersion(persona=now, saved_at=NOON, messages=41),
        PersonaVersion(persona=older, saved_at=NOON.replace(day=3), messages=277),
    ]
    return fake


Act = Callable[[Pilot[Any]], Awaitable[None]]


def opened(*keys: str, slug: str = "comedian") -> Act:
    """Open it and press keys."""

    async def act(pilot: Pilot[Any]) -> None:
        await open_studio(pilot, slug)
        pilot.app.clear_notifications()  # they name the folder of the test
        await pilot.press(*keys)
        await pilot.pause()
        for field in pilot.app.screen.query("TextArea, Input"):
            field.cursor_blink = False  # type: ignore[attr-defined]  # both have it
        await pilot.pause()

    return act


async def edit_and_try(pilot: Pilot[Any]) -> None:
    """Shorten the Comedian, and hear it before and after."""
    studio = await open_studio(pilot)
    prompt = studio.panes.form.field("prompt").control
    assert isinstance(prompt, TextArea)
    prompt.focus()
    await pilot.pause()
    prompt.text = PROMPT
    await until(pilot, lambda: studio.panes.form.fields["prompt"] == PROMPT)
    prompt.move_cursor(prompt.document.end)
    await pilot.press("ctrl+t")
    await until(pilot, lambda: "words shorter" in text_of(pilot))
    await pilot.pause()


async def make_mistakes(pilot: Pilot[Any]) -> None:
    """Leave something in the form that cannot be so."""
    studio = await open_studio(pilot)
    words = studio.panes.form.field("words").control
    assert isinstance(words, Input)
    words.focus()
    await pilot.pause()
    words.value = "800"
    await until(pilot, lambda: "to mend" in text_of(pilot))
    words.cursor_position = 3
    await pilot.pause()


async def pick_emoji(pilot: Pilot[Any]) -> None:
    """Look for a face."""
    studio = await open_studio(pilot)
    studio.panes.form.field("emoji").control.focus()
    await pilot.press("enter")
    await until(pilot, lambda: list(pilot.app.screen.query(EmojiGrid)))
    await until(pilot, lambda: pilot.app.screen.query_one(EmojiGrid).row_count() > 1)
    for field in pilot.app.screen.query(Input):
        field.cursor_blink = False
    await pilot.press("right", "down")
    await pilot.pause()


async def look_back(pilot: Pilot[Any]) -> None:
    """Look at an older version."""
    await open_studio(pilot)
    await pilot.press("v")
    await until(pilot, lambda: isinstance(pilot.app.screen, PersonaVersions))
    await pilot.press("down")
    await until(pilot, lambda: "You love puns." in text_of(pilot))


STUDIO_PICTURES = {
    "studio": Picture(make=a_studio, act=edit_and_try, size=(140, 42)),
    "studio-narrow-form": Picture(make=a_studio, act=opened("enter"), size=(60, 18)),
    "studio-mistakes": Picture(make=a_studio, act=make_mistakes),
    "studio-emoji": Picture(make=a_studio, act=pick_emoji),
    "studio-versions": Picture(make=an_old_studio, act=look_back),
    "studio-broken": Picture(make=a_poor_studio, act=opened("end"), size=(100, 30)),
    "studio-demo": Picture(make=a_poor_studio, act=opened(slug="chef"), size=(100, 30)),
}
"""By name."""
