"""`leadflow publish`: shows what changes, asks a person, pins it, and waits until workers hold it (B.3, C.5)."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.author import author
from cli.database import database
from cli.output import AsJson, awaited, console, print_json, say
from cli.shares import share_of
from engine.errors import DefinitionError, LeadflowError, Overtaken

if TYPE_CHECKING:
    from engine.compiling.bundle import Bundle
    from engine.difference import Difference
    from engine.offer import Offer
    from engine.process import Process
    from store.definitions import Version
    from store.holdings import Held
    from store.pool import Connection
    from store.publishing import Candidate

ToPublish = Annotated[
    list[Path],
    typer.Argument(help="Process files; of a folder the newest version of each process.", metavar="FILE..."),
]

PATIENCE = 5.0
"""Seconds that workers are given to take up what was published; it is published all the same."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What an author is shown of one file. `difference` is None for the first version of a process, or one that is there."""

    candidate: Candidate
    there: bool
    main: Version | None
    difference: Difference | None
    takes: Decimal
    """The share of new leads, in percent, that a version which is there takes now."""


@awaited
async def publish(
    files: ToPublish,
    by: Annotated[str, typer.Option(help="Who publishes; you, if left out.")] = "",
    why: Annotated[str, typer.Option(help="What changed and why; asked for on a terminal.")] = "",
    share: Annotated[
        str, typer.Option(help="Only this share of new leads takes it at first, such as 10%.", metavar="SHARE")
    ] = "",
    onto: Annotated[
        int | None, typer.Option(help="Refuse where the main version is another than this one.", metavar="VERSION")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Pin processes with all their tables, each under one digest; new leads take them from now on.

    Shows what changes against the version that new leads take now, and asks on a terminal; elsewhere, for the first
    version of a process, and with --yes or --json, it does not. Leads under way stay on the version they began with. Of
    several files all are published, or none; a process that `leadflow check` finds something in is not, and none if
    somebody else has published meanwhile. People and teams that a process counts on and the roster does not have are
    told; they may be loaded later.

    For instance: leadflow publish definitions/inbound_b2b --why "a shorter first response"
    """
    from cli import named
    from store import offers, roster
    from store.publishing import Candidate, publish_all, rehearse

    part = share_of(share, "--share") if share else None
    candidates = [Candidate(bundle, process, part) for bundle, process in _load_all(files)]
    async with database() as connection:
        seen = await offers.offers(connection)
        shown = await _shown(connection, candidates, seen)
        _may_go(shown, seen, onto)
        await rehearse(connection, candidates, seen)
        if not as_json:
            _tell(shown)
            replaces = any(one.difference is not None for one in shown)
            if replaces and not yes and sys.stdin.isatty() and sys.stdout.isatty():
                why = _asked(why)
        new = await publish_all(connection, candidates, seen, by or author(), why)
        held, seconds = await _held(connection, candidates)
        people, teams = await roster.people(connection), await roster.teams(connection)
    missing = named.missing_from({one.process.name: one.bundle for one in candidates}, people, teams)
    if as_json:
        absent = {one.process.name: [who.name for who in missing if one.process.name in who.by] for one in candidates}
        print_json([_answer(one, is_new, held, seconds, absent) for one, is_new in zip(shown, new, strict=True)])
        return
    for one, is_new in zip(shown, new, strict=True):
        say(_outcome(one, is_new))
    if any(new):
        say(_holding(held, seconds))
    if not people:
        say("nobody is in the roster yet, so no lead can have an owner: `leadflow roster load FILE`", stderr=True)
    elif missing:
        say("These are counted on and will not be there:", stderr=True)
        say("\n".join(f"  {one}" for one in missing), stderr=True)


# --- files -----------------------------------------------------------------------------------------------------------


def _load_all(given: Iterable[Path]) -> list[tuple[Bundle, Process]]:
    from store.definition_files import load_sound

    files: list[Path] = []
    for path in given:
        inside = _newest_in(path) if path.is_dir() else [path]
        if not inside:
            remedy = (
                "Name a process file, or a folder of processes; their files are called v1.yaml, v2.yaml, and so on."
            )
            raise LeadflowError(f"there is no process in {path}", remedy)
        files += inside
    return [load_sound(file) for file in files]


def _newest_in(folder: Path) -> list[Path]:
    """Of the folders of processes in it, or of itself where it is one."""
    from store.definition_files import process_files

    return process_files(folder) or [file for file in process_files(folder.parent) if file.parent == folder]


# --- before it is published ------------------------------------------------------------------------------------------


async def _shown(connection: Connection, candidates: Sequence[Candidate], seen: Mapping[str, Offer]) -> list[Shown]:
    from engine.compiling.bundle import Bundle
    from engine.difference import difference
    from store import definitions

    rows = await definitions.versions(connection)
    shown = []
    for one in candidates:
        name = one.process.name
        main = next((row for row in rows if row.process == name and row.current), None)
        same = next((row for row in rows if row.digest == one.process.digest), None)
        there = same is not None
        found = None
        if name in seen and not there:
            before = Bundle.from_json(await definitions.body(connection, seen[name].main))
            found = difference(before, one.bundle)
        shown.append(Shown(one, there, main, found, Decimal(same.share) if same else Decimal(0)))
    return shown


def _may_go(shown: Sequence[Shown], seen: Mapping[str, Offer], onto: int | None) -> None:
    from engine.compiling.elsewhere import unpublished_processes

    there = {*seen, *(one.candidate.process.name for one in shown)}
    if findings := [finding for one in shown for finding in unpublished_processes(one.candidate.bundle, there)]:
        raise DefinitionError(findings)
    for one in shown:
        if onto is not None and onto != (one.main.version if one.main else 0):
            now = f"v{one.main.version}, published by {one.main.published_by}" if one.main else "none"
            raise Overtaken(f"the main version of {one.candidate.process.name} is {now}, and not v{onto}")


def _tell(shown: Iterable[Shown]) -> None:
    from cli.difference_page import render

    for one in shown:
        process = one.candidate.process
        if one.difference is not None and one.main is not None:
            console().print(
                render(one.difference, f"{process.name} v{one.main.version} -> v{process.version}"), soft_wrap=True
            )
            say("")


def _asked(why: str) -> str:
    """Raises LeadflowError where the answer is no."""
    why = why or typer.prompt("What changed and why (for the record)", default="", show_default=False)
    if not typer.confirm("Publish?"):
        raise LeadflowError("nothing was published", "Run it again when it is to be.")
    return why


# --- and after -------------------------------------------------------------------------------------------------------


async def _held(connection: Connection, candidates: Sequence[Candidate]) -> tuple[Held, float]:
    """Who holds it, and after how many seconds all workers did, or it was waited no longer."""
    from store import holdings

    digests = [one.process.digest for one in candidates]
    began = time.monotonic()
    while True:
        held = await holdings.holders(connection, digests)
        seconds = time.monotonic() - began
        if held.by_all or seconds > PATIENCE:
            return held, seconds
        await asyncio.sleep(0.05)


def _answer(one: Shown, new: bool, held: Held, seconds: float, absent: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    from cli.difference_page import as_object

    process, share = one.candidate.process, one.candidate.share if new else one.takes
    return {
        "process": process.name,
        "version": process.version,
        "digest": process.digest,
        "new": new,
        "share": None if share is None else float(share),
        "onto": one.main.version if one.main else None,
        "changes": as_object(one.difference)["changes"] if one.difference else [],
        "workers": held.workers,
        "held_by": held.holding,
        "seconds": round(seconds, 2),
        "missing": absent[process.name],
    }


def _outcome(one: Shown, new: bool) -> str:
    from engine.offer import ALL
    from store.offers import percent

    process, main = one.candidate.process, one.main
    state = "published" if new else "was published already"
    told = f"{process.name} v{process.version} {state} ({process.digest[:12]})"
    if not new and (one.takes < ALL or one.candidate.share is not None):
        kept = f"its share stays what it is, {percent(one.takes)} of new leads"
        return f"{told}; {kept}: `leadflow versions share {process.name} {process.version}=SHARE` changes it"
    if one.candidate.share is not None:
        return f"{told}; {percent(one.candidate.share)} of new leads take it"
    if new and main is not None and main.version > process.version:
        return f"{told}; new leads go on taking v{main.version}, which is newer"
    if new and main is not None and main.share < 100:
        return f"{told}; all new leads take it, and none v{main.version} or the version beside it"
    if new and main is not None and main.running:
        leads = "lead under way stays" if main.running == 1 else "leads under way stay"
        return f"{told}; {main.running} {leads} on v{main.version}"
    return told


def _holding(held: Held, seconds: float) -> str:
    if not held.workers:
        return "no worker is at work; the next that starts holds it"
    number = f"{held.holding} of {held.workers} {'worker' if held.workers == 1 else 'workers'}"
    if held.by_all:
        return f"held by {number} after {seconds:.1f} s"
    return f"held by {number} after {seconds:.1f} s; the others take it up, or are gone: `leadflow doctor` says which"
