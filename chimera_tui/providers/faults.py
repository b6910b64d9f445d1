"""What went wrong at a provider, in words for a person: the one place where faults are named.

Everything a service says about its own trouble is cleaned, cut to a line, and
freed of anything that looks like a key before it gets into an error.
"""

import json
import math
import re
import ssl
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from chimera_tui.domain.errors import Fault, ProviderError
from chimera_tui.domain.redaction import redact
from chimera_tui.domain.text import one_line
from chimera_tui.providers.capabilities import ParameterError, named
from chimera_tui.providers.endpoint import Endpoint

LONGEST_WAIT = 3600.0
"""Seconds: nobody is told to wait longer than this."""

LONGEST_JUDGED = 4096
"""Characters of an error that are searched for what it is about."""

_CONTEXT = re.compile(
    r"(?i)context[ _](?:length|window|size)|exceed_context|maximum context|prompt is too long"
    r"|exceeds the maximum number of tokens"
)
_MODEL = re.compile(
    r"(?i)model[^.]{0,120}(?:not found|does not exist)|model_not_found|no models? loaded"
)
_MONEY = re.compile(
    r"(?i)insufficient[_ ](?:quota|balance|credits)|billing_hard_limit|credit[_ ]balance"
    r"|spend_limit"
)
_SCOPE = re.compile(r"(?i)missing scopes|insufficient permissions")
_FILTER = re.compile(r"(?i)moderation|guardrail|flagged|content[_ ]policy")
_IN_FLIGHT = re.compile("in_flight")
_SAID = (
    (_CONTEXT, range(400, 600), Fault.CONTEXT),
    (_MODEL, range(400, 600), Fault.MODEL),
    (_IN_FLIGHT, {402}, Fault.RATE),
    (_MONEY, range(400, 500), Fault.MONEY),
    (_FILTER, {403}, Fault.FILTER),
)
"""What an error says, the statuses it counts with, and what it means then; the first counts."""
_STATUS = {
    HTTPStatus.UNAUTHORIZED: Fault.AUTH,
    HTTPStatus.PAYMENT_REQUIRED: Fault.MONEY,
    HTTPStatus.FORBIDDEN: Fault.AUTH,
    HTTPStatus.NOT_FOUND: Fault.MODEL,
    HTTPStatus.REQUEST_TIMEOUT: Fault.TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS: Fault.RATE,
}


class NoListError(ProviderError):
    """Something answers at an address, but it does not list models."""


def broken(at: Endpoint, error: BaseException, *, began: bool) -> ProviderError:
    """Name a failure of the connection.

    Args:
        at: Where it happened.
        error: An exception of httpx or httpx2 (their classes have the same names).
        began: Whether the answer had begun.
    """
    name = type(error).__name__
    if reason := _certificate(error):
        return ProviderError(
            f"The certificate of {at.address} is not valid: {one_line(reason, 120)}.",
            kind=Fault.TLS,
            hint=_certificate_hint(reason),
        )
    if name in {"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError"}:
        return unreachable(at, str(error) if name == "ProxyError" else "")
    if name in {"ReadTimeout", "WriteTimeout"}:
        return late(at, at.deadlines.first_content, began=began)
    if began and name == "RemoteProtocolError":
        return cut_short(at)
    if name == "RemoteProtocolError" and "disconnected" not in str(error):
        return ProviderError(
            f"What answers at {at.address} does not speak HTTP.",
            kind=Fault.TRANSPORT,
            hint="Check the address.",
        )
    return ProviderError(f"The connection to {at.title} broke.", kind=Fault.TRANSPORT, hint=_AGAIN)


def unreachable(at: Endpoint, said: str = "") -> ProviderError:
    """Nobody listens there, or the proxy on the way does not let us through and said why."""
    if at.proxy:
        why = f"answers: {one_line(redact(said, at.key), 80)}" if said else "does not answer"
        return ProviderError(
            f"{at.title} is not reached: the proxy {at.proxy_host} {why}.",
            kind=Fault.CONNECT,
            hint="Check the variable HTTPS_PROXY, or name the host in NO_PROXY.",
        )
    return ProviderError(
        f"{at.title} does not answer at {at.address}.", kind=Fault.CONNECT, hint=at.hint
    )


def refused(
    at: Endpoint, status: int, headers: Mapping[str, str], body: str, *, to_chat: bool
) -> ProviderError:
    """Name an answer whose HTTP status is not 2xx.

    Args:
        at: Where it came from.
        status: The HTTP status.
        headers: Of the answer.
        body: What was said; HTML is not shown.
        to_chat: Whether a model was asked, rather than a list.
    """
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        target = one_line(redact(headers.get("location", "another place"), at.key), 80)
        return ProviderError(
            f"{at.address} answers with a redirect to {target}; it is not followed.",
            kind=Fault.REDIRECT,
            hint="If that is right, make it the address in the settings.",
        )
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED} and not to_chat:
        return NoListError(
            f"There is no list of models at {at.address}.",
            kind=Fault.BAD_TYPE,
            hint="Check the address.",
        )
    if status == HTTPStatus.FORBIDDEN and not to_chat and _SCOPE.search(body):
        return NoListError(
            f"{at.title} does not let this key list its models.",
            kind=Fault.AUTH,
            hint="Type the name of a model, or give the key the right to list them.",
        )
    return _said(at, status, body, wait=_wait(headers))


def reported(at: Endpoint, error: object) -> ProviderError:
    """Name an error object that came where a reply was expected."""
    status: object = error.get("code") or error.get("status") if isinstance(error, dict) else None
    if not re.fullmatch(r"[45]\d\d", str(status)):
        status = 500
    text = error if isinstance(error, str) else json.dumps({"error": error}, default=str)
    return _said(at, int(str(status)), text)


def late(at: Endpoint, seconds: float, *, began: bool) -> ProviderError:
    """Name a wait that became too long."""
    if began:
        return ProviderError(
            f"{at.title} stopped in mid-sentence: nothing came for {seconds:g} s.",
            kind=Fault.STALL,
            hint=_AGAIN,
        )
    return ProviderError(
        f"{at.title} did not begin to answer within {seconds:g} s.",
        kind=Fault.TIMEOUT,
        hint="See whether it is busy or loading a model, then try again.",
    )


def endless(at: Endpoint, what: str) -> ProviderError:
    """Name something that came and came; `what` says which bound it broke."""
    return ProviderError(
        f"{at.title} does not come to an end: {what}.", kind=Fault.TOO_LARGE, hint=_AGAIN
    )


def cut_short(at: Endpoint) -> ProviderError:
    """Name a reply that ended without its terminal mark."""
    return ProviderError(
        f"{at.title} broke off in the middle of its reply.", kind=Fault.TRUNCATED, hint=_AGAIN
    )


def empty(at: Endpoint) -> ProviderError:
    """Name an answer without anything in it."""
    return ProviderError(f"{at.title} sent an empty answer.", kind=Fault.EMPTY, hint=_AGAIN)


def unreadable(at: Endpoint, beginning: str = "") -> ProviderError:
    """Name data that is not what the format says; `beginning` is how it starts, if known."""
    shown = f": {one_line(redact(beginning, at.key), 80)}" if beginning.strip() else ""
    return ProviderError(
        f"{at.title} sent something that cannot be read{shown}",
        kind=Fault.BAD_DATA,
        hint="Check that the address is that of a model server.",
    )


def web_page(at: Endpoint, beginning: str) -> ProviderError:
    """Name a web page that came in place of an answer."""
    return ProviderError(
        f"{at.address} answers with a web page: {one_line(redact(beginning, at.key), 80)}",
        kind=Fault.BAD_TYPE,
        hint="Check the address, or log in to the network.",
    )


def encoded(at: Endpoint, encoding: str) -> ProviderError:
    """Name an answer in a compression that we did not ask for; it is not unpacked."""
    return ProviderError(
        f"{at.title} sent its answer packed as {one_line(encoding, 20)}, which nobody asked for.",
        kind=Fault.BAD_TYPE,
        hint="See what stands between you and the server, a proxy for instance.",
    )


def message(at: Endpoint, body: str) -> str:
    """Return what the body of an error says, on one line, without anything like a key."""
    try:
        found: object = json.loads(body)
    except (ValueError, RecursionError):
        found = "" if body.lstrip().startswith("<") else body
    for _ in range(4):
        match found:
            case {"error": inner} | {"message": inner} | {"detail": inner} | {"msg": inner}:
                found = inner
            case [inner, *_]:
                found = inner
            case _:
                break
    return one_line(redact(found, at.key), 200).rstrip(" .") if isinstance(found, str) else ""


_AGAIN = "Try again."


def no_key(at: Endpoint) -> ProviderError | None:
    """Name the want of a key; None if there is one, or none is needed."""
    if at.key or not at.needs_key:
        return None
    return ProviderError(
        f"{at.title} needs a key, and none is known.",
        kind=Fault.AUTH,
        hint=f"`chimera-tui keys set {at.name}` keeps one; or set {at.key_env}.",
    )


def no_credit(at: Endpoint) -> ProviderError:
    """Name an account with nothing left on it."""
    problem, hint = _WORDS[Fault.MONEY]
    return ProviderError(f"{problem.format(title=at.title)}.", kind=Fault.MONEY, hint=hint)


def with_nearest(error: ProviderError, model: str, names: Sequence[str]) -> ProviderError:
    """Let an error about a missing model name those that are most like it.

    Args:
        error: Any error; one about something else is returned as it is.
        model: The model that was asked for.
        names: The models there are, as far as known.
    """
    if error.kind is not Fault.MODEL:
        return error
    from difflib import get_close_matches  # noqa: PLC0415 - nobody needs it before the first paint

    by_end = {_end(name): name for name in names}
    near = [by_end[end] for end in get_close_matches(_end(model), by_end)]
    shown = ", ".join(one_line(name, 60) for name in near)
    hint = f"The nearest it has: {shown}." if shown else error.hint
    problem = error.problem
    if one_line(model, 60) not in problem:
        problem = f"{problem.removesuffix('.')} (`{one_line(model, 60)}`)."
    return ProviderError(problem, kind=error.kind, hint=hint, retry_after=error.retry_after)


def _end(model: str) -> str:
    """What of a model's name tells it from others."""
    return model.lower().rpartition("/")[2].removesuffix(":latest")


def foreign_key(at: Endpoint) -> ProviderError | None:
    """Name a key that is meant for another service, which is better not sent; None if it is not.

    Elsewhere than at the usual address of a service another key may be right.
    """
    owner = looks_like(at.key)
    if not at.is_usual or owner in {"", at.title}:
        return None
    return ProviderError(
        f"The key for {at.title} looks like one of {owner}: it was not sent.",
        kind=Fault.AUTH,
        hint=_key_hint(at),
    )


def looks_like(key: str) -> str:
    """Return the title of the service whose keys begin like this one; empty if many do."""
    return next((title for start, title in _KEYS_OF.items() if key.startswith(start)), "")


def _said(at: Endpoint, status: int, body: str, *, wait: float | None = None) -> ProviderError:
    said = message(at, body)
    kind = _kind(status, body[:LONGEST_JUDGED] if said else "")
    problem, hint = _WORDS[kind]
    if kind is Fault.AUTH:
        hint = _key_hint(at) or hint
    problem = problem.format(title=at.title, status=status)
    problem = f"{problem}: {said}." if said else f"{problem}."
    if kind is Fault.REQUEST and (parameter := named(body[:LONGEST_JUDGED])):
        return ParameterError(problem, kind=kind, hint=hint, parameter=parameter)
    return ProviderError(problem, kind=kind, hint=hint, retry_after=wait)


def _key_hint(at: Endpoint) -> str:
    """What to do about a key that is refused; empty if nothing is known of it."""
    owner = looks_like(at.key)
    if owner and owner != at.title:
        return f"This looks like a key of {owner}; {at.title} needs one of its own."
    place = at.key_place or at.key_env
    return f"Check the key in {place}." if place else ""


_KEYS_OF = {"sk-ant-": "Anthropic", "sk-or-": "OpenRouter", "AIza": "Gemini"}
"""How keys begin, and whose they are then."""

_WORDS = {
    Fault.AUTH: ("{title} refuses the key", "Check whether it needs a key."),
    Fault.CONTEXT: (
        "This conversation is longer than the model of {title} can read",
        "Choose a model that reads more; at home, load this one with a longer context.",
    ),
    Fault.FILTER: ("{title} refuses to answer this", "Say it differently, or skip this turn."),
    Fault.MODEL: ("{title} does not have this model", "Choose another model."),
    Fault.MONEY: ("There is no credit left at {title}", "Waiting does not help: add credit."),
    Fault.RATE: ("{title} asks to wait", "Try again later."),
    Fault.REQUEST: ("{title} refuses the request ({status})", "Try another model."),
    Fault.SERVER: ("{title} reports trouble of its own ({status})", _AGAIN),
    Fault.TIMEOUT: ("{title} gave up waiting ({status})", _AGAIN),
}


def _kind(status: int, body: str) -> Fault:
    for said, statuses, kind in _SAID:
        if status in statuses and said.search(body):
            return kind
    if status in _STATUS:
        return _STATUS[HTTPStatus(status)]
    return Fault.REQUEST if status < HTTPStatus.INTERNAL_SERVER_ERROR else Fault.SERVER


def _certificate_hint(reason: str) -> str:
    if "self-signed" in reason or "self signed" in reason or "issuer" in reason:
        return "If you know whose it is, let this computer trust it; else somebody listens in."
    if "expired" in reason or "not yet valid" in reason:
        return "Check this computer's clock; else its owner has to renew it."
    if "match" in reason:
        return "Check the address: it may be another server that answers."
    return "Check the address: a server without TLS is reached by `http://`."


def _certificate(error: BaseException | None) -> str:
    """Why TLS failed, from the chain of causes; empty if it did not."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return str(error.verify_message)
        if isinstance(error, ssl.SSLError):
            return str(error.reason or error).replace("_", " ").lower()
        error = error.__cause__ or error.__context__
    return ""


def _wait(headers: Mapping[str, str]) -> float | None:
    """Seconds the service asks to wait: milliseconds, seconds or a date; None if absurd."""
    try:
        if text := headers.get("retry-after-ms"):
            seconds = float(text) / 1000
        else:
            seconds = float(headers.get("retry-after", "nan"))
    except ValueError:
        try:
            until = parsedate_to_datetime(headers["retry-after"])
            seconds = (
                until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)
            ).total_seconds()
        except (ValueError, KeyError):
            return None
    return min(seconds, LONGEST_WAIT) if math.isfinite(seconds) and seconds >= 0 else None
