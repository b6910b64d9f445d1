"""What was said, changed afterwards: edited, taken out, gone on from elsewhere."""

from dataclasses import replace

from chimera_tui.domain.conversation import Message
from chimera_tui.domain.errors import UnknownError
from chimera_tui.domain.saved import Tree
from chimera_tui.engine.arranging import Arranging


class Amending(Arranging):
    """The part of a room that changes what stands; what stood before is kept, too."""

    @property
    def tree(self) -> Tree:
        """What has been said."""
        return self._journal.tree

    async def edit(self, message_id: int, text: str) -> None:
        """Put other words in the place of those of a message; it stays where it is.

        Raises:
            UnknownError: If there is no such message, or no words.
            StorageError: If it cannot be saved; then it was not changed.
        """
        message = self._message(message_id)
        if not text.strip():
            raise UnknownError("There are no words.", hint="Delete the message instead.")
        if text != message.text:
            edited = replace(message, text=text, edited_at=self._journal.now())
            await self._journal.change_message(edited)

    async def delete(self, message_id: int) -> None:
        """Take a message out; what was said after it stays. `restore` brings it back.

        Raises:
            UnknownError: If there is no such message.
            StorageError: If it cannot be saved; then it was not changed.
        """
        await self._journal.change_message(replace(self._message(message_id), is_deleted=True))

    async def restore(self, message_id: int) -> None:
        """Bring a deleted message back; raises as `delete`."""
        await self._journal.change_message(replace(self._message(message_id), is_deleted=False))

    def _message(self, message_id: int) -> Message:
        try:
            return self.tree.messages[message_id]
        except KeyError:
            raise UnknownError(f"There is no message {message_id} in this room.") from None
