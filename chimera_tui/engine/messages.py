"""What was said, changed afterwards: edited, taken out, gone on from elsewhere."""

from dataclasses import replace

from chimera_tui.domain.conversation import Message
from chimera_tui.domain.errors import UnknownError
from chimera_tui.domain.events import MessageChanged, PathChanged
from chimera_tui.engine.journal import Journal
from chimera_tui.engine.turns import Turns


class Messages:
    """Changes the messages of one room; what stood before is kept, too.

    Each raises UnknownError if there is no such message, and StorageError if it cannot be saved;
    then nothing has changed.
    """

    def __init__(self, journal: Journal, turns: Turns) -> None:
        self._journal = journal
        self._turns = turns

    async def edit(self, message_id: int, text: str) -> None:
        """Put other words in the place of those of a message; it stays where it is.

        Raises:
            UnknownError: If there are no words.
        """
        if not text.strip():
            raise UnknownError("There are no words.", hint="Delete the message instead.")

        def edited() -> MessageChanged | None:
            message = self._message(message_id)
            if text == message.text:
                return None
            now = self._journal.now()
            return MessageChanged(message=replace(message, text=text, edited_at=now))

        await self._journal.change(edited)

    async def delete(self, message_id: int) -> None:
        """Take a message out; what was said after it stays. `restore` brings it back."""
        await self._mark(message_id, is_deleted=True)

    async def restore(self, message_id: int) -> None:
        """Bring a deleted message back."""
        await self._mark(message_id, is_deleted=False)

    async def _mark(self, message_id: int, *, is_deleted: bool) -> None:
        def marked() -> MessageChanged:
            return MessageChanged(message=replace(self._message(message_id), is_deleted=is_deleted))

        await self._journal.change(marked)

    async def choose(self, message_id: int) -> None:
        """Put the path through this message; who speaks on the old one is stopped."""
        self._message(message_id)
        await self._turns.stop()
        await self._journal.emit(PathChanged(chosen_id=message_id))
        await self._turns.path_changed()

    async def branch(self, message_id: int) -> None:
        """Go back to this message, to go on from there; what was said after it stays a branch.

        The room pauses: somebody wants another future, and has yet to say which.
        """
        self._message(message_id)
        await self._turns.stop()
        await self._turns.clear()
        await self._journal.emit(PathChanged(chosen_id=message_id))
        await self._journal.emit(PathChanged(chosen_id=None, end_id=message_id))
        self._turns.pause()
        await self._turns.path_changed()

    def _message(self, message_id: int) -> Message:
        try:
            return self._journal.tree.messages[message_id]
        except KeyError:
            raise UnknownError(f"There is no message {message_id} in this room.") from None
