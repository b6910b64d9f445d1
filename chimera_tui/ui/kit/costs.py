"""What was used, in words: tokens, dollars, budgets."""

from collections.abc import Iterable
from dataclasses import dataclass

from chimera_tui.domain.arguments import MILLION, THOUSAND
from chimera_tui.domain.conversation import Budget, CostSource, Message, Provenance

LATEST = 20
"""Replies that say what is usual."""
NEARLY = 0.8
"""The share of a budget from which on it is nearly used up."""
_SOURCES = {CostSource.REPORTED: "reported", CostSource.PRICED: "priced"}


@dataclass(slots=True)
class Totals:
    """What the replies of a conversation used."""

    tokens: int = 0
    is_estimate: bool = False
    cost: int | None = None
    """Micro-dollars; None while nothing had a price."""
    is_free: bool = True
    is_unknown: bool = False

    def add(self, message: Message) -> None:
        """Count a reply."""
        if (told := message.provenance) is None:
            return
        self.tokens += told.usage.input + told.usage.output
        self.is_estimate |= told.usage.is_estimate
        if told.cost_source is CostSource.FREE:
            return
        self.is_free = False
        self.is_unknown |= told.cost is None
        if told.cost is not None:
            self.cost = (self.cost or 0) + told.cost

    @property
    def tokens_label(self) -> str:
        """`3.1k`; with `~` where a provider did not count."""
        return about(rounded(self.tokens), is_estimate=self.is_estimate and bool(self.tokens))

    @property
    def cost_label(self) -> str:
        """`free`, an amount in dollars, or `n/a` where no price is known."""
        if self.is_free:
            return "free"
        if self.cost is None:
            return "n/a"
        amount = about(dollars(self.cost), is_estimate=self.is_estimate)
        return amount + ("+" if self.is_unknown else "")


def dollars(micro: int) -> str:
    """Micro-dollars as an amount: `$0.0031`, `$12.50`."""
    if 0 < micro < 50:  # noqa: PLR2004 - it would be shown as nothing
        return "<$0.0001"
    return f"${micro / MILLION:.2f}" if micro >= MILLION else f"${micro / MILLION:.4f}"


def rounded(tokens: int) -> str:
    """Tokens in few cells: `85`, `3.1k`, `200k`, `1.2M`."""
    for size, unit in ((MILLION, "M"), (THOUSAND, "k")):
        if tokens >= size:
            return f"{tokens / size:.1f}".removesuffix(".0") + unit
    return str(tokens)


def about(text: str, *, is_estimate: bool) -> str:
    """`text`, with `~` in front of what was counted by us."""
    return f"~{text}" if is_estimate else text


def cost_of(told: Provenance) -> str:
    """`$0.0031 priced`, `$0.0031 reported`, `free`, or `n/a`."""
    if told.cost_source is CostSource.FREE:
        return "free"
    if told.cost is None:
        return "n/a"
    amount = about(dollars(told.cost), is_estimate=told.usage.is_estimate)
    return f"{amount} {_SOURCES.get(told.cost_source, '')}".rstrip()


def message_costs(told: Provenance) -> tuple[str, ...]:
    """What a message used, in ever fewer cells: `1,204 → 85 tok · $0.0031 priced` first."""
    usage, cost = told.usage, cost_of(told)
    amount, _, _ = cost.partition(" ")
    tokens = about(f"{usage.input:,} → {usage.output:,} tok", is_estimate=usage.is_estimate)
    both = about(f"{usage.input + usage.output:,} tok", is_estimate=usage.is_estimate)
    return (f"{tokens} · {cost}", f"{both} · {cost}", amount)


def usual_usage(path: Iterable[Message]) -> tuple[int, int]:
    """Tokens read and written of a usual reply, as far as those of `path` tell; else 0 and 0."""
    told = [message.provenance.usage for message in path if message.provenance]
    if not told:
        return 0, 0
    last = told[-LATEST:]
    return sum(u.input for u in last) // len(last), sum(u.output for u in last) // len(last)


def budget_label(spent: int, budget: int) -> str:
    """Micro-dollars spent of those there are: `$0.014 of $0.50`."""
    digits = 3 if budget < MILLION else 2
    return f"${spent / MILLION:.{digits}f} of ${budget / MILLION:.2f}"


def budget_text(budget: Budget) -> str:
    """A budget as `arguments.parse_budget` reads it."""
    cost = "" if budget.cost is None else f"{budget.cost / MILLION:.2f}"
    tokens = "" if budget.tokens is None else rounded(budget.tokens)
    if tokens.isdigit():
        tokens += " tok"
    minutes = "" if budget.minutes is None else f"{budget.minutes} min"
    return " ".join(filter(None, (cost, tokens, minutes))) or "off"
