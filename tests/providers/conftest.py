"""Prints the fault catalogue, if it was played."""

import pytest

from tests.providers import catalogue


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if catalogue.RESULTS:
        terminalreporter.section("fault catalogue")
        for line in catalogue.table():
            terminalreporter.line(line)
