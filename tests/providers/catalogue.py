"""The fault catalogue: what a row of it asks, what came of it, and the table of all."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from chimera_tui.domain.conversation import Finish
from chimera_tui.domain.errors import Fault, ProviderError
from chimera_tui.domain.health import ModelInfo
from chimera_tui.providers.base import Provider
from chimera_tui.providers.endpoint import Endpoint
from tests.fault_dialects import ANTHROPIC, GEMINI, OLLAMA, OPENAI, Dialect, Reply
from tests.fault_server import FaultServer
from tests.providers.helpers import PATIENT, WIRES, Heard, Wire, a_provider, an_endpoint, hear
from tests.providers.turns import DONE, Taken, Then, Turns, faults_of, some_turns

KEY = "sk-canary-0123456789"
DIALECTS: dict[Wire, Dialect] = {
    "openai": OPENAI,
    "anthropic": ANTHROPIC,
    "gemini": GEMINI,
    "ollama": OLLAMA,
}
SHORTLY = 0.05
"""Seconds for what Ollama is asked before a reply: of no fault here."""
LEGEND = """\
Each cell: what came of it through the vendor's SDK over a real socket, and what a turn of a room
made of it, as the catalogue demands. `ok`: the whole reply is a message; `cut`: a part of it is,
marked so; else the kind of the fault, and the turn failed. `x3`: it was asked three times, H: the
breaker counts it, part: what was heard is kept for a person to decide on, stop: the provider waits
for a person, park: the model waits for a known time, wait: the provider does."""


class DoesNotOccurError(Exception):
    """A row has no meaning in a wire format; the text says why."""


@dataclass
class Case:
    """A row in one wire format."""

    wire: Wire
    server: FaultServer
    stack: AsyncExitStack
    turns: Turns
    outcomes: list[str] = field(default_factory=list)
    _providers: dict[Endpoint, Provider] = field(default_factory=dict)

    @property
    def dialect(self) -> Dialect:
        return DIALECTS[self.wire]

    def at(self, where: str, **deadlines: float) -> Endpoint:
        """The endpoint at a scenario or an address, with these deadlines shortened."""
        address = where if "://" in where else self.server.url(where)
        patience = replace(PATIENT, **deadlines)
        return an_endpoint(address, self.wire, key=KEY, deadlines=patience)

    async def provider(self, at: Endpoint) -> Provider:
        """What speaks to `at`, the same every time."""
        if at not in self._providers:
            self._providers[at] = await self.stack.enter_async_context(a_provider(at))
        return self._providers[at]

    async def fault(
        self, at: Endpoint | str, *kinds: Fault, then: Then, **deadlines: float
    ) -> ProviderError:
        """Ask there; expect an error of one of `kinds`, and nothing that passes for whole.

        Then let a turn meet it, and expect what `then` says to follow.
        """
        at = self.at(at, **deadlines) if isinstance(at, str) else at
        heard = Heard()
        with pytest.raises(ProviderError) as caught:
            await hear(await self.provider(at), heard=heard)
        error = caught.value
        assert error.kind in kinds, f"{error.kind}: {error.problem}"
        assert error.problem.isprintable()
        assert len(error.problem) < 500
        for secret in (KEY, "sk-"):
            assert secret not in f"{error.problem} {error.hint} {error!r}"
        await self._failed_turn(at, kinds, then, part=heard.text.strip())
        return error

    async def whole(self, scenario: str, text: str | None = None, **deadlines: float) -> Heard:
        """Ask there; expect a whole reply, and this text; and that a turn makes a message of it."""
        at = self.at(scenario, **deadlines)
        heard = await hear(await self.provider(at))
        assert heard.finished
        if text is not None:
            assert heard.text == text
        taken = await self._turn(at)
        assert taken.then == DONE
        assert taken.message
        assert taken.message.text == heard.text.strip()
        assert taken.message.finish is heard.finished.reason
        assert [outcome for outcome, *_ in taken.attempts] == ["ok"]
        self._note("ok")
        return heard

    async def silent(self, scenario: str, then: Then) -> Heard:
        """Ask there; expect a whole reply that says nothing, of which no message may come."""
        at = self.at(scenario)
        heard = await hear(await self.provider(at))
        assert heard.finished
        assert not heard.text.strip()
        await self._failed_turn(at, (Fault.EMPTY,), then, part="")
        return heard

    async def cut(self, scenario: str, *kinds: Fault) -> None:
        """Ask there for more than anybody reads; expect that a turn keeps the first part of it."""
        at = self.at(scenario)
        with pytest.raises(ProviderError) as caught:
            await hear(await self.provider(at))
        assert caught.value.kind in kinds
        taken = await self._turn(at)
        assert taken.then == DONE
        assert taken.message
        assert taken.message.finish is Finish.CUT
        self._note("cut")

    async def _failed_turn(
        self, at: Endpoint, kinds: tuple[Fault, ...], then: Then, *, part: str
    ) -> None:
        """Let a turn fail there; where a part was seen, it is kept and nothing asked again."""
        then = replace(then, requests=1) if part else then
        taken = await self._turn(at)
        assert (taken.then, taken.message) == (then, None), f"{kinds}: {taken}"
        assert taken.failure
        assert taken.failure.kind in kinds
        assert taken.failure.text == part
        assert faults_of(taken) <= set(kinds)
        assert [outcome for outcome, *_ in taken.attempts] == ["failed"] * then.requests
        assert taken.attempts[-1][2] == part
        words = (taken.failure.kind, then.words(), "part" if part else "")
        self._note(" ".join(word for word in words if word))

    async def _turn(self, at: Endpoint) -> Taken:
        """Let a turn be taken there."""
        shortly = replace(at, deadlines=replace(at.deadlines, aside=SHORTLY))
        return await self.turns.take(await self.provider(shortly))

    async def models(self, scenario: str, **deadlines: float) -> tuple[ModelInfo, ...]:
        """Ask for the models there."""
        provider = await self.provider(self.at(scenario, **deadlines))
        return await provider.list_models()

    def play(self, name: str, act: Callable[[Reply], Awaitable[None]]) -> str:
        """Add a scenario."""
        self.server.scenarios[name] = act
        return name

    def refusal(self, status: int, error: object = None, **headers: str) -> str:
        """Add the scenario of a refusal with these headers."""
        document = error or self.dialect.error(f"status {status}", status)
        body = json.dumps(document).encode()
        return self.play(
            "refusal", lambda reply: reply.whole(status, body, "application/json", **headers)
        )

    def _note(self, outcome: str) -> None:
        if outcome not in self.outcomes:
            self.outcomes.append(outcome)


@dataclass(frozen=True)
class Row:
    """A row: what it is called, and what is asked and expected in it."""

    id: str
    title: str
    act: Callable[[Case], Awaitable[None]]


ROWS: dict[str, Row] = {}
RESULTS: dict[tuple[str, Wire], str] = {}
REASONS: dict[tuple[str, str], list[Wire]] = {}


def row(
    id_: str, title: str
) -> Callable[[Callable[[Case], Awaitable[None]]], Callable[[Case], Awaitable[None]]]:
    """Make a function a row of the catalogue."""

    def add(act: Callable[[Case], Awaitable[None]]) -> Callable[[Case], Awaitable[None]]:
        ROWS[id_] = Row(id_, title, act)
        return act

    return add


async def judge(row: Row, wire: Wire, folder: Path) -> None:
    """Play a row in a wire format, with a database in `folder`; nothing of it may stay behind."""
    RESULTS[row.id, wire] = "FAIL"
    tasks = asyncio.all_tasks()
    async with FaultServer() as server, some_turns(folder) as turns, AsyncExitStack() as stack:
        case = Case(wire, server, stack, turns)
        try:
            await row.act(case)
        except DoesNotOccurError as why:
            RESULTS[row.id, wire] = "n/a"
            REASONS.setdefault((row.id, str(why)), []).append(wire)
            return
        await server.until_open(0)
    await asyncio.gather(*(asyncio.all_tasks() - tasks))
    RESULTS[row.id, wire] = ", ".join(case.outcomes)


def table() -> list[str]:
    """The outcome of all rows that were played."""
    ids = sorted(ROWS)
    columns = [
        ["", *(f"{id_} {ROWS[id_].title}" for id_ in ids)],
        *([wire, *(RESULTS.get((id_, wire), "-") for id_ in ids)] for wire in WIRES),
    ]
    padded = [[cell.ljust(max(map(len, column))) for cell in column] for column in columns]
    lines = ["  ".join(cells).rstrip() for cells in zip(*padded, strict=True)]
    lines += [f"{id_} n/a in {', '.join(wires)}: {why}" for (id_, why), wires in REASONS.items()]
    counts = {"n/a": 0, "FAIL": 0}
    for result in RESULTS.values():
        counts[result] = counts.get(result, 0) + 1
    failed, missing = counts["FAIL"], counts["n/a"]
    hold = len(RESULTS) - failed - missing
    total = len(ROWS) * len(WIRES)
    return [*lines, *LEGEND.splitlines(), f"{hold} of {total} hold, {missing} n/a, {failed} fail"]
