"""What merging two leads would make of them, and what the way back would: asked of the database as it is, nothing is written (S0.13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from client.merge_terms import chosen, fills_personal, reckoned_back, reckoned_in, to_be_undone
from engine.catalog import Catalog
from engine.compiling.bundle import Bundle
from engine.compiling.compile import compile_published
from engine.conclude import conclude
from engine.decision import Decision, Refusal
from engine.errors import IntakeError
from engine.happening import SYSTEM, OfMerge
from engine.lead import Clock, Lead, Value
from engine.merging import stricter
from engine.plan import place
from engine.process import Process
from engine.settle import settle
from engine.step import step
from engine.surviving import Side, survivor
from engine.world import World
from store import definitions, leads, merges, roster
from store.merges import ComesAlong
from store.pool import Connection


@dataclass(frozen=True, slots=True)
class Deadline:
    """A clock by its title, and when it is due; None where it is on hold or missed."""

    title: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class MergeOutlook:
    """What would become of the two. `rule` is why this one survives, `rules_say` the survivor by the rules. `fills` and `personal`
    are what the survivor did not know, `stays_behind` what the loser knows and the survivor's process does not. `ends` are the
    loser's clocks; `takes_over` those that the survivor goes on by because they are due first."""

    loser: str
    survivor: str
    title: str
    rule: str
    rules_say: str
    owner: str | None
    stage: str
    fills: Mapping[str, Value]
    personal: tuple[str, ...]
    stays_behind: tuple[str, ...]
    ends: tuple[Deadline, ...]
    takes_over: tuple[Deadline, ...]
    comes_along: ComesAlong
    score_before: int | None
    score_after: int | None


@dataclass(frozen=True, slots=True)
class PartOutlook:
    """What the way back would make of them: what the survivor forgets, and where the loser goes on, with which deadlines."""

    merge: int
    loser: str
    survivor: str
    forgets: tuple[str, ...]
    stage: str
    owner: str | None
    goes_on: tuple[Deadline, ...]


async def what_merging_does(
    connection: Connection, loser: str, stays: str, *, by_rules: bool, scale: float = 1.0
) -> MergeOutlook:
    """Raises IntakeError where the two cannot be merged."""
    catalog = await _catalog(connection, (loser, stays))
    stay, ends, rule = await chosen(connection, catalog, loser, stays, by_rules=by_rules)
    theirs = (await merges.person_of(connection, ends.lead.key)).personal
    comes = fills_personal(stay.process, stay.lead, theirs)
    took = reckoned_in(stay.process, stay.lead, ends.lead, SYSTEM, "", known=tuple(comes))
    decided, after = await _after(connection, stay, took, scale)
    known = [name for name, value in ends.lead.fields.items() if value is not None]
    taken = stricter(stay.lead, {place(clock.scope, clock.name): clock for clock in ends.lead.clocks.values()})
    return MergeOutlook(
        loser=ends.lead.key,
        survivor=stay.lead.key,
        title=stay.lead.title,
        rule=rule,
        rules_say=survivor(stay, ends)[0].lead.key,
        owner=after.owner,
        stage=after.stage,
        fills={name: value for name, value in decided.record.changes.items() if name not in comes},
        personal=tuple(comes),
        stays_behind=tuple(name for name in known if name not in stay.process.fields),
        ends=tuple(_deadline(ends.process, clock) for clock in ends.lead.clocks.values()),
        takes_over=tuple(_deadline(ends.process, clock) for clock in taken.values()),
        comes_along=await merges.comes_along(connection, ends.lead.key),
        score_before=stay.lead.score.total if stay.lead.score else None,
        score_after=after.score.total if after.score else None,
    )


async def what_parting_does(connection: Connection, loser: str, *, scale: float = 1.0) -> PartOutlook:
    """Raises IntakeError where the merge of this lead cannot be undone."""
    merge = await to_be_undone(connection, loser)
    catalog = await _catalog(connection, (merge.loser, merge.survivor))
    sides = []
    for key in (merge.survivor, merge.loser):
        found = await leads.standing(connection, key)
        assert found is not None
        sides.append(Side(catalog.get(found.lead.digest), found.lead))
    stay, ends = sides
    gave, parted = await reckoned_back(connection, catalog.get, merge, stay.lead, SYSTEM, "")
    decided, _ = await _after(connection, stay, gave, scale)
    _, again = await _after(connection, ends, parted, scale)
    return PartOutlook(
        merge=merge.id,
        loser=merge.loser,
        survivor=merge.survivor,
        forgets=tuple(decided.record.changes),
        stage=again.stage,
        owner=again.owner,
        goes_on=tuple(_deadline(ends.process, clock) for clock in again.clocks.values()),
    )


async def _after(connection: Connection, side: Side, what: OfMerge, scale: float) -> tuple[Decision, Lead]:
    people, teams = await roster.current(connection)
    now = max(datetime.now(UTC), side.lead.decided_at or side.lead.arrived_at)
    decided = step(side.process, side.lead, what, now)
    if isinstance(decided, Refusal):
        raise IntakeError("NOT_MERGED", decided.message, remedy="Nothing has happened to either.")
    world = World(now, people, teams, scale=scale)
    return decided, conclude(side.process, decided, settle(side.process, decided, world)).lead


def _deadline(process: Process, clock: Clock) -> Deadline:
    return Deadline(process.clock(clock.name, clock.scope).title, clock.due_at)


async def _catalog(connection: Connection, keys: tuple[str, str]) -> Catalog:
    """The versions that these leads are on."""
    catalog = Catalog()
    for key in keys:
        found = await leads.standing(connection, key)
        if found is not None and found.lead.digest not in catalog:
            body = await definitions.body(connection, found.lead.digest)
            catalog.add(compile_published(Bundle.from_json(body)), current=False)
    return catalog
