"""A bare Textual app with the widgets of the room: what `bench.start` measures against."""

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import OptionList, RichLog, Static, TextArea


class BareApp(App[None]):
    """Head, list, transcript, status, field, panels, foot: as in the room, of Textual's own."""

    CSS = """
    #rooms { width: 24; }
    #side { width: 34; }
    RichLog { height: 1fr; }
    #composer { height: 3; }
    #composer Static { width: 40; }
    TextArea { width: 1fr; }
    #head, #foot, #status, .heading { height: 1; }
    #completions { display: none; }
    """
    COMMANDS: ClassVar = set()

    def compose(self) -> ComposeResult:
        yield Static("Chimera", id="head")
        with Horizontal():
            with Vertical(id="rooms"):
                yield Static("Rooms", classes="heading")
                yield OptionList("Should robots dream?")
            with Vertical():
                yield RichLog()
                yield Static("paused", id="status")
                with Horizontal(id="composer"):
                    yield TextArea()
                    yield Static("Say something")
            with VerticalScroll(id="side"):
                yield Static("Cast", classes="heading")
                yield OptionList("Philosopher", "Comedian", "Scientist")
                yield Static("Providers\nlmstudio\nollama")
                yield Static("Vitals\nbalance\nturns\ntokens")
        yield OptionList(id="completions")
        yield Static("help  quit", id="foot")

    def on_mount(self) -> None:
        self.query_one(TextArea).focus()


def main() -> None:
    BareApp().run()
