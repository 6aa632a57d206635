"""From a file of scenarios to cases that can be run: every name looked up, every moment reckoned.

Raises DefinitionError with every finding, each with file:line:column: a scenario that means something else than its
author thinks is worse than none.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from engine.compiling.bundle import Parsed
from engine.compiling.checking import Checker
from engine.compiling.table_alone import strangers
from engine.errors import LeadflowError
from engine.language.scenario import Given, Roster, ScenarioFile, ScenarioText
from engine.language.tables import RosterFile
from engine.reading.document import NodePath
from trials.scenarios import moments
from trials.scenarios.case import Case, Setting
from trials.scenarios.coming_in import roster_of
from trials.scenarios.names import Names
from trials.scenarios.steps_checked import StepChecker

UTC_ZONE = ZoneInfo("UTC")


def cases_of(parsed: Parsed, setting: Setting) -> list[Case]:
    """Every scenario of a file. Raises DefinitionError with every finding in any of them."""
    assert isinstance(parsed.model, ScenarioFile)
    check = Checker()
    cases = _Reader(parsed, parsed.model, setting, check).cases()
    check.finish()
    return cases


class _Reader:
    def __init__(self, parsed: Parsed, file: ScenarioFile, setting: Setting, check: Checker) -> None:
        self.parsed = parsed
        self.file = file
        self.setting = setting
        self.check = check

    def cases(self) -> list[Case]:
        cases = []
        seen: list[str] = []
        for number, text in enumerate(self.file.of):
            path: NodePath = ("of", number)
            if text.name in seen:
                message = f"two scenarios are called '{text.name}'"
                self.check.report(self.parsed, (*path, "name"), "DUPLICATE_NAME", message, "Give one another name.")
            seen.append(text.name)
            case = self._case(path, text)
            if case is not None:
                cases.append(case)
        return cases

    def _case(self, path: NodePath, text: ScenarioText) -> Case | None:
        now = self._now(path, text)
        roster = self._roster(path, text)
        if now is None or roster is None:
            return None
        at, zone = now
        given, common = text.given, self.file.given
        names = Names(self.setting, (roster, *self._later_rosters(text)))
        self._given(("given",), common, names, zone)
        self._given((*path, "given"), given, names, zone)
        case = Case(
            name=text.name,
            setting=self.setting,
            now=at,
            zone=zone,
            roster=roster,
            lead={**common.lead, **given.lead},
            workload={**common.workload, **given.workload},
            accounts={**common.accounts, **given.accounts},
            leave=(*common.leave, *given.leave),
            steps=tuple(text.steps),
            document=self.parsed.document,
            path=path,
            shows=tuple(text.shows),
            suggested=bool(text.suggested),
        )
        StepChecker(self.check, self.parsed, case, names).check()
        return case

    # --- what is given -----------------------------------------------------------------------------------------------

    def _now(self, path: NodePath, text: ScenarioText) -> tuple[datetime, ZoneInfo] | None:
        at: NodePath
        if text.given.now is not None:
            at, written = (*path, "given", "now"), text.given.now
        elif self.file.given.now is not None:
            at, written = ("given", "now"), self.file.given.now
        else:
            message = f"scenario '{text.name}' does not say when it begins"
            remedy = "Write `given: {now: 2026-03-02 10:00 Europe/Berlin}`, here or for all scenarios of the file."
            self.check.report(self.parsed, (*path, "name"), "NO_NOW", message, remedy)
            return None
        try:
            zone = moments.zone_of(written)
            if zone is None:
                message, remedy = f"'{written}' names no time zone", f"Write for instance {written} Europe/Berlin."
                self.check.report(self.parsed, at, "NO_ZONE", message, remedy)
                return None
            return moments.moment(written, zone), zone
        except LeadflowError as error:
            self.check.report(self.parsed, at, "BAD_MOMENT", error.message, error.remedy)
            return None

    def _roster(self, path: NodePath, text: ScenarioText) -> RosterFile | None:
        at: NodePath = (*path, "given", "roster") if text.given.roster is not None else ("given", "roster")
        roster = text.given.roster if text.given.roster is not None else self.file.given.roster
        if roster is None:
            message = f"scenario '{text.name}' does not say who works there"
            remedy = "Write `given: {roster: NAME}`, here or for all scenarios of the file."
            self.check.report(self.parsed, (*path, "name"), "NO_ROSTER", message, remedy)
            return None
        return self._found(at, roster)

    def _found(self, at: NodePath, roster: Roster) -> RosterFile | None:
        if isinstance(roster, str):
            known = self.check.known(self.parsed, at, roster, self.setting.rosters, "roster", "UNKNOWN_ROSTER")
            return self.setting.rosters[roster] if known else None
        found = roster_of(self.setting, roster)
        for where, words in strangers(found, set(), set()):
            remedy = "Add who or what is missing, or correct the name."
            self.check.report(self.parsed, (*at, *where), "NOT_IN_ROSTER", words, remedy)
        return found

    def _later_rosters(self, text: ScenarioText) -> list[RosterFile]:
        rosters = [getattr(step, "roster", None) for step in text.steps]
        return [
            roster_of(self.setting, roster)
            for roster in rosters
            if roster is not None and (not isinstance(roster, str) or roster in self.setting.rosters)
        ]

    def _given(self, path: NodePath, given: Given, names: Names, zone: ZoneInfo) -> None:
        for person in given.workload:
            names.person(self.check, self.parsed, (*path, "workload", person), person, key=True)
        for company, person in given.accounts.items():
            names.person(self.check, self.parsed, (*path, "accounts", company), person)
        for number, leave in enumerate(given.leave):
            names.leave(self.check, self.parsed, (*path, "leave", number), leave, zone)
