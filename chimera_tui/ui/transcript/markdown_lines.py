"""Markdown to styled lines, without widgets.

We draw it ourselves. Rich's renderer was tried first, with its elements
subclassed: it loses the middle of inline code that is held together by no-break
spaces, draws an image before the paragraph it stands in, drops code and
emphasis inside links, takes the colours of code from themes of its own, and needs
nearly three times as long (0.5 ms a message of 300 characters against 0.2). The
parser is markdown-it-py, one for all texts, with HTML off (`Vec<String>` must
not lose its end) and without link references (`[^1]: note` must not vanish).

Text is cleaned twice: as a whole by the caller, and again in the parser, since
`&#x202e;` becomes a control only there.
"""

from collections.abc import Iterable, Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from rich.segment import Segment
from rich.style import Style

from chimera_tui.domain.text import clean
from chimera_tui.ui.transcript.highlighting import highlight
from chimera_tui.ui.transcript.markdown_inline import inline_pieces
from chimera_tui.ui.transcript.markdown_tables import Cell, table_rows
from chimera_tui.ui.transcript.transcript_look import BOLD, Look, Mentions
from chimera_tui.ui.transcript.wrapping import Row, row_width, wrap

_NARROWEST = 12
"""Columns below which lists and quotes are no longer indented."""
_PLAIN = Style()


def render(
    source: str, width: int, look: Look, mentions: Mentions | None = None, *, is_live: bool = False
) -> list[Row]:
    """Return the lines of `source` at `width` columns.

    Args:
        source: Markdown, cleaned.
        width: Columns of a line.
        look: The styles.
        mentions: Names to colour.
        is_live: The text still grows: code whose fence is open stays plain, since
            colouring it again with every piece would cost more and more.
    """
    return _Blocks(source, look, mentions, is_live=is_live).rows(width)


def last_block(source: str) -> int:
    """Return where the last top-level block of `source` begins, 0 if there is only one."""
    starts = [t.map[0] for t in parser().parse(source) if t.level == 0 and t.map and t.nesting >= 0]
    if len(starts) < 2:  # noqa: PLR2004 - one block
        return 0
    return sum(len(line) + 1 for line in source.split("\n")[: starts[-1]])


@cache
def parser() -> MarkdownIt:
    """Return the one parser."""
    made = MarkdownIt("commonmark", {"html": False, "maxNesting": 100})
    made.enable(["table", "strikethrough"]).disable("reference")
    made.core.ruler.push("clean", _clean_tokens)
    return made


def _clean_tokens(state: StateCore) -> None:
    """Clean what the parser decoded; tabs become spaces."""
    for token in state.tokens:
        token.content = token.content.expandtabs(4)
        for child in token.children or ():
            child.content = clean(child.content).expandtabs(4)


def joined(blocks: Iterable[list[Row]]) -> list[Row]:
    """Return the lines of all `blocks`, an empty line between them."""
    rows: list[Row] = []
    for block in blocks:
        if rows and block:
            rows.append([])
        rows += block
    return rows


class _Blocks:
    """A parsed text, walked once from its first token to its last."""

    def __init__(
        self, source: str, look: Look, mentions: Mentions | None, *, is_live: bool
    ) -> None:
        self._lines = source.split("\n")
        self._tokens = parser().parse(source)
        self._at = 0
        self._look = look
        self._mentions = mentions
        self._is_live = is_live
        self._base = _PLAIN

    def rows(self, width: int) -> list[Row]:
        return joined(self._until("", width))

    def _until(self, closing: str, width: int) -> list[list[Row]]:
        """Return the blocks up to the token `closing`, and step over it."""
        blocks = []
        while self._at < len(self._tokens):
            token = self._next()
            if token.type == closing:
                break
            blocks.append(self._block(token, width))
        return blocks

    def _next(self) -> Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def _block(self, token: Token, width: int) -> list[Row]:
        draw = {
            "paragraph_open": self._paragraph,
            "heading_open": self._heading,
            "bullet_list_open": self._list,
            "ordered_list_open": self._list,
            "blockquote_open": self._quote,
            "fence": self._code,
            "code_block": self._code,
            "table_open": self._table,
            "hr": self._rule,
        }
        return draw[token.type](token, width)

    def _paragraph(self, _token: Token, width: int) -> list[Row]:
        return self._text(width, self._base)

    def _heading(self, _token: Token, width: int) -> list[Row]:
        return self._text(width, self._base + BOLD)

    def _rule(self, _token: Token, width: int) -> list[Row]:
        return [[Segment(self._look.glyphs.rule * min(width, 24), self._look.rule)]]

    def _text(self, width: int, style: Style) -> list[Row]:
        content = self._next()
        self._at += 1  # the closing token
        return wrap(self._inline(content, style), width)

    def _inline(self, content: Token, style: Style) -> Row:
        return inline_pieces(content, style, self._look, self._mentions)

    def _list(self, token: Token, width: int) -> list[Row]:
        number = int(token.attrs.get("start", 1))
        is_loose = self._is_loose(token.level)
        items = []
        while self._next().type == "list_item_open":
            is_bullet = token.type == "bullet_list_open"
            mark = f"{self._look.glyphs.bullet} " if is_bullet else f"{number}. "
            indent = len(mark) if width - len(mark) >= _NARROWEST else 0
            blocks = self._until("list_item_close", width - indent)
            content = joined(blocks) if is_loose else [row for block in blocks for row in block]
            items.append(_hung(content or [[]], mark[:indent], self._look.muted))
            number += 1
        return joined(items) if is_loose else [row for item in items for row in item]

    def _is_loose(self, level: int) -> bool:
        """Whether empty lines stand between the items of the list at `level` that begins here."""
        for token in self._tokens[self._at :]:
            if token.level == level:
                break
            if token.type == "paragraph_open" and token.level == level + 2:
                return not token.hidden
        return False

    def _quote(self, _token: Token, width: int) -> list[Row]:
        indent = 2 if width - 2 >= _NARROWEST else 0
        before, self._base = self._base, self._base + self._look.muted
        content = joined(self._until("blockquote_close", width - indent)) or [[]]
        self._base = before
        bar = Segment(f"{self._look.glyphs.bar} "[:indent], self._look.rule)
        return [[bar, *row] for row in content]

    def _code(self, token: Token, width: int) -> list[Row]:
        code = token.content.rstrip("\n")
        language = token.info.split()[0] if token.info.split() else ""
        if language and not (self._is_live and self._is_open(token)):
            pieces = highlight(code, language, self._look)
        else:
            pieces = [Segment(code, _PLAIN)]
        return _well(wrap(pieces, max(2, width - 2)), width, self._look)

    def _is_open(self, token: Token) -> bool:
        """Whether the closing fence of `token` has not been written yet."""
        if token.map is None:
            return True
        last = self._lines[token.map[1] - 1].strip("> \t")
        return token.map[1] - token.map[0] < 2 or set(last) != {token.markup[0]}  # noqa: PLR2004

    def _table(self, token: Token, width: int) -> list[Row]:
        lines: list[list[Cell]] = []
        while (part := self._next()).type != "table_close":
            if part.type == "tr_open":
                lines.append([])
            elif part.type in ("th_open", "td_open"):
                style = self._base + BOLD if part.type == "th_open" else self._base
                align = str(part.attrs.get("style", "")).removeprefix("text-align:")
                lines[-1].append(Cell(self._inline(self._next(), style), align))
        rows = table_rows(lines, width, self._look)
        if rows is None and token.map:
            source = "\n".join(self._lines[slice(*token.map)])
            return wrap([Segment(source.expandtabs(4), self._base)], width)
        return rows or []


def _hung(rows: list[Row], mark: str, style: Style) -> list[Row]:
    """Put `mark` before the first of `rows`; the others hang under its text."""
    first, *others = rows
    blank = Segment(" " * len(mark))
    return [[Segment(mark, style), *first], *([blank, *row] if row else [] for row in others)]


def _well(rows: Sequence[Row], width: int, look: Look) -> list[Row]:
    """Put code on its ground, one column inside; without grounds it is indented by two."""
    if not look.has_grounds:
        return [[Segment("  "), *row] for row in rows]
    return [
        [
            Segment(" ", look.well),
            *(Segment(piece.text, look.well + (piece.style or _PLAIN)) for piece in row),
            Segment(" " * (width - 1 - row_width(row)), look.well),
        ]
        for row in rows
    ]
