"""What no longer fits into a window, in short: block by block, each once.

The messages are cut into blocks of eight. The summary of a block belongs to these very words: an
edit or another branch makes another block, and leaves the others as they are. A summary is never
summarised again, since what is lost once would be lost more each time. Without a model a block is
counted, and its three most telling sentences are kept.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chimera_tui.domain.conversation import Conversation, Message, ModelRef, Summary
from chimera_tui.domain.text import one_line
from chimera_tui.quality.words import stems, words

BLOCK = 8
"""Messages of a block; the last one may have less."""
SENTENCES = 3
"""Of a block that no model has summarised."""
LONGEST_SENTENCE = 200
"""Characters."""
LONGEST_READ = 1500
"""Characters of each message that are looked at."""
SHORTEST_SENTENCE = 4
"""Words that a telling sentence has at least."""
SUMMARY_WORDS = 90
SUMMARY_TOKENS = 260
"""What a model may write for it."""
INSTRUCTIONS = (
    f"You keep the minutes of a conversation. Say in at most {SUMMARY_WORDS} words who claimed"
    " what, what was agreed, disputed or left open, and facts, names and numbers that may matter"
    " later. Plain sentences, past tense, names as they stand. No introduction, no judgement."
)

_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")


@dataclass(frozen=True, slots=True)
class SummaryChunk:
    """Some messages in a row that everybody heard."""

    messages: tuple[Message, ...]

    @property
    def digest(self) -> str:
        """Names these very words."""
        import hashlib  # noqa: PLC0415 - half a megabyte that a short talk does not need

        said = "\x1e".join(f"{message.id}\x1f{message.text}" for message in self.messages)
        return hashlib.sha256(said.encode(errors="replace")).hexdigest()[:24]

    def transcript(self, conversation: Conversation) -> str:
        """The words, as a model that summarises them reads them."""
        return "\n".join(
            f"[{conversation.name_of(message.turn.speaker)}]: {one_line(message.text, 1500)}"
            for message in self.messages
        )

    def to_be_made(self) -> Summary:
        """The summary before it is written."""
        first, last = self.messages[0], self.messages[-1]
        return Summary(
            digest=self.digest,
            first_id=first.id,
            last_id=last.id,
            text="",
            model=ModelRef("", ""),
            created_at=last.created_at,
        )


def blocks(path: Sequence[Message], kept: Iterable[Summary] = ()) -> list[SummaryChunk]:
    """Cut what all have heard into blocks; those that `kept` summaries belong to stay together.

    A message that is taken out shortens its own block and moves no other.
    """
    ends = {summary.first_id: summary.last_id for summary in kept}
    cut: list[SummaryChunk] = []
    block: list[Message] = []
    end: int | None = None
    for message in path:
        if message.to:
            continue
        if block and message.id in ends:
            cut.append(SummaryChunk(tuple(block)))
            block, end = [], None
        end = ends.get(message.id, end)
        block.append(message)
        if message.id == end or (end is None and len(block) == BLOCK) or len(block) > 2 * BLOCK:
            cut.append(SummaryChunk(tuple(block)))
            block, end = [], None
    if block:
        cut.append(SummaryChunk(tuple(block)))
    return cut


def counted(block: SummaryChunk, conversation: Conversation) -> str:
    """What is said of a block, in the place of its words, that no model has summarised."""
    names = Counter(conversation.name_of(m.turn.speaker) for m in block.messages)
    said = ", ".join(f"{name} {count}" for name, count in names.items())
    count = len(block.messages)
    telling = _telling(block, conversation)
    line = f"{count} message{'s' if count > 1 else ''} ({said})."
    return " ".join([line, *(["Among them:"] if telling else []), *telling])


def _telling(block: SummaryChunk, conversation: Conversation) -> list[str]:
    """The sentences with the highest TF-IDF (by the root of their length), in their order.

    Every sentence counts as a document; so one that says what no other does stands out.
    """
    read = (
        (message, text, words(text))
        for message in block.messages
        for text in _SENTENCE.findall(message.text[:LONGEST_READ])
    )
    sentences = [
        (message, text, stems(said))
        for message, text, said in read
        if len(said) >= SHORTEST_SENTENCE
    ]
    found_in = Counter(stem for _, _, own in sentences for stem in own)

    def weight(place: int) -> float:
        own = sentences[place][2]
        score = sum(math.log(len(sentences) / found_in[stem]) for stem in own)
        return score / math.sqrt(len(own)) if own else 0.0

    best = sorted(sorted(range(len(sentences)), key=weight, reverse=True)[:SENTENCES])
    return [
        f"{conversation.name_of(message.turn.speaker)}: “{one_line(text, LONGEST_SENTENCE)}”"
        for message, text, _ in (sentences[place] for place in best)
    ]
