"""Importing the past of leads from another system (B.9): closed ones into the journal, open ones to go on as workflows.

Each lead is written whole, with its past, or not at all; one that is known under its upstream key is left as it is. So it can be
interrupted and repeated.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from client.front_door import FrontDoor
from client.history.mapping import HistoryFile
from client.history.ordering import in_order
from client.history.reading import Account, Entry, Files
from client.history.reliving import Staff, relive
from client.history.remarks import Doubt, Remark
from client.incoming import Incoming, KeptOut, receive
from engine.catalog import Catalog
from engine.errors import IntakeError
from engine.language.definition import StageKind
from engine.lead import Value
from engine.process import Process
from engine.recounting import Told
from engine.step import new_lead
from engine.values import accept_all
from store import leads, past_import, roster
from store.past_import import PastLead
from store.past_rows import rows_of
from store.pool import Connection, Pool
from workflows import event_ids

AT_ONCE = 200
"""Leads in a transaction."""

TOUCH = "history"
"""What the touch that brought a past lead is known by."""


@dataclass
class Outcome:
    """What became of the files: leads that are new here, of those `open` ones go on; remarks by row."""

    rows: int = 0
    leads: int = 0
    new: int = 0
    open: int = 0
    started: int = 0
    known: int = 0
    kept_out: int = 0
    events: int = 0
    doubtful: int = 0
    remarks: list[Remark] = field(default_factory=list)


_Built = tuple[PastLead, tuple[Remark, ...], bool]
"""A lead to write, the remarks on it, and whether it goes on here."""

_Made = _Built | KeptOut | Remark


@dataclass(frozen=True, slots=True)
class _Who:
    """Names of the other system as people here."""

    mapping: HistoryFile
    active: frozenset[str]

    def person(self, name: str | None) -> str | None:
        """Their key here; the name itself of somebody whom nobody here is."""
        return self.mapping.owners.get(name, name) if name is not None else None

    def left(self, person: str | None) -> bool:
        return person is not None and person not in self.active


async def import_history(
    pool: Pool,
    catalog: Catalog,
    door: FrontDoor,
    files: Files,
    mapping: HistoryFile,
    *,
    now: datetime | None = None,
    progress: Callable[[Outcome], None] = lambda _: None,
) -> Outcome:
    now = now or datetime.now(UTC)
    outcome = Outcome(rows=files.rows, remarks=list(files.stray))
    async with pool.acquire() as connection:
        people, teams = await roster.current(connection)
        await past_import.note_remarks(connection, [_kept(one, mapping) for one in files.stray])
        who = _Who(mapping, frozenset(key for key, one in people.items() if one.person.active))
        staff = Staff.of_then(people, teams)
        known = await past_import.known(connection, mapping.source_system, [one.id for one in files.accounts])
        outcome.leads, outcome.known = len(files.accounts), len(known)

        def make(accounts: Sequence[Account]) -> list[_Made]:
            return [_made(one, catalog, files, mapping, who, staff, now) for one in accounts]

        # While the database writes some, the next ones are made.
        writing: asyncio.Task[None] | None = None
        for accounts in _batches([one for one in files.accounts if one.id not in known]):
            made = await asyncio.to_thread(make, accounts)
            if writing is not None:
                await writing
            writing = asyncio.create_task(_enter(connection, accounts, made, mapping, now, outcome))
            progress(outcome)
        if writing is not None:
            await writing
    outcome.started = await door.start_pending()
    return outcome


def _batches(accounts: Sequence[Account]) -> Iterable[Sequence[Account]]:
    for begin in range(0, len(accounts), AT_ONCE):
        yield accounts[begin : begin + AT_ONCE]


async def _enter(
    connection: Connection,
    accounts: Sequence[Account],
    made: Sequence[_Made],
    mapping: HistoryFile,
    now: datetime,
    outcome: Outcome,
) -> None:
    """Write what was made of some accounts."""
    built: list[_Built] = []
    for account, one in zip(accounts, made, strict=True):
        if isinstance(one, KeptOut):
            entered = (one.key, one.source_system, one.external_id, one.rule, one.reason)
            outcome.kept_out += await leads.keep_out(connection, *entered, account.arrived or now, one.touch)
        elif isinstance(one, Remark):
            outcome.remarks += [*account.remarks, one]
            await past_import.note_remarks(connection, [_kept(one, mapping)])
        else:
            built.append(one)
    if not built:
        return
    written = await past_import.write(connection, [lead for lead, _, _ in built])
    outcome.known += len(built) - len(written)
    for lead, remarks, is_open in built:
        if lead.key in written:
            outcome.new += 1
            outcome.open += is_open
            outcome.events += len(lead.rows.events)
            outcome.doubtful += bool(remarks)
            outcome.remarks += remarks


# --- one lead --------------------------------------------------------------------------------------------------------


def _made(
    account: Account, catalog: Catalog, files: Files, mapping: HistoryFile, who: _Who, staff: Staff, now: datetime
) -> _Made:
    remarks = list(account.remarks)

    def remark(file: str, line: int, code: Doubt, what: str, mended: str, says: str = "") -> None:
        remarks.append(Remark(file, line, code, what, mended, says))

    incoming = _received(account, catalog, mapping, files.leads, now, remark)
    if not isinstance(incoming, Incoming):
        return incoming
    process = catalog.get(incoming.process.digest)
    account.entries = [one for one in account.entries if _means_something(process, one, files.events, remark)]
    ordered = in_order(account, files.events, now, lambda entry: _ends(process, entry))
    remarks += ordered.remarks
    arrived = ordered.arrived
    if arrived is None:
        what = "nothing tells when the lead arrived, or it is still to come"
        return Remark(files.leads, account.line, Doubt.REFUSED, what, "not imported")
    entries = ordered.entries
    if not entries and account.stands is not None and (meant := mapping.happened.get(account.stands)):
        remark(
            files.leads, account.line, Doubt.NO_EVENTS, "nothing tells when it came where it stands", "since it arrived"
        )
        entries = (Entry(account.line, arrived, account.stands, meant),)
    told, personal = _told(process, account, entries, arrived, who, files, remark)
    fresh = new_lead(process, incoming.key, incoming.title, dict(incoming.fields), incoming.known, arrived)
    relived = relive(process, fresh, told, mapping.source_system, staff)
    for place, code, what, mended in relived.doubts:
        entry = entries[min(place, len(entries)) - 1]
        remark(files.events, entry.line, code, what, mended, entry.what)
    meant_end = mapping.happened.get(account.stands) if account.stands is not None else None
    if meant_end is not None and meant_end.stage is not None and account.entries:
        leaf = process.leaf(relived.lead)
        if meant_end.stage not in leaf.chain:
            what = f"it stands in {meant_end.stage}, and what happened to it ends in {leaf.path}"
            remark(files.leads, account.line, Doubt.STANDS_ELSEWHERE, what, "imported as it happened")
    keyed = tuple(replace(one, lead=incoming.key) for one in remarks)
    rows = rows_of(process, relived.lived)
    own = incoming.personal | personal
    missing = [name for name in process.required if relived.lead.fields.get(name) is None and name not in own]
    lead = PastLead(
        key=incoming.key,
        entered=_entered(incoming, arrived, mapping.source_system, own, missing),
        touch=_touch(incoming, arrived),
        rows=rows,
        notes=[
            {
                "lead": incoming.key,
                "cycle": one.decision.lead.cycle,
                "seq": one.decision.lead.seq,
                "at": one.decision.record.at.isoformat(),
                "by": one.decision.record.by,
                "text": entries[one.place - 1].note,
            }
            for one in relived.lived
            if one.place is not None and 0 < one.place <= len(entries) and entries[one.place - 1].note
        ],
        remarks=[_kept(one, mapping) for one in keyed],
        findable=process.identity is not None,
    )
    return lead, keyed, not relived.lead.closed


def _received(
    account: Account,
    catalog: Catalog,
    mapping: HistoryFile,
    file: str,
    now: datetime,
    remark: Callable[..., None],
) -> Incoming | KeptOut | Remark:
    """The lead as the front door takes it in, but for values that no field takes: those are left out."""
    raw = {**account.fields, "id": account.id, "source_system": mapping.source_system, "title": account.title}

    def offered(key: str) -> Iterable[Process]:
        return [
            replace(process, takes_priority=1, takes_when=None, out_of_scope=()) if mapping.into else process
            for process in catalog.for_new(key)
            if mapping.into in (None, process.name)
        ]

    for _ in range(3):
        try:
            return receive(raw, offered, now, mapping.source_system)
        except IntakeError as error:
            faults = {name: why for name, why in error.fields.items() if name in raw and name != "id"}
            if not faults:
                return Remark(file, account.line, Doubt.REFUSED, error.message, "not imported")
            for name, why in faults.items():
                remark(file, account.line, Doubt.BAD_FIELD, f"{name} {why}", "left out")
                raw.pop(name)
    return Remark(file, account.line, Doubt.REFUSED, "its fields do not fit", "not imported")


def _means_something(process: Process, entry: Entry, file: str, remark: Callable[..., None]) -> bool:
    meant = entry.meant
    if meant.stage is not None and meant.stage not in process.scopes:
        remark(
            file, entry.line, Doubt.UNKNOWN_STAGE, f"{process.name} has no stage {meant.stage}", "left out", entry.what
        )
        return False
    if meant.event is not None and meant.event not in process.event_titles:
        remark(
            file, entry.line, Doubt.UNKNOWN_STAGE, f"{process.name} has no event {meant.event}", "left out", entry.what
        )
        return False
    return True


def _ends(process: Process, entry: Entry) -> bool:
    """Whether it won or lost the lead, wherever it stood."""
    meant = entry.meant
    if meant.stage is not None:
        leaves = [leaf for leaf in process.leaves.values() if meant.stage in leaf.chain]
    else:
        ways = (branch for (_, event), some in process.branches.items() if event == meant.event for branch in some)
        leaves = [process.leaves[branch.leaf] for branch in ways if branch.leaf is not None]
    return bool(leaves) and all(leaf.kind in (StageKind.WON, StageKind.LOST) for leaf in leaves)


def _told(
    process: Process,
    account: Account,
    entries: Sequence[Entry],
    arrived: datetime,
    who: _Who,
    files: Files,
    remark: Callable[..., None],
) -> tuple[list[Told], dict[str, Value]]:
    """The arrival and what happened since, in our words; and the personal values that came with it."""
    gone: set[str] = set()

    def person(name: str | None, file: str, line: int) -> str | None:
        found = who.person(name)
        if found is not None and who.left(found) and found not in gone:
            gone.add(found)
            what = f"{found} does not work here"
            remark(file, line, Doubt.OWNER_LEFT, what, "kept for the past; whoever is to go on is looked for")
        return found

    last = person(account.owner, files.leads, account.line)
    owners = [person(entry.owner, files.events, entry.line) for entry in entries]
    first = next((owner for owner in owners if owner is not None), last)
    personal: dict[str, Value] = {}
    told = [Told(arrived, owner=first, id=event_ids.touch(TOUCH))]
    current = first
    for number, (entry, owner) in enumerate(zip(entries, owners, strict=True)):
        given = dict(entry.fields) | (account.later if number == len(entries) - 1 else {})
        values = _accepted(process, given, files.events, entry.line, remark)
        own = {name: value for name, value in values.items() if process.personal(name) and value is not None}
        personal |= own
        current = owner or current
        told.append(
            Told(
                entry.at,
                event=entry.meant.event if entry.meant.event != "assign" else None,
                stage=entry.meant.stage,
                by=who.person(entry.by) or current,
                owner=owner,
                fields={name: value for name, value in values.items() if not process.personal(name)},
                known=tuple(own),
                codes=entry.codes,
                note=entry.note is not None,
                id=event_ids.sent(f"{TOUCH}:{entry.line}"),
            )
        )
    if last is not None and last != current:
        told.append(Told(told[-1].at, owner=last, id=event_ids.sent(f"{TOUCH}:owner")))
    return told, personal


def _accepted(
    process: Process, given: dict[str, Any], file: str, line: int, remark: Callable[..., None]
) -> dict[str, Value]:
    accepted, wrong = accept_all(process.fields, given)
    for name, why in wrong.items():
        remark(file, line, Doubt.BAD_FIELD, f"{name} {why}", "left out")
    return {name: value for name, value in accepted.items() if name not in wrong}


# --- rows ------------------------------------------------------------------------------------------------------------


def _entered(
    incoming: Incoming, arrived: datetime, system: str, personal: dict[str, Value], missing: list[str]
) -> dict[str, Any]:
    touch = incoming.touch
    return {
        "key": incoming.key,
        "title": incoming.title,
        "source_system": incoming.source_system,
        "external_id": incoming.external_id,
        "arrived_at": arrived.isoformat(),
        "first_source": touch["source"],
        "first_campaign": touch["campaign"],
        "first_channel": touch["channel"],
        "origin": touch["origin"],
        "past_from": system,
        "personal": {name: value for name, value in personal.items() if value is not None},
        "missing": missing,
    }


def _touch(incoming: Incoming, arrived: datetime) -> dict[str, Any]:
    quality = incoming.quality
    return {
        "lead": incoming.key,
        "at": arrived.isoformat(),
        **incoming.touch,
        "idempotency_key": TOUCH,
        "payload": dict(incoming.fields),
        "raw": dict(quality.raw),
        "invalid": list(quality.invalid),
        "missing": list(quality.missing),
        "wanted": quality.wanted,
        "filled": quality.filled,
    }


def _kept(remark: Remark, mapping: HistoryFile) -> dict[str, Any]:
    """Without what stood in the cell."""
    return {
        "lead": remark.lead,
        "source_system": mapping.source_system,
        "file": remark.file,
        "line": remark.line,
        "code": remark.code.value,
        "what": remark.what,
        "mended": remark.mended,
    }
