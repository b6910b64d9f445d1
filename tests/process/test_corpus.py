"""Strings that break terminals, through `talk` and through the app: no terminal obeys one."""

import asyncio
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from chimera_tui.domain.conversation import HUMAN, Assignment, Message, ModelRef, Turn
from chimera_tui.domain.events import MessageCompleted
from chimera_tui.domain.text import clean, storable
from chimera_tui.resilience.calls import shows
from chimera_tui.storage.conversations import Conversations
from chimera_tui.storage.recorder import Recorder
from chimera_tui.storage.store import open_store
from tests.corpus import CORPUS
from tests.fakes import NOON, a_persona
from tests.fault_dialects import LISTING, Reply
from tests.fault_server import FaultServer
from tests.process.program import Home
from tests.process.vocabulary import vocabulary

pytestmark = pytest.mark.slow

LONGEST = 2_000
"""Characters of a specimen that are used here: many orders, not much of each."""
TEXTS = [specimen.text[:LONGEST] for specimen in CORPUS]
SPOKEN = [text for text in TEXTS if shows(text)]
"""Those of which something is to be seen: a reply of nothing is asked for again."""
_MARKS = re.compile(r"\A\[INST\] | </s><s>\Z")
"""Those in the corpus that are taken for marks where they stand."""
CALM = ["Well, well."] * len(TEXTS)


async def converse(home: Home, texts: list[str], *words: str) -> bytes:
    """Let a server say `texts`, one a turn; return all that a terminal gets of it."""
    said = iter(texts)

    async def say_next(reply: Reply) -> None:
        if reply.dialect is LISTING:
            await reply.whole(200, LISTING.document())
            return
        await reply.say(reply.dialect.piece(storable(next(said))), reply.dialect.end())

    async with FaultServer() as server:
        server.scenarios["evil"] = say_next

        def run() -> bytes:
            arguments = ("talk", "--pace", "0", "--turns", str(len(texts)), *words)
            config = home.path / "fast.toml"
            config.write_text("[providers.ollama]\nrequests_per_minute = 10000\n")
            environment = {"OLLAMA_URL": server.url("evil"), "CHIMERA_CONFIG": str(config)}
            models = [f"--model={slug}=ollama/m-1" for slug in ("comedian", "scientist")]
            cast = ["--cast", "comedian,scientist", *models]
            with home.open_app(*arguments, *cast, environment=environment) as terminal:
                terminal.wait_exit()
                return bytes(terminal.output)

        return await asyncio.to_thread(run)


@pytest.mark.parametrize("half", [0, 1])
async def test_no_reply_reaches_the_terminal_as_an_order(home: Home, half: int) -> None:
    texts = SPOKEN[half::2]
    output = await converse(home, texts, "--topic", "Should robots dream?")
    assert vocabulary(output) == set()
    saved = await asyncio.to_thread(home.conversation)
    said = [message["text"] for message in saved["messages"]]
    assert said == spoken(texts)


async def test_no_json_line_holds_anything_but_plain_ascii(home: Home) -> None:
    texts = SPOKEN[::2]
    output = await converse(home, texts, "--topic", "x", "--json")
    lines = output.decode("ascii").splitlines()
    said = [json.loads(line)["text"] for line in lines if '"message_completed"' in line]
    assert said == spoken(texts)


def spoken(texts: list[str]) -> list[str]:
    """What stands of them in the conversation: marks of templates around words are none."""
    kept = (_MARKS.sub("", storable(text)).strip() for text in texts)
    return [text for text in kept if text]


def test_no_topic_or_title_reaches_the_terminal_as_an_order(home: Home) -> None:
    texts = [storable(text)[:200] for text in TEXTS]
    topics = " ".join(texts)[:20_000] + "\udc9b2J"  # a byte that is no UTF-8
    with home.open_app("talk", "--demo", "--pace", "0", "--turns", "1", "--topic", topics) as one:
        assert one.wait_exit() == 0
    with home.open_app("conversations", "rename", "1", topics[::-1]) as other:
        assert other.wait_exit() == 0
        assert vocabulary(one.output) | vocabulary(other.output) == set()
    for command in (["conversations"], ["conversations", "show", "1"], ["export", "1"]):
        with home.open_app(*command) as terminal:
            assert terminal.wait_exit() == 0
            assert vocabulary(terminal.output) == set()


@pytest.mark.parametrize("text", [t for t in TEXTS if "\0" not in t][::8])
def test_no_mistaken_argument_reaches_the_terminal_as_an_order(home: Home, text: str) -> None:
    with home.open_app("talk", "--demo", "--topic", "x", "--cast", text[:500]) as terminal:
        assert terminal.wait_exit() == 2
        assert vocabulary(terminal.output) == set()


async def save(db: Path, texts: list[str]) -> None:
    """Save a conversation in which all of `texts` were said, by people who are called so too."""
    names = texts[::12]
    cast = [
        Assignment(
            persona=replace(a_persona("x"), slug=f"p{n}", name=name[:60], one_line=name[:200]),
            model=ModelRef("evil", name[:200] or "x"),
        )
        for n, name in enumerate(names)
    ]
    async with open_store(db) as store:
        saved = await Conversations(store).new_conversation(
            topic="".join(names)[:2_000], cast=cast, mode="round_robin", human_name=texts[0]
        )
        recorder = Recorder(store)
        for number, text in enumerate(texts, 1):
            speaker = HUMAN if number % 5 == 0 else cast[number % len(cast)].persona.slug
            message = Message(
                id=number,
                parent_id=number - 1 or None,
                turn=Turn(number=number, speaker=speaker),
                text=text,
                finish_note=text[:200],
                created_at=NOON,
            )
            await recorder.record(saved.conversation.id, MessageCompleted(message=message))


def read_through(home: Home) -> set[str]:
    """Open the app and read the conversation from its end to its beginning."""
    with home.open_app() as terminal:
        terminal.wait_for("paused")
        terminal.send("\t")
        for _ in range(80):
            terminal.send("\x1b[5~")
        terminal.send("\x1b[1;5H\x1b[1~\x1b[H")
        terminal.wait_for("BEGINNING")
        terminal.send("\x11")
        assert terminal.wait_exit() == 0
        return vocabulary(terminal.output)


async def test_no_message_or_name_reaches_the_terminal_of_the_app_as_an_order(
    tmp_path: Path,
) -> None:
    found = []
    for name, texts in (("calm", CALM), ("nasty", TEXTS)):
        home = Home(tmp_path / name)
        home.path.mkdir()
        await save(home.db, ["BEGINNING", *texts])
        found.append(await asyncio.to_thread(read_through, home))
    calm, nasty = found
    assert nasty <= calm


def test_the_vocabulary_is_seen() -> None:
    """The check itself: it finds in the corpus what must never be found on a terminal."""
    raw = "".join(TEXTS).encode(errors="replace")
    assert {"OSC 52", "CSI c", "CSI ?1003h", "control 0x9b", "control 0x202e"} <= vocabulary(raw)
    assert vocabulary(clean("".join(TEXTS)).encode()) == set()
