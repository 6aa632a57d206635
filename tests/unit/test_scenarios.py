"""Scenarios that authors write: run in memory, with a failure that says what was expected, what is so and what had happened."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.compiling.bundle import SourceText, parse
from engine.errors import DefinitionError
from engine.language.tables import RosterFile
from tests.unit.desk import ROSTER, process, source_of, tables
from trials.scenarios.case import Case, Setting
from trials.scenarios.coverage import coverage
from trials.scenarios.generating import generate
from trials.scenarios.plan import Kind, Plan, plan_of
from trials.scenarios.reading import cases_of
from trials.scenarios.running import Outcome, run
from trials.scenarios.suggesting import as_file, suggest

STAGES = """
stages:
  new:
    status: Open
    on_entry: [score, assign]
    clocks:
      follow_up: {due: 3 working days, stops_on: [accept], warn_at: [50%], on_breach: {reassign: {at_most: 1}}}
    events:
      accept: {to: taken, by: [owner]}
      reject: {to: lost, by: [owner, team_leader], needs: {reason: why_not, note: "reason == 'other'"}}
      grow: {by: [owner], when: lead.seats > 10}
  taken: {status: Working, waits_for_ever: true}
  lost: {kind: lost, closes: true}
"""
HEAD = """\
scenarios: desk
given: {now: 2026-03-02 10:00 Europe/Berlin, roster: desk, lead: {company: Cobalt}}
of:
"""


def roster() -> RosterFile:
    model = parse(SourceText("roster.yaml", ROSTER.replace(", calendar: new_york", ""))).model
    assert isinstance(model, RosterFile)
    return model


def setting() -> Setting:
    return Setting(process(STAGES), (), {"desk": roster()})


def cases(text: str) -> list[Case]:
    return cases_of(parse(SourceText("s.yaml", HEAD + text)), setting())


def outcome(steps: str) -> Outcome:
    return run(cases(f"  - name: it\n    steps:\n{steps}")[0])


def failed(steps: str) -> list[tuple[str, str, str]]:
    return [(one.what, one.expected, one.got) for one in outcome(steps).failures]


def test_a_scenario_is_run_on_the_core_with_working_time_on_the_owners_calendar() -> None:
    """B.2: given, when, then; three working days of silence pass in no time, and somebody else has it (S2.5)."""
    done = outcome("""\
      - lead: {}
      - expect: {stage: new, status: Open, hops: 0, clocks: {follow_up: {state: running, due: 2026-03-05 10:00}}}
      - advance: 3 working days
      - expect: {hops: 1, clocks: {follow_up: {left: 24 working hours}}, happened: ["warned:follow_up", "overdue:follow_up"]}
      - event: accept
      - expect: {stage: taken, clocks: {follow_up: met}}
""")
    assert done.failures == ()
    assert done.path[0].startswith("Mon 2026-03-02 10:00  arrived; -> new; score ")


def test_a_failure_shows_expected_and_got_and_the_path_taken() -> None:
    """B.2: where it is written, what was expected, what is so, and everything that had happened by then."""
    done = outcome("""\
      - lead: {}
      - until: Thu 10:00
      - expect: {hops: 2, stage: taken}
""")
    assert [(str(one.mark), one.what, one.expected, one.got) for one in done.failures] == [
        ("s.yaml:8:24", "hops", "2", "1"),
        ("s.yaml:8:34", "stage", "taken", "new"),
    ]
    assert [line.partition("  ")[0] for line in done.path] == [
        "Mon 2026-03-02 10:00",
        "Tue 2026-03-03 14:00",
        "Wed 2026-03-04 10:00",
        "Thu 2026-03-05 10:00",
    ]


def test_what_is_refused_is_told_with_its_code() -> None:
    """B.2: an event that is refused where nobody said so fails the scenario; one that was to be refused has to be."""
    assert failed("      - lead: {}\n      - {event: reject}\n") == [
        ("event", "reject happens", "reject refused: MISSING, 'reject' still needs: code reason")
    ]
    assert (
        failed("      - lead: {}\n      - {event: reject}\n      - refused: {code: MISSING, missing: [reason]}\n") == []
    )
    assert failed("      - lead: {}\n      - {event: accept}\n      - refused: {code: NOT_ALLOWED}\n") == [
        ("refused", "refused with NOT_ALLOWED", "it has happened; the lead is in taken")
    ]


BAD = [
    ("- event: acept", "6:16", "UNKNOWN_EVENT there is no event 'acept'. Did you mean 'accept'?"),
    ("- {event: accept, by: anne}", "6:29", "UNKNOWN_PERSON there is no role or person 'anne'. Did you mean 'ann'?"),
    (
        "- {event: reject, codes: {reason: prize}}",
        "6:41",
        "UNKNOWN_CODE there is no reason 'prize'. Did you mean 'price'?",
    ),
    ("- {event: accept, fields: {seats: many}}", "6:41", "BAD_VALUE seats must be a whole number"),
    ("- {event: accept, fields: {seat: 1}}", "6:34", "UNKNOWN_FIELD there is no field 'seat'. Did you mean 'seats'?"),
    ("- expect: {stage: neu}", "6:25", "UNKNOWN_STAGE there is no stage 'neu'. Did you mean 'new'?"),
    ("- expect: {clocks: {folow_up: met}}", "6:27", "UNKNOWN_CLOCK there is no clock 'folow_up'"),
    ("- expect: {owner: bob}", "6:25", "UNKNOWN_PERSON there is no person of the roster 'bob'"),
    ("- expect: {happened: ['overdue:x']}", "6:29", "UNKNOWN_HAPPENING there is no happening 'overdue:x'"),
    (
        "- expect: {clocks: {follow_up: {due: 2026-02-30 10:00}}}",
        "6:44",
        "BAD_MOMENT there is no moment '2026-02-30 10:00'",
    ),
    ("- until: Monday 9", "6:16", "BAD_MOMENT 'Monday 9' is no moment. Write it as 2026-12-22 16:00, or Mon 09:00"),
    ("- until: Mon 27:00", "6:16", "BAD_MOMENT there is no time '27:00'"),
    ("- until: 2026-03-05 10:00 Europe/Berln", "6:16", 'BAD_MOMENT there is no time zone "Europe/Berln"'),
    ("- {advance: 1 day, runs_on: berln}", "6:35", "UNKNOWN_CALENDAR there is no calendar or person 'berln'"),
    ("- refused: {code: GUARD}", "6:9", "NOT_AFTER_EVENT nothing could have been refused here"),
    ("- lead: {}", "6:9", "ONE_LEAD a second lead arrives"),
    ("- leave: {person: ann, until: '2026-02-30'}", "6:37", "BAD_MOMENT there is no day '2026-02-30'"),
    ("- back: bob", "6:15", "UNKNOWN_PERSON there is no person of the roster 'bob'"),
    ("- roster: other", "6:17", "UNKNOWN_ROSTER there is no roster 'other'"),
]


@pytest.mark.parametrize(("step", "place", "words"), BAD, ids=[step for step, _, _ in BAD])
def test_a_bad_scenario_is_refused_at_its_place(step: str, place: str, words: str) -> None:
    """B.2, C.5: every name is checked against the process, its tables and the roster, with file, line and column."""
    with pytest.raises(DefinitionError) as caught:
        cases(
            f"  - name: it\n    steps:\n      - lead: {{}}\n      {step}\n".replace(
                "steps:\n      - lead", "steps:\n      - lead"
            )
        )
    found = caught.value.findings[0]
    line, column = map(int, place.split(":"))
    assert (found.mark.line, found.mark.column) == (line + 1, column), str(found)
    assert f"{found.code} {found.message}. {found.remedy}".startswith(words)


def test_a_scenario_says_when_and_with_whom_it_begins() -> None:
    """B.2: nothing is guessed: no zone of the machine, no roster that happens to lie there."""
    text = "scenarios: desk\nof:\n  - name: it\n    steps: [{lead: {}}]\n"
    with pytest.raises(DefinitionError) as caught:
        cases_of(parse(SourceText("s.yaml", text)), setting())
    assert [(one.code, str(one.mark)) for one in caught.value.findings] == [
        ("NO_NOW", "s.yaml:3:11"),
        ("NO_ROSTER", "s.yaml:3:11"),
    ]


def test_scenarios_lie_in_the_folder_of_definitions() -> None:
    """B.2: `leadflow test definitions` finds them."""
    from store.scenario_files import scenario_files

    assert [*scenario_files(Path(__file__).parents[2] / "definitions")]


# --- coverage and suggestions -----------------------------------------------------------------------------------------

GUARDED = """
stages:
  new:
    status: Open
    on_entry: [score, assign]
    clocks:
      follow_up: {due: 3 working days, stops_on: [accept], warn_at: [50%], on_breach: {climb: silence}}
    events:
      accept:
        - {to: large, by: [owner], when: "lead.seats > 10 && lead.country in ['DE', 'AT']"}
        - {to: small, by: [owner]}
      grow: {by: [owner], when: lead.budget == 7}
  large: {status: Working, waits_for_ever: true}
  small: {kind: lost, closes: true, events: {reopen: {to: new, by: [lead], cycle: next}}}
"""


def group_of(stages: str) -> tuple[Plan, Setting]:
    guarded = process(stages)
    sources = [SourceText(f"{kind}.yaml", text) for kind, text in tables().items()]
    parsed = parse(SourceText("desk.yaml", source_of(stages)))
    return plan_of(guarded, parsed, [parse(one) for one in sources]), Setting(guarded, (), {"desk": roster()})


def covered(plan: Plan, around: Setting, steps: str) -> list[str]:
    case = cases_of(parse(SourceText("s.yaml", HEAD + f"  - name: it\n    steps:\n{steps}")), around)[0]
    found = coverage(plan, [run(case).played])
    return [plan.items[key].words for key in found.covered]


def test_coverage_tells_stages_ways_guards_clocks_and_rungs() -> None:
    """B.2: of everything in the process, what has been tried out; a guard both ways."""
    plan, around = group_of(GUARDED)
    words = covered(plan, around, "      - lead: {}\n      - {event: accept, fields: {seats: 20, country: DE}}\n")
    guard = "accept to large (new): lead.seats > 10 && lead.country in ['DE', 'AT'] holds"
    assert words[:1] == ["stage new"]
    assert {"stage large", "accept to large (new)", guard, "clock follow_up (new) met"} <= set(words)
    words = covered(plan, around, "      - lead: {}\n      - {event: grow}\n      - refused: {code: GUARD}\n")
    assert "grow (new): lead.budget == 7 does not hold" in words
    words = covered(plan, around, "      - lead: {}\n      - advance: 5 working days\n")
    assert {"clock follow_up (new) warned", "clock follow_up (new) breached"} <= set(words)
    assert [word for word in words if word.startswith("silence")] == [
        "silence, step 1",
        "silence, step 2",
        "silence, step 3",
    ]


def test_what_is_not_covered_has_its_place() -> None:
    """B.2: file, line and column of what nobody has tried out."""
    plan, _ = group_of(GUARDED)
    places = {item.words: str(item.mark) for item in coverage(plan, []).uncovered()}
    text = source_of(GUARDED).splitlines()
    line = int(places["stage small"].split(":")[1])
    assert text[line - 1].startswith("  small:")


def test_suggestions_cover_what_nobody_has_and_run_green_as_written() -> None:
    """B.2: paths by search, with data that satisfies the guards; they expect what the process does today, and say so."""
    plan, around = group_of(GUARDED)
    base = cases_of(parse(SourceText("s.yaml", HEAD + "  - name: it\n    steps: [{lead: {}}]\n")), around)[0]
    found = suggest(plan, base, {})
    text = as_file("desk", {"now": "2026-03-02 10:00 Europe/Berlin", "roster": "desk"}, found)
    outcomes = [run(case) for case in cases_of(parse(SourceText("suggested.yaml", text)), around)]
    assert [one.failures for one in outcomes if not one.ok] == []
    assert all(one.case.suggested for one in outcomes)
    left = coverage(plan, [one.played for one in outcomes]).uncovered()
    assert [item.words for item in left if item.kind in (Kind.STAGE, Kind.WAY, Kind.GUARD, Kind.CLOCK, Kind.RUNG)] == []


def test_scenarios_by_chance_are_the_same_for_the_same_seed() -> None:
    """B.2: whoever finds two ways of running to disagree can have the very same scenario again."""
    around = setting()
    first, second = ([case.steps for case in generate([around], roster(), 5, 7)] for _ in range(2))
    assert first == second
    assert first != [case.steps for case in generate([around], roster(), 5, 8)]


# --- the world around -------------------------------------------------------------------------------------------------


def test_leave_workload_accounts_and_rosters_are_the_world_of_a_scenario() -> None:
    """B.2, B.6, S4.5: who is away or busy is passed over, with the reason; leave moves deadlines; a roster is loaded as in earnest."""
    text = """\
  - name: it
    given:
      workload: {ann: 3}
      leave: [{person: ben, from: "2026-03-02", until: "2026-03-06"}]
    steps:
      - lead: {}
      - expect: {owner: cleo, because: "ben is absent until 2026-03-07"}
      - leave: {person: cleo, from: "2026-03-03", until: "2026-03-04"}
      - expect: {clocks: {follow_up: {due: 2026-03-09 10:00}}}
      - back: cleo
      - expect: {clocks: {follow_up: {due: 2026-03-05 10:00}}}
      - roster:
          teams: {sales: {title: Sales, leader: lee, calendar: berlin}}
          people: {ann: {name: Ann, teams: [sales]}, lee: {name: Lee}, head: {name: Head}}
      - advance: 3 working days
      - expect: {owner: ann, hops: 1, because: "cleo: not active"}
"""
    around = setting()
    rules = "assignment: sales\nrules: [{name: everybody, among: {team: sales}, pick: fewest_open}]\n"
    rules += "when_nobody: {then: exception}\nexception: {person: lee, clock: 8 working hours, climb: silence}\n"
    around = Setting(process(STAGES, assignment=rules), (), around.rosters)
    done = run(cases_of(parse(SourceText("s.yaml", HEAD + text)), around)[0])
    assert done.failures == ()


def test_a_step_that_makes_no_sense_is_told_and_not_raised() -> None:
    """B.2: time does not go back, and nobody acts for an owner whom the lead does not have."""
    assert failed("      - lead: {}\n      - until: 2026-03-01 10:00\n") == [
        ("this step", "until is possible", "Sun 2026-03-01 10:00 is past: it is Mon 2026-03-02 10:00 already")
    ]


def test_personal_values_stay_outside_and_only_that_they_are_known_counts() -> None:
    """B.7: as when a lead comes in."""
    done = outcome("""\
      - lead: {email: ada@example.com}
      - expect: {known: [email], fields: {email: null}}
""")
    assert done.failures == ()
