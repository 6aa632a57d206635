"""What `leadflow backtest` shows: totals first, then groups, people, and single leads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from cli.backtest_file import Source
from cli.backtest_scores import as_object, of_file, scores
from cli.health_words import count, some, when
from cli.output import print_table, say
from trials.backtest.comparison import Pair
from trials.backtest.judgement import Judgement
from trials.backtest.report import Backtest
from trials.backtest.story import Line, Story
from trials.backtest.totals import Count, Totals, totals, workload

SIDE_BY_SIDE = ("", "then", "candidate", "leads that differ")


# --- for people ------------------------------------------------------------------------------------------------------


def summary(
    result: Backtest,
    file: Path,
    source: Source | None,
    judgement: Judgement | None,
    *,
    by: str | None,
    keep_times: bool,
) -> None:
    whole = totals(result.pairs)
    say(_headline(result, file, source))
    say("")
    known = source is None
    _print(SIDE_BY_SIDE, _figures(whole, known=known), known=known)
    for title, counts in (
        ("missed deadlines", whole.clocks),
        ("priority on arrival", whole.priorities),
        ("stage", whole.stages),
    ):
        if counts:
            say("")
            _print((title, *SIDE_BY_SIDE[1:]), map(_row, counts), known=known)
    if whole.refused:
        say("")
        print_table(("refused by the candidate", "events"), whole.refused)
    if by is not None:
        say("")
        _groups(result, by, known=known)
    say("")
    _work(result, known=known)
    if judgement is not None:
        say("")
        scores(judgement)
    say("")
    for line in _caveats(result, source, whole, keep_times=keep_times):
        say(line)


def _caveats(result: Backtest, source: Source | None, whole: Totals, *, keep_times: bool) -> Iterator[str]:
    if source is not None:
        return of_file(source, result.candidate)
    return caveats(result, whole, keep_times=keep_times)


def _headline(result: Backtest, file: Path, source: Source | None) -> str:
    arrivals = [pair.candidate.lead.arrived_at for pair in result.pairs]
    beside = f", beside {count(len(result.others), 'other')}" if result.others else ""
    what = f"{count(len(result.pairs), 'lead')} of {source.file}" if source else count(len(result.pairs), "past lead")
    return (
        f"{result.candidate.name} v{result.candidate.version} as in {file}: {what} that arrived "
        f"from {min(arrivals):%Y-%m-%d} to {max(arrivals):%Y-%m-%d}{beside}"
    )


def _print(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, known: bool) -> None:
    """Of leads whose past is not `known`, what they were then is left out: those columns, and how many differ."""
    hidden = () if known else [at for at, name in enumerate(columns) if name.endswith("then") or "differ" in name]
    kept = [at for at in range(len(columns)) if at not in hidden]
    print_table([columns[at] for at in kept], [[row[at] for at in kept] for row in rows])


def _figures(whole: Totals, *, known: bool) -> Iterator[Sequence[Any]]:
    if known:
        yield "another first owner", "", "", whole.other_owner
        yield "another owner in the end", "", "", whole.other_last_owner
    yield from (_row(one) for one in whole.counts)


def _row(one: Count) -> Sequence[Any]:
    return one.what, _figure(one.then), _figure(one.candidate), one.leads


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:,}"


def _groups(result: Backtest, dimension: str, *, known: bool) -> None:
    first = (dimension, "leads", "first owners that differ")
    columns = _columns(first, ("reassigned", "with a missed deadline", "score"), known=known)
    rows = []
    for name, group in result.groups(dimension).items():
        figures = [figure for one in group.counts for figure in (_figure(one.then), _figure(one.candidate))]
        kept = (name, group.leads, group.other_owner) if known else (name, group.leads)
        rows.append((*kept, *(figures if known else figures[1::2])))
    print_table(columns, rows)


def _columns(first: Sequence[str], pairs: Sequence[str], *, known: bool) -> list[str]:
    """Each figure as it was then with that of the candidate, where it is known how it was."""
    if known:
        return [*first, *(name for pair in pairs for name in (f"{pair} then", "candidate"))]
    return [*(name for name in first if "differ" not in name), *pairs]


def _work(result: Backtest, *, known: bool) -> None:
    rows = []
    for one in workload(result.pairs):
        figures = (one.leads_then, one.leads, one.missed_then, one.missed, one.lost_then, one.lost)
        rows.append((one.person, *(figures if known else figures[1::2])))
    print_table(_columns(("person",), ("leads", "missed", "taken away"), known=known), rows)


def caveats(result: Backtest, whole: Totals, *, keep_times: bool) -> Iterator[str]:
    """What such figures do not tell."""
    age = "at the moment at which they did" if keep_times else "when the lead was as old, in their working time"
    yield f"People are taken to have done what they did, {age}. What they would have done differently is unknown."
    if whole.stood_in:
        yield f"{count(whole.stood_in, 'event')} came from whoever has the lead with the candidate, as if they acted like its owner then."
    if whole.refused:
        yield "Events that the candidate refuses did not happen in its story, and nothing else in their place."
    if result.astray is not None:
        yield _control(result.astray, len(result.pairs))
    if result.others_moved:
        yield f"{count(result.others_moved, 'lead')} on other versions would have had another owner too, since hands were free or full."
    if result.incomplete:
        yield f"Of {count(result.incomplete, 'event')} the journal does not say all that came with them."
    if result.not_taken:
        yield f"{result.not_taken} of these leads would not have come to the candidate; they run on it all the same."
    if result.taken_too:
        yield f"It would have taken {count(result.taken_too, 'lead')} of other processes too; they run on those."
    if result.moved:
        yield f"{count(result.moved, 'lead')} moved to another version on the way, and run on one version here."
    if result.past.roster_since is not None:
        yield f"The roster is known since {when(result.past.roster_since)}; before that it is taken to have been the same."
    if result.past.leave_since is not None:
        yield f"Leave that was cut short before {when(result.past.leave_since)} is known only as it ended."


def _control(astray: Sequence[str], leads: int) -> str:
    same = f"Control: on the versions that ran {leads - len(astray)} of {leads} come out as they went"
    return f"{same}; what is otherwise of {some(astray)} may be no doing of the candidate." if astray else f"{same}."


def differences(result: Backtest) -> None:
    rows = [
        (pair.key, one.kind.value, one.what, one.then, one.candidate, one.rule)
        for pair in result.pairs
        for one in pair.differences
    ]
    print_table(("lead", "in", "what", "then", "candidate", "by"), rows)
    same = sum(not pair.differences for pair in result.pairs)
    say(f"{count(len(result.pairs) - same, 'lead')} would have been otherwise, {same} the same", stderr=True)


def arrivals(result: Backtest) -> None:
    """Every lead of a file: there is nothing to compare it with."""
    rows = [
        (
            pair.key,
            pair.candidate.first_score,
            pair.candidate.priority,
            pair.candidate.first_owner,
            pair.candidate.turns[0].assigned.because if pair.candidate.turns else "",
            ", ".join(dict.fromkeys(one.title for one in pair.candidate.missed)),
        )
        for pair in result.pairs
    ]
    print_table(("lead", "score", "priority", "owner", "by", "missed, if nobody acts"), rows)


def one(pair: Pair) -> None:
    """Both stories side by side, and how each of them found an owner."""
    then = pair.then
    for name, story in (("then", then), ("candidate", pair.candidate)):
        if story is not None:
            versions = dict.fromkeys(f"{line.process} v{line.version}" for line in story.lines)
            say(f"{name}: {pair.key} on {', '.join(versions)}")
    say("")
    if then is None:
        print_table(("at (UTC)", "stage", "owner", "what"), map(_told, pair.candidate.lines))
    else:
        if pair.differences:
            found = [(d.kind.value, d.what, d.then, d.candidate, d.rule) for d in pair.differences]
            print_table(("in", "what", "then", "candidate", "by"), found)
        else:
            say("the same in both")
        say("")
        told = zip_longest(then.lines, pair.candidate.lines)
        rows = [(*_told(before), *_told(after)) for before, after in told]
        print_table(("then (UTC)", "stage", "owner", "what", "candidate (UTC)", "stage", "owner", "what"), rows)
    for name, story in (("then", then), ("candidate", pair.candidate)):
        if story is not None:
            _explained(name, story)
    for refused in pair.candidate.refused:
        say(f"refused at {when(refused.at)}: {refused.refusal.message}")


def _told(line: Line | None) -> tuple[str, str, str, str]:
    if line is None:
        return "", "", "", ""
    missed = "".join(f"; missed: {one.title}" for one in line.missed)
    return f"{line.at:%Y-%m-%d %H:%M}", line.stage_title, line.owner or "", f"{line.happening} by {line.by}{missed}"


def _explained(name: str, story: Story) -> None:
    if story.scores:
        first = story.scores[0]
        say("")
        say(f"{name}, score on arrival: {first.score.total}, {first.score.priority}")
        for part, why in first.why.items():
            say(f"  {part}: {why}")
    for turn in story.turns:
        say("")
        say(f"{name}, {when(turn.at)}: {turn.to}, {turn.assigned.because} ({turn.asked})")
        for tried in turn.assigned.tried:
            say(f"  rule '{tried.rule}': {tried.why}")
            for person in tried.candidates:
                say(f"    {'>' if person.chosen else ' '} {person.person}: {person.why}")


# --- for machines ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """What was asked for: a dimension, one lead, every lead that differs."""

    by: str | None
    lead: str | None
    listed: bool
    keep_times: bool


def document(
    result: Backtest, file: Path, source: Source | None, judgement: Judgement | None, shown: Shown
) -> dict[str, Any]:
    if shown.lead is not None:
        pair = result.pair(shown.lead)
        return {"lead": pair.key, "differences": pair.differences, "then": pair.then, "candidate": pair.candidate}
    whole = totals(result.pairs)
    answer: dict[str, Any] = {
        "file": str(file),
        "process": result.candidate.name,
        "version": result.candidate.version,
        "digest": result.candidate.digest,
        "totals": whole,
        "workload": workload(result.pairs),
        "others_with_another_owner": result.others_moved,
        "control": None if result.astray is None else {"otherwise": result.astray},
        "caveats": list(_caveats(result, source, whole, keep_times=shown.keep_times)),
    }
    if judgement is not None:
        answer["scores"] = as_object(judgement)
    if shown.by is not None:
        answer["by"] = {"dimension": shown.by, "groups": result.groups(shown.by)}
    if shown.listed:
        answer["leads"] = list(_listed(result.pairs))
    return answer


def _listed(pairs: Iterable[Pair]) -> Iterator[dict[str, Any]]:
    """Those that differ; of a file, whose past is not known, all."""
    for pair in pairs:
        if pair.then is None:
            story = pair.candidate
            yield {"lead": pair.key, "score": story.first_score, "priority": story.priority, "owners": story.owners}
        elif pair.differences:
            yield {"lead": pair.key, "differences": pair.differences}
