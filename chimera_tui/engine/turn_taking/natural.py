"""As in a room of people: who is addressed answers, nobody is left out, and few go on in pairs.

Who comes next follows from what was said and from the seed, from nothing else: a reopened
conversation goes on as it would have. First come the obligations, then whoever has waited too
long, else a weighted lot. The weights were found by simulation (`bench/turns.py`), but for
those of topic, names and open questions, which are guesses.
"""

import math
from collections import Counter
from collections.abc import Sequence
from random import Random

from chimera_tui.domain.conversation import HUMAN, Message
from chimera_tui.domain.persona import Persona
from chimera_tui.engine.addressing import MOST_ADDRESSED, Heard
from chimera_tui.engine.turn_taking.turn_context import TurnChoice, TurnContext
from chimera_tui.quality.words import stems, words

HONOURED = 0.95
"""How likely a persona that another one addresses has the next turn."""
RETURNED = 0.5
"""That chance is multiplied by this for each turn by which two have gone on between them."""
MOST_OF_ALL = 5
"""Answers when the whole room is addressed."""
STARVED = 2.4
"""Rounds in which somebody did not speak, after which it is chosen."""
REMEMBERED = 30
"""Messages back to which a call is remembered."""
PAIR = 2
"""Members of a room in which going to and fro is all there is."""
EXPERT = 0.5
"""From this overlap with what is talked of somebody counts as one who knows."""

TALKATIVE, WAITED, TOPIC, NAMED, KNOWS, SHARE, PINGPONG = 1.6, 0.9, 0.9, 0.5, 0.4, 3.3, 1.2


async def next_speakers(context: TurnContext) -> TurnChoice:
    """Whoever should speak."""
    speaker = choose(context)
    return TurnChoice(speakers=(speaker,) if speaker else ())


def choose(context: TurnContext) -> str | None:
    """The slug of whoever should speak; None if nobody may."""
    present = {persona.slug for persona in context.present}
    for slug in obligations(context):
        if slug in present and slug != context.just_spoke:
            return slug
    eligible = context.eligible
    if len(eligible) <= 1:
        return eligible[0].slug if eligible else None
    spoken = context.spoken
    waited = {persona.slug: _waited(persona.slug, spoken) for persona in eligible}
    longest = max(waited, key=lambda slug: waited[slug])
    if waited[longest] > STARVED * len(context.present):
        return longest
    scores = _scores(context, eligible, spoken, waited)
    highest = max(scores)
    liveliness = max(0.05, context.conversation.rules.liveliness)
    weights = [math.exp((score - highest) / liveliness) for score in scores]
    return context.rng.choices(eligible, weights)[0].slug


def obligations(context: TurnContext) -> list[str]:
    """Who owes the room an answer, the first one first.

    A human word puts all earlier calls aside. Of each message of a persona the last one it
    addresses is taken in by lot; less likely where two throw the word to and fro.
    """
    queue: list[str] = []
    start = max(0, len(context.path) - REMEMBERED)
    for index in range(start, len(context.path)):
        message = context.path[index]
        heard = context.roll.hear(message.text, message.turn.speaker)
        lot = _lot(context, message)
        if message.turn.speaker == HUMAN:
            queue = _asked_by_human(context, message, heard, lot)
            continue
        if message.turn.speaker in queue:
            queue.remove(message.turn.speaker)
        if heard.last and lot.random() < _honoured(context, index, heard.last):
            queue.append(heard.last)
    return queue


def _lot(context: TurnContext, message: Message) -> Random:
    """The randomness that goes with a message that was said."""
    return Random(f"{context.conversation.seed}:{message.turn.number}:heard")


def _asked_by_human(context: TurnContext, message: Message, heard: Heard, lot: Random) -> list[str]:
    if message.to:
        return [message.to]
    if message.is_narration:
        return []
    if heard.is_to_all and not heard.addressed:
        everyone = [persona.slug for persona in context.present if persona.talkativeness > 0]
        return lot.sample(everyone, k=min(MOST_OF_ALL, len(everyone)))
    return list(heard.addressed[:MOST_ADDRESSED])


def _honoured(context: TurnContext, index: int, target: str) -> float:
    """How likely the message at `index` brings `target` the next turn."""
    said = context.path[: index + 1]
    run = _run([m.turn.speaker for m in said[-12:]])
    is_return = len(said) > 1 and said[-2].turn.speaker == target
    if not is_return or len(context.present) <= PAIR:
        return HONOURED
    return HONOURED * RETURNED ** (run - 1)


def _run(speakers: Sequence[str]) -> int:
    """How many turns at the end go to and fro between two: A B is 1, A B A is 2."""
    run = 1
    while run < len(speakers) - 1 and speakers[-run - 2] == speakers[-run]:
        run += 1
    return run


def _waited(slug: str, spoken: Sequence[str]) -> int:
    """Turns since somebody spoke; all turns if it has not."""
    for turns, speaker in enumerate(reversed(spoken)):
        if speaker == slug:
            return turns
    return len(spoken)


def _scores(
    context: TurnContext, eligible: list[Persona], spoken: list[str], waited: dict[str, int]
) -> list[float]:
    count = len(context.present)
    recent = Counter(spoken[-4 * count :])
    talk = sum(persona.talkativeness for persona in context.present) or 1.0
    heard = (
        context.roll.hear(context.path[-1].text, context.path[-1].turn.speaker)
        if context.path
        else None
    )
    topics = relevance(context)

    def score(persona: Persona) -> float:
        slug = persona.slug
        share = recent[slug] / max(2 * count, recent.total())  # a few turns are no share yet
        fair = persona.talkativeness / talk
        is_pingpong = count > PAIR and spoken[-2:-1] == [slug]
        knows = heard is not None and heard.is_open_question and topics[slug] > EXPERT
        return (
            TALKATIVE * (persona.talkativeness - 0.5)
            + WAITED * min(1.0, waited[slug] / (1.5 * count))
            + TOPIC * topics[slug]
            + NAMED * (heard is not None and slug in heard.named)
            + KNOWS * knows
            - SHARE * max(0.0, share - fair) / max(0.1, 1 - fair)
            - PINGPONG * is_pingpong
        )

    return [score(persona) for persona in eligible]


def relevance(context: TurnContext) -> dict[str, float]:
    """How much of what is talked of each persona knows about, from 0 to 1, by slug.

    The stems of the last three messages that stand in somebody's expertise, tags or traits, each
    weighed by how few in the room share it (IDF); 1 is the one who knows most of it.
    """
    known = {
        p.slug: stems(words(" ".join((*p.expertise, *p.tags, *p.traits)))) for p in context.present
    }
    said = stems(words(" ".join(message.text for message in context.path[-3:])))
    shared_by = Counter(one for own in known.values() for one in own & said)
    weight = {one: math.log(1 + len(known) / shared_by[one]) for one in shared_by}
    overlap = {slug: sum(weight[one] for one in own & said) for slug, own in known.items()}
    most = max(overlap.values(), default=0.0)
    return {slug: value / most if most else 0.0 for slug, value in overlap.items()}
