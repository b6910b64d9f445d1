"""Whatever happens to a tree, the database holds the same one."""

import asyncio
import tempfile
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chimera_tui.domain.conversation import HUMAN
from chimera_tui.domain.events import MessageChanged, MessageCompleted, PathChanged
from chimera_tui.domain.saved import Tree
from chimera_tui.domain.text import storable
from chimera_tui.storage.conversations import Conversations
from chimera_tui.storage.recorder import Recorder
from chimera_tui.storage.store import open_store
from tests.storage.values import CAST, NOON, a_message, started

T = TypeVar("T")


class TreeInDatabase(RuleBasedStateMachine):
    """The tree of a room on one side, what was recorded of it on the other."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.open = AsyncExitStack()
        self.tree = Tree()
        self.turns = 0
        self.speaking: tuple[int, int | None] | None = None
        """The turn that is being taken, and the message it follows."""

    @initialize()
    def begin(self) -> None:
        self.reopen()
        saved = self.run(
            self.conversations.new_conversation(topic="Zero", cast=CAST, mode="random")
        )
        self.id = saved.conversation.id

    @rule()
    def reopen(self) -> None:
        self.run(self.open.aclose())
        path = Path(self.folder.name) / "c.db"
        store = self.run(self.open.enter_async_context(open_store(path)))
        self.conversations, self.recorder = Conversations(store), Recorder(store)

    @rule()
    def say(self) -> None:
        self.turns += 1
        self.add(self.tip_id, self.turns, HUMAN)

    @precondition(lambda self: self.speaking is None)
    @rule()
    def begin_to_speak(self) -> None:
        self.turns += 1
        self.speaking = self.turns, self.tip_id
        self.run(self.recorder.record(self.id, started(self.turns)))

    @precondition(lambda self: self.speaking is not None)
    @rule()
    def end_speaking(self) -> None:
        """Perhaps others spoke, or the path went elsewhere, since it began."""
        assert self.speaking is not None
        turn, parent_id = self.speaking
        self.speaking = None
        self.add(parent_id, turn)

    @precondition(lambda self: self.tree.path)
    @rule(data=st.data())
    def answer_again(self, data: st.DataObject) -> None:
        message = data.draw(st.sampled_from(self.tree.path))
        self.tree.end_at(message.parent_id)
        self.run(self.recorder.record(self.id, PathChanged(chosen_id=None)))
        self.add(message.parent_id, message.turn.number)

    @precondition(lambda self: self.tree.path)
    @rule(data=st.data())
    def choose(self, data: st.DataObject) -> None:
        message = data.draw(st.sampled_from(sorted(self.tree.messages)))
        self.tree.choose(message)
        self.run(self.recorder.record(self.id, PathChanged(chosen_id=message)))

    @precondition(lambda self: self.tree.messages)
    @rule(data=st.data(), text=st.text(max_size=5), is_deleted=st.booleans())
    def change(self, data: st.DataObject, text: str, *, is_deleted: bool) -> None:
        message = self.tree.messages[data.draw(st.sampled_from(sorted(self.tree.messages)))]
        changed = replace(message, text=storable(text), edited_at=NOON, is_deleted=is_deleted)
        self.tree.change(changed)
        self.run(self.recorder.record(self.id, MessageChanged(message=changed)))

    @invariant()
    def the_database_holds_the_same_tree(self) -> None:
        if not self.turns:
            return
        saved = self.run(self.conversations.load(self.id))
        assert saved.tree.path == self.tree.path
        assert saved.tree.messages == self.tree.messages
        assert saved.tree.chosen == self.tree.chosen
        assert saved.turns == self.turns

    def teardown(self) -> None:
        self.run(self.open.aclose())
        self.loop.close()
        self.folder.cleanup()

    @property
    def tip_id(self) -> int | None:
        return self.tree.trunk[-1].id if self.tree.trunk else None

    def run(self, doing: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(doing)

    def add(self, parent_id: int | None, turn: int, speaker: str = "ada") -> None:
        message = a_message(len(self.tree.messages) + 1, parent_id, turn, speaker=speaker)
        self.tree.add(message)
        event = MessageCompleted(message=message)
        self.run(self.recorder.record(self.id, event))


TestTreeInDatabase = TreeInDatabase.TestCase
TestTreeInDatabase.settings = settings(
    max_examples=30, stateful_step_count=25, deadline=None, derandomize=True
)
