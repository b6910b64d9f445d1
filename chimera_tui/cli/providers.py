"""`providers`: what is known of them, what they really answer, which models they have."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from functools import partial
from http import HTTPStatus
from urllib.parse import urlsplit

import click

from chimera_tui.cli import output
from chimera_tui.cli.checking import Checked, asked, check, endpoints
from chimera_tui.cli.exits import Exit
from chimera_tui.cli.files import Files
from chimera_tui.cli.keys import record as key_record
from chimera_tui.cli.keys import words as key_words
from chimera_tui.cli.options import with_files
from chimera_tui.domain.errors import ChimeraError, ProviderError, UnknownError
from chimera_tui.domain.exchange import Exchange
from chimera_tui.domain.health import ModelInfo
from chimera_tui.domain.names import nearest
from chimera_tui.domain.text import one_line
from chimera_tui.providers import faults
from chimera_tui.providers.base import Provider
from chimera_tui.providers.endpoints import Endpoints

_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_name = click.argument("name", metavar="[NAME]", required=False)


@click.group(invoke_without_command=True)
@_as_json
@with_files
def providers(_: Files, *, as_json: bool) -> object:
    """List the providers; or ask them how they are, or which models they have."""
    ctx = click.get_current_context()
    if ctx.invoked_subcommand is None:
        return ctx.invoke(list_, as_json=as_json)
    ctx.default_map = {name: {"as_json": as_json} for name in ("list", "check", "models")}
    return None


@providers.command("list")
@_as_json
@with_files
def list_(files: Files, *, as_json: bool) -> None:
    """Say what is known of each, without asking anyone."""
    known = endpoints(files)
    states = [known.key_state(name) for name in known.names]
    if as_json:
        output.out(
            json.dumps([{"title": s.title} | key_record(s) for s in states], indent=2) + "\n"
        )
        return
    for state in states:
        output.out(f"{state.provider}  {one_line(state.address) or 'no address'}\n")
        output.out(f"    key: {one_line(key_words(state))}\n")


@providers.command("check")
@_name
@_as_json
@with_files
def check_(files: Files, name: str | None, *, as_json: bool) -> Exit:
    """Ask them how they are: the request as sent, the answer as received, and what to do."""
    known = endpoints(files)
    found = asyncio.run(_check_all(known, _names(known, name)))
    if as_json:
        output.out(json.dumps([_record(one) for one in found], indent=2) + "\n")
    else:
        output.out("\n".join("".join(f"{line}\n" for line in _lines(one)) for one in found))
    was_asked = [one for one in found if name or one.state != "no key"]
    failed = [one for one in was_asked if one.error]
    if not failed:
        return Exit.DONE
    return Exit.FAILED if len(failed) == len(was_asked) else Exit.PARTLY


@providers.command()
@_name
@_as_json
@with_files
def models(files: Files, name: str | None, *, as_json: bool) -> Exit:
    """List the models: what they read, what they cost, where they are."""
    known = endpoints(files)
    names = _names(known, name)
    answers = asyncio.run(_models_of_all(known, names))
    failed = [one for one in answers if isinstance(one, ChimeraError)]
    listed = [
        _model(provider, model, is_local=is_local)
        for provider, answer in zip(names, answers, strict=True)
        if not isinstance(answer, ChimeraError)
        for is_local, found in [answer]
        for model in found
    ]
    if as_json:
        output.out(json.dumps(listed, indent=2) + "\n")
    else:
        output.out("".join(f"{_model_line(model)}\n" for model in listed))
    for error in failed:
        output.say_error(error)
    if not failed:
        return Exit.DONE
    return Exit.PARTLY if listed else Exit.FAILED


def _names(known: Endpoints, name: str | None) -> tuple[str, ...]:
    if name is None:
        return known.names
    if name not in known.names:
        raise UnknownError(
            f"There is no provider `{one_line(name, 40)}`.", hint=nearest(name, known.names)
        )
    return (name,)


async def _check_all(known: Endpoints, names: tuple[str, ...]) -> list[Checked]:
    return list(await asyncio.gather(*(check(known, name) for name in names)))


def _record(found: Checked) -> dict[str, object]:
    error = found.error
    return {
        "provider": found.name,
        "state": found.state,
        "address": found.at.address if found.at else None,
        "proxy": found.at.proxy_host or None if found.at else None,
        "latency_s": None if found.seconds is None or error else round(found.seconds, 3),
        "kind": error.kind if isinstance(error, ProviderError) else None,
        "problem": error.problem if error else None,
        "hint": error.hint or None if error else None,
        "exchanges": [_exchange_record(one) for one in found.exchanges],
    }


def _exchange_record(one: Exchange) -> dict[str, object]:
    return {
        "at": one.at.isoformat(),
        "method": one.method or None,
        "url": one.url,
        "request_headers": one.request_headers,
        "request_body": one.request_body,
        "status": one.status,
        "response_headers": one.response_headers,
        "response_start": one.response_start,
        "duration_s": None if one.seconds is None else round(one.seconds, 3),
        "error": one.error or None,
    }


def _lines(found: Checked) -> Iterator[str]:
    """All that is to be said of one provider; what came from outside is clean already."""
    latency = f" in {found.seconds * 1000:.0f} ms" if found.seconds and not found.error else ""
    yield f"{found.title}: {found.state}{latency}"
    for exchange in found.exchanges:
        yield from (f"  {line}" for line in _exchange_lines(exchange))
    if found.error:
        yield f"  {one_line(found.error.problem)}"
        if found.error.hint:
            yield f"  {one_line(found.error.hint)}"


def _exchange_lines(one: Exchange) -> Iterator[str]:
    if not one.method:
        yield f"> nothing was sent to {one.url}"
        return
    parts = urlsplit(one.url)
    yield f"> {one.method} {parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    yield from _message_lines(">", one.request_headers, one.request_body)
    if one.status is None:
        yield "< no answer"
        return
    yield f"< {one.status} {_phrase(one.status)}".rstrip()
    yield from _message_lines("<", one.response_headers, one.response_start)


def _message_lines(mark: str, headers: Mapping[str, str], body: str) -> Iterator[str]:
    for name, value in headers.items():
        yield f"{mark} {name}: {value}"
    if body:
        yield mark
        yield from (f"{mark} {line}" for line in body.splitlines())


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


async def _models_of_all(
    known: Endpoints, names: tuple[str, ...]
) -> list[tuple[bool, tuple[ModelInfo, ...]] | ChimeraError]:
    return list(await asyncio.gather(*(_models_of(known, name) for name in names)))


async def _models_of(
    known: Endpoints, name: str
) -> tuple[bool, tuple[ModelInfo, ...]] | ChimeraError:
    try:
        at = await asyncio.to_thread(known.find, name)
        if missing := faults.no_key(at):
            return missing
        return at.is_local, await asked(at, partial(_listed, name))
    except ChimeraError as error:
        return error


async def _listed(name: str, provider: Provider) -> tuple[ModelInfo, ...]:
    found = await provider.list_models()
    if provider.note:
        output.say(f"{name}: {provider.note}")
    return found


def _model(provider: str, model: ModelInfo, *, is_local: bool) -> dict[str, object]:
    return {
        "provider": provider,
        "model": model.name,
        "context": model.context,
        "price_in": model.price_in,
        "price_out": model.price_out,
        "is_local": is_local,
        "is_loaded": model.is_loaded,
        "can_chat": model.can_chat,
        "ignores": sorted(model.ignores),
    }


def _model_line(model: Mapping[str, object]) -> str:
    notes = [
        f"{model['context']} tokens" if model["context"] else "",
        "free" if model["is_local"] else _price(model["price_in"], model["price_out"]),
        "local" if model["is_local"] else "hosted",
        "loaded" if model["is_loaded"] else "",
        "" if model["can_chat"] else "cannot chat",
    ]
    name = one_line(f"{model['provider']}/{model['model']}", 80)
    return f"{name}  {', '.join(filter(None, notes))}"


def _price(read: object, written: object) -> str:
    if read is None or written is None:
        return "price n/a"
    return f"${read:g} in, ${written:g} out per million tokens"
