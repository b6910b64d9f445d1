"""The text inside one block of Markdown, as styled pieces."""

from markdown_it.token import Token
from rich.segment import Segment
from rich.style import Style

from chimera_tui.domain.text import one_line
from chimera_tui.ui.transcript.transcript_look import (
    BOLD,
    ITALIC,
    STRIKE,
    UNDERLINE,
    Look,
    Mentions,
)
from chimera_tui.ui.transcript.wrapping import Row

_STYLES = {"strong_open": BOLD, "em_open": ITALIC, "s_open": STRIKE, "link_open": UNDERLINE}


def inline_pieces(content: Token, style: Style, look: Look, mentions: Mentions | None) -> Row:
    """Return the pieces of an `inline` token; `style` lies under all of them.

    A newline is a line break: in a chat nobody breaks lines without meaning it.
    Links are underlined text followed by where they really lead; they cannot be clicked.
    """
    pieces: Row = []
    styles = [style]
    links: list[tuple[str, int]] = []  # target, and the piece with which its text begins
    for token in content.children or ():
        if token.type == "link_close":
            styles.pop()
            href, first = links.pop()
            shown = "".join(piece.text for piece in pieces[first:])
            pieces += _target(href, shown, styles[-1] + look.muted)
        elif token.nesting > 0:
            if token.type == "link_open":
                links.append((str(token.attrs.get("href", "")), len(pieces)))
            styles.append(styles[-1] + _STYLES[token.type])
        elif token.nesting < 0:
            styles.pop()
        else:
            pieces += _leaf(token, styles[-1], look, mentions)
    return pieces


def _leaf(token: Token, style: Style, look: Look, mentions: Mentions | None) -> Row:
    match token.type:
        case "softbreak" | "hardbreak":
            return [Segment("\n", style)]
        case "code_inline":
            code = f"\u00a0{token.content}\u00a0".replace(" ", "\u00a0")
            return [Segment(code, style + look.code)]
        case "image":
            name = Segment(f"[{token.content or 'image'}]", style + UNDERLINE)
            return [name, *_target(str(token.attrs.get("src", "")), "", style + look.muted)]
        case _:
            return _words(token.content, style, mentions)


def _words(text: str, style: Style, mentions: Mentions | None) -> Row:
    if mentions is None or "@" not in text:
        return [Segment(text, style)]
    return [
        Segment(part, style + mentions.styles[part[1:].lower()] if odd % 2 else style)
        for odd, part in enumerate(mentions.pattern.split(text))
        if part
    ]


def _target(href: str, shown: str, style: Style) -> Row:
    """Return where a link leads, unless its text says so."""
    target = one_line(href)
    if shown in (target, target.removeprefix("mailto:")):
        return []
    return [Segment(f" ({target})", style)]
