"""Scenarios from the command line: run, with what they cover and what they leave out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.output import AsJson, print_json, say
from engine.errors import LeadflowError

if TYPE_CHECKING:
    from cli.scenarios_read import Group
    from trials.scenarios.coverage import Coverage
    from trials.scenarios.running import Failure, Outcome

ToTest = Annotated[list[Path], typer.Argument(help="Files of scenarios, or folders with some.", metavar="FILE...")]


def test(
    files: ToTest,
    only: Annotated[str, typer.Option("-k", "--only", help="Only scenarios whose name has these words.")] = "",
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Say what they have tried out of each process, and what nobody has.")
    ] = False,
    least: Annotated[
        str, typer.Option("--min", help="Fail where less of a process is covered: 90%.", metavar="PERCENT")
    ] = "",
    suggest: Annotated[
        bool, typer.Option("--suggest", help="Write scenarios for what nobody has tried out, to be read by a person.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the suggestions to a file; of one process only.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run scenarios in memory, on the same core as production.

    Exit status 1 when a lead does not stand as it is expected to. A failure shows what was expected, what is so, and
    everything that had happened by then. FILE may be a process, too: then its scenarios are run, if it has any.

    For instance: leadflow test definitions --coverage --min 90%
    """
    from cli.scenarios_read import read_scenarios
    from trials.scenarios.running import run

    minimum = _percent(least)
    groups = read_scenarios(files)
    outcomes = [run(case) for group in groups for case in group.cases if only.lower() in case.name.lower()]
    if suggest:
        _suggest(groups, outcomes, output, as_json=as_json)
        return
    if not outcomes:
        raise LeadflowError(f"no scenario is called '{only}'", "`leadflow test --json` lists their names.")
    failed = [outcome for outcome in outcomes if not outcome.ok]
    found = [_covered(group, outcomes) for group in groups] if coverage or minimum is not None else []
    short = [one for one in found if minimum is not None and one.percent < minimum]
    if as_json:
        answer: dict[str, Any] = {"ok": not failed and not short, "scenarios": [as_object(one) for one in outcomes]}
        print_json(answer | ({"coverage": [coverage_object(one) for one in found]} if found else {}))
    else:
        for outcome in failed:
            say(in_words(outcome), stderr=True)
        say(_count(len(outcomes), len(failed)))
        for one in found:
            say(coverage_in_words(one))
        for one in short:
            say(f"{one.plan.process.name}: {one.percent} % covered, {minimum} % wanted", stderr=True)
    if failed or short:
        raise typer.Exit(1)


def _suggest(groups: list[Group], outcomes: list[Outcome], output: Path | None, *, as_json: bool) -> None:
    from cli.scenarios_suggested import suggestions

    if output is not None and len(groups) > 1:
        raise typer.BadParameter("name one process, or its scenarios", param_hint="--output")
    texts = {group.plan.process.name: suggestions(group, _covered(group, outcomes)) for group in groups}
    if output is not None:
        ((process, text),) = texts.items()
        output.write_text(text, encoding="utf-8")
        if as_json:
            print_json({"process": process, "written": str(output)})
        else:
            say(f"written: {output}")
    elif as_json:
        print_json([{"process": process, "scenarios": text} for process, text in texts.items()])
    else:
        for text in texts.values():
            typer.echo(text)


def _percent(text: str) -> int | None:
    number = text.removesuffix("%").strip()
    if not text:
        return None
    if not number.isdecimal() or int(number) > 100:
        raise typer.BadParameter("write a share such as 90%", param_hint="--min")
    return int(number)


def _covered(group: Group, outcomes: list[Outcome]) -> Coverage:
    from trials.scenarios.coverage import coverage

    played = [one.played for one in outcomes if one.case.setting.process.digest == group.plan.process.digest]
    return coverage(group.plan, played)


def coverage_in_words(found: Coverage) -> str:
    counts = ", ".join(f"{kind.value} {covered} of {all_}" for kind, covered, all_ in found.counts())
    process = found.plan.process
    lines = [f"{process.name} v{process.version}: {found.percent} % covered ({counts})"]
    lines += [f"  {item.mark}: {item.words}" for item in sorted(found.uncovered(), key=lambda item: item.mark)]
    return "\n".join(lines)


def coverage_object(found: Coverage) -> dict[str, Any]:
    process = found.plan.process
    return {
        "process": process.name,
        "version": process.version,
        "percent": found.percent,
        "kinds": {kind.value: {"covered": covered, "all": all_} for kind, covered, all_ in found.counts()},
        "uncovered": [
            {"kind": item.kind.value, "what": item.words, "file": item.mark.file, "line": item.mark.line}
            for item in found.uncovered()
        ],
    }


def in_words(outcome: Outcome) -> str:
    """A failure as a person reads it."""
    lines = [f"{outcome.case.mark}: FAILED {outcome.case.name}"]
    lines += [f"  {line}" for one in outcome.failures for line in _failure(one)]
    lines += ["  what had happened:", *(f"    {line}" for line in outcome.path), ""]
    return "\n".join(lines)


def _failure(failure: Failure) -> list[str]:
    return [
        f"{failure.mark}: {failure.what}",
        f"  expected: {failure.expected}",
        f"  got:      {failure.got}",
    ]


def as_object(outcome: Outcome) -> dict[str, Any]:
    failures = [
        {
            "file": one.mark.file,
            "line": one.mark.line,
            "column": one.mark.column,
            "what": one.what,
            "expected": one.expected,
            "got": one.got,
        }
        for one in outcome.failures
    ]
    case = outcome.case
    return {
        "name": case.name,
        "process": case.setting.process.name,
        "file": case.mark.file,
        "line": case.mark.line,
        "shows": list(case.shows),
        "suggested": case.suggested,
        "ok": outcome.ok,
        "failures": failures,
        "path": list(outcome.path) if failures else [],
    }


def _count(all_: int, failed: int) -> str:
    ran = f"{all_} {'scenario' if all_ == 1 else 'scenarios'} run"
    return f"{ran}, {failed} failed" if failed else f"{ran}, all as expected"
