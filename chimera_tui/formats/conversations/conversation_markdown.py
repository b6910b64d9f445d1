"""A conversation as Markdown, to be read: the chosen path, one section a message.

Only we write headings. What was said cannot forge a section, nor swallow the
next one: its headings and HTML are escaped and its fences are closed.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from chimera_tui.domain.conversation import DEMO, Conversation, Finish, Message
from chimera_tui.domain.saved import SavedConversation
from chimera_tui.domain.text import clean, one_line

_FENCE = re.compile(r" {0,3}(?P<marks>`{3,}|~{3,})(?P<info>.*)")
_CONTAINERS = r"(?:[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]|>))*[ \t]*"  # each blank in one way only
_HEADING = re.compile(rf"(?P<before>{_CONTAINERS})(?P<mark>#{{1,6}}(?:[ \t]|$)|(?:=+|-+)[ \t]*$)")
_CODE = re.compile(r"(?<!`)(?P<marks>`+)(?!`).*?(?<!`)(?P=marks)(?!`)")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~])")
_NOTES = {
    Finish.LENGTH: "cut: the model's limit",
    Finish.FILTER: "ended by the provider's filter",
    Finish.CUT: "cut",
    Finish.STOPPED: "stopped",
}


def to_markdown(saved: SavedConversation) -> str:
    """Return the chosen path of `saved`, its notices, and where it all comes from."""
    conversation = saved.conversation
    parts = ["\n".join(_front_matter(saved)), f"# {_inline(conversation.title)}"]
    parts += _notices(saved, None)
    for message in saved.tree.path:
        parts.append(f"## {_heading(conversation, message)}")
        parts.append("\n".join(_body(clean(message.text).strip("\n"))))
        parts += _notices(saved, message.id)
    return "\n\n".join(part for part in parts if part) + "\n"


def _front_matter(saved: SavedConversation) -> Iterator[str]:
    """YAML between dashes; a JSON string is a YAML string."""
    conversation, path = saved.conversation, saved.tree.path
    usages = [m.provenance.usage for m in saved.tree.messages.values() if m.provenance]
    yield "---"
    yield f"title: {_quoted(conversation.title)}"
    yield f"topic: {_quoted(conversation.topic)}"
    yield f"demo: {'true' if conversation.is_demo else 'false'}"
    yield "cast:"
    for assignment in conversation.cast:
        model = str(assignment.model) if assignment.model else "automatic"
        yield f"  - name: {_quoted(assignment.persona.name)}"
        yield f"    model: {_quoted(model)}"
    yield f"created: {_time(conversation.created_at)}"
    if path:
        yield f"last_message: {_time(path[-1].created_at)}"
    yield f"messages: {len(path)}"
    yield f"input_tokens: {sum(usage.input for usage in usages)}"
    yield f"output_tokens: {sum(usage.output for usage in usages)}"
    yield "---"


def _heading(conversation: Conversation, message: Message) -> str:
    speaker = message.turn.speaker
    emoji = next((p.emoji for p in conversation.known if p.slug == speaker), "")
    parts = [_inline(f"{emoji} {conversation.name_of(speaker)}".strip())]
    if message.is_narration:
        parts.append("narration")
    if message.to:
        parts.append(f"to {_inline(conversation.name_of(message.to))} alone")
    if message.edited_at:
        parts.append("edited")
    if message.provenance:
        model = message.provenance.model
        parts.append("DEMO" if model.provider == DEMO.provider else _inline(str(model)))
    parts.append(f"{message.created_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC")
    if note := _NOTES.get(message.finish):
        parts.append(note + (f": {_inline(message.finish_note)}" if message.finish_note else ""))
    return " · ".join(parts)


def _notices(saved: SavedConversation, after_id: int | None) -> list[str]:
    return [f"### {_inline(n.text)}" for n in saved.notices if n.after_id == after_id]


def _body(text: str) -> Iterator[str]:
    """The lines of what was said, with nothing in them that reaches beyond it."""
    fence = ""
    code_ends_here = True  # no code span can have begun on an earlier line
    for line in text.split("\n"):
        match = _FENCE.fullmatch(line)
        if fence:
            closes = match and match["marks"].startswith(fence) and not match["info"].strip()
            yield line
            fence = "" if closes else fence
        elif match and not (match["marks"][0] == "`" and "`" in match["info"]):
            fence = match["marks"]
            yield line.lstrip(" ")  # at the margin it belongs to no list, which could end it
        else:
            whole = "`" not in _CODE.sub("", line) and "\\`" not in line
            code_ends_here = not line.strip() or (code_ends_here and whole)
            yield _escaped(line, keep_code=code_ends_here)
    if fence:
        yield fence


def _escaped(line: str, *, keep_code: bool) -> str:
    if _HEADING.match(line):
        line = _HEADING.sub(r"\g<before>\\\g<mark>", line, count=1)
    if not keep_code:
        return _TAG.sub("&lt;", line)
    end, parts = 0, list[str]()
    for code in _CODE.finditer(line):
        parts += [_TAG.sub("&lt;", line[end : code.start()]), code[0]]
        end = code.end()
    return "".join([*parts, _TAG.sub("&lt;", line[end:])])


def _inline(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", one_line(text))


def _time(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _quoted(text: str) -> str:
    return json.dumps(one_line(text), ensure_ascii=False)
