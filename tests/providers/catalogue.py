"""The fault catalogue: what a row of it asks, what came of it, and the table of all."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace

import pytest

from chimera_tui.domain.errors import Fault, ProviderError
from chimera_tui.domain.health import ModelInfo
from chimera_tui.providers.base import Provider
from chimera_tui.providers.endpoint import Endpoint
from tests.fault_dialects import ANTHROPIC, GEMINI, OLLAMA, OPENAI, Dialect, Reply
from tests.fault_server import FaultServer
from tests.providers.helpers import PATIENT, WIRES, Heard, Wire, a_provider, an_endpoint, hear

KEY = "sk-canary-0123456789"
DIALECTS: dict[Wire, Dialect] = {
    "openai": OPENAI,
    "anthropic": ANTHROPIC,
    "gemini": GEMINI,
    "ollama": OLLAMA,
}
LEGEND = """\
Each cell: what the adapter made of it, through the vendor's SDK over a real socket. `ok` is a whole
reply, anything else the kind of the fault; a reply in part is never whole. Attempts, parks and
pauses follow from kind and wait, and are tested with `resilience`; so are P29 and P30, where a
whole reply says nothing."""


class DoesNotOccurError(Exception):
    """A row has no meaning in a wire format; the text says why."""


@dataclass
class Case:
    """A row in one wire format."""

    wire: Wire
    server: FaultServer
    stack: AsyncExitStack
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

    async def fault(self, at: Endpoint | str, *kinds: Fault, **deadlines: float) -> ProviderError:
        """Ask there; expect an error of one of `kinds`, and nothing that passes for whole."""
        at = self.at(at, **deadlines) if isinstance(at, str) else at
        provider = await self.provider(at)
        with pytest.raises(ProviderError) as caught:
            await hear(provider)
        error = caught.value
        assert error.kind in kinds, f"{error.kind}: {error.problem}"
        assert error.problem.isprintable()
        assert len(error.problem) < 500
        for secret in (KEY, "sk-"):
            assert secret not in f"{error.problem} {error.hint} {error!r}"
        self._note(error.kind.value)
        return error

    async def whole(self, scenario: str, text: str | None = None, **deadlines: float) -> Heard:
        """Ask there; expect a whole reply, and this text."""
        heard = await hear(await self.provider(self.at(scenario, **deadlines)))
        assert heard.finished
        if text is not None:
            assert heard.text == text
        self._note("ok")
        return heard

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


async def judge(row: Row, wire: Wire) -> None:
    """Play a row in a wire format; nothing of it may stay behind."""
    RESULTS[row.id, wire] = "FAIL"
    tasks = asyncio.all_tasks()
    async with FaultServer() as server, AsyncExitStack() as stack:
        case = Case(wire, server, stack)
        try:
            await row.act(case)
        except DoesNotOccurError as why:
            RESULTS[row.id, wire] = "n/a"
            REASONS.setdefault((row.id, str(why)), []).append(wire)
            return
        await server.until_open(0)
    await asyncio.gather(*(asyncio.all_tasks() - tasks))
    RESULTS[row.id, wire] = " ".join(case.outcomes)


def table() -> list[str]:
    """The outcome of all rows that were played."""
    width = max(len(row.title) for row in ROWS.values())
    lines = [f"{'':4} {'':{width}} {'':1}" + "".join(f"{wire:24}" for wire in WIRES)]
    for row in sorted(ROWS.values(), key=lambda row: row.id):
        cells = "".join(f"{RESULTS.get((row.id, wire), '-'):24}" for wire in WIRES)
        lines.append(f"{row.id:4} {row.title:{width}}  {cells}".rstrip())
    lines += [f"{id_} n/a in {', '.join(wires)}: {why}" for (id_, why), wires in REASONS.items()]
    counts = {"n/a": 0, "FAIL": 0}
    for result in RESULTS.values():
        counts[result] = counts.get(result, 0) + 1
    failed, missing = counts["FAIL"], counts["n/a"]
    hold = len(RESULTS) - failed - missing
    total = len(ROWS) * len(WIRES)
    return [*lines, *LEGEND.splitlines(), f"{hold} of {total} hold, {missing} n/a, {failed} fail"]
