"""What is learned of providers while rooms talk: what models refuse, who is left alone."""

import json
from pathlib import Path
from typing import Any

import pytest

from chimera_tui.domain.conversation import Assignment, ModelRef
from chimera_tui.domain.errors import Fault, UnprotectedError
from chimera_tui.domain.events import MessageCompleted
from chimera_tui.domain.health import HealthState
from chimera_tui.providers.endpoints import Endpoints
from chimera_tui.settings.keys import Keys
from chimera_tui.settings.settings import ProviderSettings, Settings
from tests.fakes import a_persona, play
from tests.fault_dialects import Reply
from tests.fault_server import FaultServer
from tests.resilience.helpers import fault
from tests.test_chimera import opened

MODEL = ModelRef("desk", "m-1")
HEAT = {
    "message": "Unsupported value: 'temperature' does not support 0.8 with this model.",
    "type": "invalid_request_error",
    "param": "temperature",
    "code": "unsupported_value",
}


def cold(server: FaultServer) -> str:
    """The address of a server whose model takes no temperature."""

    async def act(reply: Reply) -> None:
        body: Any = server.bodies[-1]
        if body and "temperature" in body:
            refusal = json.dumps({"error": HEAT}).encode()
            await reply.whole(400, refusal, "application/json")
        else:
            await server.scenarios["ok"](reply)

    server.scenarios["cold"] = act
    return server.url("cold")


async def test_what_a_model_refuses_is_shown_at_once_and_after_a_restart(tmp_path: Path) -> None:
    async with FaultServer() as server:
        address = cold(server)
        async with opened(tmp_path, desk=address) as chimera:
            (listed, *_) = (await chimera.check_provider("desk")).models
            assert (listed.name, listed.ignores) == ("m-1", frozenset())
            saved = await chimera.new_conversation(
                topic="x", cast=["comedian"], models={"comedian": MODEL}, pace=0, turn_limit=2
            )
            seen = await play(chimera.room(saved, attended=False))
            assert sum(isinstance(event, MessageCompleted) for event in seen) == 2
            assert chimera.health["desk"].models[0].ignores == {"temperature"}
        asked = ["temperature" in body for body in server.bodies if body]
        assert asked == [True, False, False], "it was refused once, and never sent again"
        async with opened(tmp_path, desk=address) as chimera:
            assert chimera.health["desk"].models[0].ignores == {"temperature"}


async def test_who_is_held_back_is_not_looked_at_until_it_may_be_called(tmp_path: Path) -> None:
    async with FaultServer() as server, opened(tmp_path, desk=server.url("ok")) as chimera:
        cast = [Assignment(persona=a_persona("Ada"), model=MODEL)]
        known = chimera.connections
        assert known.in_use(cast) == {"desk"}
        breaker = known.gates["desk"].breaker
        breaker.failed(breaker.begin(), fault(Fault.MONEY))
        assert known.in_use(cast) == set()
        known.gates["desk"].wake()
        assert known.in_use(cast) == {"desk"}


async def test_plain_http_to_another_machine_is_asked_for_once(tmp_path: Path) -> None:
    place = "http://nas.local:1234"
    async with opened(tmp_path, desk=f"{place}/v1", far="http://example.com") as chimera:
        known = chimera.connections
        told = chimera.health["desk"]
        assert (told.state, told.unprotected) == (HealthState.DOWN, place)
        assert f'plain_http = ["{place}"]' in told.hint
        assert "desk" not in known.gates
        assert await known.allow_plain(place) == (place,)
        assert (chimera.health["desk"].state, chimera.health["desk"].unprotected) == (
            HealthState.NOT_ASKED,
            "",
        )
        assert "desk" in known.gates
        far = chimera.health["far"]
        assert (far.state, far.unprotected) == (HealthState.DOWN, ""), "public names stay refused"
        assert "https://" in far.hint


@pytest.mark.parametrize(
    "written", ["http://nas.local:1234", "'HTTP://nas.local:1234/v1/'", " nas.local:1234 "]
)
def test_what_the_settings_allow_is_not_asked_for(tmp_path: Path, written: str) -> None:
    own = {"desk": ProviderSettings(base_url="http://nas.local:1234/v1")}
    keys = Keys(tmp_path / "keys.toml", {})
    with pytest.raises(UnprotectedError):
        Endpoints(Settings(providers=own), keys, {}).find("desk")
    for other in ("http://nas.local", "https://nas.local:1234", "http://nas.local:12345"):
        with pytest.raises(UnprotectedError):
            Endpoints(Settings(providers=own, plain_http=(other,)), keys, {}).find("desk")
    allowed = Endpoints(Settings(providers=own, plain_http=(written,)), keys, {})
    assert allowed.find("desk").address == "http://nas.local:1234"
