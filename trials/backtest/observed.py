"""From what the journal has of a lead to what came to it from outside: arrivals, people, other systems, the lead itself.

What the process did by itself then (clocks, ladders, fired events, re-scoring) is left out: the candidate decides that anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from engine.catalog import Catalog
from engine.conclude import conclude
from engine.decision import Decision
from engine.happening import Actor, EventIn, Touch
from engine.language.definition import Who
from engine.lead import Lead, Value
from engine.past import PastLead, Recorded
from engine.process import Assignments, Process
from engine.step import new_lead, step
from trials.backtest.staff import StaffThen
from trials.backtest.story import Line, Story, line_of
from trials.floor import ROLES

SENT = ("sent:", "update:", "signal:")
TOUCH = "touch:"
"""How the ids of what came from outside begin (`workflows.event_ids`): a person or system sent it; the lead came again."""

_ROLES = {who.value: who for who in (Who.SYSTEM, Who.MARKETING, Who.OPS, Who.PARTNER, Who.LEAD, Who.CLOCK)}


@dataclass(frozen=True, slots=True)
class Anchor:
    """A moment from which the age of a lead is counted: it came to its stage, or somebody else got it there. `owner` had it then."""

    at: datetime
    owner: str | None


@dataclass(frozen=True, slots=True)
class FromOutside:
    """Something that came to the lead, as far as the journal tells. `before` is the lead then; `anchors` are those of its stay, its
    beginning first.

    `whole` is False where the journal does not say all of it: the version that ran would decide otherwise on what is known.
    """

    happening: EventIn | Touch
    at: datetime
    before: Lead
    anchors: tuple[Anchor, ...]
    whole: bool = True

    @property
    def by_people(self) -> bool:
        return isinstance(self.happening, EventIn) and self.happening.actor.person is not None


@dataclass(frozen=True, slots=True)
class Observed:
    """A past lead, ready to be run again: as it arrived, what came to it, and its story as it was.

    Of a lead of a file only the arrival is known: it has no story, and nothing comes to it.
    """

    key: str
    fresh: Lead
    arrived: datetime
    turn: int | None = None
    outside: tuple[FromOutside, ...] = ()
    story: Story | None = None


def observe(past: PastLead, catalog: Catalog, staff: StaffThen, until: datetime) -> Observed:
    """Raises UnknownDefinition where a version that ran is not in the catalog."""
    first = past.decisions[0]
    process = catalog.get(first.decision.lead.digest)
    lead = fresh = _fresh(process, past)
    lines: list[Line] = []
    outside: list[FromOutside] = []
    anchors: tuple[Anchor, ...] = ()
    for recorded in past.decisions:
        decision = recorded.decision
        if decision.record.at > until:
            break
        came = _from_outside(process, lead, recorded, past, staff)
        if came is not None:
            happening, whole = came
            outside.append(FromOutside(happening, decision.record.at, lead, anchors, whole))
        process = catalog.get(decision.lead.digest)
        concluded = conclude(process, decision, recorded.settled)
        lines.append(line_of(process, lead, decision, recorded.settled, concluded))
        anchors = anchored(anchors, lead, concluded.lead)
        lead = concluded.lead
    return Observed(
        past.key, fresh, first.decision.record.at, first.turn, tuple(outside), Story(past.key, tuple(lines), lead)
    )


def anchored(anchors: tuple[Anchor, ...], before: Lead, after: Lead) -> tuple[Anchor, ...]:
    """The moments from which the age of a lead is counted, after one more decision."""
    if after.entered_at != before.entered_at or after.stage != before.stage or not anchors:
        return (Anchor(after.entered_at, after.owner),)
    if after.owner != before.owner:
        got = Anchor(after.assigned_at or after.entered_at, after.owner)
        return (*anchors, got) if got.at > anchors[-1].at else (*anchors[:-1], got)
    return anchors


def _fresh(process: Process, past: PastLead) -> Lead:
    """As it came in. Where its touch is not known, all that it had at first, but for what the process itself set."""
    first = past.decisions[0].decision
    if past.touches:
        fields = dict(past.touches[0].fields)
    else:
        fields = {name: value for name, value in first.lead.fields.items() if name not in first.record.changes}
    return new_lead(process, past.key, past.title, dict(fields), first.lead.known, past.arrived_at)


def _from_outside(
    process: Process, lead: Lead, recorded: Recorded, past: PastLead, staff: StaffThen
) -> tuple[EventIn | Touch, bool] | None:
    record = recorded.decision.record
    if recorded.decision.lead.seq == 1 or not _came(record.id, record.by):
        return None
    if record.id is not None and record.id.startswith(TOUCH):
        return _touch(process, recorded, past), True
    actor = actor_of(record.by, staff, record.at)
    for event in _told(process, recorded, actor, lead.stage):
        if _is_it(process, lead, event, recorded.decision):
            return event, True
    return event, False


def _came(id: str | None, by: str) -> bool:
    """What has no id of its own and was caused by a person came from outside too."""
    if id is None:
        return by not in _ROLES
    return id.startswith((*SENT, TOUCH))


def actor_of(by: str, staff: StaffThen, at: datetime) -> Actor:
    """Whoever caused an event, with what the roster said of them then."""
    if by in _ROLES:
        return Actor(roles=(_ROLES[by],))
    known = staff.world(at).people.get(by)
    if known is None:
        return Actor(by)
    return Actor(by, tuple(ROLES[role] for role in known.person.roles if role in ROLES), tuple(known.person.teams))


def _touch(process: Process, recorded: Recorded, past: PastLead) -> Touch:
    record = recorded.decision.record
    id = (record.id or "").removeprefix(TOUCH)
    came = next((touch for touch in past.touches if touch.id == id), None)
    known = tuple(name for name, value in record.changes.items() if process.personal(name) and value is not None)
    if came is None:
        return Touch(fields=_plain(process, record.changes), known=known)
    return Touch(came.source, came.campaign, came.channel, dict(came.fields), known)


def _told(process: Process, recorded: Recorded, actor: Actor, stage: str) -> Iterator[EventIn]:
    """What may have been sent, the most likely first. What the process sets by itself did probably not come along."""
    record, ask = recorded.decision.record, recorded.decision.owner
    personal = {name: value for name, value in record.changes.items() if process.personal(name)}
    branches = process.branches.get((stage, record.happening), ())
    event = EventIn(
        record.happening,
        actor,
        known=tuple(name for name, value in personal.items() if value is not None),
        unknown=tuple(name for name, value in personal.items() if value is None),
        codes=dict(record.codes),
        note=recorded.note,
        checked=tuple(dict.fromkeys(item for branch in branches for item in branch.checklist)),
        to=ask.person if ask is not None and record.happening == "assign" else None,
    )
    brought = _plain(process, record.changes)
    of_process = _set_by(process)
    yield replace(event, fields={name: value for name, value in brought.items() if name not in of_process})
    yield replace(event, fields=brought)
    yield replace(event, fields=brought, note=True)


def _plain(process: Process, changes: Mapping[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in changes.items() if not process.personal(name)}


def _set_by(process: Process) -> frozenset[str]:
    """Fields that some action of the process sets."""
    scopes = (action for scope in process.scopes.values() for action in (*scope.on_entry, *scope.on_exit))
    branches = (action for some in process.branches.values() for branch in some for action in branch.then)
    return frozenset(
        name for action in (*scopes, *branches) if isinstance(action, Assignments) for name in action.values
    )


def _is_it(process: Process, lead: Lead, event: EventIn, decision: Decision) -> bool:
    """Whether the version that ran decides on this event as it did."""
    decided = step(process, lead, event, decision.record.at)
    if not isinstance(decided, Decision):
        return False
    ours, theirs = decided.record, decision.record
    return (ours.to_stage, ours.changes, ours.codes) == (theirs.to_stage, theirs.changes, theirs.codes)
