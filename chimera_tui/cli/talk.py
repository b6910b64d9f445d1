"""`talk`: one conversation without a screen."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from chimera_tui.cli import output
from chimera_tui.cli.app import split_cast
from chimera_tui.cli.exits import Exit
from chimera_tui.cli.files import Files
from chimera_tui.cli.interruption import Interruption, interruptible
from chimera_tui.cli.opening import opened
from chimera_tui.cli.options import with_files
from chimera_tui.cli.talk_json import JsonText
from chimera_tui.cli.talk_plain import PlainText
from chimera_tui.domain.conversation import Conversation, ModelRef
from chimera_tui.domain.errors import ChimeraError, Fault
from chimera_tui.domain.events import (
    ConversationEnded,
    EndReason,
    Event,
    MessageCompleted,
    TurnFailed,
)
from chimera_tui.engine.room import Room
from chimera_tui.engine.turn_taking import MODES

Printer = Callable[[Event], output.Output]


class _ModelOption(click.ParamType[tuple[str, ModelRef]]):
    """`persona=provider/model`."""

    name = "persona=provider/model"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, ModelRef]:
        """Split it; `chimera` checks the names."""
        slug, _, model = value.partition("=")
        try:
            return slug.strip(), ModelRef.parse(model)
        except ChimeraError as error:
            self.fail(f"{error.problem} {error.hint}", param, ctx)


@click.command()
@click.option("--room", default="", help="A ready-made room: its slug.")
@click.option("--topic", help="What to talk about. Default: a topic of the room.")
@click.option("--cast", help="Slugs of the personas, joined by commas. Default: those of the room.")
@click.option("--mode", help=f"Who speaks next: {', '.join(MODES)}.")
@click.option(
    "--turns", type=click.IntRange(1, 100), default=20, show_default=True, help="How many."
)
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Makes it repeatable.")
@click.option("--pace", type=click.FloatRange(0, 10), help="0 instant, 1 human, 2 slow.")
@click.option("--demo", is_flag=True, help="Let the built-in demo play everyone, offline.")
@click.option("--model", "models", type=_ModelOption(), multiple=True, help="Who plays whom.")
@click.option("--json", "as_json", is_flag=True, help="Print one event a line.")
@with_files
def talk(files: Files, *, cast: str | None, turns: int, as_json: bool, **ask: Any) -> int:
    """Let personas talk, and print what they say as they say it."""
    if not (ask["room"] or ask["topic"]):
        raise click.UsageError("Missing option '--topic' or '--room'.")
    ask |= {"cast": split_cast(cast), "models": dict(ask["models"]), "turn_limit": turns}
    ask["topic"] = ask["topic"] or ""
    return asyncio.run(_talk(files, ask, as_json=as_json))


async def _talk(files: Files, ask: dict[str, Any], *, as_json: bool) -> int:
    with interruptible() as interruption:
        async with opened(files) as chimera:
            saved = await chimera.new_conversation(**ask)
            conversation = saved.conversation
            tally = await _play(
                chimera.room(saved, attended=False),
                _printer(conversation, as_json=as_json),
                interruption,
            )
        for rescue in chimera.rescues:
            tally.rescued_to = rescue.path
        where = f" in `{tally.rescued_to}`" if tally.rescued_to else ""
        output.say(f"Saved as conversation {conversation.id}{where}.")
    return interruption.exit_code or tally.exit_code


def _printer(conversation: Conversation, *, as_json: bool) -> Printer:
    return JsonText(conversation.id) if as_json else PlainText(conversation)


@dataclass(slots=True)
class _Tally:
    spoken: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    rescued_to: Path | None = None
    """The file in which it all is, if that is another than was asked for."""

    def count(self, event: Event) -> None:
        match event:
            case MessageCompleted():
                self.spoken += 1
            case TurnFailed(failure=failure):
                self.failures[failure.kind] += 1
            case ConversationEnded(reason=EndReason.BUDGET):
                self.failures[Fault.BUDGET] += 1

    @property
    def exit_code(self) -> Exit:
        """What the whole of it exits with."""
        if self.failures[Fault.STORAGE] or self.rescued_to:
            return Exit.CANNOT_WRITE
        if not self.spoken:
            return Exit.FAILED
        return Exit.PARTLY if self.failures else Exit.DONE


async def _play(room: Room, printer: Printer, interruption: Interruption) -> _Tally:
    """Let the room run to its end, or until a signal comes or nobody reads any more."""
    async with room:
        following = asyncio.create_task(_follow(room, printer))
        interrupted = asyncio.create_task(interruption.came.wait())
        await asyncio.wait((following, interrupted), return_when=asyncio.FIRST_COMPLETED)
        interrupted.cancel()
    tally = await following  # of an interrupted room, what it kept is still to be printed
    if room.crash:
        raise room.crash
    return tally


async def _follow(room: Room, printer: Printer) -> _Tally:
    """Print every event of the room. A slow reader holds up the printing only."""
    tally = _Tally()
    async with aclosing(room.events()) as events:
        async for event in events:
            tally.count(event)
            await asyncio.to_thread(output.write, printer(event))
    return tally
