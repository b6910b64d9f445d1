"""Character cards of other programs: read, written, and what they hold put to use.

Pure functions over bytes; only `files` touches the disk. `importing` turns a card
into a persona, `exporting` a persona into a card, `lore` and `macros` are what a
card's persona needs while it speaks, `chats` reads conversations of SillyTavern.

Nothing a card says is ever used as a path, an address, a limit or a command.
"""
