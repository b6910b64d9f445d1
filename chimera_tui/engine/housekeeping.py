"""What is done beside the turns: a title, and summaries of what will not fit."""

import asyncio
import contextlib
from dataclasses import replace

from chimera_tui.domain.conversation import Conversation
from chimera_tui.domain.errors import ProviderError, StorageError
from chimera_tui.domain.text import one_line
from chimera_tui.engine import summaries
from chimera_tui.engine.background_requests import BackgroundRequests
from chimera_tui.engine.journal import Journal
from chimera_tui.engine.titles import short_title

HALF_FULL = 0.5
"""Share of a window from which on its older half is summarised, while there is time."""
TITLED_AFTER = 4
"""Messages from which a title is made."""
LONGEST_TITLE = 60
"""Characters."""
TITLE = (
    "You name conversations. Answer with a title of two to six words for what these people really"
    " talk about: concrete, no quotation marks, no full stop, in their language."
)


class Housekeeping:
    """Tidies up one room. Without a helper named in the rules it only shortens a long topic."""

    def __init__(self, journal: Journal, background: BackgroundRequests) -> None:
        self._journal = journal
        self._background = background
        self._has_named = False
        self._tidying: asyncio.Task[None] | None = None

    def tend(self, fullness: float) -> None:
        """Begin whatever is to be done, unless something still is.

        Args:
            fullness: How much of the last speaker's window is filled, 0 to 1.
        """
        is_busy = self._tidying is not None and not self._tidying.done()
        has_work = self._journal.conversation.rules.helper or not self._has_named
        if has_work and not is_busy:
            self._tidying = asyncio.create_task(self._tidy(fullness))

    def close(self) -> None:
        """Put the pen down."""
        if self._tidying:
            self._tidying.cancel()

    async def done(self) -> None:
        """Wait until nothing is being done any more."""
        if self._tidying:
            await asyncio.wait({self._tidying})

    async def _tidy(self, fullness: float) -> None:
        """Do what is due; what fails is tried again after a later turn."""
        with contextlib.suppress(ProviderError, StorageError):
            if len(self._journal.tree.path) >= TITLED_AFTER and not self._has_named:
                await self._name()
            if self._journal.conversation.rules.helper and fullness > HALF_FULL:
                await self._summarise()

    async def _name(self) -> None:
        """Give the conversation a title, if nobody has."""
        self._has_named = True
        conversation = self._journal.conversation
        heard = [message for message in self._journal.tree.path if not message.to]
        if conversation.title != conversation.topic or not heard:
            return
        block = summaries.SummaryChunk(tuple(heard[: 2 * TITLED_AFTER]))
        if conversation.rules.helper:
            title = await self._asked(block)
        else:
            title = short_title(conversation.topic, (m.text for m in block.messages))

        def titled(now: Conversation) -> Conversation:
            is_still_open = now.title == now.topic
            return replace(now, title=title) if title and is_still_open else now

        await self._journal.change_conversation(titled)

    async def _asked(self, block: summaries.SummaryChunk) -> str:
        """What the helper would call it; empty if it does not say."""
        conversation = self._journal.conversation
        said = f"The topic: {conversation.topic}\n\n{block.transcript(conversation)}"
        answer = await self._background.ask(TITLE, said, max_tokens=40)
        title = one_line(answer.strip().splitlines()[0] if answer.strip() else "", LONGEST_TITLE)
        return title.strip(" \"'“”*#.")

    async def _summarise(self) -> None:
        """Have the older half summarised, block by block, each once."""
        journal = self._journal
        path = [message for message in journal.tree.path if not message.to]
        for block in summaries.blocks(path[1 : len(path) // 2], journal.state.summaries.values()):
            is_whole = len(block.messages) >= summaries.BLOCK
            if is_whole and block.digest not in journal.state.summaries:
                await self._background.summarise(
                    summaries.INSTRUCTIONS,
                    block.transcript(journal.conversation),
                    block.to_be_made(),
                    max_tokens=summaries.SUMMARY_TOKENS,
                )
