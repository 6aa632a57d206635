"""What a candidate would have changed, counted: over all leads, by group, and by person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from trials.backtest.comparison import Kind, Pair
from trials.backtest.story import Story


@dataclass(frozen=True, slots=True)
class Count:
    """Something counted in both tellings. `then` is None where only the arrival is known of the leads; `leads` are those that differ."""

    what: str
    then: float | None
    candidate: float | None
    leads: int


@dataclass(frozen=True, slots=True)
class Work:
    """What one person had on their hands: leads that came to them, deadlines missed with them, leads taken from them."""

    person: str
    leads_then: int
    leads: int
    missed_then: int
    missed: int
    lost_then: int
    lost: int


@dataclass(frozen=True, slots=True)
class Totals:
    leads: int
    other_owner: int
    other_last_owner: int
    counts: tuple[Count, ...]
    clocks: tuple[Count, ...]
    priorities: tuple[Count, ...]
    stages: tuple[Count, ...]
    refused: tuple[tuple[str, int], ...]
    stood_in: int


def totals(pairs: Sequence[Pair]) -> Totals:
    refused = Counter(f"{one.event}: {one.refusal.code}" for pair in pairs for one in pair.candidate.refused)
    return Totals(
        leads=len(pairs),
        other_owner=sum(
            pair.then is not None and pair.then.first_owner != pair.candidate.first_owner for pair in pairs
        ),
        other_last_owner=sum(
            pair.then is not None and pair.then.last_owner != pair.candidate.last_owner for pair in pairs
        ),
        counts=(
            _count("leads reassigned", pairs, lambda story: len(story.reassigned) > 0, Kind.REASSIGNED),
            _count("leads with a missed deadline", pairs, lambda story: len(story.missed) > 0, Kind.DEADLINE),
            _average("score on arrival, on average", pairs),
        ),
        clocks=tuple(_by_word(pairs, lambda story: [one.title for one in story.missed])),
        priorities=tuple(_by_word(pairs, lambda story: [story.priority or "none"])),
        stages=tuple(_by_word(pairs, lambda story: [story.lines[-1].stage_title if story.lines else "none"])),
        refused=tuple(refused.most_common()),
        stood_in=sum(pair.candidate.stood_in for pair in pairs),
    )


def workload(pairs: Iterable[Pair]) -> tuple[Work, ...]:
    """By person, in the order of their names. A lead that comes to somebody twice counts once."""
    then, now = _Hands(), _Hands()
    for pair in pairs:
        if pair.then is not None:
            then.add(pair.then)
        now.add(pair.candidate)
    people = sorted(dict.fromkeys((*then.leads, *now.leads)))
    return tuple(
        Work(
            person,
            then.leads[person],
            now.leads[person],
            then.missed[person],
            now.missed[person],
            then.lost[person],
            now.lost[person],
        )
        for person in people
    )


class _Hands:
    def __init__(self) -> None:
        self.leads: Counter[str] = Counter()
        self.missed: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()

    def add(self, story: Story) -> None:
        self.leads.update(dict.fromkeys(story.owners, 1))
        self.missed.update(one.owner for one in story.missed if one.owner is not None)
        for before, turn in zip(story.turns, story.turns[1:], strict=False):
            if turn in story.reassigned:
                self.lost[before.to] += 1


def _count(what: str, pairs: Sequence[Pair], of: Callable[[Story], int], kind: Kind) -> Count:
    known = [pair.then for pair in pairs if pair.then is not None]
    return Count(
        what,
        sum(map(of, known)) if known else None,
        sum(of(pair.candidate) for pair in pairs),
        sum(pair.differs(kind) for pair in pairs),
    )


def _average(what: str, pairs: Sequence[Pair]) -> Count:
    then = [pair.then.first_score for pair in pairs if pair.then is not None]
    now = [pair.candidate.first_score for pair in pairs]
    return Count(what, _mean(then), _mean(now), sum(pair.differs(Kind.SCORE) for pair in pairs))


def _mean(scores: Iterable[int | None]) -> float | None:
    known = [score for score in scores if score is not None]
    return round(sum(known) / len(known), 1) if known else None


def _by_word(pairs: Sequence[Pair], of: Callable[[Story], Sequence[str]]) -> Iterator[Count]:
    """Each word with how often it is said in both tellings, and in how many leads not equally often."""
    told = [(Counter(of(pair.then)) if pair.then else None, Counter(of(pair.candidate))) for pair in pairs]
    known = any(then is not None for then, _ in told)
    words = dict.fromkeys(word for then, now in told for word in (*(then or ()), *now))
    for word in words:
        before = sum(then[word] for then, _ in told if then is not None) if known else None
        after = sum(now[word] for _, now in told)
        yield Count(word, before, after, sum(then is not None and then[word] != now[word] for then, now in told))
