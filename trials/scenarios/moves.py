"""What may be done next with a lead that is played: events with all that they ask for, time, leave; as steps of a scenario."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from engine.clocks import next_due
from engine.language.builtin import RESERVED
from engine.language.definition import FieldType, LeadField, Who
from engine.language.scenario import EventStep, Plain, TouchStep, UntilStep
from engine.language.tables import Role
from engine.lead import ClockState, Lead, Ownership
from engine.process import Branch, Process
from engine.time.durations import elapsed
from trials.floor import Floor
from trials.scenarios.moments import written

_UNUSUAL = 1_000_000_000
_MINUTE = timedelta(minutes=1)
_BY: tuple[Who, ...] = (Who.OWNER, Who.TEAM_LEADER, Who.MARKETING, Who.OPS, Who.SYSTEM, Who.LEAD)
"""Who is asked first to cause an event that several may."""


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A lead under way, and the people around it."""

    process: Process
    lead: Lead
    now: datetime
    zone: ZoneInfo
    floor: Floor


def events(sight: UnderWay) -> Iterator[EventStep]:
    """Each event that the process itself has here, by whoever may, with all that it asks for."""
    for name in sight.process.allowed(sight.lead.stage):
        if name in RESERVED:
            continue
        for branch in sight.process.branches[(sight.lead.stage, name)]:
            by = who(branch, sight)
            if by is not None:
                yield event(branch, by, sight)


def event(branch: Branch, by: str, sight: UnderWay, brought: dict[str, Plain] | None = None) -> EventStep:
    """One branch with all that it asks for: what is not known yet is filled in."""
    lead, process = sight.lead, sight.process
    missing = [name for name in branch.fields if lead.fields.get(name) is None and name not in lead.known]
    fields = {name: example(name, process.fields[name], sight.now) for name in missing} | (brought or {})
    codes = {name: next(iter(process.codes_of(reason_list)), "none") for name, reason_list in branch.codes.items()}
    return EventStep(
        event=branch.event,
        by=by,
        fields=fields,
        codes=codes,
        note="A word about it" if branch.note else None,
        checked=list(branch.checklist),
    )


def who(branch: Branch, sight: UnderWay) -> str | None:
    """Somebody who may cause it, as a scenario says it; None where only a clock may."""
    lead = sight.lead
    for one in _BY:
        if one not in branch.by and Who.ANYONE not in branch.by:
            continue
        if (one is Who.OWNER and lead.owner is None) or (one is Who.TEAM_LEADER and lead.leader is None):
            continue
        return one.value
    if Who.TEAM in branch.by and lead.team is not None:
        return next((key for key, one in sight.floor.people.items() if lead.team in one.person.teams), None)
    if Who.PARTNER in branch.by:
        return next((key for key, one in sight.floor.people.items() if Role.PARTNER in one.person.roles), None)
    return None


def builtins(sight: UnderWay) -> Iterator[EventStep]:
    """What can be done in every process."""
    lead = sight.lead
    owner = "owner" if lead.owner is not None else "ops"
    allowed = sight.process.allowed(lead.stage)
    if "hold" in allowed:
        yield (
            EventStep(event="hold", by=owner, note="They asked for time")
            if not lead.on_hold
            else EventStep(event="resume", by=owner)
        )
    if "seen" in allowed and lead.owner is not None:
        yield EventStep(event="seen")
    if "claim" in allowed and lead.ownership in (Ownership.QUEUE, Ownership.HELD) and lead.team is not None:
        members = [key for key, one in sight.floor.people.items() if lead.team in one.person.teams]
        if members:
            yield EventStep(event="claim", by=members[0])
    if "assign" in allowed:
        others = [key for key, one in sight.floor.people.items() if key != lead.owner and one.person.active]
        if others:
            yield EventStep(event="assign", by="ops", to=others[0])


def touch(sight: UnderWay) -> TouchStep:
    source = sight.lead.fields.get("source")
    return TouchStep(touch={"source": source if isinstance(source, str) else "web"})


def waits(sight: UnderWay) -> Iterator[UntilStep]:
    """Until the next thing falls due, until each clock does, to the end of a series, and long enough for every escalation."""
    lead = sight.lead
    due = next_due(lead)
    moments = [due.at] if due is not None else []
    moments += [
        clock.due_at for clock in lead.clocks.values() if clock.state is ClockState.RUNNING and clock.due_at is not None
    ]
    for climb in lead.climbs.values():
        last = sight.process.series[climb.name].steps[-1].after
        if not climb.clock and not last.is_working:
            moments.append(elapsed(last, climb.started_at))
    if due is not None:
        moments.append(due.at + timedelta(days=40))
    for at in dict.fromkeys(map(_whole_minute, moments)):
        if at > sight.now:
            yield UntilStep(until=written(at, sight.zone))


def _whole_minute(at: datetime) -> datetime:
    """Scenarios say minutes: the first one that is not before."""
    rounded = at.replace(second=0, microsecond=0)
    return rounded if rounded == at else rounded + _MINUTE


def example(name: str, spec: LeadField, now: datetime) -> Plain:
    """A plain value that a field accepts. A date is some weeks ahead: clocks wait for it."""
    match spec.type:
        case FieldType.CHOICE:
            return (spec.of or [""])[0]
        case FieldType.INTEGER:
            return int(_between(spec, 3))
        case FieldType.NUMBER | FieldType.MONEY:
            return float(_between(spec, 9000))
        case FieldType.BOOLEAN:
            return True
        case FieldType.DATE:
            return f"{now.astimezone(UTC) + timedelta(days=30):%Y-%m-%d}"
        case FieldType.COUNTRY:
            return "DE"
        case FieldType.EMAIL:
            return "ada@example.com"
        case FieldType.DOMAIN:
            return "example.com"
        case FieldType.PHONE:
            return "+49 30 1234567"
        case FieldType.TEXT:
            return "Cobalt" if name == "company" else f"some {name.replace('_', ' ')}"


def usual(value: Plain) -> Plain:
    """A number that somebody might write, for one from the end of what can be kept."""
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= _UNUSUAL:
        return 0 if value < 0 else 1_000_000
    return value


def _between(spec: LeadField, usual: int) -> int | float:
    least = spec.min if spec.min is not None else usual
    most = spec.max if spec.max is not None else usual
    return min(max(usual, least), most)
