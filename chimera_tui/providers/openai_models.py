"""Lists of models as OpenAI writes them, with what other services add to them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chimera_tui.domain.health import ModelInfo
from chimera_tui.providers.capabilities import LearnedCapabilities
from chimera_tui.providers.endpoint import Endpoint
from chimera_tui.providers.listing import sounds_chatty
from chimera_tui.providers.parts import fields, name
from chimera_tui.providers.prices import Listed
from chimera_tui.providers.watch import count

_NO_CHAT = {"embeddings", "embedding", "image", "audio", "moderation", "rerank"}
_OFTEN_IGNORED = ("temperature", "stop")


@dataclass(frozen=True, slots=True)
class Model:
    """A model, with what llama.cpp (`meta`), vLLM, LM Studio and OpenRouter add."""

    about: Mapping[str, Any]
    """What its service lists of it; its name is `id`."""

    @property
    def id(self) -> str:
        """Its name."""
        return str(self.about["id"])

    @property
    def running(self) -> int | None:
        """Tokens it reads where it runs in llama.cpp; None elsewhere."""
        return count(fields(self.about.get("meta")).get("n_ctx"))

    @property
    def state(self) -> str:
        """What LM Studio says of it; empty elsewhere."""
        return name(self.about.get("state"))

    @property
    def context(self) -> int | None:
        """Tokens it reads. What it could be loaded with is no promise."""
        places = ("loaded_context_length", "max_model_len", "context_length")
        found = (count(self.about.get(place)) for place in places)
        return self.running or next(filter(None, found), None)

    def can_chat(self) -> bool:
        """Whether its service calls it a model that writes text."""
        match self.about.get("architecture"):
            case {"output_modalities": [*written]} if "text" not in written:
                return False
        return name(self.about.get("type")) not in _NO_CHAT

    def age(self) -> float:
        """For ordering: the newest first; 0 if its service does not say."""
        return -(_number(self.about.get("created")) or 0)

    def prices(self) -> tuple[float | None, float | None]:
        """US dollars per million tokens, read and written, as its service says."""
        match self.about.get("pricing"):
            case {"prompt": read, "completion": written}:
                return _per_million(read), _per_million(written)
        return None, None


def model_info(
    model: Model, at: Endpoint, learned: LearnedCapabilities, listed: Listed
) -> ModelInfo:
    """Say what is known of a model.

    Args:
        model: As its service lists it.
        at: Where it is.
        learned: What it takes.
        listed: What the price list says; counts where the service says nothing.
    """
    takes = learned.of(at.name, model.id)
    price_in, price_out = (0.0, 0.0) if at.is_local else model.prices()
    ignores = takes.ignores
    if isinstance(supported := model.about.get("supported_parameters"), list):
        ignores |= {name for name in _OFTEN_IGNORED if name not in supported}
    return ModelInfo(
        name=model.id,
        context=model.context or listed.context,
        is_loaded=model.running is not None or model.state == "loaded",
        can_chat=model.can_chat() and takes.can_chat and sounds_chatty(model.id),
        price_in=listed.price_in if price_in is None else price_in,
        price_out=listed.price_out if price_out is None else price_out,
        ignores=ignores,
    )


def _per_million(price: object) -> float | None:
    """US dollars per million tokens; a service that cannot say beforehand says -1 a token."""
    dollars = _number(price)
    return None if dollars is None or not 0 <= dollars < 1 else round(dollars * 10**6, 6)


def _number(value: object) -> float | None:
    """A number, also as text; None if it is none."""
    try:
        number = float(value) if isinstance(value, str | int | float) else math.nan
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
