"""Conversations of twelve turns, made by hand: one that lives, and what it can go wrong by."""

from pathlib import Path


def _read(name: str) -> tuple[tuple[str, str], ...]:
    lines = Path(__file__).with_name(f"{name}.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split(": ", 1) for line in lines)
    return tuple((speaker, text) for speaker, text in pairs)


LIVELY, LOOP, UNRELATED = map(_read, ("lively", "loop", "unrelated"))
