"""What has happened to a lead, in words and on the scenario's wall clock: the path taken, for whoever reads a failure."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from engine.decision import Completed, Hook, Notice, Pack, Refusal, Task
from engine.lead import Ownership
from engine.process import Process
from trials.rehearsal import Done, Sent
from trials.scenarios.moments import said
from trials.scenarios.playing import Played


def path(played: list[Played], zone: ZoneInfo) -> list[str]:
    """A line for each decision and each refusal, the first one first. What only repeats is said once."""
    lines: list[tuple[str, str, int]] = []
    for one in played:
        for at, words in _lines(one, zone):
            if lines and lines[-1][1] == words:
                lines[-1] = (lines[-1][0], words, lines[-1][2] + 1)
            else:
                lines.append((at, words, 1))
    return [f"{at}  {words}" + (f" ({times} times)" if times > 1 else "") for at, words, times in lines]


def _lines(played: Played, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    sent = list(played.sent)
    for done in played.done:
        key = f"{done.decision.lead.step_key}:"
        told = [one for one in sent if one.key.startswith(key)]
        yield said(done.decision.record.at, zone), what(done, told)
    if played.refusal is not None:
        yield said(played.at, zone), refused(played.refusal)


def what(done: Done, sent: list[Sent]) -> str:
    """One decision in a line: what happened and by whom, where the lead went, whose it is, who was told."""
    record, before, after = done.decision.record, done.before, done.conclusion.lead
    parts = [_happening(done.process, record.happening, record.by, record.words)]
    if before.seq == 0 or before.stage != after.stage or before.process != after.process:
        parts.append(f"-> {after.stage}" if before.process == after.process else f"-> {after.process}: {after.stage}")
    if done.settled.scored is not None and done.settled.scored.score != before.score:
        score = done.settled.scored.score
        parts.append(f"score {score.total} ({score.priority})")
    if done.settled.assigned is not None:
        assigned = done.settled.assigned
        whose = assigned.person or (f"queue of {assigned.team}" if assigned.ownership is Ownership.QUEUE else "nobody")
        parts.append(f"owner {whose} ({assigned.because})")
    parts += [told(one) for one in sent]
    return "; ".join(parts)


def told(sent: Sent) -> str:
    to = sent.to.name if sent.to is not None else "nobody"
    match sent.effect:
        case Notice(template=template):
            return f"{to} told: {template}"
        case Pack(template=template):
            return f"lead sent: {template}"
        case Task(title=title):
            return f"task for {to}: {title}"
        case Hook(name=name):
            return f"called: {name}"
        case Completed(because=because):
            return f"nothing is missing: {because}"


def refused(refusal: Refusal) -> str:
    return f"{refusal.event} refused: {refusal.code.value}, {refusal.message}"


def _happening(process: Process, happening: str, by: str, words: str) -> str:
    if happening in process.event_titles:
        return f"{happening} by {by}" + (f" ({words})" if words else "")
    return words or happening.replace("_", " ")
