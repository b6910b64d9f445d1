"""Finding the nouns of a text, and bending them; good guesses, without a dictionary."""

import re
from collections.abc import Iterator
from dataclasses import dataclass


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORD = re.compile(r"[A-Za-z][A-Za-z'\u2019-]*|[^\sA-Za-z]")

_ARTICLES = _words(
    """
    a an each every another any no one which what
    """
)
_DETERMINERS = _words(
    """
    the this these those my your our their his her its some such whose two three
    """
)
_FUNCTION = _words(
    """
    about above across after again against all almost along already also although always am
    among and are around as at away back be became because become been before began begin
    begun behind being below beneath beside between beyond both but by came can cannot come
    could did do does doing done down during each either else enough even ever every
    everybody everyone everything few for from get gets give given go goes gone got had has
    have having he hence her here hers him himself his how however i if in instead into is
    it itself just keep kept least less let like made make makes many may maybe me might
    mine more most much must myself near neither never nevertheless next no nobody none nor
    not nothing now of off often on once one only onto or other others ought our ours out
    over own perhaps put quite rather really same say saying says said see seen seem seems
    shall she should since so some somebody someone something somewhere soon still such take
    taken than that the their theirs them themselves then there these they this those though
    through thus to together too toward towards tried try under unless until up upon us very
    was we well went were what whatever when where whether which while who whom whose why
    will with within without would yes yet you your yours yourself am's don't won't can't
    isn't it's i'm i'd i've you're that's there's let's anyone anything two three four five
    six seven eight nine ten twelve first second third last
    """
)
_VERBS = _words(
    """
    ask asks asked answer believe belong break breaks broke bring brings brought build
    builds built buy call called calls cares cast catch caught change changes choose chose
    cost costs count counts cut cuts decide dies drew drop drops eat eats end ends exist
    expect fail fails fall falls fell felt find finds fits forget forgot found gave happen
    happens hear hears heard held hold holds hum keeps knew know knows laid laugh laughs
    learn learned leave leaves left lend lies lie live lives look looks looked lose loses
    lost love loves mean means meant meet met mind move moves need needs notice open opens
    owe owes paid pay pays pointed prefer pull pushes ran read reads remain repair run runs
    sang sat saw sell send sent shows shut sing sit sleep slept sold speak speaks spend
    spent split spoke spoken stand stands stay stays stood stop stops swear swore take takes
    talk talks taste tastes taught tell tells thank think thinks thought threw told took
    trust turn turned turns use used vanished wait waits walk walked want wants watch wear
    went win wins wish won work works worked write wrote colonise colonize matter matters
    replace rule save ban return like likes dream dreams help hurt kill steal survive teach
    trust understand visit vote worry ruin refuse compute deserve forgive begun been done
    gone seen taken given worn torn sworn stolen
    hope hopes explaining saying doing being having
    """
)
_ADJECTIVES = _words(
    """
    able alone bad best better big blue brave bright broken burnt cheap clean clear cold
    common correct dark dead deep different difficult dirty dry dull early easy empty entire
    exact fair fake false familiar famous far fast fine foreign free fresh full funny good
    great green happy hard heavy high honest hot huge human ill important impossible kind
    large late lazy least lighter little long loud low main modern moral narrow natural new
    nice odd old open ordinary own perfect plain poor possible pretty private proper public
    quick quiet rare ready real red rich right round rude sad safe short simple single slow
    small soft solid sour special strange strong stupid sudden sure sweet tall thick thin
    tiny tired true ugly usual warm weak wet white whole wide wild wise wooden worse worst
    wrong young worth alive aloud remote likely certain wet sore black grey brown stolen
    hidden forgotten lonely friendly deadly daily
    """
)
_MASS = _words(
    """
    advice air art attention bread butter coffee cooking courage dignity dirt dust evidence
    faith fire food freedom furniture garbage gold gossip grief happiness hope hunger ice
    information ink jazz joy justice knowledge labour laughter law light logic love luck
    luggage maths meat medicine memory milk money mud music nature news noise nonsense oil
    paint paper patience peace poetry poverty power pride progress proof rain research
    respect rice rubbish rust salt sand science shame silence sleep smoke snow software soil
    soup space steam stock sugar talent tea theatre time traffic training travel trouble
    trust truth water wealth weather weight wine wisdom wood work youth pizza chocolate
    cheese football democracy
    """
)
_IRREGULAR = {
    "people": "people", "child": "children", "man": "men", "woman": "women", "person": "people",
    "mouse": "mice", "foot": "feet", "tooth": "teeth", "knife": "knives", "wife": "wives",
    "life": "lives", "leaf": "leaves", "thief": "thieves", "shelf": "shelves", "loaf": "loaves",
    "half": "halves", "wolf": "wolves", "goose": "geese",
}  # fmt: skip
_SINGULAR = {many: one for one, many in _IRREGULAR.items()} | {"people": "person"}
_ABSTRACT = (
    "ness",
    "ism",
    "ity",
    "ance",
    "ence",
    "ship",
    "hood",
    "ology",
    "ics",
    "dom",
    "ing",
    "phy",
)
_NOT_PLURAL = ("ss", "us", "is", "ous", "ics")
_ENDS_IN_S = _words(
    """
    lens canvas atlas chaos bias alias series species news mars gas
    """
)
_NO_SINGULAR = _words(
    """
    scissors trousers glasses clothes thanks stairs tissues odds
    """
)
_ENDS_IN_EST = _words(
    """
    forest interest harvest guest priest protest request chest contest
    """
)
_COUNT_ING = _words(
    """
    evening morning building painting wedding king ring string meeting ceiling wing spring
    """
)
_LONGEST_PHRASE = 3
_SHORT, _LONG = 4, 6
"""Letters below which a word is short, and above which it is long."""
_FOR_ONE = _words(
    """
    a an each every another one this that no any
    """
)
_BEFORE_VERBS = _words(
    """
    to we you i they it cannot people
    """
)
_DULL = _words(
    """
    thing things way ways lot kind sort part bit one ones fact word words sentence sentences
    question questions answer point case end side moment minute example rest number turn
    everybody place piece people person day man woman boy girl basis shape fit use argument
    anybody holiday weekend voice conversation range claim claims friend friends base rate
    rates source figure method experience speaker subject topic talk opinion opinions view
    views list name names talker value while truth reason reasons sense idea ideas
    difference same pair anything course other half detail half bottom top front middle edge
    dozen couple handful total per cent name time times
    """
)


@dataclass(frozen=True, slots=True)
class Noun:
    """A noun in the singular, and how it is used.

    `count` takes an article, `mass` (as names do) takes none, `the` only the definite one.
    """

    word: str
    kind: str

    def form(self, form: str) -> str:
        """The noun as the slot `form` wants it: `a`, `the`, `s` (the plural), or bare."""
        match form, self.kind:
            case "the", "count":
                return f"the {self.word}"
            case "s", "count":
                return plural(self.word)
            case "a", "count":
                return with_article(self.word)
            case (("the" | "s" | "a"), "the"):
                return f"the {self.word}"
        return self.word


def nouns_in(text: str, *, is_topic: bool = False) -> list[Noun]:
    """The nouns of `text` that are worth talking about, in order, each once.

    In a topic, which is short, every word counts that can be nothing else.
    """
    found: dict[str, Noun] = {}
    for phrase in re.split(r"[.!?;:,()\"“”*_`|\n—]+", text):
        for noun in _in_phrase(_WORD.findall(phrase), is_topic=is_topic):
            if noun.word.lower() not in _DULL:
                found.setdefault(noun.word.lower(), noun)
    return list(found.values())


def plural(word: str) -> str:
    """The plural of a countable noun."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if re.search(r"[^aeiou]y$", word):
        return word[:-1] + "ies"
    return word + ("es" if re.search(r"(s|x|z|ch|sh)$", word) else "s")


def singular(word: str) -> str:
    """The singular of what looks like a plural; any other word as it is."""
    low = word.lower()
    if low in _SINGULAR:
        return _SINGULAR[low]
    if not low.endswith("s") or len(low) < _SHORT or low.endswith(_NOT_PLURAL) or low in _ENDS_IN_S:
        return word
    if low.endswith("ies") and len(low) > _SHORT:
        return word[:-3] + "y"
    return word[: -2 if re.search(r"(ss|x|z|ch|sh)es$", low) else -1]


def with_article(word: str) -> str:
    """`a` or `an`, by the sound rather than the letter, and the word."""
    silent = re.match(r"(hon|hour|heir)", word.lower())
    consonant = re.match(r"(uni(?!n|m)|use|usu|eu|one\b|once|uto|ufo)", word.lower())
    vowel = (word[:1].lower() in "aeiou" and not consonant) or silent
    return f"{'an' if vowel else 'a'} {word}"


def _in_phrase(words: list[str], *, is_topic: bool) -> Iterator[Noun]:
    """Noun phrases: a determiner, adjectives, a head; in a topic, also heads without any."""
    if words and not words[0].isupper():
        words = [words[0].lower(), *words[1:]]  # at the beginning a capital says nothing
    index = 0
    while index < len(words):
        word = words[index].lower()
        if word in _ARTICLES or word in _DETERMINERS:
            end = index + 1
            while end < len(words) and _is_content(words[end]) and end <= index + _LONGEST_PHRASE:
                end += 1
            if noun := _head(words[index + 1 : end], word):
                yield Noun(noun.word, "the") if is_topic and word == "the" else noun
            index = max(end, index + 1)
            continue
        before = words[index - 1].lower() if index else ""
        if _stands_alone(words[index], before, is_topic=is_topic):
            kind = _bare_kind(words[index])
            yield Noun(singular(words[index]) if kind == "count" else words[index], kind)
        index += 1


def _head(run: list[str], determiner: str) -> Noun | None:
    """The last word of a noun phrase that can be a noun; what follows it may be a verb."""
    while run:
        word = run.pop()
        low = word.lower()
        one = singular(word)
        if not _can_be_noun(word) or (one != word and determiner in _FOR_ONE):
            continue  # "a waiter laughs"
        is_mass = low in _MASS or (determiner not in ("a", "an") and _is_abstract(low))
        return Noun(one, "mass" if is_mass or word[0].isupper() else "count")
    return None


def _stands_alone(word: str, before: str, *, is_topic: bool) -> bool:
    low = word.lower()
    if not _is_content(word) or not _can_be_noun(word) or (low in _VERBS and not is_topic):
        return False
    if low in _MASS:
        return True
    if is_topic:
        return before not in _BEFORE_VERBS or singular(word) != word
    return len(low) > _LONG and low.endswith(("ness", "tion", "ship", "ism"))


def _bare_kind(word: str) -> str:
    """How a noun without an article is used: as a name or a mass, unless it is a plural."""
    is_plural = singular(word) != word and word.lower() not in _MASS and word[0].islower()
    return "count" if is_plural else "mass"


def _is_abstract(low: str) -> bool:
    return low.endswith(_ABSTRACT) and low not in _COUNT_ING


def _can_be_noun(word: str) -> bool:
    low = word.lower()
    if low in _MASS:
        return True
    return (
        (len(low) > 2 or word.isupper())  # noqa: PLR2004 - AI, TV
        and word.isascii()
        and not {low, singular(low)} & (_VERBS | _ADJECTIVES | _NO_SINGULAR)
        and not low.endswith(("ed", "ly", "ful", "less", "ous", "iest"))
        and (not low.endswith("est") or low in _ENDS_IN_EST)
    )


def _is_content(word: str) -> bool:
    low = word.lower().replace("\u2019", "'")
    return low[0].isalpha() and low not in _FUNCTION and "'" not in low
