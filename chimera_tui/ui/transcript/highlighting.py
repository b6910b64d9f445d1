"""Colours for code, in the few colours of the theme."""

from rich.segment import Segment
from rich.style import Style

from chimera_tui.ui.transcript.transcript_look import Look
from chimera_tui.ui.transcript.wrapping import Row

LONGEST = 8_000
"""Characters of code that are coloured (about 20 ms); longer code stays plain."""

_PLAIN = Style()


def highlight(code: str, language: str, look: Look) -> Row:
    """Return `code` in coloured pieces; plain if the language is unknown. Never guesses one."""
    if len(code) > LONGEST:
        return [Segment(code, _PLAIN)]
    # Only a text with code needs it, and not before the first paint.
    from pygments.lexers import get_lexer_by_name  # noqa: PLC0415
    from pygments.util import ClassNotFound  # noqa: PLC0415

    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return [Segment(code, _PLAIN)]
    return [Segment(text, _style(str(kind), look)) for kind, text in lexer.get_tokens(code) if text]


def _style(kind: str, look: Look) -> Style:
    """Return the style of a Pygments token type, written `Token.Literal.String.Doc`."""
    name = kind.removeprefix("Token.")
    while name:
        if name in look.syntax:
            return look.syntax[name]
        name = name.rpartition(".")[0]
    return _PLAIN
