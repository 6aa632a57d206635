"""Scenarios from the command line: run, with what they cover and what they leave out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.output import AsJson, print_json, say
from engine.errors import DefinitionError, LeadflowError

if TYPE_CHECKING:
    from trials.scenarios.case import Case
    from trials.scenarios.running import Failure, Outcome

ToTest = Annotated[list[Path], typer.Argument(help="Files of scenarios, or folders with some.", metavar="FILE...")]


def test(
    files: ToTest,
    only: Annotated[str, typer.Option("-k", "--only", help="Only scenarios whose name has these words.")] = "",
    as_json: AsJson = False,
) -> None:
    """Run scenarios in memory, on the same core as production.

    Exit status 1 when a lead does not stand as it is expected to. A failure shows what was expected, what is so, and
    everything that had happened by then.

    For instance: leadflow test definitions
    """
    from trials.scenarios.running import run

    cases = [case for case in read_cases(files) if only.lower() in case.name.lower()]
    if not cases:
        raise LeadflowError("there is no such scenario", "Name a file that begins with `scenarios: PROCESS`.")
    outcomes = [run(case) for case in cases]
    failed = [outcome for outcome in outcomes if not outcome.ok]
    if as_json:
        print_json({"ok": not failed, "scenarios": [as_object(outcome) for outcome in outcomes]})
    else:
        for outcome in failed:
            say(in_words(outcome), stderr=True)
        say(_count(len(outcomes), len(failed)))
    if failed:
        raise typer.Exit(1)


def read_cases(given: list[Path]) -> list[Case]:
    """Every scenario of these files and folders. Raises DefinitionError with the findings of all of them."""
    from store.scenario_files import ScenarioFiles, scenario_files
    from trials.scenarios.case import Setting
    from trials.scenarios.reading import cases_of

    files = ScenarioFiles()
    cases: list[Case] = []
    findings = []
    for path in given:
        inside = list(scenario_files(path)) if path.is_dir() else [path]
        if not inside:
            remedy = (
                "They begin with `scenarios: PROCESS` and lie beside the process, or in a folder `scenarios/` there."
            )
            raise LeadflowError(f"there are no scenarios in {path}", remedy)
        for file in inside:
            try:
                parsed, around = files.read(file)
                cases += cases_of(parsed, Setting(around.process, around.others, around.rosters))
            except DefinitionError as error:
                findings += error.findings
    if findings:
        raise DefinitionError(list(dict.fromkeys(findings)))
    return cases


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
