"""Scenarios that authors write: run in memory, with a failure that says what was expected, what is so and what had happened."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.compiling.bundle import SourceText, parse
from engine.errors import DefinitionError
from engine.language.tables import RosterFile
from tests.unit.desk import ROSTER, process
from trials.scenarios.case import Case, Setting
from trials.scenarios.reading import cases_of
from trials.scenarios.running import Outcome, run

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


def setting() -> Setting:
    roster = parse(SourceText("roster.yaml", ROSTER.replace(", calendar: new_york", ""))).model
    assert isinstance(roster, RosterFile)
    return Setting(process(STAGES), (), {"desk": roster})


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
