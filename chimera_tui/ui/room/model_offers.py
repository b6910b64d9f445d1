"""The models that can be chosen, over all providers: what each costs, reads and ignores."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from chimera_tui.domain.conversation import DEMO, ModelRef
from chimera_tui.domain.errors import UnknownError
from chimera_tui.domain.health import Health, HealthState, ModelInfo
from chimera_tui.domain.text import one_line
from chimera_tui.ui.kit.costs import dollars, rounded
from chimera_tui.ui.providers.provider_rows import WORDS, duration

UNLISTED = ModelInfo(name="")
"""What is known of a model that nobody lists."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One model that can be chosen; a model of None is automatic. All texts are safe to show."""

    model: ModelRef | None
    provider: str = "automatic"
    name: str = ""
    info: ModelInfo = UNLISTED
    where: str = ""
    """`local`, `cloud`, or empty where that makes no difference."""
    latency: str = ""
    state: str = "off"
    note: str = ""
    """In place of the word of the state: loaded, no key, as typed."""
    found_by: str = ""
    """What a search looks through, without case."""

    @property
    def is_usable(self) -> bool:
        """Whether its provider answers, as far as is known."""
        return self.state != "off" or self.model is None

    def price(self, per_million: float | None) -> str:
        """A price in few cells: `$3.00`, `free` at home, `n/a` if nobody says."""
        if self.where == "local" or self.model == DEMO:
            return "free"
        if per_million is None:
            return "n/a"
        return f"${per_million:.2f}" if per_million else "free"

    @property
    def context(self) -> str:
        """What it reads: `200k`, `1M`; a dash if nobody says."""
        tokens = self.info.context
        if tokens is None:
            return "" if self.model is None or self.model == DEMO else "–"
        return rounded(tokens - tokens % 1000 if tokens > 1000 else tokens)  # noqa: PLR2004 - whole k

    def turn_cost(self, usage: tuple[int, int]) -> str:
        """What a usual turn would cost; empty if that cannot be said."""
        price_in, price_out = self.info.price_in, self.info.price_out
        if self.where != "cloud" or price_in is None or price_out is None or not any(usage):
            return ""
        return dollars(round(usage[0] * price_in + usage[1] * price_out))


AUTOMATIC = Offer(None, name="the first provider that answers", found_by="automatic first")


def offers(
    healths: Iterable[Health],
    is_local: Callable[[str], bool],
    *,
    assigned: ModelRef | None = None,
    fallbacks: Sequence[ModelRef] = (),
) -> list[Offer]:
    """Automatic; what is assigned; what takes over; what is loaded; then provider by provider."""
    found: dict[ModelRef, Offer] = {}
    for health in healths:
        if health.provider != DEMO.provider:
            for offer in listed(health, is_local=is_local(health.provider)):
                if offer.model:
                    found[offer.model] = offer
    first = [model for model in (assigned, *fallbacks) if model]
    before = [found.get(model) or _kept(model) for model in first if model != DEMO]
    rest = [offer for model, offer in found.items() if model not in first]
    rest.sort(key=lambda offer: not (offer.info.is_loaded and offer.where == "local"))
    demo = Offer(DEMO, "demo", "demo", state="demo", note="scripted", found_by="demo scripted free")
    return [AUTOMATIC, *dict.fromkeys(before), *rest, demo]


def listed(health: Health, *, is_local: bool) -> list[Offer]:
    """The models of one provider that can chat, in its order."""
    return [
        _listed(ModelRef(health.provider, info.name), info, health, is_local=is_local)
        for info in health.models
        if info.can_chat
    ]


def _listed(model: ModelRef, info: ModelInfo, health: Health, *, is_local: bool) -> Offer:
    provider, name = one_line(model.provider, 40), one_line(model.model, 120)
    where = "local" if is_local else "cloud"
    loaded = "loaded" if info.is_loaded else ""
    note = {HealthState.NO_KEY: "no key", HealthState.NOT_ASKED: "not asked"}.get(health.state, "")
    free = "free" if is_local or info.price_in == 0 else ""
    return Offer(
        model,
        provider,
        name,
        info,
        where,
        duration(health.latency),
        WORDS[health.state],
        loaded or note,
        f"{provider}/{name} {provider} {where} {loaded} {free}".casefold(),
    )


def _kept(model: ModelRef) -> Offer:
    """A model that is assigned, but that nobody lists."""
    provider, name = one_line(model.provider, 40), one_line(model.model, 120)
    return Offer(model, provider, name, note="not listed", found_by=f"{provider}/{name}".casefold())


def fitting(everything: Sequence[Offer], text: str) -> list[Offer]:
    """Those in which all words of `text` are found."""
    words = text.casefold().split()
    return [offer for offer in everything if all(word in offer.found_by for word in words)]


def as_typed(text: str, everything: Sequence[Offer], providers: Iterable[str]) -> Offer | None:
    """The model as it was typed, if it names a provider there is and is not listed."""
    try:
        model = ModelRef.parse(text)
    except UnknownError:
        return None
    is_listed = any(offer.model == model for offer in everything)
    if is_listed or model.provider not in {*providers, DEMO.provider} or " " in model.model:
        return None
    provider, name = one_line(model.provider, 40), one_line(model.model, 120)
    return Offer(model, provider, name, note="as typed")


def facts(offer: Offer, usage: tuple[int, int]) -> str:
    """What there is to know of a model beside its row: what a turn costs, what it ignores."""
    if offer.model is None:
        return "Falls back to the next provider in your order when one does not answer."
    if offer.note == "as typed":
        return "It is not listed: used as typed."
    said = []
    if cost := offer.turn_cost(usage):
        said.append(f"about {cost} a turn here")
    if offer.info.ignores:
        said.append(f"ignores {one_line(', '.join(sorted(offer.info.ignores)))}")
    return "; ".join(said)
