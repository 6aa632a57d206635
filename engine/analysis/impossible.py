"""Why a condition can never hold, in words: whose values it asks for that no lead has."""

from __future__ import annotations

from collections.abc import Sequence

from engine.expressions import Expression, Kind
from engine.language.definition import FieldType
from engine.process import Process
from engine.reasoning import Given, Reasoner
from engine.reasoning.spaces import Space

MOST_LISTED = 8


def why_never(
    process: Process, reasoner: Reasoner, condition: Expression, given: Given, unless: Sequence[Expression] = ()
) -> str:
    """Names the variables that stand in the way; where it is none alone, the condition contradicts itself."""
    blamed = reasoner.blamed(condition, unless=unless, given=given)
    told = [said for name in blamed if (said := _said(process, name, reasoner.space(name), given))]
    return " and ".join(told) or "its parts contradict each other"


def _said(process: Process, name: str, space: Space, given: Given) -> str | None:
    head, _, field = name.rpartition(".")
    if name in given:
        value = given[name]
        return f"{name} is {' or '.join(value) if isinstance(value, tuple) else value} here"
    if name == "lead.status":
        stages = given.get("lead.stage", tuple(process.leaves))
        there = [
            process.leaves[str(stage)].status.value for stage in (stages if isinstance(stages, tuple) else (stages,))
        ]
        return f"{name} is {' or '.join(dict.fromkeys(there))} here"
    if space.derived is not None:
        return f"{name} follows from {space.derived.of}"
    if space.never_known:
        return f"{name} is never known: this process uses no {'segments' if field == 'segment' else 'score'} table"
    if space.choices is not None:
        listed = ", ".join(space.choices[:MOST_LISTED]) + (", ..." if len(space.choices) > MOST_LISTED else "")
        return f"{name} is one of {listed}"
    if space.kind is Kind.MOMENT:
        if space.whole_days:
            return f"{name} is a day, which counts from its midnight in UTC"
        return f"{name} is never later than now" if space.most == 0 else None
    if space.kind is Kind.TEXT:
        return f"{name} {_form(process, field)}" if head == "lead" and field in process.fields else None
    return _bounds(name, space)


def _form(process: Process, field: str) -> str:
    match process.fields[field].type:
        case FieldType.COUNTRY:
            return "is a code of two capital letters, such as DE"
        case FieldType.EMAIL:
            return "is a mail address"
        case FieldType.DOMAIN:
            return "is a domain in small letters, such as example.com"
        case _:
            return "is never empty and has no space around it: a field without text is unknown"


def _bounds(name: str, space: Space) -> str | None:
    least, most = _number(space.least), _number(space.most)
    if name == "lead.score" and most is not None:
        return f"the score table gives {f'{least} to {most}' if least is not None else f'at most {most}'} points"
    if least is not None and most is not None:
        return f"{name} is {least} to {most}"
    if least is not None or most is not None:
        return f"{name} is {f'at least {least}' if least is not None else f'at most {most}'}"
    return f"{name} is always known" if not space.unknown else None


def _number(bound: float | None) -> str | None:
    if bound is None or abs(bound) >= 2**53:
        return None
    return str(int(bound)) if float(bound).is_integer() else str(bound)
