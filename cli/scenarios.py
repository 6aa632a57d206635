"""Scenarios from the command line: run, with what they cover and what they leave out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.output import AsJson, print_json, say
from engine.errors import LeadflowError

if TYPE_CHECKING:
    from cli.on_temporal.comparing import Disagreement
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
    junit: Annotated[
        Path | None, typer.Option("--junit", help="Write what became of them to a file, as JUnit XML.")
    ] = None,
    on_temporal: Annotated[
        bool,
        typer.Option(
            "--on-temporal",
            help="Run them on servers of their own as well, time skipped, and say where that is otherwise than in memory.",
        ),
    ] = False,
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
    everything that had happened by then. FILE may be a process, too: then its scenarios are run on it, if it has
    any; those of a folder run on the newest version.

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
    if junit is not None:
        from cli.scenarios_junit import write_junit

        write_junit(outcomes, junit)
    failed = [outcome for outcome in outcomes if not outcome.ok]
    found = [_covered(group, outcomes) for group in groups] if coverage or minimum is not None else []
    apart = _on_temporal(groups, outcomes) if on_temporal else []
    short = [one for one in found if minimum is not None and one.percent < minimum]
    if as_json:
        answer: dict[str, Any] = {
            "ok": not (failed or short or apart),
            "scenarios": [as_object(one) for one in outcomes],
        }
        answer |= {"coverage": [coverage_object(one) for one in found]} if found else {}
        print_json(answer | ({"disagreements": [apart_object(one) for one in apart]} if on_temporal else {}))
    else:
        for outcome in failed:
            say(in_words(outcome), stderr=True)
        say(_count(outcomes, len(failed)))
        for one in found:
            say(coverage_in_words(one))
        for disagreement in apart:
            say(str(disagreement), stderr=True)
        if on_temporal:
            say(f"on Temporal: {f'{len(apart)} times otherwise' if apart else 'the same, step by step'}")
        for one in short:
            say(f"{one.plan.process.name}: {one.percent} % covered, {minimum} % wanted", stderr=True)
    if failed or short or apart:
        raise typer.Exit(1)


def _on_temporal(groups: list[Group], outcomes: list[Outcome]) -> list[Disagreement]:
    """Those that are as expected; processes that lie together are published together."""
    import asyncio

    from cli.on_temporal.running import run_on_temporal

    found: list[Disagreement] = []
    together: dict[tuple[str, ...], list[Group]] = {}
    for group in groups:
        together.setdefault(tuple(sorted(process.digest for _, process in group.published)), []).append(group)
    for some in together.values():
        published = {process.digest: (bundle, process) for bundle, process in some[0].published}
        digests = [group.plan.process.digest for group in some]
        cases = [one.case for one in outcomes if one.ok and one.case.setting.process.digest in digests]
        if cases:
            found += asyncio.run(run_on_temporal(cases, published))
    return found


def apart_object(apart: Disagreement) -> dict[str, Any]:
    mark = apart.case.at(apart.step)
    return {
        "name": apart.case.name,
        "file": mark.file,
        "line": mark.line,
        "what": apart.what,
        "in_memory": apart.in_memory,
        "on_temporal": apart.on_temporal,
    }


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


def _count(outcomes: list[Outcome], failed: int) -> str:
    from cli.health_words import count

    suggested = sum(one.case.suggested for one in outcomes)
    unread = f"; {suggested} suggested, for a person to read" if suggested else ""
    ran = f"{count(len(outcomes), 'scenario')} run"
    return f"{ran}, {failed} failed{unread}" if failed else f"{ran}, all as expected{unread}"
