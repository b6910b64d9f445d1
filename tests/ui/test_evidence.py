"""What diagnostics says of a provider."""

from dataclasses import replace

import pytest
from textual.content import Content

from chimera_tui.domain.exchange import Exchange
from chimera_tui.domain.health import BreakerState, Health, HealthState
from chimera_tui.settings.keys import KeySource
from chimera_tui.ui.providers import evidence
from chimera_tui.ui.providers.key_words import key_found, key_words
from chimera_tui.ui.providers.provider_rows import breaker_words, provider_rows, usual
from tests.fakes import NOON
from tests.ui.fakes import OLLAMA
from tests.ui.services import (
    ALL,
    ANTHROPIC,
    DEEPSEEK,
    EXCHANGES,
    GEMINI,
    KEYS,
    OPENAI,
    REFUSED,
    SPENT,
    an_exchange,
)

WIDTH = 60


def usual_key(command: str) -> str:
    """The key of a command of the screen of the providers, as nobody has moved it."""
    return {"diagnostics.key": "k", "diagnostics.check": "c"}[command]


def plain(lines: list[Content]) -> str:
    return "\n".join(one.plain.rstrip() for one in lines)


@pytest.mark.parametrize(
    ("health", "words"),
    [
        (ANTHROPIC, ""),
        (DEEPSEEK, "open, again in 24 s"),
        (replace(DEEPSEEK, retry_in=3.5), "open, again in 4 s"),
        (replace(DEEPSEEK, retry_in=0.0), "open, tried at the next turn"),
        (OPENAI, "half-open"),
        (REFUSED, "stopped until you act"),
    ],
)
def test_the_breaker_has_words(health: Health, words: str) -> None:
    assert breaker_words(health) == words


def test_rows_say_who_is_down_and_why_nobody_is_asked() -> None:
    rows = {row.name: row for row in provider_rows(ALL, ["gemini"])}
    assert {name: row.state for name, row in rows.items()} == {
        "openai": "slow",
        "anthropic": "ok",
        "deepseek": "down",
        "gemini": "down",
        "openrouter": "off",
        "ollama": "ok",
        "lmstudio": "off",
    }
    assert rows["openrouter"].note == "no key"
    assert not rows["openrouter"].has_key


def test_what_is_usual_needs_more_than_one_measure() -> None:
    assert usual((0.4, None)) == ""
    assert usual((0.4, None, 0.6, 3.0)) == "600 ms"


def test_where_a_key_lies() -> None:
    assert key_words(KEYS["openai"]) == "key from OPENAI_API_KEY, ends 7Qd2"
    assert key_words(KEYS["anthropic"]) == "key from the keyring, ends x9Lw"
    assert key_words(KEYS["gemini"]) == "no key"
    kept = replace(KEYS["gemini"], elsewhere="https://old.example")
    assert key_words(kept) == "no key; one is kept for https://old.example"
    assert key_found(KEYS["openai"]) == "key found (OPENAI_API_KEY)"
    assert key_found(replace(KEYS["openai"], source=KeySource.FILE)) == "key kept in keys.toml"
    assert key_found(None) == ""


@pytest.mark.parametrize(
    ("health", "words"),
    [
        (GEMINI, "Press k to set a key, or set GEMINI_API_KEY and start again."),
        (REFUSED, "Set another key"),
        (DEEPSEEK, "tried again by itself"),
        (OPENAI, "One call tries it now"),
    ],
)
def test_it_says_what_to_do(health: Health, words: str) -> None:
    assert words in evidence.advice(health, KEYS[health.provider], usual_key)


def test_advice_names_the_keys_that_are_bound() -> None:
    said = evidence.advice(GEMINI, KEYS["gemini"], lambda command: f"<{command}>")
    assert "Press <diagnostics.key> to set a key" in said


def test_who_is_well_needs_no_advice() -> None:
    assert evidence.advice(ANTHROPIC, KEYS["anthropic"], usual_key) == ""


def test_a_request_is_shown_as_it_was_sent_with_its_json_laid_out() -> None:
    shown = plain(evidence.sent_lines(EXCHANGES[-1], WIDTH))
    assert "POST /v1/chat/completions" in shown
    assert "authorization  Bearer ••••7Qd2" in shown
    assert '  "model": "gpt-4.1-mini",' in shown
    assert "User-Agent" not in shown


def test_an_answer_is_shown_as_it_came() -> None:
    shown = plain(evidence.received_lines(EXCHANGES[-1], WIDTH))
    assert shown.startswith("200  after 2.9 s")
    assert "x-ratelimit-remaining-requests  412" in shown
    assert "data: [DONE]" in shown


def test_no_answer_says_why() -> None:
    shown = plain(evidence.received_lines(EXCHANGES[2], WIDTH))
    assert "no answer" in shown
    assert "The connection broke after 24 words." in shown


def test_a_long_body_is_cut() -> None:
    exchange = an_exchange(1, 200, "\n".join(str(number) for number in range(40)))
    shown = plain(evidence.received_lines(exchange, WIDTH))
    assert f"{evidence.MOST_BODY - 1}\n… {40 - evidence.MOST_BODY} more lines" in shown


@pytest.mark.parametrize("width", [12, 30, 48, 64, 120])
def test_no_line_is_wider_than_it_may_be(width: int) -> None:
    lines = [
        *evidence.sent_lines(EXCHANGES[0], width),
        *evidence.received_lines(EXCHANGES[1], width),
        *evidence.exchange_rows(EXCHANGES, 0, width),
        *evidence.facts_lines(DEEPSEEK, (60, 8), EXCHANGES[0], width),
        *evidence.spending_lines(SPENT, width),
        *evidence.head_lines(
            REFUSED, KEYS["openai"], NOON, width, key_of=usual_key, is_checking=False
        ),
    ]
    assert max(one.cell_length for one in lines) <= width


def test_the_rate_is_told_by_the_answer_or_is_ours() -> None:
    told = plain(evidence.facts_lines(OPENAI, (60, 8), EXCHANGES[0], 90))
    assert "412 of 500" in told
    ours = plain(evidence.facts_lines(OPENAI, (60, None), None, 90))
    assert "60 a minute" in ours


def test_spending_marks_estimates_and_what_is_not_known() -> None:
    partly = replace(SPENT[1], is_partly_unknown=True)
    shown = plain(evidence.spending_lines((SPENT[0], partly), WIDTH))
    assert "~$0.0214" in shown
    assert "$0.1203+" in shown
    assert "~$0.1417+" in shown, "the sum"
    home = replace(SPENT[1], provider="ollama", cost=0)
    unknown = replace(home, provider="desk", is_partly_unknown=True)
    lines = [one.plain for one in evidence.spending_lines((home, unknown), WIDTH)]
    assert [line.split()[-1] for line in lines if line] == ["n/a", "free", "n/a"]


def test_the_report_has_everything() -> None:
    health = replace(REFUSED, state=HealthState.DOWN, breaker=BreakerState.STOPPED)
    report = evidence.report(health, KEYS["openai"], EXCHANGES)
    for words in ("stopped until you act", "ends 7Qd2", "User-Agent: chimera", "status: 429"):
        assert words in report
    assert report.count("--- ") == len(EXCHANGES)


def test_what_is_foreign_is_cleaned() -> None:
    bad = "\x1b]0;x\x07\u202e"
    exchange = Exchange(
        at=NOON,
        method="POST",
        url=f"https://x/{bad}",
        request_headers={f"content-type{bad}": bad},
        request_body=bad,
        status=500,
        response_headers={"server": bad},
        response_start=bad,
        seconds=1.0,
        error=bad,
    )
    shown = plain(
        [*evidence.sent_lines(exchange, 200), *evidence.received_lines(exchange, 200)]
    ) + evidence.report(OPENAI, KEYS["openai"], [exchange])
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_who_needs_no_key_is_not_said_to_lack_one() -> None:
    key = replace(KEYS["ollama"], variables=("OLLAMA_API_KEY",))
    head = plain(evidence.head_lines(OLLAMA, key, NOON, 90, key_of=usual_key, is_checking=False))
    assert "no key" not in head
    assert "no key" in plain(
        evidence.head_lines(GEMINI, KEYS["gemini"], NOON, 90, key_of=usual_key, is_checking=False)
    )
