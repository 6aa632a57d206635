"""What a difference does to leads in flight, as people read it, and as machines do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from cli.harmless import harmless
from cli.health_words import count, some
from cli.output import print_table, say

if TYPE_CHECKING:
    from rich.text import Text

    from engine.difference.effect import Effect, Shift, Touched
    from engine.outlook import ClockOutlook
    from engine.process import Process


def render_effect(seen: Effect, origin: Process, called: str, others: Mapping[int, int], *, listed: bool) -> Text:
    """`others` are leads on other versions, by version; `listed`: the leads follow in a table of their own."""
    from rich.text import Text

    told = [*_lines(seen, origin, called, listed=listed)]
    if others:
        rest = ", ".join(f"{number} on v{version}" for version, number in others.items())
        told.append(f"leads on other versions are not looked at: {rest}")
    return Text.assemble(
        Text("\nLeads in flight\n", style="bold"), Text("\n".join(f"  {harmless(line)}" for line in told))
    )


def _lines(seen: Effect, origin: Process, called: str, *, listed: bool) -> Iterator[str]:
    yield f"{count(seen.leads, 'lead runs', 'leads run')} on {called}"
    if not seen.leads:
        return
    for what, stages in (("that change", seen.in_changed), ("that are gone", seen.in_removed)):
        if stages:
            number = count(sum(stages.values()), "stands", "stand")
            yield f"{number} in stages {what}: {_by_stage(stages, origin)}"
    for shift in seen.shifts:
        yield f"clock '{shift.title}': {'; '.join(_shift(shift))}"
    if at_once := seen.due_at_once:
        yield f"{count(len(at_once), 'lead', 'leads')} would be due at once{_names(at_once, listed=listed)}"
    if blocked := seen.blocked:
        why = blocked[0].blocked
        yield f"{count(len(blocked), 'lead')} could not be moved without more ado: {why}{_names(blocked, listed=listed)}"
    if not seen.touched:
        yield "no clock of theirs moves"
    else:
        yield "as if their clocks were counted by the new rules from the start;"
        yield "they stay on their version until `leadflow migrate` moves them"


def _names(leads: tuple[Touched, ...], *, listed: bool) -> str:
    return "" if listed else f": {some([one.lead for one in leads])} (--leads lists all)"


def _by_stage(stages: Mapping[str, int], origin: Process) -> str:
    return ", ".join(f"{origin.leaves[stage].title} {number}" for stage, number in stages.items())


def _shift(shift: Shift) -> Iterator[str]:
    if shift.moved and shift.middle is not None and shift.farthest is not None:
        yield f"{count(shift.moved, 'moves', 'move')}, {sooner(shift.middle)} in the middle, {sooner(shift.farthest)} at most"
    if shift.closed:
        yield f"closed for {count(shift.closed, 'lead')}"
    if shift.new:
        yield f"starts for {count(shift.new, 'lead')}"
    if shift.at_once:
        yield f"due at once for {count(shift.at_once, 'lead')}"


def sooner(by: timedelta) -> str:
    """`1 day 2 h sooner`; days are of 24 hours."""
    minutes = round(abs(by).total_seconds() / 60)
    days, rest = divmod(minutes, 24 * 60)
    parts = (
        [count(days, "day")] * bool(days)
        + [f"{rest // 60} h"] * bool(rest // 60)
        + [f"{rest % 60} min"] * bool(rest % 60)
    )
    return f"{' '.join(parts[:2]) or '0 min'} {'sooner' if by < timedelta() else 'later'}"


def table_of(seen: Effect) -> None:
    """Each lead that is touched, those that are due at once first."""
    say("")
    leads = sorted(seen.touched, key=lambda lead: (not lead.at_once, not lead.blocked, lead.lead))
    rows = [(lead.lead, lead.owner, lead.stage, _due(lead), _clocks(lead)) for lead in leads]
    print_table(("lead", "owner", "stage", "due at once", "clocks (UTC)"), rows)


def _due(lead: Touched) -> str:
    return ", ".join(clock.title for clock in lead.clocks if clock.at_once)


def _clocks(lead: Touched) -> str:
    return lead.blocked or "; ".join(map(_clock, lead.clocks))


def _clock(clock: ClockOutlook) -> str:
    return f"{clock.title} {_when(clock.before)} -> {_when(clock.after)}"


def _when(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else "none"


def as_effect_object(seen: Effect, *, leads: bool) -> dict[str, Any]:
    """For machines: with --leads each lead that is touched, else their keys where they are due at once or blocked."""
    told: dict[str, Any] = {
        "leads": seen.leads,
        "in_changed_stages": seen.in_changed,
        "in_removed_stages": seen.in_removed,
        "clocks_moved": seen.clocks_moved,
        "clocks": [
            {
                "name": shift.name,
                "title": shift.title,
                "moved": shift.moved,
                "median_seconds": shift.middle and shift.middle.total_seconds(),
                "farthest_seconds": shift.farthest and shift.farthest.total_seconds(),
                "closed": shift.closed,
                "new": shift.new,
                "at_once": shift.at_once,
            }
            for shift in seen.shifts
        ],
        "due_at_once": [lead.lead for lead in seen.due_at_once],
        "blocked": [{"lead": lead.lead, "why": lead.blocked} for lead in seen.blocked],
    }
    return {**told, "touched": seen.touched} if leads else told
