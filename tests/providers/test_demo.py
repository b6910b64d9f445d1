import math
import re
import statistics
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest

from chimera_tui.demo.demo import CONTEXT, DemoProvider
from chimera_tui.demo.grammar.composer import compose
from chimera_tui.demo.grammar.nouns import Noun, nouns_in, plural, singular, with_article
from chimera_tui.demo.grammar.scene import Remark, read_scene, sentence_key, sentences
from chimera_tui.demo.grammar.slots import Filler
from chimera_tui.demo.grammar.voices import Grammar
from chimera_tui.domain.conversation import DEMO, HUMAN, Assignment, Finish, Message, Turn
from chimera_tui.domain.persona import Persona
from chimera_tui.engine.request import Cue, Renderer
from chimera_tui.library.library import Library, builtin_folder
from chimera_tui.library.starters import CAST
from chimera_tui.providers.base import ChatMessage, ChatRequest, Finished, Text
from tests.fakes import NOON, a_conversation, a_persona

GRAMMAR = Grammar.load()
TOPIC = "Is a joke a kind of knowledge?"
TOPICS = (
    TOPIC,
    "What should a perfect lunch cost?",
    "Why do people lie to doctors?",
    "The first evening with nothing left to repair",
    "Tabs or spaces",
    "Should robots have rights?",
    "Ban something everyone likes",
    "",
)


def cast(*members: tuple[str, str, int, str]) -> list[Persona]:
    return [
        a_persona(name, category=category, words=words, traits=tuple(traits.split()))
        for name, category, words, traits in members
    ]


def builtin() -> list[Persona]:
    return list(Library.load(builtin_folder()).cast(sorted(CAST)))


SIX = (
    cast(
        ("Kid", "everyday", 35, "curious literal fearless distractible"),
        ("Stoic", "thinkers", 50, "brief steady severe calm"),
        ("Chef", "makers", 85, "passionate exacting hospitable loud"),
    )
    + builtin()
)


def a_request(persona: Persona, *texts: str, topic: str = TOPIC, **details: object) -> ChatRequest:
    messages = tuple(
        ChatMessage("assistant" if text.startswith("me: ") else "user", text.removeprefix("me: "))
        for text in texts
    )
    about = {
        "model": "demo",
        "system": "",
        "max_tokens": 100,
        "topic": topic,
        "seed": 1,
        "pace": 0.0,
    }
    return ChatRequest(messages=messages, persona=persona, **(about | details))  # type: ignore[arg-type]


def talk(personas: list[Persona], topic: str, turns: int, *, seed: int = 1) -> list[Message]:
    """A conversation as a room would have it: through the real renderer, nobody twice running."""
    assignments = tuple(Assignment(persona=persona) for persona in personas)
    conversation = replace(a_conversation(), cast=assignments, topic=topic, seed=seed)
    renderer, rng = Renderer(), Random(seed)
    path: list[Message] = []
    for number in range(1, turns + 1):
        before = path[-1].turn.speaker if path else ""
        speaker = rng.choice([a for a in assignments if a.persona.slug != before])
        told = renderer.render(conversation, path, speaker, DEMO, context=CONTEXT, seed=seed)
        path.append(
            Message(
                id=number,
                parent_id=number - 1 or None,
                turn=Turn(number=number, speaker=speaker.persona.slug),
                text=compose(told.request, GRAMMAR),
                created_at=NOON,
            )
        )
    return path


def random_persona(rng: Random) -> Persona:
    words = [
        "witty",
        "brave",
        "precise",
        "loud",
        "secretive",
        "mossy",
        "kind",
        "slow",
        "'",
        "3",
        "é",
    ]
    return a_persona(
        rng.choice(["Vampire", "Tax Lawyer", "Bee", "Ångström", "X", "Dentist", "Old Clock"]),
        category=rng.choice(["thinkers", "makers", "nowhere", "utility", ""]),
        words=rng.randint(20, 300),
        traits=tuple(rng.sample(words, rng.randint(0, 5))),
        expertise=tuple(rng.sample(["teeth", "root canals", "law", "<a|b>"], rng.randint(0, 3))),
        one_line=rng.choice(["", "Speaks of {t} and [x]: all.", "Counts bees."]),
    )


async def test_the_same_request_gives_the_same_words_in_pieces() -> None:
    request = a_request(SIX[3], "[The Comedian]: I brought a burnt onion to a wedding.")
    items = [item async for item in DemoProvider().stream(request)]
    again = [item async for item in DemoProvider().stream(request)]
    text = "".join(item.text for item in items if isinstance(item, Text))

    assert items == again
    assert text == compose(request, GRAMMAR)
    assert len(items) == len(text.split()) + 1
    ending = items[-1]
    assert isinstance(ending, Finished)
    assert ending.reason is Finish.STOP
    assert ending.usage is not None
    assert ending.usage.is_estimate


def test_another_seed_gives_other_words() -> None:
    request = a_request(SIX[3], "[The Comedian]: I brought a burnt onion to a wedding.")
    assert len({compose(replace(request, seed=seed), GRAMMAR) for seed in range(20)}) > 15


async def test_it_speaks_at_a_human_pace() -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    request = a_request(SIX[4], "[The Philosopher]: What is a joke?", pace=1.0)
    words = [item async for item in DemoProvider(sleep).stream(request) if isinstance(item, Text)]
    normal = sum(waits)
    assert 10 < len(words) / normal < 40
    waits.clear()
    assert [i async for i in DemoProvider(sleep).stream(replace(request, pace=2.0))]
    assert sum(waits) == pytest.approx(2 * normal)
    waits.clear()
    assert [i async for i in DemoProvider(sleep).stream(replace(request, pace=0.0))]
    assert waits == []


async def test_it_has_one_model() -> None:
    provider = DemoProvider()
    assert [(provider.name, model.name) for model in await provider.list_models()] == [
        ("demo", "demo")
    ]
    await provider.aclose()


def test_who_said_what_is_read_from_the_blocks() -> None:
    scene = read_scene(
        a_request(
            SIX[0],
            "[The conversation begins.]\n\n[The Chef]: Salt.\n\nMore salt.\n\n[Ada]: Why?",
            "me: But why?",
            "[The Chef]: Because. [sic]\n[…]\nSo.\n\n[Notes for The Kid:\nA lamp.\n\nAn oar.]\n\n"
            "[Above all, The Kid:\nWhisper.]\n\n[The Kid, it is your turn: about 35 words.]",
        )
    )
    assert [(s.name, s.text) for s in scene.said] == [
        ("The Chef", "Salt.\nMore salt."),
        ("Ada", "Why?"),
        ("", "But why?"),
        ("The Chef", "Because. [sic]\nSo."),
    ]
    assert scene.others() == ["The Chef", "Ada"]


def test_whispers_are_heard_and_notes_and_summaries_are_nobodys_words() -> None:
    conversation = a_conversation("Ada", "Bob", topic_now="Ducks")
    path = [
        Message(
            id=n, parent_id=None, turn=Turn(number=n, speaker=speaker), text=text, created_at=NOON
        )
        for n, (speaker, text) in enumerate([("bob", "A long duck. " * 300)] * 20, 1)
    ]
    whisper = Turn(number=21, speaker=HUMAN)
    path.append(replace(path[0], id=21, turn=whisper, text="Lie to Bob.", to="ada"))
    told = Renderer().render(
        conversation,
        path,
        conversation.assignment("ada"),
        DEMO,
        context=8192,
        seed=1,
        cue=Cue(beat="make it lighter", notes=("Bob owes you a pond.",)),
    )
    assert {"summaries", "notes"} <= {part.name for part in told.parts}
    scene = read_scene(told.request)
    assert scene.last == Remark("Human", "Lie to Bob.")
    assert scene.others() == ["Human", "The Bob"]
    assert not re.search("pond|lighter|Among them", scene.everything)


@pytest.mark.parametrize(
    ("topic", "nouns"),
    [
        (TOPIC, [Noun("joke", "count"), Noun("knowledge", "mass")]),
        ("Why do people lie to doctors?", [Noun("doctor", "count")]),
        ("What should a perfect lunch cost?", [Noun("lunch", "count")]),
        ("The cargo has begun to hum", [Noun("cargo", "the")]),
        ("Tabs or spaces?", [Noun("tab", "count"), Noun("space", "count")]),
        ("Should we colonise Mars?", [Noun("Mars", "mass")]),
        ("Ban something everyone likes", []),
    ],
)
def test_the_nouns_of_a_topic_are_found(topic: str, nouns: list[Noun]) -> None:
    assert nouns_in(topic, is_topic=True) == nouns


def test_nouns_bend() -> None:
    assert [Noun("joke", "count").form(f) for f in ("a", "the", "s", "")] == [
        "a joke",
        "the joke",
        "jokes",
        "joke",
    ]
    assert [Noun("salt", "mass").form(f) for f in ("a", "the", "s", "")] == ["salt"] * 4
    assert [Noun("cargo", "the").form(f) for f in ("a", "s", "")] == [
        "the cargo",
        "the cargo",
        "cargo",
    ]
    assert [with_article(w) for w in ("onion", "hour", "unicorn", "umbrella", "house")] == [
        "an onion",
        "an hour",
        "a unicorn",
        "an umbrella",
        "a house",
    ]
    assert [plural(w) for w in ("box", "story", "day", "wolf")] == [
        "boxes",
        "stories",
        "days",
        "wolves",
    ]
    assert [singular(w) for w in ("boxes", "stories", "days", "glass", "lens")] == [
        "box",
        "story",
        "day",
        "glass",
        "lens",
    ]


def test_it_answers_the_last_speaker() -> None:
    """Most turns name another, quote, or pick up a word of the last message."""
    path = talk(builtin(), TOPIC, 40)
    names = [p.short_name for p in builtin()]
    answered = 0
    for before, message in pairwise(path):
        words = {noun.word.lower() for noun in nouns_in(before.text)}
        picked = words & set(re.findall(r"[a-z]+", message.text.lower()))
        answered += bool(picked) or any(name in message.text for name in names)
    assert answered / (len(path) - 1) > 0.8


def test_it_hears_the_human() -> None:
    said = (
        "[The Comedian]: Rent.",
        "me: Then what?",
        "[Ada]: I keep a blue canoe under the bed. Why?",
    )
    texts = [compose(a_request(p, *said, seed=seed), GRAMMAR) for p in SIX for seed in range(10)]
    heard = [text for text in texts if re.search(r"Ada|canoe|bed\b", text)]
    assert len(heard) / len(texts) > 0.8


@pytest.mark.parametrize("topic", TOPICS[:4])
def test_no_sentence_is_said_twice_in_forty_turns(topic: str) -> None:
    for personas in (builtin(), SIX, SIX[:2]):
        keys = [sentence_key(s) for m in talk(personas, topic, 40) for s in sentences(m.text)]
        assert len(keys) == len(set(keys))


def test_a_hundred_turns_of_two_stay_alive() -> None:
    path = talk(SIX[:2], TOPIC, 100)
    assert len({m.text for m in path}) == 100
    assert statistics.mean(len(m.text.split()) for m in path[-40:]) > 8


def test_turns_are_about_as_long_as_asked() -> None:
    lengths = defaultdict(list)
    for seed in range(4):
        for message in talk(builtin(), TOPIC, 20, seed=seed):
            lengths[message.turn.speaker].append(len(message.text.split()))
    for persona in builtin():
        share = statistics.mean(lengths[persona.slug]) / persona.words
        assert 0.6 < share < 1.2, persona.slug
        assert min(lengths[persona.slug]) < persona.words / 2 < max(lengths[persona.slug])


def features(text: str) -> list[float]:
    """The style features of the quality score, per word or per sentence."""
    words = text.split()
    n = len(words)
    low = [re.sub(r"\W", "", word.lower()) for word in words]
    counts = [
        len(re.findall(p, text)) / n for p in (r"\?", "!", ";", r"\d", r"['\u2019]", ",", '["*]')
    ]
    pronouns = [
        sum(w in group for w in low) / n
        for group in (("i", "my", "me"), ("we", "our"), ("you", "your"))
    ]
    sizes = [math.log(n), n / max(1, len(sentences(text))), statistics.mean(map(len, low))]
    return [*counts, *pronouns, *sizes]


def identified(path: list[tuple[str, str]]) -> float:
    """The share of turns whose speaker is found by the nearest centroid, leaving that turn out."""
    rows = [features(text) for _, text in path]
    columns = list(zip(*rows, strict=True))
    means = [statistics.mean(c) for c in columns]
    spreads = [statistics.pstdev(c) or 1.0 for c in columns]
    rows = [[(x - m) / s for x, m, s in zip(row, means, spreads, strict=True)] for row in rows]
    hits = 0
    for index, (speaker, _) in enumerate(path):
        groups: dict[str, list[list[float]]] = defaultdict(list)
        for other, row in enumerate(rows):
            if other != index:
                groups[path[other][0]].append(row)
        centroids = {
            name: [statistics.mean(column) for column in zip(*group, strict=True)]
            for name, group in groups.items()
        }
        hits += min(centroids, key=lambda name: math.dist(centroids[name], rows[index])) == speaker
    return hits / len(path)


def test_six_personas_can_be_told_apart_by_their_style() -> None:
    path = [
        (m.turn.speaker, m.text)
        for topic in TOPICS[:3]
        for m in talk(SIX, topic, 60)
        if len(m.text.split()) >= 12
    ]
    shuffled = [speaker for speaker, _ in path]
    Random(1).shuffle(shuffled)
    by_chance = identified([(s, text) for s, (_, text) in zip(shuffled, path, strict=True)])
    assert identified(path) > 0.45
    assert by_chance < 0.3


def test_any_persona_can_speak_on_anything() -> None:
    rng = Random(3)
    for number in range(200):
        persona = random_persona(rng)
        others = [
            "[The Chef]: " + "salt " * 50,
            "[A]: ?",
            "[Human]: \x00“…” {f.a} <x|y>",
            "[x]: *a* `b`",
        ]
        said = rng.sample(others, rng.randint(0, 4))
        blocks = ["\n\n".join(["[The conversation begins.]", *said])]
        topic = rng.choice([*TOPICS, "{t.a}", "<a|b> [x]: ¶", "?" * 300, "x" * 5000])
        text = compose(a_request(persona, *blocks, topic=topic, seed=number), GRAMMAR)
        assert text.strip()
        assert not re.search(
            r"\{[a-z]|¶|\.\.(?!\.)|\s[.,;:?!](\s|$)|  |\b(a a|an an|the the)\b", text
        ), text


def test_the_text_begins_with_a_capital_and_ends_a_sentence() -> None:
    for topic in TOPICS:
        for message in talk(SIX, topic, 30, seed=len(topic)):
            assert re.match(r"[\"*“]*[A-Z\d]", message.text), message.text
            assert re.search(r"[.?!][\"*)]*$", message.text), message.text
            assert not re.search(r"\b[Aa] [aeio]|\b[Aa]n [bcdfgjklmnpqrstvwz]", message.text), (
                message.text
            )


def test_every_template_can_be_filled() -> None:
    """A misspelt slot would make its template silent for ever."""
    scene = read_scene(
        a_request(
            SIX[3],
            *("[The Chef]: I found a lantern in the cellar.\n\n[The Kid]: There was a canoe.",),
            *(f"[The Chef]: It has {n} legs." for n in range(5)),
            "[The Kid]: A burnt onion knows the way.\n\n[The Chef]: A blue canoe sank. Why?",
        )
    )
    persona = SIX[5]
    lines = {
        line
        for voice in GRAMMAR.voices.values()
        for part in voice.sections.values()
        for line in part
    }
    lines |= {line for part in GRAMMAR.common.values() for line in part}
    filler = Filler(persona, GRAMMAR.trade_of(persona), GRAMMAR.vivid, scene, Random(1))
    for line in lines:
        filler.used.clear()
        assert filler.fill(line)
