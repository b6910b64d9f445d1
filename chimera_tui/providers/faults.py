"""What went wrong at a provider, in words for a person: the one place where faults are named.

Everything a service says about its own trouble is cleaned, cut to a line, and
freed of anything that looks like a key before it gets into an error.
"""

import json
import math
import re
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from http import HTTPStatus
from urllib.parse import urlsplit

from chimera_tui.domain.addresses import shown
from chimera_tui.domain.errors import Fault, ProviderError
from chimera_tui.domain.redaction import redact
from chimera_tui.domain.text import one_line
from chimera_tui.providers import refusals
from chimera_tui.providers.capabilities import named
from chimera_tui.providers.endpoint import Endpoint

_SCOPE = re.compile(r"(?i)missing scopes|insufficient permissions")


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
        return unreachable(at, str(error) if name == "ProxyError" else "", cause=error)
    if name in {"ReadTimeout", "WriteTimeout"}:
        return late(at, at.deadlines.first_content, began=began)
    if began and name == "RemoteProtocolError":
        return cut_short(at)
    problem, hint, attempts = f"The connection to {at.title} broke.", _AGAIN, math.inf
    if name == "RemoteProtocolError":  # it hung up without a word, or does not speak HTTP
        attempts = 1  # beside the one at once that any broken connection gets
        if "disconnected" not in str(error):
            problem, hint = f"What answers at {at.address} does not speak HTTP.", _ADDRESS
    return ProviderError(problem, kind=Fault.TRANSPORT, hint=hint, attempts=attempts)


def unreachable(
    at: Endpoint, said: str = "", *, cause: BaseException | None = None
) -> ProviderError:
    """Nobody listens there, or the proxy on the way does not let us through and said why."""
    if at.proxy:
        why = f"answers: {one_line(redact(said, at.key), 80)}" if said else "does not answer"
        return ProviderError(
            f"{at.title} is not reached: the proxy {at.proxy_host} {why}.",
            kind=Fault.CONNECT,
            hint="Check the variable HTTPS_PROXY, or name the host in NO_PROXY.",
        )
    if any(isinstance(error, socket.gaierror) for error in _chain(cause)):
        return ProviderError(
            f"There is no {urlsplit(at.address).hostname}, or this computer is offline.",
            kind=Fault.CONNECT,
            hint="Check the address, and whether this computer is online.",
            attempts=2,
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
        target = one_line(redact(shown(headers.get("location", "another place")), at.key), 80)
        return ProviderError(
            f"{at.address} answers with a redirect to {target}; it is not followed.",
            kind=Fault.REDIRECT,
            hint="If that is right, make it the address in the settings.",
        )
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED} and not to_chat:
        return ProviderError(
            f"There is no list of models at {at.address}.",
            kind=Fault.BAD_TYPE,
            hint=_ADDRESS,
            is_listless=True,
        )
    if status == HTTPStatus.FORBIDDEN and not to_chat and _SCOPE.search(body):
        return ProviderError(
            f"{at.title} does not let this key list its models.",
            kind=Fault.AUTH,
            hint="Type the name of a model, or give the key the right to list them.",
            is_listless=True,
        )
    return _said(at, status, body, headers)


def reported(at: Endpoint, error: object) -> ProviderError:
    """Name an error object that came where a reply was expected."""
    if isinstance(error, dict):
        error = error.get("error") or error
    text = error if isinstance(error, str) else json.dumps({"error": error}, default=str)
    return _said(at, refusals.status_of(error), text, {})


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
_ADDRESS = "Check the address."


def no_key(at: Endpoint) -> ProviderError | None:
    """Name the want of a key; None if there is one, or none is needed."""
    if at.key or not at.needs_key:
        return None
    return ProviderError(
        f"{at.title} needs a key, and none is known.",
        kind=Fault.AUTH,
        hint=f"Set a key: `chimera-tui keys set {at.name}`, or the variable {at.key_env}.",
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


def _said(at: Endpoint, status: int, body: str, headers: Mapping[str, str]) -> ProviderError:
    said = message(at, body)
    judged = body[: refusals.LONGEST_JUDGED] if said else ""
    kind = refusals.kind_of(status, judged)
    problem, hint = _WORDS[kind]
    if kind is Fault.AUTH:
        hint = _key_hint(at) or hint
    if kind is Fault.CONTEXT and not at.is_local:
        hint = "Choose a model that reads more, or begin a new conversation."
    elif kind is Fault.MONEY and refusals.is_of_a_day(judged):
        problem, hint = _DAY_IS_OVER
    problem = problem.format(title=at.title, status=status)
    problem = f"{problem}: {said}." if said else f"{problem}."
    if kind is Fault.REQUEST and (parameter := named(judged)):
        return ProviderError(problem, kind=kind, hint=hint, parameter=parameter)
    wait = None if kind is Fault.MONEY else refusals.wait_of(headers, judged)
    return ProviderError(problem, kind=kind, hint=hint, retry_after=wait)


def _key_hint(at: Endpoint) -> str:
    """What to do about a key that is refused; empty if nothing is known of it."""
    owner = looks_like(at.key)
    if owner and owner != at.title:
        return f"This looks like a key of {owner}; {at.title} needs one of its own."
    if missing := no_key(at):
        return missing.hint
    place = at.key_place or at.key_env
    return f"Check the key in {place}." if place else ""


_KEYS_OF = {"sk-ant-": "Anthropic", "sk-or-": "OpenRouter", "AIza": "Gemini"}
"""How keys begin, and whose they are then."""

_WORDS = {
    Fault.AUTH: ("{title} refuses the key", "Check whether it needs a key."),
    Fault.CONTEXT: (
        "This conversation is longer than the model of {title} can read",
        "Load the model with a longer context, or choose another one.",
    ),
    Fault.FILTER: ("{title} refuses to answer this", "Say it differently, or skip this turn."),
    Fault.MODEL: ("{title} does not have this model", "Choose another model."),
    Fault.MONEY: ("There is no credit left at {title}", "Waiting does not help: add credit."),
    Fault.RATE: ("{title} asks to wait", "Try again later."),
    Fault.REQUEST: ("{title} refuses the request ({status})", "Try another model."),
    Fault.SERVER: ("{title} reports trouble of its own ({status})", _AGAIN),
    Fault.OVERLOADED: ("{title} is busy or overloaded ({status})", "Try again in a while."),
    Fault.CONFLICT: ("{title} could not take the request just now ({status})", _AGAIN),
}


_DAY_IS_OVER = (
    "What {title} allows for a day is used up",
    "Waiting some minutes does not help: go on tomorrow, or with another model.",
)


def _certificate_hint(reason: str) -> str:
    if "self-signed" in reason or "self signed" in reason or "issuer" in reason:
        return "If you know whose it is, let this computer trust it; else somebody listens in."
    if "expired" in reason or "not yet valid" in reason:
        return "Check this computer's clock; else its owner has to renew it."
    if "match" in reason:
        return "Check the address: it may be another server that answers."
    return "Check the address: a server without TLS is reached by `http://`."


def _certificate(error: BaseException) -> str:
    """Why TLS failed, from the chain of causes; empty if it did not."""
    for cause in _chain(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return str(cause.verify_message)
        if isinstance(cause, ssl.SSLError):
            return str(cause.reason or cause).replace("_", " ").lower()
    return ""


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and all that led to it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
