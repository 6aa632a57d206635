"""Parts of a score that never hold, and bands that nothing reaches: of a number, of a share, of the total."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from engine.analysis.conditions import ANYWHERE, Condition, check_condition
from engine.analysis.subject import Subject
from engine.compiling.bundle import Parsed
from engine.compiling.checking import Checker
from engine.expressions import Kind
from engine.language.tables import Completeness, PointsOver, ScoreTable
from engine.reading.document import NodePath
from engine.reasoning.of_process import field_space
from engine.reasoning.score_range import score_range
from engine.reasoning.spaces import Space, cells_of
from engine.references import field_of
from engine.scoring import class_of, reached

_Band = TypeVar("_Band", int, str)


def check_score(check: Checker, subject: Subject) -> None:
    table = subject.process.score
    if table is None:
        return
    file = subject.tables["score"]
    for name, condition in subject.process.score_conditions.items():
        check_condition(check, subject, Condition("when", condition, file, ("parts", name, "when"), ANYWHERE))
    for name, part in table.parts.items():
        at: NodePath = ("parts", name, "bands")
        match part:
            case PointsOver():
                spec = subject.process.fields.get(field_of(part.of))
                if spec is not None:
                    found = [reached(value, part.bands) for value in _values(field_space(spec), part.bands.values())]
                    _report(check, file, at, part.bands, found, f"no {part.of} comes to it")
            case Completeness():
                _shares(check, file, at, part)
    _classes(check, subject, file, table)


def _shares(check: Checker, file: Parsed, at: NodePath, part: Completeness) -> None:
    count = len(part.share_of)
    shares = {points: int(share.removesuffix("%")) for points, share in part.bands.items()}
    percents = [100 * known // count for known in range(count + 1)]
    found = [reached(percent, shares) for percent in percents]
    listed = ", ".join(f"{percent}%" for percent in percents)
    _report(
        check,
        file,
        at,
        shares,
        found,
        f"of {count} field{'' if count == 1 else 's'} only these shares are known: {listed}",
    )


def _classes(check: Checker, subject: Subject, file: Parsed, table: ScoreTable) -> None:
    least, most = score_range(table, subject.process.fields)
    for key, bounds in (("priority", table.priority), ("grade", table.grade)):
        totals = _values(Space(Kind.INTEGER, least=least, most=most), bounds.values())
        found = [class_of(int(total), bounds) for total in totals]
        given = f"at most {most}" if least is None else f"{least} or more" if most is None else f"{least} to {most}"
        _report(check, file, (key,), bounds, found, f"the parts give {given} points")


def _values(space: Space, bounds: Iterable[float]) -> list[float]:
    """One value of each that no bound tells apart."""
    values = [cell.values[0] for cell in cells_of(space, bounds)]
    return [value for value in values if isinstance(value, int | float)]


def _report(
    check: Checker, file: Parsed, at: NodePath, bands: Mapping[_Band, float], found: Iterable[_Band | None], why: str
) -> None:
    found = list(found)
    for name, bound in bands.items():
        if name in found:
            continue
        twice = next((other for other, same in bands.items() if same == bound and other != name), None)
        reason = f"'{twice}' is from {bound} as well" if twice is not None and twice in found else why
        message = f"nothing is ever in the band '{name}' from {bound:g}: {reason}"
        check.report(file, (*at, name), "BAND_NEVER", message, "Correct the bound, or take the band away.", key=True)
