"""What a migration would make of leads, as an author reads it: totals first, then leads, the blocked ones first (B.3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from cli.health_words import count
from cli.output import plain, print_table, say
from engine.outlook import ClockOutlook, Fate, Outlook
from store.moves import Run


def page(title: str, outlooks: Sequence[Outlook], shown: int) -> None:
    say(title)
    for line in totals(outlooks):
        say(f"  {line}")
    listed = [one for one in sorted(outlooks, key=_urgency) if not one.passed_over][:shown]
    if listed:
        say("")
        print_table(("lead", "owner", "stage", "what changes (UTC)"), [_row(one) for one in listed])
    left = sum(not one.passed_over for one in outlooks) - len(listed)
    if left > 0:
        say(f"and {count(left, 'lead')} more; --show says how many, --json lists all")


def totals(outlooks: Sequence[Outlook]) -> Iterator[str]:
    going = [one for one in outlooks if one.ok]
    blocked = [one for one in outlooks if not one.ok and not one.passed_over]
    passed = len(outlooks) - len(going) - len(blocked)
    yield f"{count(len(outlooks), 'lead')} in flight: {len(going)} would move, {len(blocked)} blocked, {passed} not selected"
    for why, number in Counter(one.why for one in blocked).most_common():
        yield f"blocked: {number} because {why}"
    at_once = sum(bool(one.due_at_once) for one in going)
    if at_once:
        yield f"due at once: {count(at_once, 'lead')}"
    for (stage, to), number in Counter((one.stage, one.to_stage) for one in going if one.stage != one.to_stage).items():
        yield f"stage {stage} -> {to}: {count(number, 'lead')}"
    for name in dict.fromkeys(clock.name for one in going for clock in one.clocks):
        yield f"clock {name}: {_fates([clock for one in going for clock in one.clocks if clock.name == name])}"
    filled = Counter(name for one in going for name in one.fields)
    for name, number in filled.items():
        yield f"field {name}: set for {count(number, 'lead')}"


def _fates(clocks: Sequence[ClockOutlook]) -> str:
    """`12 keep their deadline, 3 sooner, 2 later, 1 closed`."""
    found = Counter(_fate(clock) for clock in clocks)
    at_once = sum(clock.at_once for clock in clocks)
    parts = [f"{number} {words}" for words, number in found.items()]
    return ", ".join(parts + ([f"{at_once} due at once"] if at_once else []))


def _fate(clock: ClockOutlook) -> str:
    name = f" as {clock.renamed}" if clock.renamed else ""
    if clock.fate is Fate.CLOSED:
        return "closed"
    if clock.fate is Fate.NEW:
        return "new"
    if clock.before == clock.after or clock.before is None or clock.after is None:
        return f"with the same deadline{name}"
    return f"{'sooner' if clock.after < clock.before else 'later'}{name}"


def _urgency(one: Outlook) -> tuple[int, str]:
    return (0 if not one.ok else 1 if one.due_at_once else 2 if one.moved_clocks else 3, one.lead)


def _row(one: Outlook) -> tuple[object, ...]:
    if not one.ok:
        return one.lead, one.owner, one.stage, f"blocked: {one.why}"
    stage = one.stage if one.stage == one.to_stage else f"{one.stage} -> {one.to_stage}"
    changes = [_clock(clock) for clock in one.moved_clocks]
    changes += [f"{name} = {plain(value)}" for name, value in one.fields.items()]
    return one.lead, one.owner, stage, "; ".join(changes) or "nothing"


def _clock(clock: ClockOutlook) -> str:
    name = clock.name if clock.renamed is None else f"{clock.name} -> {clock.renamed}"
    at_once = " (due at once)" if clock.at_once else ""
    match clock.fate:
        case Fate.CLOSED:
            return f"{name} is closed (was due {_at(clock.before)})"
        case Fate.NEW:
            return f"{name} starts, due {_at(clock.after)}{at_once}"
        case _ if clock.before == clock.after:
            return f"{name}, due {_at(clock.after)} as before"
        case _:
            return f"{name} {_at(clock.before)} -> {_at(clock.after)}{at_once}"


def _at(at: datetime | None) -> str:
    return at.strftime("%a %d %b %H:%M") if at is not None else "at no set time"


# --- for machines -----------------------------------------------------------------------------------------------------


def as_object(outlooks: Sequence[Outlook]) -> dict[str, Any]:
    return {
        "would_move": sum(one.ok for one in outlooks),
        "blocked": sum(not one.ok and not one.passed_over for one in outlooks),
        "passed_over": sum(one.passed_over for one in outlooks),
        "due_at_once": sum(bool(one.due_at_once) for one in outlooks),
        "each": [_object(one) for one in outlooks if not one.passed_over],
    }


def _object(one: Outlook) -> dict[str, Any]:
    return {
        "lead": one.lead,
        "title": one.title,
        "owner": one.owner,
        "ok": one.ok,
        "code": one.code,
        "why": one.why,
        "stage": one.stage,
        "to_stage": one.to_stage,
        "fields": one.fields,
        "clocks": list(one.clocks),
    }


# --- runs -------------------------------------------------------------------------------------------------------------


def print_runs(runs: Sequence[Run]) -> None:
    columns = (
        "run",
        "process",
        "from",
        "to",
        "state",
        "moved",
        "blocked",
        "moved back",
        "started (UTC)",
        "by",
        "reason",
    )
    print_table(columns, [_run_row(run) for run in runs])


def _run_row(run: Run) -> tuple[object, ...]:
    counts = (run.moved, run.blocked, run.returned)
    return (
        run.id,
        run.process,
        run.from_version,
        run.to_version,
        run.state,
        *counts,
        run.started_at,
        run.started_by,
        run.reason,
    )


def run_object(run: Run) -> dict[str, Any]:
    return {
        "run": run.id,
        "process": run.process,
        "from": run.from_version,
        "to": run.to_version,
        "state": run.state,
        "moved": run.moved,
        "blocked": run.blocked,
        "moved_back": run.returned,
        "not_moved_back": run.stays,
        "by": run.started_by,
        "at": run.started_at,
        "reason": run.reason,
        "back_by": run.back_by,
        "back_reason": run.back_reason,
    }
