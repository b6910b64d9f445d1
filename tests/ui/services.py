"""Eight providers as they may be found: answering, slow, refused, without a key, switched off."""

from dataclasses import replace
from datetime import timedelta

from chimera_tui.domain.conversation import CostSource, Message, ModelRef, Usage
from chimera_tui.domain.errors import Fault
from chimera_tui.domain.exchange import Exchange
from chimera_tui.domain.health import BreakerState, Health, HealthState, ModelInfo
from chimera_tui.domain.saved import SavedConversation, Tree
from chimera_tui.domain.spending import Spending
from chimera_tui.settings.keys import KeySource, KeyState
from tests.fakes import NOON, FixedModels
from tests.ui.fakes import LMSTUDIO, OLLAMA, FakeChimera

OPENAI = Health(
    provider="openai",
    state=HealthState.SLOW,
    latency=2.9,
    models=(
        ModelInfo(name="gpt-4.1-mini", context=1_000_000, price_in=0.4, price_out=1.6),
        ModelInfo(name="gpt-4.1", context=1_000_000, price_in=2.0, price_out=8.0),
        ModelInfo(name="gpt-6-luna", context=400_000, ignores=frozenset({"temperature", "stop"})),
    ),
    checked_at=NOON,
    breaker=BreakerState.HALF_OPEN,
    history=(0.6, 0.6, 0.5, 0.7, 0.6, 0.6, 0.5, 1.2, 2.4, 4.1, 3.0, 2.9),
)
ANTHROPIC = Health(
    provider="anthropic",
    state=HealthState.UP,
    latency=0.412,
    models=(
        ModelInfo(name="claude-sonnet-5-5", context=200_000, price_in=3.0, price_out=15.0),
        ModelInfo(name="claude-haiku-5-5", context=200_000, price_in=1.0, price_out=5.0),
    ),
    checked_at=NOON,
    history=(0.41, 0.39, 0.45, 0.4, 0.52, 0.412),
)
DEEPSEEK = Health(
    provider="deepseek",
    state=HealthState.DOWN,
    reason="DeepSeek does not answer: the connection was refused.",
    fault=Fault.CONNECT,
    hint="See whether this computer is online, then try again.",
    checked_at=NOON,
    breaker=BreakerState.OPEN,
    retry_in=24.0,
    history=(0.7, 0.8, None, None, None),
)
REFUSED = Health(
    provider="openai",
    state=HealthState.DOWN,
    reason="OpenAI refuses the key (401).",
    fault=Fault.AUTH,
    hint="Set another key, or see in your account whether this one still holds.",
    checked_at=NOON,
    breaker=BreakerState.STOPPED,
)
GEMINI = Health(provider="gemini", state=HealthState.NO_KEY)
OPENROUTER = Health(provider="openrouter", state=HealthState.NO_KEY)
ALL = (OPENAI, ANTHROPIC, DEEPSEEK, GEMINI, OPENROUTER, OLLAMA, LMSTUDIO)


def a_key(provider: str, title: str, host: str, variable: str = "", end: str = "") -> KeyState:
    """What is known of the key of a provider."""
    return KeyState(
        provider=provider,
        title=title,
        address=f"https://{host}",
        variables=(variable,) if variable else (),
        source=KeySource.ENVIRONMENT if end else None,
        place=variable if end else "",
        end=end,
    )


KEYS = {
    "openai": a_key("openai", "OpenAI", "api.openai.com", "OPENAI_API_KEY", "…7Qd2"),
    "anthropic": replace(
        a_key("anthropic", "Anthropic", "api.anthropic.com", "ANTHROPIC_API_KEY", "…x9Lw"),
        source=KeySource.KEYRING,
        place="",
    ),
    "deepseek": a_key("deepseek", "DeepSeek", "api.deepseek.com", "DEEPSEEK_API_KEY", "…04af"),
    "gemini": a_key("gemini", "Gemini", "generativelanguage.googleapis.com", "GEMINI_API_KEY"),
    "openrouter": a_key("openrouter", "OpenRouter", "openrouter.ai", "OPENROUTER_API_KEY"),
    "ollama": replace(a_key("ollama", "Ollama", ""), address="http://127.0.0.1:11434"),
    "lmstudio": replace(a_key("lmstudio", "LM Studio", ""), address="http://127.0.0.1:1234"),
}


def an_exchange(seconds_ago: int, status: int | None, answer: str, error: str = "") -> Exchange:
    """A chat request and its answer."""
    return Exchange(
        at=NOON - timedelta(seconds=seconds_ago),
        method="POST",
        url="https://api.openai.com/v1/chat/completions",
        request_headers={
            "Authorization": "Bearer ••••7Qd2",
            "Content-Type": "application/json",
            "User-Agent": "chimera",
        },
        request_body='{"model":"gpt-4.1-mini","stream":true,"max_tokens":1,'
        '"messages":[{"role":"user","content":"ping"}]}',
        status=status,
        response_headers={}
        if status is None
        else {
            "Content-Type": "text/event-stream",
            "X-RateLimit-Limit-Requests": "500",
            "X-RateLimit-Remaining-Requests": "412",
            "X-Request-Id": "req_8f3a91c",
        },
        response_start=answer,
        seconds=2.9,
        error=error,
    )


EXCHANGES = (
    an_exchange(1220, 200, 'data: {"delta": {"content": "ok"}}\n\ndata: [DONE]'),
    an_exchange(760, 429, '{"error": {"message": "Rate limit reached", "type": "requests"}}'),
    an_exchange(58, None, "", "The connection broke after 24 words."),
    an_exchange(
        12,
        200,
        'data: {"delta": {"content": "ok"}}\n\ndata: {"usage": {"total": 9}}\n\ndata: [DONE]',
    ),
)
SPENT = (
    Spending(
        provider="openai",
        attempts=14,
        tokens=48_200,
        cost=21_400,
        is_partly_unknown=False,
        is_estimate=True,
    ),
    Spending(
        provider="anthropic",
        attempts=9,
        tokens=31_000,
        cost=120_300,
        is_partly_unknown=False,
        is_estimate=False,
    ),
)


class SomeAtHome(FixedModels):
    """Free is only what runs at home."""

    def is_free(self, model: ModelRef) -> bool:
        """Ollama and LM Studio."""
        return model.provider in {"ollama", "lmstudio", "demo"}

    def has_provider(self, name: str) -> bool:
        """All of them."""
        return name == "demo" or name in KEYS


def with_services(*saved: SavedConversation, healths: tuple[Health, ...] = ALL) -> FakeChimera:
    """A Chimera that knows all these providers."""
    fake = FakeChimera(*saved, healths=healths)
    fake.models = SomeAtHome()
    fake.keys = dict(KEYS)
    fake.said = {"openai": EXCHANGES}
    fake.spent = SPENT
    return fake


def priced(saved: SavedConversation, thinking: str = "") -> SavedConversation:
    """The same, as if it had been said by models that cost something; the last after a retry."""
    messages = [_priced(message, thinking) for message in saved.tree.messages.values()]
    return replace(saved, tree=Tree.of(messages, {}))


def _priced(message: Message, thinking: str) -> Message:
    if message.provenance is None:
        return message
    told = replace(
        message.provenance,
        usage=Usage(input=1204, output=85, thinking=60 if thinking else 0),
        cost=3100,
        cost_source=CostSource.PRICED,
        attempt=2 if thinking else 1,
    )
    return replace(message, provenance=told, thinking=thinking)
