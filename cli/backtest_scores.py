"""What `leadflow backtest` tells of scores and outcomes, and of what a file stands for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cli.backtest_file import Source
from cli.health_words import count
from cli.output import print_table, say
from engine.process import Process
from trials.backtest.judgement import Judgement, parts_that_read
from trials.backtest.outcomes import Band, Interval, Judged


def scores(judgement: Judgement) -> None:
    whole = judgement.whole
    undecided = f"; {judgement.undecided} more without an outcome" if judgement.undecided else ""
    say(f"score on arrival against outcome: {whole.won:,} of {whole.leads:,} leads won{undecided}")
    say("")
    rows = [("all", whole.leads, whole.won, _area(whole.auc))]
    rows += [(name, cut.leads, cut.won, _area(cut.auc)) for name, cut in judgement.cuts]
    print_table(("leads", "how many", "won", "AUC (95 %)"), rows)
    for title, bands in (("score", whole.bands), ("priority", whole.priorities)):
        say("")
        print_table((title, "leads", "won", "share (95 %)", "lift"), [_band(band) for band in bands])
    say("")
    say(
        "AUC: how often, of a lead that was won and one that was not, the first scores higher; 0.5 is no better than a coin."
    )
    if not whole.in_order:
        say("A lower priority was won more often than a higher one: the bounds of `priority` do not fit these leads.")


def of_file(source: Source, process: Process) -> Iterator[str]:
    """What was made of the file, and what it cannot say."""
    order = f"in the order of {source.ordered_by}" if source.ordered_by else "in the order of the file"
    yield (
        f"The file says no times: leads are taken to have arrived evenly from {source.first:%Y-%m-%d %H:%M} to "
        f"{source.last:%Y-%m-%d %H:%M} UTC, {order}."
    )
    yield (
        f"Nor does it say what anybody did: nobody acts, each lead is followed for {source.follow}, and deadlines are missed that "
        "people might have kept."
    )
    for what, number in source.elsewhere.most_common():
        yield f"{count(number, 'row')} not run: {what}."
    if source.left_out:
        yield f"Left out, since nobody knew it on arrival: {', '.join(source.left_out)}."
        hidden = [name for names in source.left_out.values() for name in names]
        for part, read in parts_that_read(process, hidden).items():
            yield f"The score asks for {', '.join(read)} in its part '{part}', which counts as unknown here."


def _area(interval: Interval | None) -> str:
    if interval is None:
        return "all ended alike"
    return f"{interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"


def _band(band: Band) -> Sequence[Any]:
    share = f"{band.share.value:.1%} ({band.share.low:.1%} to {band.share.high:.1%})"
    return band.name, band.leads, band.won, share, f"{band.lift:.2f}"


def as_object(judgement: Judgement) -> dict[str, Any]:
    return {
        "whole": judgement.whole,
        "cuts": [{"leads": name, **_plain(cut)} for name, cut in judgement.cuts],
        "undecided": judgement.undecided,
    }


def _plain(judged: Judged) -> dict[str, Any]:
    return {"how_many": judged.leads, "won": judged.won, "auc": judged.auc}
