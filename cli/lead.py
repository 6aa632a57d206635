"""One lead from the command line: start, send, show, list."""

from __future__ import annotations

import asyncio
import sys
import uuid
from collections.abc import Coroutine, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

import settings as configuration
from cli.database import visit
from cli.harmless import harmless
from cli.output import AsJson, awaited, plain, print_json, print_table, say
from cli.rights import caller, concerns
from cli.trouble import trouble_of
from engine.access import acts_as, source_system_for
from engine.errors import IntakeError, LeadflowError, StackError

if TYPE_CHECKING:
    from client.front_door import Arrived
    from engine.decision import Refusal
    from store.leads import State
    from store.listing import LeadLine
    from store.pool import Connection

T = TypeVar("T")

Key = Annotated[str, typer.Argument(help="The lead's key, the id it came with, or how its title begins.")]

LISTED = ("lead", "title", "stage", "status", "owner", "score", "priority", "due (UTC)")
"""Columns of a list."""

PATIENCE = timedelta(seconds=30)
"""How long a command waits for a worker's answer; an answer takes a fraction of a second."""


@awaited
async def start(
    lead: Annotated[str, typer.Argument(help="The lead as a JSON object, or - to read it from standard input.")],
    source_system: Annotated[
        str | None, typer.Option(help="The system whose id it has; manual, or the token's own.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Start a lead: it is checked, scored and given an owner. Sent twice, it is the same lead.

    With a touch_id in it, it has come again whenever that is another one; without, when its content differs or a day has passed.

    For instance: leadflow lead start '{"id": "42", "company": "Cobalt", "country": "DE", "kind": "sales"}'
    """
    from bootstrap import open_reception

    raw = _object(lead)
    if who := caller():
        source_system_for(who, str(raw.get("source_system") or source_system or "manual").strip())
    late = "The lead is accepted and starts as soon as a worker runs; sent again, it is the same lead."
    async with open_reception(configuration.load(), caller()) as reception:
        arrived, link = await _answered(reception.arrive(raw, source_system), late)
    concerns(arrived.key)
    if as_json:
        print_json({**plain(arrived), "link": link})
    else:
        _tell_arrived(arrived, link)


def _tell_arrived(arrived: Arrived, link: str | None) -> None:
    if arrived.kept_out is not None:
        say(f"{arrived.key} is out of scope and kept apart: {arrived.kept_out.reason} ({arrived.kept_out.rule})")
        return
    say(f"{arrived.key} {'is new' if arrived.created else 'was known'}")
    if arrived.receipt is not None:
        receipt = arrived.receipt
        say(harmless(f"  {receipt.title} · owner {receipt.owner or 'nobody yet'}: {receipt.because}"))
    if arrived.missing:
        say(f"  incomplete, and somebody is asked to find it out: {', '.join(arrived.missing)}")
    if arrived.invalid:
        say(f"  none, and so not known: {', '.join(arrived.invalid)}")
    if link:
        say(f"  {link}")


@awaited
async def send(
    key: Annotated[str, typer.Argument(help="The lead's key.")],
    event: Annotated[str, typer.Argument(help="The event's name.")],
    by: Annotated[
        str | None,
        typer.Option(
            help="A person of the roster; or system, marketing, ops, lead. Left out: whose token is used, or system."
        ),
    ] = None,
    field: Annotated[
        list[str] | None, typer.Option("--field", "-f", help="name=value, to set with it. Repeatable.")
    ] = None,
    code: Annotated[
        list[str] | None, typer.Option("--code", "-c", help="name=code, such as reason=no_budget. Repeatable.")
    ] = None,
    note: Annotated[str | None, typer.Option(help="A note; kept in the database only.")] = None,
    check: Annotated[list[str] | None, typer.Option(help="A ticked item of the checklist. Repeatable.")] = None,
    to: Annotated[str | None, typer.Option(help="The person to assign to.")] = None,
    id: Annotated[str | None, typer.Option(help="Idempotency key: the same again is the same event.")] = None,
    as_json: AsJson = False,
) -> None:
    """Send an event to a lead. Refused, it has not happened: the answer says what is missing and what is allowed.

    For instance: leadflow lead send lead:web:42 reject --by ann --code reason=no_budget
    """
    from bootstrap import open_reception
    from client.desk import Sending
    from engine.decision import Refusal

    named = id or f"{event}:{uuid.uuid4()}"
    sending = Sending(
        event,
        acts_as(who, by) if (who := caller()) else by or "system",
        fields=_pairs(field, "--field"),
        codes=_pairs(code, "--code"),
        note=note,
        checked=tuple(check or ()),
        to=to,
        id=named,
    )
    late = f"It may still happen; sent again with --id {named} it happens once."
    concerns(key)
    async with open_reception(configuration.load(), who) as reception:
        answer = await _answered(reception.send(key, sending), late)
    if as_json:
        print_json({"refused": plain(answer)} if isinstance(answer, Refusal) else {"done": plain(answer)})
    elif isinstance(answer, Refusal):
        _explain(answer)
    else:
        again = " (had happened already)" if answer.duplicate else ""
        say(harmless(f"{event}: {answer.title}{again} · owner {answer.owner or 'nobody yet'}"))
    if isinstance(answer, Refusal):
        raise typer.Exit(1)


async def _answered(work: Coroutine[Any, Any, T], late: str) -> T:
    """The answer of a worker, if there is one in time."""
    from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError
    from temporalio.service import RPCError

    try:
        return await asyncio.wait_for(work, PATIENCE.total_seconds())
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError):
        seconds = f"{PATIENCE.total_seconds():.0f} seconds"
        raise StackError(
            f"no worker has answered within {seconds}", f"{late} `leadflow status` says what is wrong."
        ) from None
    except RPCError as error:
        trouble = trouble_of(error)
        assert trouble is not None
        raise StackError(trouble.message, f"{late} {trouble.remedy}") from error


@awaited
async def show(key: Key, as_json: AsJson = False) -> None:
    """Everything about one lead: where it stands, whose it is and why, its score and why, its whole story.

    For instance: leadflow lead show lead:web:42
    """
    from cli.links import link_to
    from store.card import fields_of
    from store.showing import card_for, fields_for
    from store.titles import titles_for

    settings = configuration.load()
    if settings.url is not None:
        await _show_elsewhere(settings.url, settings.token, key, as_json=as_json)
        return
    async with visit() as connection:
        found = await one_lead(connection, key)
        data = await card_for(connection, caller(), found)
        titles = await titles_for(connection, found)
        fields = fields_for(caller(), await fields_of(connection, found))
    if data is None:
        raise _unknown(key)
    link = link_to(settings, found)
    if as_json:
        print_json({**plain(data), "fields": fields, "link": link})
    else:
        from cli.card import card

        card(data, link, titles, fields)


async def _show_elsewhere(url: str, token: str | None, key: str, *, as_json: bool) -> None:
    """As far as the token may see it. Stages go by their keys: what they are called, only the database there knows."""
    from pydantic import TypeAdapter

    from client.elsewhere import elsewhere
    from store.card import LeadCard

    async with elsewhere(url, token) as there:
        shown = await there.show(key)
    if as_json:
        print_json(shown)
        return
    from cli.card import card

    link, fields = shown.pop("link"), shown.pop("fields")
    card(TypeAdapter(LeadCard).validate_python(shown), link, fields=fields)


async def one_lead(connection: Connection, text: str) -> str:
    """The key of the one lead that is meant."""
    from store.listing import find

    if not text.strip():
        raise LeadflowError("no lead is named", "Name its key; `leadflow lead list` shows the leads there are.")
    found = await find(connection, text)
    if not found:
        raise _unknown(text)
    if len(found) > 1:
        names = "; ".join(f"{line.key} ({line.title})" for line in found)
        raise IntakeError("SEVERAL_LEADS", harmless(f"'{text}' fits {len(found)} leads: {names}"), remedy="Name a key.")
    return found[0].key


def _unknown(key: str) -> IntakeError:
    remedy = "`leadflow lead list` shows the leads there are."
    return IntakeError("UNKNOWN_LEAD", f"there is no lead '{harmless(key)}'", remedy=remedy)


@awaited
async def listing(
    stage: Annotated[str | None, typer.Option(help="Only in this stage, or one nested in it.")] = None,
    owner: Annotated[str | None, typer.Option(help="Only this person's.")] = None,
    team: Annotated[str | None, typer.Option(help="Only this team's.")] = None,
    process: Annotated[str | None, typer.Option(help="Only of this process.")] = None,
    status: Annotated[str | None, typer.Option(help="Only with this lead status, such as Working.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only with a clock overdue.")] = False,
    closed: Annotated[bool | None, typer.Option("--closed/--open", help="Only closed, or only open ones.")] = None,
    incomplete: Annotated[
        bool, typer.Option("--incomplete", help="Only those that lack what their process requires.")
    ] = False,
    kept_out: Annotated[bool, typer.Option("--kept-out", help="What is out of scope, and was kept apart.")] = False,
    merged: Annotated[bool, typer.Option("--merged", help="Those that were merged into another lead.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 50,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="As a file for a spreadsheet, which runs nothing of it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Leads, the most urgent first: overdue, then by their next deadline.

    For instance: leadflow lead list --owner anna_schulz --overdue
    """
    from store import listing as listings
    from store.showing import line_for

    wanted = listings.Filter(
        process=process,
        stage=stage,
        owner=owner,
        team=team,
        status=_status(status),
        overdue=True if overdue else None,
        states=_states(closed, kept_out=kept_out, merged=merged),
        incomplete=True if incomplete else None,
    )
    async with visit() as connection:
        if stage is not None:
            await _known_stage(connection, stage)
        rows = tuple(line_for(caller(), line) for line in await listings.listing(connection, wanted, limit))
    if as_json:
        print_json(rows)
        return
    if as_csv:
        from client.spreadsheet import written

        sys.stdout.write(written(LISTED, [_row(line) for line in rows]))
    elif merged:
        print_table(("lead", "title", "merged into"), [(line.key, line.title, line.merged_into) for line in rows])
    else:
        print_table(LISTED, [_row(line) for line in rows])
    if len(rows) == limit:
        say(f"only the first {limit}; --limit shows more", stderr=True)


async def _known_stage(connection: Connection, stage: str) -> None:
    """A list without a row must not be the answer to a slip of the pen."""
    from engine.reading.offers import nearest
    from store.titles import stage_paths

    paths = await stage_paths(connection)
    known = dict.fromkeys(path[:end] for path in paths for end in _ends(path))
    if stage not in known:
        meant = nearest(stage, list(known))
        hint = f"Did you mean '{meant}'? " if meant else ""
        remedy = f"{hint}`leadflow graph FILE` shows the stages of a process."
        raise LeadflowError(f"no published process has a stage '{harmless(stage)}'", remedy)


def _ends(path: str) -> Iterator[int]:
    """Where the names of the stages end in which it lies, and its own."""
    yield from (place for place, sign in enumerate(path) if sign == ".")
    yield len(path)


def _row(line: LeadLine) -> tuple[object, ...]:
    due = "overdue" if line.overdue_since is not None and line.closed_at is None else line.due_at
    return line.key, line.title, line.stage, line.status, line.owner, line.score, line.priority, due


def _states(closed: bool | None, *, kept_out: bool, merged: bool) -> tuple[State, ...]:
    from store.leads import State

    if kept_out:
        return (State.OUT_OF_SCOPE,)
    if merged:
        return (State.MERGED,)
    running = (State.RECEIVED, State.RUNNING)
    return (*running, State.CLOSED) if closed is None else (State.CLOSED,) if closed else running


def _status(text: str | None) -> Any:
    from engine.language.definition import LeadStatus

    if text is None:
        return None
    for status in LeadStatus:
        if status.value.lower() == text.lower():
            return status
    raise typer.BadParameter(f"write one of {', '.join(status.value for status in LeadStatus)}", param_hint="--status")


# --- what is typed ---------------------------------------------------------------------------------------------------


def _object(text: str) -> dict[str, Any]:
    from client.strict_json import NoObject, read_object

    remedy = 'Send an object such as {"id": "42", "company": "Cobalt"}.'
    try:
        return read_object(sys.stdin.read() if text == "-" else text)
    except UnicodeDecodeError:
        raise LeadflowError("the lead is not UTF-8", remedy) from None
    except NoObject as error:
        raise LeadflowError(f"the lead {error}", remedy) from None


def _pairs(given: list[str] | None, option: str) -> dict[str, str]:
    pairs = {}
    for text in given or []:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            remedy = f"Write for instance {option} reason=no_budget."
            raise LeadflowError(f"'{harmless(text)}' is not name=value", remedy)
        pairs[name.strip()] = value
    return pairs


def _explain(refusal: Refusal) -> None:
    def tell(words: str) -> None:
        say(harmless(words), stderr=True)

    tell(f"refused ({refusal.code.value}): {refusal.message}")
    for item in refusal.missing:
        choices = f": one of {', '.join(item.choices)}" if item.choices else ""
        tell(f"  needs {item.kind} {item.name}{choices}")
    if refusal.may:
        tell(f"  may be done by: {', '.join(refusal.may)}")
    if refusal.allowed:
        tell(f"  possible now: {', '.join(refusal.allowed)}")
