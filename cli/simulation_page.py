"""What `leadflow simulate` prints for people: figures of one definition, or of two side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from cli.output import print_table, say

if TYPE_CHECKING:
    from trials.simulation.results import ClockLine, Results, Spread

Figure = tuple[str, Callable[["Results"], object]]

_FIGURES: Sequence[Figure] = (
    ("leads that came", lambda one: one.leads),
    ("won", lambda one: one.won),
    ("lost", lambda one: one.lost),
    ("open", lambda one: one.open),
    ("waiting for later", lambda one: one.waiting),
    ("reassigned", lambda one: one.reassigned),
    ("clocks kept", lambda one: one.clocks_kept),
    ("clocks missed", lambda one: one.clocks_missed),
    ("first contact after", lambda one: _waited(one.first_contact)),
    ("held, nobody free", lambda one: _waited(one.held)),
    ("in a queue", lambda one: _waited(one.queue)),
    ("with whoever decides", lambda one: _waited(one.exception)),
    ("most open leads of one person", lambda one: max((seller.peak for seller in one.sellers), default=0)),
    ("notices sent to people", lambda one: sum(seller.notices for seller in one.sellers)),
    ("most notices to one in a day", lambda one: max((seller.most_notices_a_day for seller in one.sellers), default=0)),
)


def show(found: Sequence[Results]) -> None:
    first = found[0]
    weeks = f"{first.first} to {first.last}"
    say(f"{first.title}: {first.leads} leads, {weeks}, seed {first.seed}")
    for line in ("", *([] if len(found) == 1 else ["Both met the same leads and the same people.", ""])):
        say(line)
    print_table(("", *(_name(one) for one in found)), [(words, *(of(one) for one in found)) for words, of in _FIGURES])
    say("")
    _clocks(found)
    _stages(found)
    if len(found) == 1:
        _sellers(first)
    if refused := [(event, count) for event, count in first.refused.items()]:
        say("")
        print_table(("events that were refused", "times"), refused)
    say("\nThis is what it takes for granted:")
    for sentence in first.assumed:
        say(f"  {sentence}")


def _name(one: Results) -> str:
    return f"{one.process} v{one.version}"


def _clocks(found: Sequence[Results]) -> None:
    by_key = [{(line.process, line.clock): line for line in one.clocks} for one in found]
    keys = list(dict.fromkeys(key for lines in by_key for key in lines))
    rows = []
    for key in keys:
        lines = [lines.get(key) for lines in by_key]
        title = next(f"{line.title} (acts by itself)" if line.alarm else line.title for line in lines if line)
        rows.append((title, key[0], *(cell for line in lines for cell in _clock(line))))
    print_table(("clock", "of", *_repeated(found, ("kept", "ran out", "share"))), rows)
    say("")


def _clock(line: ClockLine | None) -> tuple[object, ...]:
    if line is None:
        return "", "", ""
    return line.kept, line.missed, "" if line.alarm else f"{line.missed_percent}%"


def _stages(found: Sequence[Results]) -> None:
    by_key = [{(line.process, line.stage): line for line in one.stages} for one in found]
    keys = list(dict.fromkeys(key for lines in by_key for key in lines))
    rows = []
    for key in keys:
        lines = [lines.get(key) for lines in by_key]
        title = next(line.title for line in lines if line is not None)
        cells = [cell for line in lines for cell in ((line.entered, line.now) if line else ("", ""))]
        rows.append((title, key[0], *cells, *((_sparkline(lines[0].weekly),) if len(found) == 1 and lines[0] else ())))
    more = ("week by week",) if len(found) == 1 else ()
    print_table(("stage", "of", *_repeated(found, ("entered", "at the end")), *more), rows)
    say("")


def _repeated(found: Sequence[Results], columns: Sequence[str]) -> Iterable[str]:
    if len(found) == 1:
        return columns
    return [f"{column} v{one.version}" for one in found for column in columns]


def _sellers(one: Results) -> None:
    columns = ("given", "done", "moved", "open", "peak", "events", "missed", "notices_a_day", "most_notices_a_day")
    rows = [(line.person, *(getattr(line, column) for column in columns)) for line in one.sellers]
    print_table(("person", *columns[:6], "missed clocks", "notices a day", "at most"), rows)


_BARS = "▁▂▃▄▅▆▇█"


def _sparkline(counts: Sequence[int]) -> str:
    most = max(counts, default=0)
    return "".join(_BARS[round(count / most * (len(_BARS) - 1))] for count in counts) if most else ""


def _waited(spread: Spread) -> str:
    """`120 leads: half 3 h, nine of ten 26 h; 4 still`."""
    if not spread.count:
        return f"{spread.still} still" if spread.still else "none"
    still = f"; {spread.still} still" if spread.still else ""
    return f"{spread.count}: half in {spread.median_hours} h, nine of ten in {spread.p90_hours} h{still}"
