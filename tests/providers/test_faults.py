"""Faults in words: what is said, what is kept back."""

import ssl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chimera_tui.domain.errors import Fault
from chimera_tui.providers import faults, refusals
from tests.providers.helpers import an_endpoint

AT = an_endpoint("http://127.0.0.1:1234", key="hunter2hunter2")


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [
        (400, '{"error": {"message": "Bad input."}}', Fault.REQUEST, "Bad input"),
        (400, '{"error": "plain"}', Fault.REQUEST, "plain"),
        (422, '{"detail": [{"loc": ["x"], "msg": "too short"}]}', Fault.REQUEST, "too short"),
        (400, '{"message": "no such field"}', Fault.REQUEST, "no such field"),
        (500, "Internal error", Fault.SERVER, "Internal error"),
        (502, "<html>nginx</html>", Fault.SERVER, ""),
        (400, '{"error": {"code": "context_length_exceeded", "message": "too long"}}',
         Fault.CONTEXT, "too long"),
        (500, "the prompt exceeds the available context size", Fault.CONTEXT, ""),
        (400, "the model is loaded with context length of only 4096 tokens", Fault.CONTEXT, ""),
        (400, '{"error": "model \\"x\\" not found"}', Fault.MODEL, 'model "x" not found'),
        (404, "{}", Fault.MODEL, ""),
        (429, '{"error": {"code": 1, "message": "insufficient_quota"}}', Fault.MONEY, ""),
        (503, '{"error": {"message": "Loading model"}}', Fault.OVERLOADED, "Loading model"),
        (402, '{"error": {"message": "Insufficient credits"}}', Fault.MONEY, "Insufficient"),
        (402, '{"error": {"message": "Wait.", "metadata": {"error_type": "in_flight_budget"}}}',
         Fault.RATE, ""),
        (400, '{"error": {"message": "Your credit balance is too low"}}', Fault.MONEY, "too low"),
        (429, '{"error": {"message": "Stop.", "code": "project_spend_limit_exceeded"}}',
         Fault.MONEY, ""),
        (403, '{"error": {"message": "Your input was flagged by moderation"}}',
         Fault.FILTER, "flagged"),
        (403, "{}", Fault.AUTH, ""),
        (500, '{"error": "the moderation service is down"}', Fault.SERVER, ""),
    ],
)  # fmt: skip
def test_an_error_is_named_by_its_status_and_words(
    status: int, body: str, kind: Fault, said: str
) -> None:
    error = faults.refused(AT, status, {}, body, to_chat=True)
    assert error.kind is kind
    assert said in error.problem
    assert "<html" not in error.problem
    assert error.hint


@pytest.mark.parametrize(
    "secret",
    [
        "sk-proj-abc123DEF",
        "Bearer abc.def.ghi",
        "api_key=abcdef",
        '"token": "abcdef"',
        "hunter2hunter2",
    ],
)
def test_nothing_like_a_key_is_repeated(secret: str) -> None:
    body = f"Incorrect key provided: {secret} (see your account)"
    problem = faults.refused(AT, 401, {}, body, to_chat=True).problem
    assert "[key]" in problem
    assert secret not in problem
    assert "see your account" in problem


def test_a_refused_key_is_found_where_it_was_put() -> None:
    assert "A_KEY" in faults.refused(AT, 401, {}, "", to_chat=True).hint


def test_what_a_server_says_cannot_reach_the_terminal() -> None:
    body = "\x1b]52;c;AAAA\x07" + "x" * 5000
    problem = faults.refused(AT, 500, {}, body, to_chat=True).problem
    assert problem.isprintable()
    assert len(problem) < 300


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "9", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": "1000000000"}, 3600),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, 3600),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_how_long_a_provider_asks_to_wait(headers: dict[str, str], wait: float | None) -> None:
    assert faults.refused(AT, 429, headers, "", to_chat=True).retry_after == wait


def test_a_refused_parameter_is_named_to_the_program() -> None:
    body = '{"error": {"message": "`temperature` is deprecated for this model."}}'
    error = faults.refused(AT, 400, {}, body, to_chat=True)
    assert error.parameter == "temperature"
    assert not faults.refused(AT, 500, {}, body, to_chat=True).parameter


@pytest.mark.parametrize(
    ("model", "hint"),
    [
        ("gpt-6-lunar", "The nearest it has: openai/gpt-6-luna."),
        ("Qwen3", "The nearest it has: qwen3:latest."),
        ("claude", "Choose another model."),
    ],
)
def test_a_missing_model_is_told_the_nearest(model: str, hint: str) -> None:
    missing = faults.refused(AT, 404, {}, "{}", to_chat=True)
    error = faults.with_nearest(missing, model, ["openai/gpt-6-luna", "qwen3:latest"])
    assert f"`{model}`" in error.problem
    assert error.hint == hint
    assert error.kind is Fault.MODEL


def test_only_at_home_a_model_can_be_loaded_with_more_context() -> None:
    body = '{"error": {"message": "too long", "code": "context_length_exceeded"}}'
    away = an_endpoint("https://api.example.com")
    assert "Load the model" in faults.refused(AT, 400, {}, body, to_chat=True).hint
    assert "new conversation" in faults.refused(away, 400, {}, body, to_chat=True).hint


def test_another_error_is_told_no_models() -> None:
    busy = faults.refused(AT, 503, {}, "{}", to_chat=True)
    assert faults.with_nearest(busy, "m", ["m-1"]) is busy


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("self-signed certificate", "trust it"),
        ("unable to get local issuer certificate", "trust it"),
        ("certificate has expired", "clock"),
        ("IP address mismatch, certificate is not valid for '127.0.0.1'", "another server"),
    ],
)
def test_a_certificate_that_is_not_valid_has_its_remedy(reason: str, said: str) -> None:
    cause = ssl.SSLCertVerificationError()
    cause.verify_message = reason
    error = faults.broken(AT, cause, began=False)
    assert error.kind is Fault.TLS
    assert reason in error.problem
    assert said in error.hint


@given(st.text(), st.text(), st.integers(300, 999))
@settings(derandomize=True)
def test_any_answer_becomes_an_error_in_words(wait: str, body: str, status: int) -> None:
    error = faults.refused(AT, status, {"retry-after": wait}, body, to_chat=True)
    assert error.problem
    assert error.retry_after is None or 0 <= error.retry_after <= refusals.LONGEST_WAIT


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("it broke", Fault.SERVER),
        ({"message": "it broke"}, Fault.SERVER),
        ({"code": "429", "message": "slow"}, Fault.RATE),
        ({"code": 400, "type": "exceed_context_size_error", "message": "x"}, Fault.CONTEXT),
        ({"code": True}, Fault.SERVER),
        (["odd"], Fault.SERVER),
        (None, Fault.SERVER),
    ],
)
def test_an_error_in_the_stream_has_many_shapes(error: object, kind: Fault) -> None:
    assert faults.reported(AT, error).kind is kind
