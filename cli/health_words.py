"""Plain words for what `leadflow status` and `leadflow doctor` find."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from store.health import NOTICED_WITHIN, Figures

if TYPE_CHECKING:
    from cli.inspection import Stuck

SHOWN = 5
"""Names in a sentence; of the rest only the number."""


def count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def when(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def start_a_worker(*, stack_runs: bool) -> str:
    """`leadflow up` is no way while the stack runs."""
    everything = "" if stack_runs else ", or everything with `leadflow up`"
    return f"Start one with `leadflow worker`{everything}."


def stuck_in_words(stuck: Sequence[Stuck]) -> list[str]:
    """One sentence for each reason, however many leads it stops."""
    by_reason: dict[tuple[str, str], list[Stuck]] = {}
    for one in stuck:
        by_reason.setdefault((one.what, one.why), []).append(one)
    told = []
    for (what, why), leads in sorted(by_reason.items(), key=lambda item: -len(item[1])):
        tries = f"{max(one.attempts for one in leads) - 1} times so far"
        number = count(len(leads), "lead waits", "leads wait")
        names = some(sorted(one.lead for one in leads))
        told.append(f"{number}: {what} fails and is tried again ({tries}): {sentence(why)} ({names})")
    return told


def troubles_in(known: Figures, now: datetime, *, workers: bool = False) -> list[str]:
    """What the figures show to be wrong; `workers` are at work, as far as is known."""
    told = []
    if known.not_started_since is not None and now - known.not_started_since > NOTICED_WITHIN:
        number = count(known.not_started, "lead was", "leads were")
        since = when(known.not_started_since)
        why = "the workers do not get them started: their logs say why" if workers else "a worker that starts does it"
        told.append(f"{number} accepted and never started, the first {since}: {why}.")
    if known.unnoticed_since is not None:
        number = count(known.unnoticed, "lead has", "leads have")
        told.append(
            f"{number} a deadline that passed unnoticed, the first {when(known.unnoticed_since)}: their workflows do "
            "not get on. `leadflow doctor` says which; a worker starts those again that are gone."
        )
    if known.merges_under_way:
        number = count(known.merges_under_way, "merge has", "merges have")
        told.append(f"{number} begun and not come to its end: the next worker that starts does it.")
    if known.leave_not_told:
        number = count(known.leave_not_told, "absence is", "absences are")
        told.append(f"{number} entered, but that person's leads were not told: the next worker that starts does it.")
    return told


def numbers_in(known: Figures) -> list[str]:
    """How things stand, wrong or not."""
    people = count(known.people, "active person", "active people")
    told = [
        f"{count(known.running, 'lead')} running, {known.closed} closed, {known.out_of_scope} out of scope"
        f"{f', {known.merged} merged into others' if known.merged else ''}; "
        f"{count(known.processes, 'process', 'processes')} published, {people}."
    ]
    if known.processes == 0:
        told.append("No process is published, so no lead can come in: `leadflow publish definitions`.")
    if known.people == 0:
        told.append("Nobody is in the roster, so no lead can have an owner: `leadflow roster load FILE`.")
    if known.overdue_since is not None:
        number = count(known.overdue, "lead is", "leads are")
        clocks = count(known.breached_clocks, "clock")
        told.append(f"{number} overdue ({clocks}), the first since {when(known.overdue_since)}.")
    if known.notices_waiting_since is not None:
        number = count(known.notices_waiting, "notice waits", "notices wait")
        told.append(f"{number} to be delivered, the first since {when(known.notices_waiting_since)}.")
    if known.notices_not_delivered:
        number = count(known.notices_not_delivered, "notice")
        told.append(f"{number} could not be delivered; `leadflow lead show KEY` says why.")
    if known.calls_not_delivered:
        number = count(known.calls_not_delivered, "webhook call")
        told.append(f"{number} failed for good; `leadflow lead show KEY` says why.")
    if known.letters_without_address:
        number = count(known.letters_without_address, "letter")
        told.append(f"{number} to leads had no address to go to: the leads came without one.")
    return told
