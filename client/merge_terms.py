"""Whether two leads can be merged, or a merge undone, and what then comes along or goes back (S0.13): read from the database."""

from __future__ import annotations

from collections.abc import Callable

from client.desk import actor_of
from engine.catalog import Catalog
from engine.conclude import conclude
from engine.errors import IntakeError
from engine.happening import Actor, GaveBack, Parted, TookIn
from engine.language.definition import Who
from engine.lead import Lead, Value
from engine.merging import brought, filled, interrupted
from engine.plan import place
from engine.process import Process
from engine.surviving import Side, in_the_way, survivor
from engine.values import fault_of_text
from store import health, leads, merges
from store.leads import State
from store.merges import Merge
from store.pool import Connection
from workflows import event_ids

MAX_REASON = 500
"""Characters, as in a migration."""

_NO_PERSON = (Who.SYSTEM, Who.MARKETING, Who.OPS, Who.LEAD)

NAMED = "it was named"
"""Why the survivor is the one that it is, where no rule was asked."""


async def chosen(
    connection: Connection, catalog: Catalog, loser: str, stays: str, *, by_rules: bool
) -> tuple[Side, Side, str]:
    """The survivor, the loser and why. Raises IntakeError where these two cannot be merged."""
    sides = [await _side(connection, catalog, key) for key in (loser, stays)]
    ends, stay = sides
    rule = NAMED
    if ends.lead.key != stay.lead.key and by_rules:
        stay, ends, rule = survivor(*sides)
    if (why := in_the_way(ends, stay)) is not None:
        raise IntakeError("NOT_MERGED", why, remedy="Nothing has happened to either.")
    return stay, ends, rule


async def to_be_undone(connection: Connection, loser: str) -> Merge:
    """The merge that is to be taken back. Raises IntakeError where it cannot be."""
    merge = await merges.of_loser(connection, loser)
    if merge is None:
        raise IntakeError("NOT_MERGED", f"{loser} is not merged into another lead", remedy="There is nothing to undo.")
    if merge.done_at is None:
        raise IntakeError("BUSY", f"merge {merge.id} of {loser} is still under way", remedy="Try again in a while.")
    if (further := await merges.of_loser(connection, merge.survivor)) is not None:
        message = f"{merge.survivor} was itself merged into {further.survivor} since"
        raise IntakeError("NOT_UNDONE", message, remedy=f"Undo that first: leadflow lead merge {merge.survivor} --undo")
    for key in (merge.loser, merge.survivor):
        if (await merges.person_of(connection, key)).erased:
            message = f"the person of {key} was erased: what came from which lead cannot be told any more"
            raise IntakeError("NOT_UNDONE", message, remedy="The two stay one.")
    return merge


def reckoned_in(
    process: Process, stays: Lead, ends: Lead, actor: Actor, reason: str, *, known: tuple[str, ...]
) -> TookIn:
    """What the survivor takes in of the loser as it stood before it ended; `known` of what is personal."""
    return TookIn(
        taken=ends.key,
        title=ends.title,
        actor=actor,
        reason=reason,
        fields=filled(process, stays, ends.fields),
        known=known,
        clocks={place(clock.scope, clock.name): clock for clock in ends.clocks.values()},
    )


async def reckoned_back(
    connection: Connection, process_of: Callable[[str], Process], merge: Merge, stays: Lead, actor: Actor, reason: str
) -> tuple[GaveBack, Parted]:
    """What the survivor gives back, and from where the loser goes on: from what the journal says of the merge."""
    took = await merges.deed(connection, merge.survivor, event_ids.merge(merge.id))
    ended = await merges.deed(connection, merge.loser, event_ids.merge(merge.id))
    assert took is not None and ended is not None
    before, loser = (
        conclude(process_of(deed.before.lead.digest), deed.before, deed.before_settled).lead for deed in (took, ended)
    )
    fields, clocks, stood = brought(before, took.decision)
    mine = (await merges.person_of(connection, merge.survivor)).personal
    theirs = (await merges.person_of(connection, merge.loser)).personal
    came = [name for name in took.decision.lead.known if name not in before.known and name in stays.known]
    unknown = tuple(name for name in came if mine.get(name) == theirs.get(name))
    at = took.decision.record.at
    return (
        GaveBack(merge.loser, actor, reason, at, fields, unknown, clocks, stood),
        Parted(merge.survivor, actor, reason, interrupted(loser, ended.decision.record.at)),
    )


def fills_personal(process: Process, lead: Lead, personal: dict[str, Value]) -> dict[str, Value]:
    """What is personal of the other and not known of this one."""
    return {
        name: value
        for name, value in personal.items()
        if value is not None and process.personal(name) and name not in lead.known
    }


async def _side(connection: Connection, catalog: Catalog, key: str) -> Side:
    state = (await health.states(connection, [key])).get(key)
    if state is None:
        remedy = "`leadflow lead list` shows the leads there are."
        raise IntakeError("UNKNOWN_LEAD", f"there is no lead '{key}'", remedy=remedy)
    if state is State.OUT_OF_SCOPE:
        raise IntakeError(
            "NOT_MERGED", f"{key} is out of scope: it is no lead", remedy="Nothing has happened to either."
        )
    if state is State.RECEIVED:
        raise IntakeError("BUSY", f"{key} has come in and not begun yet", remedy="Try again in a while.")
    found = await leads.standing(connection, key)
    assert found is not None
    return Side(catalog.get(found.lead.digest), found.lead)


def decided_by(by: str) -> Actor:
    """Whoever decided, when it was begun: they may have left since."""
    return Actor(None, (Who(by),)) if by in _NO_PERSON else Actor(by)


async def check(connection: Connection, by: str, reason: str) -> None:
    """Who says so, and why: both stand in the stories of the two leads. Raises IntakeError."""
    fault = fault_of_text(reason, MAX_REASON) or (None if reason.strip() else "is empty")
    if fault is not None:
        raise IntakeError(
            "BAD_FIELDS", f"the reason {fault}", {"reason": fault}, "Say in a few words why they are one."
        )
    await actor_of(connection, by)
