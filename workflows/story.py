"""A lead's story in plain words: what a manager reads when they open one lead in the Temporal UI (C.7).

Lists and bold only: the UI renders CommonMark, but its tables have no room between columns. Times are shown in UTC, which the
text says. Nothing personal is ever part of it.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from engine.completeness import missing
from engine.decision import Decision, Settled
from engine.lead import ClockState, Lead, Ownership
from engine.possible import possible
from engine.process import Process
from workflows import limits
from workflows.messages import StoryLine

KEPT_LINES = 12
"""How many of the latest lines go along with the workflow; the whole story is in the database."""

MOST_OF_A_LINE = 700
MOST_OF_A_VALUE = 300
"""Bytes, so that one long text does not take the room of the others."""

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


_MARKUP = re.compile(
    r"""
    [\\`*~\[\]<{$\#]                 # emphasis, code, links, HTML, formulas, ends of headings
    | (?<![^\W_])_ | _(?![^\W_])      # emphasis, unless it is inside a word, such as the key of a person
    | :(?=//) | (?i:(?<=mailto):)     # an address is a link without any further sign
    | &(?=\#?\w+;)                    # a character by its name
    """,
    re.VERBOSE,
)
"""What means something to Markdown in the midst of a line, and no more: the text is read as it stands, too. Each may follow a
backslash in CommonMark, and so in the Temporal UI."""


def literal(text: object) -> str:
    """Text that came from outside, as it is: nothing in a company's name makes a link or a heading. Truth is yes or no."""
    if isinstance(text, bool):
        return "yes" if text else "no"
    return _MARKUP.sub(r"\\\g<0>", " ".join(str(text).split()))


def when(at: datetime) -> str:
    """`Tue 03 Nov 2026 09:30`. Not by `strftime`: it imports a module with every call, which the sandbox makes slow, and it speaks
    the language of the machine."""
    return f"{_DAYS[at.weekday()]} {at.day:02} {_MONTHS[at.month - 1]} {at.year} {at.hour:02}:{at.minute:02}"


def tell(process: Process, before: Lead, after: Lead, decision: Decision, settled: Settled) -> StoryLine:
    """One decision as one line."""
    record = decision.record
    parts = [_headline(process, before, after, decision)]
    if settled.scored is not None:
        score = settled.scored.score
        parts.append(f"score {score.total} ({score.priority})")
    if settled.assigned is not None:
        parts.append(_owner_line(before, settled))
    if record.codes:
        codes = (f"{name}: {code}".replace("_", " ") for name, code in record.codes.items())
        parts.append(literal(", ".join(codes)))
    return _line(record.at, " · ".join(part for part in parts if part))


def _line(at: datetime, words: str) -> StoryLine:
    return StoryLine(at, limits.shortened(words, MOST_OF_A_LINE))


def add(lines: deque[StoryLine], line: StoryLine) -> None:
    """Put a line at the end. What only repeats, such as an escalation every day, stays one line."""
    if lines and lines[-1].words == line.words:
        line = StoryLine(line.at, line.words, lines.pop().times + 1)
    lines.append(line)


def refused(at: datetime, event: str, why: str) -> StoryLine:
    """A clock wanted to cause an event that is not possible: nothing happened, and a person should see it."""
    return _line(at, literal(f"could not {event.replace('_', ' ')}: {why}"))


def _headline(process: Process, before: Lead, after: Lead, decision: Decision) -> str:
    record = decision.record
    name = process.event_titles.get(record.happening)
    words = [f"**{name}** by {literal(record.by)}"] if name else []
    if record.words:
        words.append(literal(record.words))
    if before.seq == 0 or before.stage != after.stage:
        words.append(f"→ **{process.leaf(after).title}**")
    return " ".join(words)


def _owner_line(before: Lead, settled: Settled) -> str:
    assigned = settled.assigned
    if assigned is None:
        return ""
    because, team, person = literal(assigned.because), literal(assigned.team), literal(assigned.person)
    match assigned.ownership:
        case Ownership.HELD:
            until = f" until {when(assigned.until)} UTC" if assigned.until else ""
            return f"waits for somebody free{until}: {because}"
        case Ownership.QUEUE:
            return f"in the queue of **{team}**: {because}"
        case Ownership.EXCEPTION:
            return f"to the exception owner **{person}**: {because}"
    changed = before.owner and before.owner != assigned.person
    return f"{f'from {literal(before.owner)} to' if changed else 'owner'} **{person}**: {because}"


def details(
    process: Process, lead: Lead, story: Sequence[StoryLine], now: datetime, waiting: Sequence[str] = ()
) -> str:
    """The current details: headline, owner and why, score and why, what is due, what has happened, how to find out more.

    `waiting` says in Markdown what is still under way. The lines are short one by one; should they be too long together, the
    end is cut off.
    """
    leaf = process.leaf(lead)
    lines = [f"# {literal(lead.title)} — {leaf.title}", ""]
    status = (
        f"**Status** {leaf.status.value} · **Process** {process.title} (v{process.version}) · **Lead** `{lead.key}`"
    )
    lines += [status + (f" · **Cycle** {lead.cycle}" if lead.cycle > 1 else ""), ""]
    if lead.merged_into is not None:
        lines += [f"**Merged into** {_link_to(lead.merged_into)}, which goes on in its place", ""]
    if lacks := [literal(process.fields[name].title or name.replace("_", " ")) for name in missing(process, lead)]:
        lines += [f"**Incomplete** {', '.join(lacks)} not known", ""]
    if lead.on_hold:
        lines += ["**On hold**", ""]
    lines += [_owner(lead), "", _score(lead), "", "## Next", ""]
    over = "merged" if lead.merged_into is not None else "closed"
    lines += _next(process, lead) or ["- nothing is due" + (f": the lead is {over}" if lead.closed else "")]
    if waiting:
        lines += [f"- still to be delivered: {', '.join(waiting)}"]
    allowed = [process.event_titles[event] for event in possible(process, lead, now)]
    lines += ["", "## Story", ""]
    lines += [
        f"- {when(line.at)} — {line.words}{f' ({line.times} times)' if line.times > 1 else ''}"
        for line in reversed(story)
    ]
    lines += ["", "## Possible now", "", ", ".join(allowed) or "nothing", "", _links(lead), "", "Times are UTC."]
    return limits.details("\n".join(lines))


def _owner(lead: Lead) -> str:
    because, team = _value(lead.owner_because), literal(lead.team)
    if lead.owner is None:
        where = {Ownership.QUEUE: f"the queue of {team}", Ownership.HELD: "waiting for somebody free"}
        return f"**Owner** {where.get(lead.ownership, 'nobody yet')} — {because or 'not assigned'}"
    hops = f" · {lead.hops} {'hop' if lead.hops == 1 else 'hops'}" if lead.hops else ""
    return f"**Owner** {literal(lead.owner)}{f' ({team})' if lead.team else ''} — {because}{hops}"


def _score(lead: Lead) -> str:
    if lead.score is None:
        return "**Score** not scored"
    grade = f", grade {lead.score.grade}" if lead.score.grade else ""
    parts = ", ".join(
        f"{name.replace('_', ' ')} {'unknown' if points is None else points}"
        for name, points in lead.score.parts.items()
    )
    return f"**Score** {lead.score.total} ({lead.score.priority}{grade}) — {parts}"


def _next(process: Process, lead: Lead) -> list[str]:
    lines = []
    for clock in sorted(lead.clocks.values(), key=lambda one: (one.due_at is None, one.due_at, one.name)):
        title = process.clock(clock.name, clock.scope).title
        if clock.state is ClockState.PAUSED:
            lines.append(f"- {title}: paused")
        elif clock.state is ClockState.BREACHED and clock.breached_at is not None:
            lines.append(f"- **{title}: overdue since {when(clock.breached_at)}**")
        elif clock.due_at is not None:
            on = f", on {clock.calendar}" if clock.calendar else ""
            lines.append(f"- {title}: due **{when(clock.due_at)}**{on}")
    lines += [
        f"- {climb.name.replace('_', ' ')}: step {climb.step + 1} at {when(climb.due_at)}"
        for climb in lead.climbs.values()
        if climb.due_at is not None
    ]
    if lead.assign_at is not None:
        lines.append(f"- asks again for an owner at {when(lead.assign_at)}")
    if lead.rescore_at is not None and not lead.closed:
        lines.append(f"- scored again at {when(lead.rescore_at)}, when it is older")
    return lines


def _link_to(key: str) -> str:
    """The way to another lead in the Temporal UI, from the page of this one."""
    query = quote(f'`WorkflowId`="{key}"', safe="")
    return f"[{literal(key)}](../../../workflows?query={query})"


def _links(lead: Lead) -> str:
    queries = (
        {"this owner's open leads": f'`LeadOwner`="{lead.owner}" AND `ExecutionStatus`="Running"'} if lead.owner else {}
    )
    queries["overdue leads"] = '`LeadSla`="breached" AND `ExecutionStatus`="Running"'
    links = [f"[{name}](../../../workflows?query={quote(query, safe='')})" for name, query in queries.items()]
    return " · ".join(links)


def headline(process: Process, lead: Lead) -> str:
    """The static summary, given at the start."""
    source = lead.fields.get("source")
    country = lead.fields.get("country")
    title = limits.shortened(literal(lead.title), 170)  # each gets its share, so that none pushes out the others
    parts = (f"**{title}**", limits.shortened(process.title, 80), source and literal(source), country)
    return limits.summary(" · ".join(str(part) for part in parts if part))


def opening(process: Process, lead: Lead) -> str:
    """The static details, given at the start: what arrived, without anything personal."""
    fields = [f"- {name.replace('_', ' ')}: {_value(value)}" for name, value in lead.fields.items()]
    known = [f"- {name.replace('_', ' ')}: kept in the database" for name in lead.known]
    return limits.details(
        "\n".join(
            [
                f"# {literal(lead.title)}",
                "",
                f"Arrived {when(lead.arrived_at)} UTC, taken by **{process.title}**.",
                "",
                *fields,
                *known,
            ]
        )
    )


def _value(value: object) -> str:
    return limits.shortened(literal(value), MOST_OF_A_VALUE)
