"""All scenarios of some files and folders, by the process that they try out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from engine.compiling.bundle import Bundle, parse
from engine.errors import DefinitionError, Finding, LeadflowError
from engine.process import Process
from store.scenario_files import Around, ScenarioFiles, says_process, scenario_files, scenarios_of
from trials.scenarios.case import Case, Setting
from trials.scenarios.plan import Plan, plan_of
from trials.scenarios.reading import cases_of


@dataclass(frozen=True, slots=True)
class Group:
    """The scenarios of one process, from however many files. `published`: with those that a lead may go on in."""

    setting: Setting
    plan: Plan
    published: tuple[tuple[Bundle, Process], ...]
    files: list[Path] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)


def read_scenarios(given: Iterable[Path]) -> list[Group]:
    """Raises DefinitionError with the findings of all of them."""
    files = ScenarioFiles()
    groups: dict[str, Group] = {}
    findings: list[Finding] = []
    for path in given:
        process = path if path.is_file() and says_process(path) else None
        for file in _files_in(path):
            try:
                if file == process:
                    around = files.around(file)
                    groups.setdefault(around.process.digest, _group(around))
                    continue
                parsed, around = files.read(file, process)
                group = groups.setdefault(around.process.digest, _group(around))
                group.files.append(file)
                group.cases.extend(cases_of(parsed, group.setting))
            except DefinitionError as error:
                findings += error.findings
    if findings:
        raise DefinitionError(list(dict.fromkeys(findings)))
    return list(groups.values())


def _files_in(path: Path) -> list[Path]:
    if path.is_file() and says_process(path):
        return [path, *scenarios_of(path)]
    if not path.is_dir():
        return [path]
    inside = list(scenario_files(path))
    if not inside:
        remedy = (
            "They begin with `scenarios: PROCESS` and lie beside the process, or in a folder `scenarios/` there; "
            "name a process file with --suggest, and some are written for it."
        )
        raise LeadflowError(f"there are no scenarios in {path}", remedy)
    return inside


def _group(around: Around) -> Group:
    bundle = around.bundles[0]
    plan = plan_of(around.process, parse(bundle.process), [parse(table) for table in bundle.tables])
    published = tuple(zip(around.bundles, (around.process, *around.others), strict=True))
    return Group(Setting(around.process, around.others, around.rosters), plan, published)
