"""Whether a step has come to the same in memory and on Temporal: the whole lead, the answer, what went out, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from activities.orders import Outgoing
from engine.decision import Completed, Hook, Notice, Pack, Refusal, Task
from engine.lead import Lead
from trials.rehearsal import Sent
from trials.scenarios.case import Case
from trials.scenarios.playing import Played


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What is otherwise on Temporal than in memory, after which step."""

    case: Case
    step: int
    what: str
    in_memory: str
    on_temporal: str

    def __str__(self) -> str:
        return (
            f"{self.case.at(self.step)}: {self.case.name}: {self.what}\n"
            f"  in memory:   {self.in_memory}\n"
            f"  on Temporal: {self.on_temporal}"
        )


def compared(
    case: Case,
    played: Played,
    stored: Lead,
    carried: Lead | None,
    refusal: Refusal | None,
    orders: Sequence[Outgoing],
    tasks: Sequence[tuple[str, str, str]],
    explained: Sequence[Any],
) -> list[Disagreement]:
    """Everything that is otherwise after a step."""
    found = [
        *_leads(played.lead, stored, "in the database"),
        *(_leads(played.lead, carried, "in the workflow") if carried is not None else ()),
        *_refusals(played.refusal, refusal),
        *_sent(played.sent, orders),
        *_tasks(played, tasks),
        *_explained(played, explained),
    ]
    return [Disagreement(case, played.number, what, memory, temporal) for what, memory, temporal in found]


Found = Iterator[tuple[str, str, str]]


def _leads(memory: Lead, temporal: Lead, where: str) -> Found:
    for field in fields(Lead):
        ours, theirs = getattr(memory, field.name), getattr(temporal, field.name)
        if ours != theirs:
            yield f"{field.name} {where}", str(ours), str(theirs)


def _refusals(memory: Refusal | None, temporal: Refusal | None) -> Found:
    for part in ("code", "stage", "missing", "may", "allowed"):
        ours, theirs = getattr(memory, part, None), getattr(temporal, part, None)
        if ours != theirs:
            yield f"{part} of the answer", f"{ours} ({_said(memory)})", f"{theirs} ({_said(temporal)})"


def _said(refusal: Refusal | None) -> str:
    return refusal.message if refusal is not None else "not refused"


def _sent(memory: Sequence[Sent], temporal: Sequence[Outgoing]) -> Found:
    """A notice for nobody is told in the story and not sent; a task is a row in the database."""
    ours = sorted(filter(None, map(_order, memory)))
    theirs = sorted((one.key, one.kind.value, one.to, one.template) for one in temporal)
    if ours != theirs:
        yield "what was sent", str(ours), str(theirs)


def _order(sent: Sent) -> tuple[str, str, str, str] | None:
    match sent.effect:
        case Notice(template=template):
            return (sent.key, sent.to.kind.value, sent.to.name, template) if sent.to is not None else None
        case Pack(template=template):
            return sent.key, "lead", "", template
        case Hook(name=name):
            return sent.key, "hook", name, ""
        case Task() | Completed():
            return None


def _tasks(played: Played, temporal: Sequence[tuple[str, str, str]]) -> Found:
    here = [one for one in played.sent if isinstance(one.effect, Task)]
    ours = sorted((one.key, one.effect.title, one.effect.to) for one in here if isinstance(one.effect, Task))
    keys = {done.decision.lead.step_key for done in played.done}
    theirs = sorted(one for one in temporal if one[0].rpartition(":")[0] in keys)
    if ours != theirs:
        yield "tasks", str(ours), str(theirs)


def _explained(played: Played, temporal: Sequence[Any]) -> Found:
    tried = [done.settled.assigned.tried for done in played.done if done.settled.assigned is not None]
    ours = [[_plain(asdict(rule)) for rule in one] for one in tried]
    theirs = [_plain(one) for one in temporal[len(temporal) - len(ours) :]] if ours else []
    if ours != theirs:
        yield "why it is whose", str(ours), str(theirs)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
