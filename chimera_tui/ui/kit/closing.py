"""Screens that come and go while keys, answers and news are still on their way to them."""

from typing import Any, TypeVar

from textual.screen import Screen

Result = TypeVar("Result")


def close(screen: Screen[Result], result: Result | None = None) -> None:
    """Close `screen` and give `result` to who asked, unless it is closed or covered by another.

    Textual closes whatever is on top: a second Enter on its way would close the screen below,
    with the result of this one, or end the app where there is none. A screen that is still being
    made is made first: its parts look for each other then.
    """
    if not screen.is_mounted:
        screen.call_later(close, screen, result)
    elif screen.is_active:
        _ = screen.dismiss(result)  # a screen cannot wait for its own end


def stands(screen: Screen[Any]) -> bool:
    """Whether a screen is still there: one that was closed has lost its widgets, or will soon."""
    return screen in screen.app.screen_stack
