"""What a measurement found, and what it should have found."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table."""

    what: str
    measured: float
    unit: str
    baseline: float | None = None
    """The same of something else, measured in the same run."""
    at_most: float | None = None
    """The goal, in `unit`; None if there is none."""
    at_least: float | None = None
    """The goal of what should be high, in `unit`."""
    ratio_at_most: float | None = None
    """The goal for measured / baseline."""

    @property
    def ratio(self) -> float | None:
        """How much more than the baseline it is."""
        return self.measured / self.baseline if self.baseline else None

    @property
    def is_ok(self) -> bool:
        """Whether it reaches its goal; without one it does."""
        if self.ratio_at_most is not None and (self.ratio or 0) > self.ratio_at_most:
            return False
        if self.at_least is not None and self.measured < self.at_least:
            return False
        return self.at_most is None or self.measured <= self.at_most

    def cells(self) -> tuple[str, ...]:
        """The line, cell by cell."""
        goal = ""
        if self.ratio_at_most is not None:
            goal = f"{self.ratio_at_most:.2f} x"
        elif self.at_most is not None:
            goal = f"{self.at_most:.4g} {self.unit}"
        elif self.at_least is not None:
            goal = f">= {self.at_least:.4g} {self.unit}"
        return (
            self.what,
            f"{self.measured:.4g} {self.unit}",
            "" if self.baseline is None else f"{self.baseline:.4g} {self.unit}",
            "" if self.ratio is None else f"{self.ratio:.2f}",
            goal,
            ("ok" if self.is_ok else "MISSED") if goal else "",
        )


def in_ms(
    what: str, measured: float, baseline: float, ratio_at_most: float | None = None
) -> Figure:
    """Return the figure of two times that were measured in seconds."""
    return Figure(
        what=what,
        measured=measured * 1000,
        baseline=baseline * 1000,
        unit="ms",
        ratio_at_most=ratio_at_most,
    )


HEAD = ("what", "measured", "baseline", "ratio", "goal", "")
WIDTHS = (52, 16, 12, 6, 9, 6)


def row(cells: tuple[str, ...]) -> str:
    """Write the cells of a line under each other's, the numbers flush right."""
    first, *others = zip(cells, WIDTHS, strict=True)
    return "  ".join([f"{first[0]:<{first[1]}}", *(f"{c:>{w}}" for c, w in others)]).rstrip()
