"""What may be asked of which model: known beforehand, and learnt from refusals.

Services differ in what they take: the field that bounds a reply, temperature,
stop strings, how thinking is turned off. What is known stands in one table;
where it is wrong or silent, the service refuses the request and names the
parameter, which is then left out for good.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from chimera_tui.domain.errors import ProviderError


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """What a model takes. The defaults are what servers compatible with OpenAI share."""

    room: str = "max_tokens"
    """The field that bounds the tokens of a reply."""
    temperature: float | None = 2.0
    """The highest it takes; None if it takes none."""
    is_set_when_thinking: bool = True
    """Whether temperature is taken while it thinks, too."""
    stops: int = 4
    """How many stop strings it takes."""
    calm: Mapping[str, Any] | None = None
    """Fields that turn thinking off, or down as far as it goes; None if there are none."""
    can_chat: bool = True
    counts: bool = True
    """Whether it takes `stream_options`, which ask for the count of tokens."""

    def heat(self, wanted: float | None, *, think: bool) -> float | None:
        """The temperature to send where `wanted` was asked for; None to send none."""
        is_thinking = think or self.calm is None
        if wanted is None or self.temperature is None:
            return None
        if is_thinking and not self.is_set_when_thinking:
            return None
        return min(wanted, self.temperature)

    @property
    def ignores(self) -> frozenset[str]:
        """What of a request that does not want thinking is not sent: "temperature", "stop"."""
        missing = set[str]()
        if self.heat(1.0, think=False) is None:
            missing.add("temperature")
        if not self.stops:
            missing.add("stop")
        return frozenset(missing)

    def without(self, refused: Iterable[str]) -> "Capability":
        """Return what is left of it where these parameters are refused; see `PARAMETERS`."""
        other_room = "max_tokens" if self.room == "max_completion_tokens" else _OPENAI_ROOM
        changes: dict[str, dict[str, Any]] = {
            "temperature": {"temperature": None},
            "stop": {"stops": 0},
            "think": {"calm": None},
            "max_tokens": {"room": other_room},
            "stream_options": {"counts": False},
        }
        left = self
        for parameter in refused:
            left = replace(left, **changes.get(parameter, {}))
        return left


_OPENAI_ROOM = "max_completion_tokens"
_NO_EFFORT = {"reasoning_effort": "none"}
_LOW_EFFORT = {"reasoning_effort": "low"}
_LEAST_EFFORT = {"reasoning_effort": "minimal"}
_DISABLED = {"thinking": {"type": "disabled"}}

_OPENAI = Capability(room=_OPENAI_ROOM)
_REASONING = replace(_OPENAI, temperature=None, calm=_LOW_EFFORT)
_CLAUDE = Capability(temperature=None)
_GEMINI = Capability(room="max_output_tokens", stops=5)

_RULES: Mapping[str, tuple[tuple[str, Capability], ...]] = {
    "openai": (
        (
            r".*(audio|realtime|transcribe|image|\btts\b|-live|search|moderation|computer-use"
            r"|deep-research|codex|instruct)|sora|dall-e|davinci|babbage|whisper|text-embedding",
            replace(_OPENAI, can_chat=False),
        ),
        (r".*-pro\b|.*chat-latest", replace(_REASONING, calm=None)),
        (r"o3|o4-mini", replace(_REASONING, stops=0)),
        (r"gpt-5(-(mini|nano))?(-\d{4}|$)", replace(_REASONING, calm=_LEAST_EFFORT)),
        (
            r"gpt-5\.[1-6]|gpt-6-(sol|luna)|gpt-6\.1-terra",
            replace(_OPENAI, is_set_when_thinking=False, calm=_NO_EFFORT),
        ),
        (r"o\d|gpt-([5-9]|\d\d)", _REASONING),
        (r"", _OPENAI),
    ),
    "anthropic": (
        # With the version of the API before 2026-10-21, older models still take a temperature.
        (r"claude-(2|3|instant|sonnet-4|haiku-4|opus-4-[0-6])", replace(_CLAUDE, temperature=1.0)),
        (r"", replace(_CLAUDE, calm=_DISABLED)),
    ),
    "gemini": (
        (r"gemini-(1|2\.0)|gemma", _GEMINI),
        (r"gemini-2\.5-pro", replace(_GEMINI, calm={"thinking_budget": 128})),
        (r"gemini-2\.5", replace(_GEMINI, calm={"thinking_budget": 0})),
        (r"gemini-3-pro|gemini-3\.1-pro", replace(_GEMINI, calm={"thinking_level": "LOW"})),
        (r"", replace(_GEMINI, calm={"thinking_level": "MINIMAL"})),
    ),
    "deepseek": ((r"", Capability(is_set_when_thinking=False, calm=_DISABLED)),),
    "ollama": ((r"", Capability(calm={"think": False})),),
    "openrouter": ((r"", Capability(calm={"reasoning": {"effort": "none"}})),),
}
"""By service: how names of models begin, and what such a model takes; the first match counts."""


def of(service: str, model: str) -> Capability:
    """Return what is known of a model beforehand.

    Args:
        service: The name of a provider; one that is not in the table is compatible with OpenAI.
        model: The name of a model there.
    """
    for beginning, capability in _RULES.get(service, ()):
        if re.match(beginning, model):
            return capability
    return Capability()


PARAMETERS: Mapping[str, frozenset[str]] = {
    "temperature": frozenset({"temperature"}),
    "stop": frozenset({"stop", "stop_sequences", "stopsequences"}),
    "think": frozenset({
        "reasoning_effort", "reasoning", "reasoning.effort", "thinking", "thinking.type", "think",
        "thinking_level", "thinkinglevel", "thinking_budget", "thinkingbudget", "thinking_config",
    }),
    "max_tokens": frozenset({"max_tokens", "max_completion_tokens"}),
    "stream_options": frozenset({"stream_options", "include_usage"}),
}  # fmt: skip
"""What can be left out of a request, or be said otherwise, and what services call it."""

_REFUSAL = re.compile(
    r"(?i)unsupported|not (?:be )?(?:supported|allowed|permitted|recognized|available)"
    r"|does(?: not|n't) (?:support|accept)|deprecated|unrecognized|unknown|extra (?:inputs|fields)"
    r"|mandatory|cannot be (?:disabled|turned off|used|set)|only the default|no longer|not a valid"
)
_QUOTED = re.compile(r"['\"`]([\w.]+)['\"`]")
_WORDS = re.compile(r"(?i)\b(temperature|reasoning|thinking(?:[ _](?:level|budget))?)\b")


def named(body: str) -> str:
    """Return the parameter that the body of an error refuses, as `PARAMETERS` calls it.

    Empty if it is about something else: a value that is merely too large, for instance.
    """
    param, said = _read(body)
    if not _REFUSAL.search(said):
        return ""
    quoted = (match[1] for match in _QUOTED.finditer(said))
    spoken = (match[1].replace(" ", "_") for match in _WORDS.finditer(said))
    for name in (param, *quoted, *spoken):
        for parameter, writings in PARAMETERS.items():
            if name.lower() in writings:
                return parameter
    return ""


def _read(body: str) -> tuple[str, str]:
    """The parameter that an error names in its place for it, empty if none; and what it says."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return "", body
    match document:
        case {"error": {"message": str(said), **more}}:
            return str(more.get("param") or ""), f"{said} {more.get('code') or ''}"
        case {"detail": [{"loc": [*_, str(param)], "msg": str(said)}, *_]}:  # of FastAPI
            return param, said
        case {"error": str(said)} | {"detail": str(said)} | {"message": str(said)}:
            return "", said
    return "", ""


class LearnedCapabilities:
    """What services were found to refuse, by provider and model.

    Args:
        on_learned: Called with provider, model and parameter when something is new.
    """

    def __init__(self, on_learned: Callable[[str, str, str], None] | None = None) -> None:
        self._on_learned = on_learned
        self._refused: dict[tuple[str, str], frozenset[str]] = {}

    def load(self, rows: Iterable[tuple[str, str, str]]) -> None:
        """Remember what was learnt before: provider, model and parameter of each refusal."""
        for provider, model, parameter in rows:
            self._add(provider, model, parameter)

    def learn_from(self, error: ProviderError, provider: str, model: str) -> bool:
        """Remember which parameter was refused, if `error` says so.

        False if it does not, or if that was known: to leave it out did not help.
        """
        parameter = error.parameter
        if not parameter or parameter in self._refused.get((provider, model), ()):
            return False
        self._add(provider, model, parameter)
        if self._on_learned:
            self._on_learned(provider, model, parameter)
        return True

    def of(self, provider: str, model: str) -> Capability:
        """Return what a model takes: what the table says, less what it has refused."""
        return of(provider, model).without(self._refused.get((provider, model), ()))

    def _add(self, provider: str, model: str, parameter: str) -> None:
        known = self._refused.get((provider, model), frozenset())
        self._refused[provider, model] = known | {parameter}
