"""Marks that models leave in their words: where a thought begins and ends, where a turn does.

Servers that know a model take them out; small ones, and gateways, pass them on. The marks are
those of the chat templates of well-known models and of the reasoning parsers of vLLM, SGLang
and llama.cpp (as of 2026). What a text says *about* such a mark is told from the mark by where
it stands: in code, in quotes, in the middle of a sentence.
"""

import re
from collections.abc import Iterator
from enum import Enum, auto

from chimera_tui.providers.base import Finished, StreamItem, Text, Thinking, Withdrawn

_LONGEST_HEADER = 120
"""Characters; what is longer names no role and no channel, whatever comes."""


class _Does(Enum):
    """What a mark does."""

    OPEN = auto()
    CLOSE = auto()
    DROP = auto()
    """It stands around the answer, or at its beginning."""
    END = auto()
    """The turn is over."""
    HEADER = auto()
    """A role or a channel follows, up to the end of the line or to a `BODY`."""
    BODY = auto()


_DEEPSEEK = "<\uff5c%s\uff5c>"
_TAGS = ("think", "thinking", "thought", "reasoning", "seed:think", "mm:think", "think_fast",
         "think_faster")  # fmt: skip
_LOOSE: dict[str, _Does] = {
    **{f"<{tag}>": _Does.OPEN for tag in _TAGS},
    **{f"</{tag}>": _Does.CLOSE for tag in _TAGS},
    "[think]": _Does.OPEN,  # Magistral
    "[/think]": _Does.CLOSE,
    "[inst]": _Does.END,
    "[/inst]": _Does.DROP,
    "</s>": _Does.END,
}
"""Marks that people write about, and in."""
_EDGES: dict[str, _Does] = {
    "<s>": _Does.DROP,
    "<answer>": _Does.DROP,  # Hunyuan, behind its thoughts
    "</answer>": _Does.DROP,
    "<response>": _Does.DROP,  # Granite, ERNIE
    "</response>": _Does.DROP,
}
"""Marks at the beginning or the end of an answer; elsewhere they are words."""
_SURE: dict[str, _Does] = {
    "◁think▷": _Does.OPEN,  # Kimi
    "◁/think▷": _Does.CLOSE,
    "<|think|>": _Does.OPEN,  # Solar
    "<|/think|>": _Does.CLOSE,
    "<|start_thinking|>": _Does.OPEN,  # Cohere
    "<|end_thinking|>": _Does.CLOSE,
    "<|begin_of_thought|>": _Does.OPEN,  # OpenThinker
    "<|end_of_thought|>": _Does.CLOSE,
    "<|inner_prefix|>": _Does.OPEN,  # Apertus
    "<|inner_suffix|>": _Does.CLOSE,
    "<channel|>": _Does.CLOSE,  # Gemma 4
    **dict.fromkeys(
        (
            "<|start_response|>", "<|end_response|>", "<|start_text|>", "<|end_text|>",
            "<|begin_of_solution|>", "<|end_of_solution|>", "<|begin_of_box|>", "<|end_of_box|>",
            "<|begin_of_text|>", _DEEPSEEK % "begin▁of▁sentence", "<bos>", "<seed:bos>",
            _DEEPSEEK % "assistant", "<|assistant|>", "<|assistant_start|>", "<|answer_prefix|>",
            "<|answer_suffix|>", "<|chatbot_token|>",
        ),
        _Does.DROP,
    ),
    **dict.fromkeys(
        (
            "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|eot|>", "<|end_of_text|>",
            "<|endoftext|>", "<|end|>", "<|return|>", "<|call|>", "<end_of_turn>", "<turn|>",
            "<eos>", "<seed:eos>", "<|end_of_turn|>", "<|end_of_turn_token|>", "<|assistant_end|>",
            _DEEPSEEK % "end▁of▁sentence", "<|user|>", "<|system|>", "<|observation|>",
            _DEEPSEEK % "user", "<|user_start|>", "<|endofprompt|>", "<|role_end|>",
            "<|user_token|>",
        ),
        _Does.END,
    ),
    **dict.fromkeys(
        (
            "<|im_start|>", "<|start_header_id|>", "<|header_start|>", "<start_of_turn>",
            "<|turn>", "<|start|>", "<|channel|>", "<|channel>", "<|begin|>", "<|role_start|>",
            "<|start_of_turn_token|>", "<|constrain|>",
        ),
        _Does.HEADER,
    ),
    **dict.fromkeys(("<|message|>", "<|end_header_id|>", "<|header_end|>", "<|content|>"),
                    _Does.BODY),
}  # fmt: skip
"""Marks that mean nothing else."""

_MARKS = _LOOSE | _EDGES | _SURE
_LONGEST = max(map(len, _MARKS))
_BEGINNINGS = {mark[:length] for mark in _MARKS for length in range(1, len(mark))}
_MARK = re.compile(
    f"(?=[<[◁])(?:{'|'.join(map(re.escape, sorted(_MARKS, key=len, reverse=True)))})",
    re.ASCII | re.IGNORECASE,
)
_HINT = re.compile(r"[<\[◁]")
_CLOSES_TURN = {"<|end|>", "<|call|>", "<|return|>"}
"""In the format of harmony these end a thought, too."""
_THOUGHT_CHANNELS = ("analysis", "commentary", "thought", "thinking", "reflection")
_ROLE = re.compile(r"\s{0,4}(?:[\w-]{1,30}(?: [\w-]{1,30})?(?: to=\S{1,30})?)?\s{0,4}\Z")
"""What may stand in a header: a role or a name, or a channel; more is said."""
_SENTENCE_END = re.compile(r"[.!?…。\uff01\uff1f*)\]}][\"'”\u2019»*)\]]?\s*\Z")
_OPENING = "\"'`“\u2018„«‹「『(["
_CLOSING = "\"'`”\u2019“»›」』)]"
_FENCE = re.compile(r"(?m)^ {0,3}(?:```|~~~)")


class TemplateMarks:
    """Sorts the words of one reply as they come: what is said, what is thought, what is neither.

    However the words are cut, together they come out the same; no more is held back than what
    may be the beginning of a mark, and what tells one from a word.

    Attributes:
        is_over: Whether a mark said that the turn is over: nothing behind it is said.
    """

    def __init__(self) -> None:
        self._held = ""
        self._is_thinking = self._is_in_header = False
        self._header = ""
        self._is_said = False
        """Whether there was more than blanks."""
        self._strips = False
        """Whether blanks are left out until something is said: they belong to a mark."""
        self._has_closed = False
        self._mentions = 0
        """Opening marks that were words: as many closing ones are."""
        self._last = ""
        """The last character before what comes next."""
        self._place = _Place()
        self.is_over = False

    def sort(self, item: StreamItem) -> Iterator[StreamItem]:
        """Take in what comes next; yield what is certain now."""
        if isinstance(item, Text):
            yield from self._hear(item)
            return
        if isinstance(item, Finished):
            yield from self.finish()
        yield item

    def finish(self) -> Iterator[StreamItem]:
        """Yield what was still held back when the reply ended."""
        if self._held:
            yield from self._sorted(self._held, is_end=True)
        if self._is_in_header and not _ROLE.match(self._header):
            yield Text(self._header)

    def _hear(self, item: Text) -> Iterator[StreamItem]:
        is_plain = not (self._held or self._is_thinking or self._is_in_header or self._strips)
        if self.is_over:
            return
        if is_plain and not _HINT.search(item.text):
            self._note(item.text)
            yield item
        else:
            yield from self._sorted(self._held + item.text, is_end=False)

    def _sorted(self, text: str, *, is_end: bool) -> Iterator[StreamItem]:
        self._held, at = "", 0
        while at < len(text) and not self.is_over:
            found = _MARK.search(text, at)
            if found is None:
                end = len(text) if is_end else _sure_end(text, at)
                yield from self._pass(text[at:end])
                self._held = text[end:]
                return
            yield from self._pass(text[at : found.start()])
            mark, at = found[0].lower(), found.end()
            after = text[at : at + 1]
            is_mark = self._judge(mark, after, is_end=is_end)
            if is_mark is None:
                self._held = found[0]
                return
            if is_mark:
                yield from self._act(mark)
            else:
                self._mentions += _MARKS[mark] is _Does.OPEN and not self._is_thinking
                yield from self._pass(found[0])

    def _pass(self, text: str) -> Iterator[StreamItem]:
        """Words between two marks."""
        if self._is_in_header:
            text = self._read_header(text)
        if not text:
            return
        if self._is_thinking:
            self._last = text[-1]
            yield Thinking(text)
            return
        if self._strips and not (text := text.lstrip()):
            return
        self._strips = False
        self._note(text)
        yield Text(text)

    def _note(self, text: str) -> None:
        self._is_said = self._is_said or not (not text or text.isspace())
        self._place.add(text)

    def _judge(self, mark: str, after: str, *, is_end: bool) -> bool | None:
        """Whether this is a mark and no word; None if what comes next will tell."""
        waits = not after and not is_end
        if self._is_in_header:
            return True
        if self._is_thinking:
            is_ending = _MARKS[mark] is _Does.CLOSE or mark in _SURE
            return is_ending and _is_bare(self._last, after, waits=waits)
        self._place.look()
        if self._place.is_code:
            return False
        if mark in _SURE:
            return _is_bare(self._place.last, after, waits=waits)
        return self._judge_doubtful(mark, after, waits=waits)

    def _judge_doubtful(self, mark: str, after: str, *, waits: bool) -> bool | None:
        does = _MARKS[mark]
        if not self._is_said and does is _Does.DROP:
            return True
        if mark[0] == "<" and mark.replace("/", "") in self._place.line:
            return False  # `<s>struck out</s>`
        if mark in _LOOSE:
            return self._judge_loose(does, after, waits=waits)
        return None if waits else after in {"", "\n", "\r", "<", "["}

    def _judge_loose(self, does: _Does, after: str, *, waits: bool) -> bool | None:
        if does is _Does.CLOSE and self._mentions:
            self._mentions -= 1
            return False
        if not self._place.is_inside_sentence:
            return True
        if self._place.last in _OPENING:
            return False
        return None if waits else after in {"\n", "\r"}

    def _act(self, mark: str) -> Iterator[StreamItem]:
        does = _MARKS[mark]
        if self._is_in_header and does not in {_Does.HEADER, _Does.BODY}:
            self._end_header()
        match does:
            case _Does.OPEN:
                self._is_thinking, self._last = True, ""
            case _Does.CLOSE:
                yield from self._close()
            case _Does.END if self._is_thinking and mark in _CLOSES_TURN:
                yield from self._close()
            case _Does.END:
                self.is_over = self._is_said or self._is_thinking
            case _Does.HEADER:
                self._begin_header()
            case _Does.BODY:
                self._end_header()
        self._strips = not self._is_said

    def _close(self) -> Iterator[StreamItem]:
        """A thought ends; if none had begun, all that was said so far was one."""
        if not self._is_thinking and not self._has_closed and self._is_said:
            yield Withdrawn()
            self._is_said, self._place = False, _Place()
        self._is_thinking, self._has_closed = False, True

    def _begin_header(self) -> None:
        if self._is_in_header:
            self._end_header()
        self.is_over = self._is_said and not self._is_thinking
        self._is_in_header, self._header = True, ""

    def _read_header(self, text: str) -> str:
        """Take the name of a role or channel; return what stands behind its line."""
        name, newline, rest = text.partition("\n")
        self._header += name
        if not newline and len(self._header) <= _LONGEST_HEADER:
            return ""
        if not _ROLE.match(self._header):
            rest, self._header = self._header + newline + rest, ""
        self._end_header()
        self._strips = not self._is_said
        return rest

    def _end_header(self) -> None:
        name = self._header.strip().lower()
        self._is_in_header, self._header = False, ""
        self._is_thinking = name.startswith(_THOUGHT_CHANNELS)
        self._has_closed = self._has_closed or self._is_thinking
        self._last = ""


class _Place:
    """Where the next mark stands: what it is told from a word by."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._is_fenced = False
        self._ticks = 0
        self.line = ""
        """The end of the line so far."""

    def add(self, text: str) -> None:
        """Something was said."""
        self._pieces.append(text)

    def look(self) -> None:
        """Take note of all that was said since the last look; each word once."""
        text = "".join(self._pieces)
        if not text:
            return
        self._pieces = []
        _, newline, rest = text.rpartition("\n")
        whole = self.line + text
        fences = len(_FENCE.findall(whole)) - len(_FENCE.findall(self.line))
        self._is_fenced ^= fences % 2 == 1
        if newline:
            self._ticks, self.line = 0, ""
        self._ticks += rest.count("`")
        self.line = (self.line + rest)[-_LONGEST_HEADER:]

    @property
    def last(self) -> str:
        """The character before; empty at the beginning of a line."""
        return self.line[-1:]

    @property
    def is_code(self) -> bool:
        """Whether it stands in code, between fences or between backticks."""
        return self._is_fenced or self._ticks % 2 == 1

    @property
    def is_inside_sentence(self) -> bool:
        """Whether words lead up to it: a blank or an opening quote, and no end of a sentence."""
        if not self.line.strip() or _SENTENCE_END.search(self.line):
            return False
        return self.last.isspace() or self.last in _OPENING


def _is_bare(before: str, after: str, *, waits: bool) -> bool | None:
    """Whether a mark stands in no quotes; None if what comes next will tell."""
    if not before or before not in _OPENING:
        return True
    return None if waits else not (after and after in _CLOSING)


def _sure_end(text: str, at: int) -> int:
    """Up to where no mark can begin that is not whole yet."""
    start = max(text.rfind(sign, max(at, len(text) - _LONGEST)) for sign in "<[◁")
    return start if start >= at and text[start:].lower() in _BEGINNINGS else len(text)
