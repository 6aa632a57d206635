"""What a diagram of a process says, before it is drawn: stages as cards, ways out of them, deadlines, ladders (S2.9).

    outline(process, live) -> Outline

An event that leads out of several stages in the same way is said once, at the stage around them or at all of them
together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from engine.diagram import words
from engine.diagram.standing import Live, Standing, together
from engine.language.builtin import BUILTINS, RESERVED
from engine.language.definition import HandOver, StageKind, Who
from engine.process import ROOT, Branch, ClockRule, Leaf, Process


@dataclass(frozen=True, slots=True)
class Way:
    """One way on from a stage: an event, or one branch of it.

    `target` is a stage's path, None where the lead stays. `again`: into the very same stage, whose clocks start anew.
    """

    event: str
    title: str
    target: str | None
    by: str
    guard: str
    asks: str
    does: str
    hands_over: str | None
    next_cycle: bool
    by_clock: bool
    again: bool


@dataclass(frozen=True, slots=True)
class Deadline:
    title: str
    due: str
    runs: str
    breach: str


@dataclass(frozen=True, slots=True)
class Card:
    """A stage. `standing` are the leads in it and the stages inside, None where nobody counted."""

    path: str
    title: str
    status: str
    kind: StageKind
    closes: bool
    probability: int | None
    standing: Standing | None
    on_entry: str
    deadlines: tuple[Deadline, ...]
    ways: tuple[Way, ...]
    inside: tuple[Card, ...] = ()

    @property
    def facts(self) -> tuple[str, ...]:
        """Status and kind in words: one where they are the same, the kind alone where the stages inside differ."""
        if not self.status:
            return (self.kind.value,)
        return (self.status,) if self.status.lower() == self.kind.value else (self.status, self.kind.value)


@dataclass(frozen=True, slots=True)
class Ladder:
    """An escalation ladder, or a sequence: rungs as when and what."""

    title: str
    rungs: tuple[tuple[str, str], ...]
    escalates: bool


@dataclass(frozen=True, slots=True)
class Outline:
    """`everywhere` are the ways that every open stage has, `deadlines` those that run beside the stages."""

    name: str
    title: str
    version: int
    start: str
    takes: str
    cards: tuple[Card, ...]
    deadlines: tuple[Deadline, ...]
    everywhere: tuple[Way, ...]
    ladders: tuple[Ladder, ...]
    always: tuple[str, ...]
    live: Live | None = None
    titles: Mapping[str, str] = field(default_factory=dict)

    def card_of(self, path: str) -> Card:
        """The outermost card that a stage lies in."""
        return next(card for card in self.cards if card.path == path.partition(".")[0])


def outline(process: Process, live: Live | None = None) -> Outline:
    """Stages that `live` leaves out have no leads."""
    ways, everywhere = _ways(process)
    tops = [path for path in process.scopes if path != ROOT and "." not in path]
    return Outline(
        name=process.name,
        title=process.title,
        version=process.version,
        start=process.start,
        takes=words.condition(process, process.takes_when.text) if process.takes_when else "",
        cards=tuple(_card(process, path, ways, live) for path in tops),
        deadlines=_deadlines(process, [rule for (scope, _), rule in process.clocks.items() if scope == ROOT]),
        everywhere=everywhere,
        ladders=tuple(_ladders(process)),
        always=tuple(builtin.title for builtin in BUILTINS),
        live=live,
        titles={path: scope.title for path, scope in process.scopes.items()},
    )


def _card(process: Process, path: str, ways: Mapping[str, tuple[Way, ...]], live: Live | None) -> Card:
    scope = process.scopes[path]
    leaves = _leaves_in(process, path)
    depth = path.count(".") + 1
    children = dict.fromkeys(".".join(leaf.path.split(".")[: depth + 1]) for leaf in leaves if leaf.path != path)
    statuses = dict.fromkeys(leaf.status.value for leaf in leaves)
    kinds = dict.fromkeys(leaf.kind for leaf in leaves)
    chances = dict.fromkeys(leaf.probability for leaf in leaves)
    return Card(
        path=path,
        title=scope.title,
        status=next(iter(statuses)) if len(statuses) == 1 else "",
        kind=next(iter(kinds)) if len(kinds) == 1 else StageKind.OPEN,
        closes=all(leaf.closes for leaf in leaves),
        probability=next(iter(chances)) if len(chances) == 1 else None,
        standing=_standing(path, leaves, live) if live is not None else None,
        on_entry=words.done(process, scope.on_entry),
        deadlines=_deadlines(process, scope.clocks),
        ways=ways.get(path, ()),
        inside=tuple(_card(process, child, ways, live) for child in children),
    )


def _standing(path: str, leaves: list[Leaf], live: Live) -> Standing:
    if [leaf.path for leaf in leaves] == [path]:
        return live.stages.get(path, Standing(0))
    return together(live.stages[leaf.path] for leaf in leaves if leaf.path in live.stages)


def _leaves_in(process: Process, path: str) -> list[Leaf]:
    return [leaf for leaf in process.leaves.values() if path in leaf.chain]


def _deadlines(process: Process, clocks: Iterable[ClockRule]) -> tuple[Deadline, ...]:
    return tuple(
        Deadline(
            rule.title, words.due(process, rule), words.runs(process, rule.spec), words.done(process, rule.on_breach)
        )
        for rule in clocks
    )


def _ladders(process: Process) -> Iterable[Ladder]:
    for series in process.series.values():
        rungs = tuple(words.rung(process, step) for step in series.steps)
        yield Ladder(words.plain(series.name), rungs, all(getattr(step, "notify", None) for step in series.steps))


# --- ways, said once --------------------------------------------------------------------------------------------------


def _ways(process: Process) -> tuple[dict[str, tuple[Way, ...]], tuple[Way, ...]]:
    """The ways of each scope, and those of all open stages together."""
    groups: dict[tuple[object, ...], tuple[Branch, bool, list[str]]] = {}
    for leaf in process.leaves:
        for event in process.events:
            guarded = False
            for branch in process.branches.get((leaf, event), ()):
                if event not in RESERVED:
                    otherwise = guarded and branch.when is None
                    groups.setdefault(_same(branch, otherwise), (branch, otherwise, []))[2].append(leaf)
                guarded = guarded or branch.when is not None
    open_leaves = [leaf.path for leaf in process.leaves.values() if leaf.kind is StageKind.OPEN]
    found: dict[str, list[Way]] = {}
    everywhere: list[Way] = []
    for branch, otherwise, leaves in groups.values():
        scopes = _covering(process, leaves)
        if leaves == open_leaves and len(scopes) > 1:
            everywhere.append(_way(process, branch, otherwise, None))
            continue
        for scope in scopes:
            found.setdefault(scope, []).append(_way(process, branch, otherwise, scope))
    return {scope: tuple(ways) for scope, ways in found.items()}, tuple(everywhere)


def _same(branch: Branch, otherwise: bool) -> tuple[object, ...]:
    """What makes two branches from different stages the same way. Compiled conditions compare by their text."""
    conditions = [getattr(one, "text", one) for one in (branch.when, branch.advised, branch.note)]
    asks = (branch.fields, tuple(branch.codes.items()), branch.checklist)
    return (branch.event, branch.target, branch.by, *conditions, asks, repr(branch.then), branch.next_cycle, otherwise)


def _covering(process: Process, leaves: list[str]) -> list[str]:
    """The largest scopes that hold these leaves and no others, in the order of the file."""
    found: list[str] = []
    for path in process.scopes:
        inside = [leaf.path for leaf in _leaves_in(process, path)]
        covered = any(path.startswith(f"{outer}.") for outer in found)
        if path != ROOT and not covered and all(leaf in leaves for leaf in inside):
            found.append(path)
    return found


def _way(process: Process, branch: Branch, otherwise: bool, scope: str | None) -> Way:
    handed = next((action.hand_over for action in branch.then if isinstance(action, HandOver)), None)
    guard = words.condition(process, branch.when.text) if branch.when else "otherwise" if otherwise else ""
    does = words.done(process, [action for action in branch.then if not isinstance(action, HandOver)])
    again = branch.target is not None and scope is not None and branch.target == scope
    return Way(
        event=branch.event,
        title=branch.title or process.event_titles[branch.event],
        target=branch.target,
        by=words.who(branch.by),
        guard=guard,
        asks=words.asked(process, branch),
        does=does,
        hands_over=handed,
        next_cycle=branch.next_cycle,
        by_clock=branch.by == (Who.CLOCK,),
        again=again,
    )
