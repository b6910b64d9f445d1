"""Signs in a text of what its speaker does: agrees, disputes, takes leave, refuses.

Lists of English phrases. They know no irony and no other language: what is made of them says what
the words look like, not what was meant.
"""

import re

OPENING = 80
"""Characters in which agreement counts as the way a turn begins."""
CLOSING = 120
"""Characters at the end in which a goodbye is looked for."""


def _phrases(lines: str) -> re.Pattern[str]:
    """Any of these, a line each, as whole words."""
    return re.compile(rf"\b(?:{'|'.join(line.strip() for line in lines.strip().splitlines())})\b")


_AGREES = _phrases(
    r"""
    i (?:(?:quite|fully|completely|totally|wholeheartedly) )?agree
    couldn't agree more
    you(?:'re| are) (?:(?:so|quite|absolutely|completely) )?right
    (?:that's|that is|how) (?:(?:so|very) )?(?:true|right|beautiful|wonderful|lovely|brilliant)
    exactly|precisely|absolutely|indeed|of course|fair enough|me too|same here|so true
    (?:well|beautifully|nicely) (?:said|put)
    (?:good|great|excellent|fair|wonderful|lovely|beautiful|fascinating) (?:point|question|thought)
    (?:good|great|excellent|wonderful|lovely|beautiful|brilliant) (?:observation|idea|insight)
    what an? (?:great|wonderful|lovely|beautiful|brilliant|excellent)
    i'm with you|i concede|i grant you|i love (?:that|this|how)|as you (?:rightly )?say
    """
)
_OPENS_AGREEING = re.compile(
    r"^\W*(?:(?:ah|oh|well|and|hm+|ha),? )?(?:[\w' ]{1,30}, )?"
    r"(?:yes|yeah|right|true|sure|certainly|definitely|agreed|amen|bravo|thank you|thanks"
    r"|great|wonderful|lovely|beautiful|brilliant|excellent|fascinating)\b[,.!: —–-]"
)
_DISPUTES = _phrases(
    r"""
    i (?:(?:strongly|respectfully|must|have to|beg to) )?(?:disagree|differ|object|protest|deny)
    nonsense|rubbish|on the contrary|quite the (?:opposite|reverse)|far from it|hardly|not at all
    you(?:'re| are) (?:\w+ )?(?:wrong|mistaken|dodging|missing)
    (?:that's|that is|this is|it's|it is) (?:\w+ )?(?:wrong|false|absurd|untrue|a dodge|not so)
    i (?:doubt|refuse|reject|(?:don't|do not|won't) (?:buy|believe|accept))
    not true|not convinced|no such thing|prove it|show me|says who|since when|by what right
    you (?:forget|keep|always|never)
    """
)
_DOUBTS = re.compile(
    r"^\W*(?:no|nope|never)\b"
    r"|\b(?:but|yet|however|though|although|instead|except|unless)\b"
)
_GOODBYE = _phrases(
    r"""
    good ?bye|bye|farewell|good ?night|take care|so long|safe travels|sleep well
    see you (?:soon|later|tomorrow|around|next|then|all|there)
    until (?:next time|we meet|tomorrow|then)
    it(?: has been| was|'s been) an? (?:\w+ )?(?:pleasure|joy|delight|honou?r)
    i must (?:go|leave|be off)|time to (?:go|leave|part)
    """
)
_REFUSES = _phrases(
    r"""
    as an? (?:ai|artificial intelligence|(?:large )?language model|assistant)
    i(?:'m| am) (?:(?:just|only) )?an? (?:ai|(?:large )?language model|virtual assistant)
    i(?:'m| am) sorry, but i (?:can't|cannot)
    i(?:'m| am) (?:unable|not able) to (?:assist|help|continue|provide|engage)
    i (?:can't|cannot) (?:assist|help|continue) with|against my (?:guidelines|programming)
    """
)


def _folded(text: str) -> str:
    return text.casefold().replace("\u2019", "'")


def opens_agreeing(text: str) -> bool:
    """Whether a turn begins with agreement or praise."""
    begin = _folded(text[:OPENING])
    return bool(_OPENS_AGREEING.match(begin) or _AGREES.search(begin))


def stance(text: str) -> float:
    """From -1, all dispute, to 1, all agreement; 0 where nothing tells.

    `(agreements - disputes) / (agreements + disputes)`, where a plain `but` is a quarter of a
    dispute and what opens the turn counts twice.
    """
    said = _folded(text)
    agreed = len(_AGREES.findall(said)) + opens_agreeing(text)
    disputed = dispute(text)
    total = agreed + disputed
    return (agreed - disputed) / total if total else 0.0


def dispute(text: str) -> float:
    """How much of a turn is dispute: its signs, weighed; 0 is none, from 2 on it is all."""
    said = _folded(text)
    begin = said[:OPENING]
    strong = len(_DISPUTES.findall(said)) + len(_DISPUTES.findall(begin))
    return strong + 0.25 * min(4, len(_DOUBTS.findall(said)))


def takes_leave(text: str) -> bool:
    """Whether a turn ends with a goodbye."""
    return bool(_GOODBYE.search(_folded(text[-CLOSING:])))


def refuses(text: str) -> bool:
    """Whether a model fell out of its part: `As an AI …`, `I cannot help with …`."""
    return bool(_REFUSES.search(_folded(text)))
