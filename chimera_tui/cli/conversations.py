"""`conversations`: what is saved, listed, shown, renamed, deleted."""

import json

import click

from chimera_tui.cli import output
from chimera_tui.cli.files import Files
from chimera_tui.cli.opening import with_chimera
from chimera_tui.cli.options import with_files
from chimera_tui.core.chimera import Chimera
from chimera_tui.domain.saved import ConversationSummary
from chimera_tui.domain.text import one_line
from chimera_tui.formats.conversations.conversation_json import to_json
from chimera_tui.formats.conversations.conversation_markdown import to_markdown

conversation_id = click.argument("conversation_id", metavar="ID", type=click.IntRange(1, 2**63 - 1))
_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(invoke_without_command=True)
@_as_json
@with_files
def conversations(_: Files, *, as_json: bool) -> object:
    """List the saved conversations; or show, rename or delete one."""
    ctx = click.get_current_context()
    if ctx.invoked_subcommand is None:
        return ctx.invoke(list_, as_json=as_json)
    ctx.default_map = {"list": {"as_json": as_json}, "show": {"as_json": as_json}}
    return None


@conversations.command("list")
@_as_json
@with_chimera
async def list_(chimera: Chimera, *, as_json: bool) -> None:
    """List all, the one spoken in last first."""
    summaries = await chimera.conversations()
    if as_json:
        records = [_record(summary) for summary in summaries]
        output.out(json.dumps(records, indent=2) + "\n")
    elif summaries:
        output.out("".join(f"{_line(summary)}\n" for summary in summaries))
    else:
        output.say("There are no conversations yet: `chimera-tui` starts one.")


@conversations.command()
@conversation_id
@_as_json
@with_chimera
async def show(chimera: Chimera, conversation_id: int, *, as_json: bool) -> None:
    """Show what was said in a conversation."""
    write = to_json if as_json else to_markdown
    output.out(write(await chimera.load(conversation_id)))


@conversations.command()
@conversation_id
@click.argument("title")
@with_chimera
async def rename(chimera: Chimera, conversation_id: int, title: str) -> None:
    """Give a conversation another title; an empty one gives it its topic back."""
    topic = (await chimera.load(conversation_id)).conversation.topic
    await chimera.rename(conversation_id, title.strip() or topic)


@conversations.command()
@conversation_id
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_chimera
async def delete(chimera: Chimera, conversation_id: int, *, yes: bool) -> None:
    """Delete a conversation and all that was said in it, for ever."""
    saved = await chimera.load(conversation_id)
    if not yes:
        title, count = one_line(saved.conversation.title, 60), len(saved.tree.messages)
        question = f"Delete conversation {conversation_id} ({title}; messages: {count}) for ever?"
        click.confirm(question, abort=True, err=True)
    await chimera.delete(conversation_id)


def _record(summary: ConversationSummary) -> dict[str, object]:
    return {
        "id": summary.id,
        "title": summary.title,
        "messages": summary.messages,
        "is_demo": summary.is_demo,
        "updated_at": summary.updated_at.isoformat(),
        "live_pid": summary.live_pid,
    }


def _line(summary: ConversationSummary) -> str:
    marks = [
        *(["DEMO"] if summary.is_demo else []),
        *([f"live in process {summary.live_pid}"] if summary.live_pid else []),
    ]
    when = summary.updated_at.astimezone()
    note = f"  [{', '.join(marks)}]" if marks else ""
    title = one_line(summary.title, 100)
    return f"{summary.id:>5}  {when:%Y-%m-%d %H:%M}  {summary.messages:>5}  {title}{note}"
