"""The lower half of a lead's page: what happened and when, deadlines, touches, notices and tasks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from rich.console import RenderableType
from rich.text import Text

from cli.page import joined, lasted, paragraphs, said, styled, table, when, words_of
from store.card import ClockLine, EventLine, LeadCard, NoteLine, NoticeLine, TouchLine
from store.titles import Titles

ENDINGS = {
    "met": "met",
    "cancelled": "cancelled",
    "breached": "missed",
    "stopped_late": "met late",
    "left": "ended with its stage",
    "restarted": "begun anew for the next owner",
    "dropped": "closed with what it was for",
    "moved": "goes on in another version",
    "merged": "ended with its lead, which is another one",
}
STATUSES = {
    "planned": "under way",
    "gathered": "goes with the next digest",
    "sent": "delivered",
    "failed": "refused on every channel",
    "undeliverable": "no channel to try",
}


def version_of(titles: Titles, digest: str) -> Text:
    version = titles.versions.get(digest)
    return styled(f"{f'v{version}, ' if version is not None else ''}digest {digest[:12]}", "dim")


def last_digest(data: LeadCard) -> str | None:
    return data.events[-1].digest if data.events else None


def stage_title(titles: Titles, digest: str | None, path: str | None) -> str | None:
    return titles.stages.get((digest or "", path or "")) or words_of(path)


# --- deadlines -------------------------------------------------------------------------------------------------------


def clocks(data: LeadCard) -> list[RenderableType]:
    """S2.4, S4.1: those that run come first; then the others as they began."""
    in_order = sorted(data.clocks, key=lambda one: (one.ended_at is not None, one.state != "breached", one.counts_from))
    rows = [(clock.title, Text("\n").join([_clock_state(clock), _clock_times(clock)])) for clock in in_order]
    return [*table(("", ""), rows)]


def _clock_state(clock: ClockLine) -> Text:
    due = f"due {when(clock.due_at)}" if clock.due_at else None
    if clock.ended_at is not None:
        missed = clock.breached_at is not None or clock.ending in ("breached", "stopped_late")
        ending = f"{ENDINGS.get(clock.ending or '', clock.ending)} {when(clock.ended_at)}"
        return joined(styled(ending, "yellow" if missed else "bold"), due)
    match clock.state:
        case "breached":
            return joined(styled(f"overdue since {when(clock.breached_at)}", "bold red"), due)
        case "paused":
            return joined(styled("paused", "bold cyan"), due)
        case "suspended":
            return joined(styled("waits for its stage to come back", "bold cyan"), due)
        case _:
            return joined(styled("running", "bold green"), due)


def _clock_times(clock: ClockLine) -> Text:
    """From when, how long it took as time passed and as open time, on whose calendar, whose lead it was."""
    raw, working = lasted(clock.raw_seconds), lasted(clock.working_seconds)
    took = f"took {raw}" + (f", of which open {working}" if working else "") if raw else None
    calendar = f"calendar {clock.calendar}" if clock.calendar else None
    owner = f"owner {clock.owner}" if clock.owner else None
    cycle = f"cycle {clock.cycle}" if clock.cycle > 1 else None
    told = joined(f"from {when(clock.counts_from)}", took, calendar, owner, cycle)
    told.stylize("dim")
    return told


# --- the story -------------------------------------------------------------------------------------------------------


def story(data: LeadCard, titles: Titles) -> list[RenderableType]:
    """Events and notes in the order of time; a note that came with an event stands under it."""
    with_event: dict[tuple[int | None, int | None], list[NoteLine]] = {}
    for note in data.notes:
        with_event.setdefault((note.cycle, note.seq), []).append(note)
    entries: list[tuple[datetime, int, str, Text]] = []
    for event in data.events:
        notes = with_event.pop((event.cycle, event.seq), [])
        told = Text("\n").join([_event(event, titles), *(_noted(note, event.by) for note in notes)])
        entries.append((event.at, event.seq, event.by, told))
    for notes in with_event.values():
        entries += [(note.at, 0, note.by, _noted(note, note.by)) for note in notes]
    entries.sort(key=lambda entry: entry[:2])
    return [*table(("when", "who", "what"), [(styled(when(at), "dim"), who, told) for at, _, who, told in entries])]


def _event(event: EventLine, titles: Titles) -> Text:
    name, _, about = event.happening.partition(":")
    what = f"{words_of(name)}: {words_of(about)}" if about else words_of(name)
    moved = event.from_stage != event.to_stage
    goal = styled(f"→ {stage_title(titles, event.digest, event.to_stage)}", "bold") if moved else None
    headline = joined(styled(what, "bold"), goal, by=" ")
    codes = ", ".join(f"{words_of(name)} {words_of(code)}" for name, code in event.codes.items())
    changes = ", ".join(f"{words_of(name)} = {said(value)}" for name, value in event.changes.items())
    words = event.words if event.words != what else ""
    cycle = styled(f"cycle {event.cycle}", "dim") if event.cycle > 1 else None
    return joined(headline, words, codes, f"sets {changes}" if changes else None, cycle)


def _noted(note: NoteLine, by: str) -> Text:
    who = "" if note.by == by else f"{note.by}: "
    return joined(styled("note: ", "dim"), who, paragraphs(note.text) if note.text else styled("erased", "dim"), by="")


def visits(data: LeadCard, titles: Titles) -> list[RenderableType]:
    digest = last_digest(data)
    rows = [
        (
            stage_title(titles, digest, visit.stage),
            f"{when(visit.entered_at)} by {words_of(visit.entered_by)}",
            f"{when(visit.left_at)} by {words_of(visit.left_by)}" if visit.left_at else "is there",
            lasted((visit.left_at - visit.entered_at).total_seconds()) if visit.left_at else None,
            lasted(visit.working_seconds),
        )
        for visit in data.visits
    ]
    return [*table(("stage", "entered", "left", "stayed", "open time"), rows)]


# --- what came in and what went out ----------------------------------------------------------------------------------


def imported(data: LeadCard) -> list[RenderableType]:
    """What does not add up in a past that was imported (B.9)."""
    return [joined(f"{one.file}:{one.line}", f"{one.what}; {one.mended}", by="  ") for one in data.past]


def touches(data: LeadCard) -> list[RenderableType]:
    """With those of the leads that were merged in: each came to the lead that it came to."""
    found = [(touch, key) for key, touches in _touches(data) for touch in touches]
    came_to = len({key for _, key in found}) > 1
    rows = [
        (
            when(touch.at),
            touch.source or "unknown source",
            touch.campaign,
            touch.channel,
            words_of(touch.origin),
            *([key] if came_to else []),
        )
        for touch, key in sorted(found, key=lambda one: one[0].at)
    ]
    columns = ("when", "source", "campaign", "channel", "generated by", *(["came to"] if came_to else []))
    return [*table(columns, rows)]


def _touches(data: LeadCard) -> Iterator[tuple[str, tuple[TouchLine, ...]]]:
    yield data.lead.key, data.touches
    for merged in data.merged_in:
        yield from _touches(merged)


def sent(data: LeadCard) -> list[RenderableType]:
    """S0.11: what cleaning has changed or taken away, as it came."""
    rows = [
        (when(touch.at), words_of(name), text, "invalid" if name in touch.invalid else "")
        for touch in data.touches
        for name, text in touch.raw.items()
    ]
    return [*table(("when", "field", "sent", ""), rows)]


def notices(data: LeadCard) -> list[RenderableType]:
    """S4.7: to whom, by which channels, and whether it arrived."""
    rows = [
        (when(notice.at), _addressee(notice), words_of(notice.template), _delivery(notice)) for notice in data.notices
    ]
    return [*table(("when", "to", "notice", "delivery"), rows)]


def _addressee(notice: NoticeLine) -> str:
    match notice.recipient:
        case "lead":
            return "the lead"
        case "team":
            return f"team {notice.name}"
        case "hook":
            return f"webhook {notice.name}"
        case _:
            return str(notice.name)


def _delivery(notice: NoticeLine) -> Text:
    style = {"sent": "green", "planned": "cyan", "gathered": "cyan"}.get(notice.status, "bold red")
    by = f" by {notice.delivered_channel} {when(notice.delivered_at)}" if notice.status == "sent" else ""
    told = [styled(f"{STATUSES.get(notice.status, notice.status)}{by}", style)]
    if notice.digest is not None:
        told.append(styled(f"with {notice.digest}", "dim"))
    told += [
        styled(f"{one.channel} {when(one.at)}: {one.outcome}{f', {one.detail}' if one.detail else ''}", "dim")
        for one in notice.attempts
        if one.outcome != "delivered"
    ]
    if not notice.attempts and notice.status == "planned":
        told.append(styled(f"to be tried by {', then '.join(notice.channels)}", "dim"))
    return Text("\n").join(told)


def tasks(data: LeadCard) -> list[RenderableType]:
    rows = [
        (one.title, one.person or words_of(one.meant_for), when(one.due_at), _task_state(one.done_at, one.done_by))
        for one in data.tasks
    ]
    return [*table(("task", "for", "due", "state"), rows)]


def _task_state(done_at: datetime | None, done_by: str | None) -> str:
    return f"done {when(done_at)} by {done_by}" if done_at else "to do"
