"""Ways through a process: what the analysis tells, and what it rightly lets pass (B.1).

Each row changes the stages of a small process; behind it stand the codes that are found, with the line within the stages.
"""

from __future__ import annotations

import pytest

from engine.analysis.analyse import analyse
from engine.analysis.circles import components, round_from
from engine.compiling.bundle import Bundle, SourceText
from engine.compiling.compile import compile_files

HEAD = """\
process: small
version: 1
title: Small
uses: {assignment: desk, templates: mail}
fields:
  call_on: {type: date}
  again: {type: integer}
  country: {type: country, required: true}
"""
LADDERS = """\
ladders:
  late:
    - {after: 0 minutes, notify: owner, with: overdue}
    - {after: 1 day, notify: person:ann, with: overdue}
"""
DESK = """\
assignment: desk
rules: [{name: all, among: {team: sales}}]
exception: {person: ann, clock: 1 day, climb: late}
"""
MAIL = """\
templates: mail
of:
  overdue: {subject: Late, text: It is late.}
  new_lead: {subject: New, text: It is yours.}
  exception: {subject: Whose, text: Please decide.}
"""
WON = "  won: {kind: won, closes: true}\n"


def found(stages: str, around: str = "") -> list[str]:
    """Codes with their line, counted from the first line of the stages."""
    text = f"{HEAD}{around}stages:\n{stages}{WON}{LADDERS}"
    start = text[: text.index("stages:\n")].count("\n") + 1
    tables = (SourceText("desk.yaml", DESK), SourceText("mail.yaml", MAIL))
    findings = analyse(compile_files(Bundle(SourceText("small.yaml", text), tables)))
    return [f"{one.mark.line - start} {one.code}" for one in findings]


def two(rest: str, more: str = "", again: str = "{to: b, by: [clock]}") -> str:
    """Two stages; the clock of the first leads to the second."""
    return (
        "  a:\n"
        "    clocks: {rest: {due: 6 months, on_breach: [{climb: late}, {fire: ripen}]}}\n"
        f"    events: {{ripen: {again}, win: {{to: won}}}}\n"
        f"  b:\n{more}{rest}"
    )


BACK = (
    "    clocks: {ask: {due: 3 days, on_breach: [{climb: late}, {fire: rest}]}}\n"
    "    events: {rest: {to: a, by: [clock, owner]}, win: {to: won}}\n"
)


def test_a_circle_of_clocks_alone_is_told_at_what_turns_it() -> None:
    """B.1: time passing must not move a lead for ever."""
    assert found(two(BACK)) == ["2 LIVELOCK"]


def test_a_circle_that_needs_a_person_or_the_lead_is_none() -> None:
    """B.1: the clock only tells somebody, and somebody decides."""
    by_hand = BACK.replace(", {fire: rest}", "")
    assert found(two(by_hand)) == []


@pytest.mark.parametrize(
    "stages",
    [
        # after some rounds, by what each round counts
        two(BACK, again="[{to: b, by: [clock], when: lead.cycle < 3, cycle: next}, {to: won, by: [clock]}]"),
        two(BACK, again="[{to: b, by: [clock], when: lead.again < 3, then: {set: {again: '= lead.again + 1'}}}]"),
        # it waits for a date that the round empties
        two(
            "    clocks: {ask: {at: lead.call_on, on_breach: {fire: rest}}, year: {due: 1 year, on_breach: {climb: late}}}\n"
            "    events: {rest: {to: a, by: [clock]}, win: {to: won}}\n",
            "    on_exit: {set: {call_on: null}}\n",
        ).replace("1 year", "12 months"),
    ],
)
def test_a_circle_that_ends_by_itself_is_none(stages: str) -> None:
    """B.1: what the round changes may be what a step of it depends on."""
    assert [one for one in found(stages) if "LIVELOCK" in one] == []


def test_a_condition_that_no_round_changes_ends_no_circle() -> None:
    """B.1: whose country it is stays so."""
    stages = two(BACK, again="{to: b, by: [clock], when: lead.country == 'DE'}")
    assert found(stages) == ["2 LIVELOCK"]


def test_a_clock_around_the_circle_ends_it() -> None:
    """B.1: two years, and it is over, whatever the round does."""
    end = "clocks: {two_years: {due: 24 months, on_breach: {fire: give_up}}}\n"
    give_up = "events: {give_up: {from: [a, b], to: won, by: [clock]}}\n"
    assert found(two(BACK), end + give_up) == []
    stopped = end.replace("due:", "stops_on: [note], due:")
    assert found(two(BACK), stopped + give_up) == ["2 LIVELOCK"]


def test_actions_alone_turn_a_circle_as_well() -> None:
    """B.1: at once, without any time passing."""
    stages = (
        "  a: {on_entry: {fire: go}, waits_for_ever: true, events: {go: {to: b, by: [system]}, win: {to: won}}}\n"
        "  b: {on_entry: {fire: back}, waits_for_ever: true, events: {back: {to: a, by: [system]}}}\n"
    )
    assert found(stages) == ["1 LIVELOCK"]


CALL = "{due: 3 days, on_breach: {climb: late}}"


@pytest.mark.parametrize(
    ("stages", "codes"),
    [
        ("  a: {events: {win: {to: won}}}\n", ["1 STAGE_WITHOUT_CLOCK"]),
        ("  a: {waits_for_ever: true, events: {win: {to: won}}}\n", []),
        (f"  a: {{clocks: {{call: {CALL}}}, events: {{win: {{to: won}}}}}}\n", []),
        # nobody hears of it
        ("  a: {clocks: {call: {due: 3 days}}, events: {win: {to: won}}}\n", ["1 STAGE_WITHOUT_CLOCK"]),
        # stopped while the lead stays
        (
            "  a: {clocks: {call: {due: 3 days, stops_on: [seen], on_breach: {climb: late}}}, events: {win: {to: won}}}\n",
            ["1 STAGE_WITHOUT_CLOCK"],
        ),
        # stopped by what leads away
        (
            "  a: {clocks: {call: {due: 3 days, stops_on: [win], on_breach: {climb: late}}}, events: {win: {to: won}}}\n",
            [],
        ),
        # the clock of the stage around it is over in the second of those within
        (
            "  a:\n"
            "    clocks: {call: {due: 3 days, stops_on: [talk], on_breach: {climb: late}}}\n"
            "    stages:\n"
            "      first: {events: {talk: {to: second}}}\n"
            "      second: {events: {win: {to: won}}}\n",
            ["5 STAGE_WITHOUT_CLOCK"],
        ),
        # a clock that begins with an event which does not lead here
        (
            "  a: {clocks: {call: {due: 3 days, starts_on: [note], on_breach: {climb: late}}}, events: {win: {to: won}}}\n"
            "  b: {waits_for_ever: true, events: {back: {to: a}, win: {to: won}}}\n",
            ["1 STAGE_WITHOUT_CLOCK", "2 UNREACHABLE_STAGE"],
        ),
        # won, and a delivery is still to come; the clocks of the process are over by then
        (
            f"  a: {{clocks: {{call: {CALL}}}, events: {{sell: {{to: sold}}}}}}\n"
            "  sold: {kind: won, events: {deliver: {to: won}}}\n",
            ["2 STAGE_WITHOUT_CLOCK"],
        ),
        (
            f"  a: {{clocks: {{call: {CALL}}}, events: {{sell: {{to: sold}}}}}}\n"
            f"  sold: {{kind: won, clocks: {{deliver_it: {CALL}}}, events: {{deliver: {{to: won}}}}}}\n",
            [],
        ),
    ],
)
def test_a_lead_lies_nowhere_unseen(stages: str, codes: list[str]) -> None:
    """B.1: a stage has a clock that lasts, and of which somebody hears."""
    assert found(stages) == codes


WAKE = "    clocks: {wake: {at: lead.call_on, on_breach: {climb: late}}}\n    events: {win: {to: won}}\n"


def asked(ways: str) -> str:
    return f"  a:\n    clocks: {{call: {CALL}}}\n    events: {ways}\n  b:\n{WAKE}"


@pytest.mark.parametrize(
    ("stages", "codes"),
    [
        (asked("{win: {to: won}, later: {to: b}}"), ["3 DATE_MAY_BE_MISSING"]),
        (asked("{win: {to: won}, later: {to: b, needs: {fields: [call_on]}}}"), []),
        (asked("{win: {to: won}, later: {to: b, then: {set: {call_on: '2030-01-01'}}}}"), []),
        # asked for on the way, and not emptied
        (
            f"  a:\n    clocks: {{call: {CALL}}}\n    events: {{talk: {{to: c, needs: {{fields: [call_on]}}}}}}\n"
            f"  c:\n    clocks: {{decide: {CALL}}}\n    events: {{later: {{to: b}}}}\n  b:\n{WAKE}",
            [],
        ),
        (
            f"  a:\n    clocks: {{call: {CALL}}}\n    events: {{talk: {{to: c, needs: {{fields: [call_on]}}}}}}\n"
            f"  c:\n    on_exit: {{set: {{call_on: null}}}}\n    clocks: {{decide: {CALL}}}\n"
            f"    events: {{later: {{to: b}}}}\n  b:\n{WAKE}",
            ["7 DATE_MAY_BE_MISSING"],
        ),
        # one of two ways asks for it
        (
            asked("{win: {to: won}, later: {to: b, needs: {fields: [call_on]}}, skip: {to: b}}"),
            ["3 DATE_MAY_BE_MISSING"],
        ),
    ],
)
def test_every_way_into_a_stage_that_waits_for_a_date_brings_it(stages: str, codes: list[str]) -> None:
    """B.1: a clock without its date never starts."""
    assert found(stages) == codes


def test_an_event_for_clocks_is_fired_somewhere() -> None:
    """B.1: also by a rung of a ladder, and only where the lead is then."""
    stages = f"  a:\n    clocks: {{call: {CALL}}}\n    events: {{win: {{to: won}}, lapse: {{to: won, by: [clock]}}}}\n"
    assert found(stages) == ["3 NEVER_FIRED"]
    fired = stages.replace("{climb: late}", "[{climb: late}, {fire: lapse}]")
    assert found(fired) == []


def test_a_stage_that_only_such_an_event_leads_to_is_out_of_reach() -> None:
    """B.1: what cannot happen leads nowhere."""
    stages = (
        f"  a:\n    clocks: {{call: {CALL}}}\n    events: {{win: {{to: won}}, lapse: {{to: b, by: [clock]}}}}\n"
        f"  b:\n    clocks: {{ask: {CALL}}}\n    events: {{win: {{to: won}}}}\n"
    )
    assert found(stages) == ["3 NEVER_FIRED", "4 UNREACHABLE_STAGE"]


def test_only_what_keeps_a_lead_for_good_is_told() -> None:
    """B.1: of stages that lead into a trap, the trap."""
    stages = (
        f"  a: {{clocks: {{call: {CALL}}}, events: {{go: {{to: b}}}}}}\n"
        f"  b: {{clocks: {{ask: {CALL}}}, events: {{go: {{to: c}}}}}}\n"
        f"  c: {{clocks: {{wait: {CALL}}}, events: {{back: {{to: b}}}}}}\n"
    )
    assert found(stages) == ["2 TRAP_CYCLE", "4 UNREACHABLE_STAGE"]


def test_going_on_in_another_process_is_an_end() -> None:
    """B.1, S1.1: the lead leaves this one."""
    stages = f"  a: {{clocks: {{call: {CALL}}}, events: {{go: {{then: {{hand_over: other}}}}, win: {{to: won}}}}}}\n"
    assert found(stages) == []
    assert found(stages.replace(", win: {to: won}", "")) == ["2 UNREACHABLE_STAGE"]


def test_circles_of_a_graph() -> None:
    """B.1: what hangs together, and the shortest way round."""
    graph = {"a": ["b"], "b": ["c", "a"], "c": ["d"], "d": ["c", "nowhere"], "e": ["e"], "f": []}
    assert components(graph) == [("a", "b"), ("c", "d"), ("e",), ("f",)]
    assert round_from(graph, "a") == ("a", "b")
    assert round_from(graph, "e") == ("e",)
    assert round_from(graph, "f") == ()
