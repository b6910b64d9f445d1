"""Lists of models as OpenAI writes them, with what other services add to them."""

import msgspec

from chimera_tui.domain.health import ModelInfo
from chimera_tui.providers.capabilities import Learned
from chimera_tui.providers.endpoint import Endpoint
from chimera_tui.providers.listing import sounds_chatty
from chimera_tui.providers.prices import Listed
from chimera_tui.providers.watch import count

_NO_CHAT = {"embeddings", "embedding", "image", "audio", "moderation", "rerank"}
_OFTEN_IGNORED = ("temperature", "stop")


class _Meta(msgspec.Struct):
    n_ctx: int | None = None


class Model(msgspec.Struct):
    """A model, with what llama.cpp (`meta`), vLLM, LM Studio and OpenRouter add."""

    id: str
    meta: _Meta | None = None
    max_model_len: int | None = None
    type: str | None = None
    state: str | None = None
    loaded_context_length: int | None = None
    """What it is loaded with; what it could be loaded with is no promise."""
    context_length: object = None
    pricing: object = None
    architecture: object = None
    supported_parameters: object = None
    created: object = None

    def can_chat(self) -> bool:
        """Whether its service calls it a model that writes text."""
        match self.architecture:
            case {"output_modalities": [*written]} if "text" not in written:
                return False
        return self.type not in _NO_CHAT

    def age(self) -> float:
        """For ordering: the newest first; 0 if its service does not say."""
        return -self.created if isinstance(self.created, int | float) else 0

    def prices(self) -> tuple[float | None, float | None]:
        """US dollars per million tokens, read and written, as its service says."""
        match self.pricing:
            case {"prompt": read, "completion": written}:
                return _per_million(read), _per_million(written)
        return None, None


class Listing(msgspec.Struct):
    """The answer of `/v1/models`."""

    data: list[Model]


def model_info(model: Model, at: Endpoint, learned: Learned, listed: Listed) -> ModelInfo:
    """Say what is known of a model.

    Args:
        model: As its service lists it.
        at: Where it is.
        learned: What it takes.
        listed: What the price list says; counts where the service says nothing.
    """
    running = model.meta.n_ctx if model.meta else None
    takes = learned.of(at.name, model.id)
    price_in, price_out = (0.0, 0.0) if at.is_local else model.prices()
    ignores = takes.ignores
    if isinstance(supported := model.supported_parameters, list):
        ignores |= {name for name in _OFTEN_IGNORED if name not in supported}
    return ModelInfo(
        name=model.id,
        context=running
        or model.loaded_context_length
        or model.max_model_len
        or count(model.context_length)
        or listed.context,
        is_loaded=running is not None or model.state == "loaded",
        can_chat=model.can_chat() and takes.can_chat and sounds_chatty(model.id),
        price_in=listed.price_in if price_in is None else price_in,
        price_out=listed.price_out if price_out is None else price_out,
        ignores=ignores,
    )


def _per_million(price: object) -> float | None:
    """US dollars per million tokens; a service that cannot say beforehand says -1 a token."""
    try:
        dollars = float(price) if isinstance(price, str | int | float) else -1.0
    except ValueError:
        return None
    return round(dollars * 10**6, 6) if 0 <= dollars < 1 else None
