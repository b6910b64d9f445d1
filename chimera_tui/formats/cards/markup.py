"""Taking web markup out of texts that are meant for a model."""

import html
import re

_TAG = re.compile(
    r"(<!--|-->|</?(?:a|abbr|b|big|blockquote|body|br|center|code|details|div|em|figure|font|footer"
    r"|h[1-6]|head|header|hr|html|i|iframe|img|li|link|meta|ol|p|pre|s|script|section|small|span"
    r"|strike|strong|style|sub|summary|sup|svg|table|tbody|td|th|thead|title|tr|u|ul|video)"
    r"(?=[\s/>])[^<>]{0,4000}>)",
    re.IGNORECASE,
)
_BREAKS = re.compile(r"</?(?:br|p|div|h[1-6]|li|tr|hr|center|blockquote|section)\b", re.IGNORECASE)
_PICTURE = re.compile(r"!\[[^\]\[]{0,200}\]\([^()\s]{0,2000}\)")
_ENDS = {"<script": "</script", "<style": "</style", "<svg": "</svg", "<!--": "-->"}
"""What hides its content, and where that ends."""


def without_markup(text: str) -> str:
    """Return `text` without HTML tags, scripts, styles and pictures; their words stay.

    Tags that are no HTML stay too: `<START>`, `<BOT>`, `<Ada>` mean something in cards.
    """
    if "<" not in text and "![" not in text:
        return text
    kept: list[str] = []
    until = ""
    for part in _TAG.split(_PICTURE.sub("", text)):
        tag = part.lower()
        if until:
            until = "" if tag.startswith(until) else until
        elif not _TAG.fullmatch(part):
            kept.append(part)
        else:
            start = next((mark for mark in _ENDS if tag.startswith(mark)), "")
            until = _ENDS.get(start, "")
            kept.append("\n" if _BREAKS.match(part) else "")
    plain = "".join(kept)
    if plain == text:
        return text
    return re.sub(r"\n\s*\n\s*\n", "\n\n", html.unescape(plain)).strip()
