"""What reasoning on conditions finds in a definition: each code in a bad and a mended form (B.1, B.2, B.3, S4.4).

The sign ‸ stands before the place that the finding must name.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from engine.analysis.analyse import analyse
from engine.analysis.front_door import check_taken
from engine.codes import CODES, Theme
from engine.compiling.bundle import Bundle, SourceText
from engine.compiling.checking import Checker
from engine.compiling.compile import Compiled, compile_files
from engine.errors import Finding

PROCESS = """\
process: small
version: 1
title: Small
uses: {intake: front, score: points, assignment: desk, reasons: codes, segments: market, templates: mail}
takes: {priority: 5, when: lead.kind == 'sales'}
fields:
  country: {type: country}
  size: {type: choice, of: [small, medium, large]}
  budget: {type: integer, min: 1, max: 5}
  value: {type: money, currency: EUR, min: 0}
  asked: {type: boolean}
  called: {type: date}
stages:
  new:
    clocks:
      call: {due: 1 day, on_breach: {climb: late}}
    events:
      go: {to: talking}
  talking:
    clocks:
      ask: {due: 3 days, on_breach: {climb: late}}
    events:
      go: {to: new}
      win: {to: won}
      lose: {to: lost, needs: {reason: whys, note: "reason == 'other'"}}
  won: {kind: won, closes: true}
  lost: {kind: lost, closes: true}
ladders:
  late: [{after: 1 day, notify: person:maria_lopez, with: overdue}]
"""
INTAKE = """\
intake: front
fields: {staff: {type: integer, min: 0}}
out_of_scope:
  - {name: applicants, when: lead.kind == 'hiring', reason: none}
"""
SCORE = """\
score: points
parts:
  known: {share_of: [country, size], bands: {3: 100%, 1: 50%}}
  budget: {points: lead.budget}
  staff: {of: lead.staff, bands: {2: 100, 0: 0}}
  near: {when: lead.country == 'DE', points: 1}
priority: {high: 7, low: 0}
"""
ASSIGNMENT = """\
assignment: desk
rules:
  - {name: large at home, segment: large, among: {team: sales, territory: lead.country}}
  - {name: others, among: {team: sales}}
exception: {person: maria_lopez, clock: 1 day, climb: late}
"""
REASONS = "reasons: codes\nlists: {whys: {price: Price, other: Other}, no_leads: {none: None of ours}}\n"
SEGMENTS = """\
segments: market
of:
  - {segment: large, when: lead.staff >= 100}
  - {segment: small, when: lead.staff < 100}
"""
TEMPLATES = """\
templates: mail
of:
  new_lead: {subject: New, text: A lead is yours.}
  exception: {subject: Whose, text: Please decide.}
  overdue: {subject: Late, text: It is late.}
"""
FILES: Mapping[str, str] = {
    "small": PROCESS,
    "intake": INTAKE,
    "score": SCORE,
    "assignment": ASSIGNMENT,
    "reasons": REASONS,
    "segments": SEGMENTS,
    "templates": TEMPLATES,
}
GO = "      go: {to: talking}\n"
CALL = "      call: {due: 1 day, on_breach: {climb: late}}\n"


def found(changes: Mapping[str, str]) -> list[Finding]:
    """What is found of the guards and rules in these files, the others being as above."""
    texts = {**FILES, **changes}
    sources = {name: SourceText(f"{name}.yaml", text.replace("‸", "")) for name, text in texts.items()}
    compiled = compile_files(Bundle(sources.pop("small"), tuple(sources.values())))
    return [one for one in analyse(compiled) if CODES[one.code].theme is Theme.GUARDS]


def place_of(changes: Mapping[str, str]) -> str:
    """Where the sign stands."""
    name, text = next((name, text) for name, text in changes.items() if "‸" in text)
    before = text[: text.index("‸")]
    return f"{name}.yaml:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


def event(*branches: str) -> dict[str, str]:
    """The process with these branches of `go`, the whole event if there is but one."""
    if len(branches) == 1:
        return {"small": PROCESS.replace(GO, f"      go: {branches[0]}\n")}
    return {"small": PROCESS.replace(GO, "      go:\n" + "".join(f"        - {branch}\n" for branch in branches))}


def clock(conditions: str) -> dict[str, str]:
    return {"small": PROCESS.replace(CALL, f"      call: {{due: 1 day, {conditions}, on_breach: {{climb: late}}}}\n")}


def in_file(name: str, old: str, new: str) -> dict[str, str]:
    assert old in FILES[name]
    return {name: FILES[name].replace(old, new)}


def test_a_definition_without_such_slips_is_clean() -> None:
    assert found({}) == []


NEVER = [
    (event("{to: talking, when: ‸lead.budget > 5}"), "`when` can never hold: lead.budget is 1 to 5"),
    (event("{to: talking, when: ‸lead.value < 0.0}"), "`when` can never hold: lead.value is at least 0"),
    (event("{to: talking, advised: ‸lead.score >= 12}"), "`advised` can never hold: the score table gives 0 to 11 points"),
    (
        event("{to: talking, when: ‸lead.country == 'de'}"),
        "`when` can never hold: lead.country is a code of two capital letters, such as DE",
    ),
    (event("{to: talking, when: ‸lead.stage == 'lost'}"), "`when` can never hold: lead.stage is new here"),
    (
        event("{to: talking, when: ‸\"lead.size == 'small' && lead.size == 'large'\"}"),
        "`when` can never hold: its parts contradict each other",
    ),
    (
        event('{to: talking, when: ‸"lead.budget > 3 && !known.budget"}'),
        "`when` can never hold: its parts contradict each other",
    ),
    (
        event("{to: talking, when: ‸\"lead.priority == 'high' && lead.score < 7\"}"),
        "`when` can never hold: lead.priority follows from lead.score",
    ),
    (
        event("{to: talking, when: ‸\"lead.called == timestamp('2026-05-01T12:00:00Z')\"}"),
        "`when` can never hold: lead.called is a day, which counts from its midnight in UTC",
    ),
    (clock("when: ‸lead.status == 'Dead'"), "`when` can never hold: lead.status is Open here"),
    (clock("cancels_when: ‸lead.hops < 0"), "`cancels_when` can never hold: lead.hops is at least 0"),
    (clock("pauses_while: ‸lead.arrived_at > now"), "`pauses_while` can never hold: lead.arrived_at is never later than now"),
    (
        in_file("small", "when: lead.kind == 'sales'", "when: ‸lead.kind == ''"),
        "`when` can never hold: lead.kind is never empty and has no space around it: a field without text is unknown",
    ),
    (
        in_file("intake", "when: lead.kind == 'hiring'", "when: ‸lead.staff < 0"),
        "`when` can never hold: lead.staff is at least 0",
    ),
    (in_file("segments", "when: lead.staff < 100", "when: ‸lead.staff < 0"), "`when` can never hold: lead.staff is at least 0"),
    (
        in_file("assignment", "segment: large, among", "segment: large, when: ‸lead.staff < 50, among"),
        "`when` can never hold for a lead of the segment large",
    ),
    (
        in_file("score", "when: lead.country == 'DE'", "when: ‸lead.country == 'Germany'"),
        "`when` can never hold: lead.country is a code of two capital letters, such as DE",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "message"), NEVER)
def test_a_condition_that_can_never_hold(changes: dict[str, str], message: str) -> None:
    """B.1: told by reasoning on types and bounds, with the reason."""
    findings = found(changes)
    assert [(str(one.mark), one.code, one.message) for one in findings] == [(place_of(changes), "GUARD_NEVER", message)]


@pytest.mark.parametrize(
    "changes",
    [
        event("{to: talking, when: lead.budget > 4}"),
        event("{to: talking, advised: lead.score >= 11}"),
        event("{to: talking, when: lead.country == 'DE'}"),
        event("{to: talking, when: lead.country.startsWith('D')}"),  # not reasoned about
        clock("when: lead.size == 'small'"),
        in_file("assignment", "segment: large, among", "segment: large, when: lead.staff < 500, among"),
    ],
)
def test_a_condition_that_can_hold_is_no_finding(changes: dict[str, str]) -> None:
    assert [one.code for one in found(changes) if one.code == "GUARD_NEVER"] == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (event("{to: talking, when: ‸lead.staff >= 0}"), "`when` always holds, whatever lead.staff may be"),
        (
            event("{to: talking, when: ‸\"lead.size in ['small', 'medium', 'large']\"}"),
            "`when` always holds, whatever lead.size may be",
        ),
        (clock("cancels_when: ‸lead.stage == 'new'"), "`cancels_when` always holds, whatever lead.stage may be"),
        (in_file("score", "when: lead.country == 'DE'", "when: ‸lead.staff > -1"), "`when` always holds, whatever lead.staff may be"),
        (
            clock("when: lead.budget > 2, cancels_when: ‸lead.budget > 1"),
            "clock 'call' is over as soon as it begins: `cancels_when` holds whenever `when` does",
        ),
    ],
)  # fmt: skip
def test_a_condition_that_compares_and_always_holds(changes: dict[str, str], message: str) -> None:
    findings = found(changes)
    assert [(str(one.mark), one.code, one.message) for one in findings] == [
        (place_of(changes), "GUARD_ALWAYS", message)
    ]


def test_asking_whether_something_is_known_compares_nothing() -> None:
    assert found(event("{to: talking, when: known.staff}")) == []
    assert found(clock('when: "!known.budget || lead.budget > 2"')) == []
    rows = "when: lead.staff >= 0}"
    assert found(in_file("segments", "when: lead.staff < 100}", rows)) == []  # the last row may be for all others


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            event("{to: talking}", "{to: lost, when: ‸lead.budget > 2}"),
            "this branch of 'go' is never taken: the branch in line 19 has no `when`, and takes every lead",
        ),
        (
            event("{to: talking, when: lead.budget > 2}", "{to: lost, when: ‸lead.budget > 3}", "{to: won}"),
            "this branch of 'go' is never taken: whenever it could, the one in line 19 (`lead.budget > 2`) comes first",
        ),
        (
            event(
                "{to: talking, when: lead.asked}",
                '{to: lost, when: "!lead.asked"}',
                "{to: won, when: ‸lead.asked in [true, false]}".replace(
                    "lead.asked in [true, false]", "lead.asked == false"
                ),
                "{to: talking}",
            ),
            "this branch of 'go' is never taken: whenever it could, the one in line 20 (`!lead.asked`) comes first",
        ),
        (
            event(
                "{to: talking, when: lead.budget >= 3}",
                "{to: lost, when: lead.budget < 3}",
                "{to: won, when: ‸known.budget}",
                "{to: talking}",
            ),
            "this branch of 'go' is never taken: those in lines 19 and 20 leave no lead to it",
        ),
        (
            event("{to: talking, when: known.size}", '{to: lost, when: "!known.size"}', "‸{to: won}"),
            "this branch of 'go' is never taken: those in lines 19 and 20 leave no lead to it",
        ),
    ],
)
def test_a_branch_that_earlier_ones_hide(changes: dict[str, str], said: str) -> None:
    """B.1: the earlier one is named by its place."""
    findings = found(changes)
    assert [(str(one.mark), one.code, one.message) for one in findings] == [(place_of(changes), "GUARD_SHADOWED", said)]


def test_a_branch_for_what_the_others_leave_is_not_hidden() -> None:
    """The special case before the general one, and the rest in the end: the usual way to write it."""
    chain = event(
        "{to: talking, when: lead.budget > 3}",
        "{to: lost, when: lead.budget > 2}",
        "{to: won, when: known.budget}",
        "{to: new}",
    )
    assert found(chain) == []


def test_an_event_of_a_stage_goes_before_the_one_around_it() -> None:
    """That is what nesting is for; but an event that is overridden everywhere is one that never happens."""
    shared = "events:\n  go: {‸from: [new, talking], to: lost, when: lead.budget > 2}\n"
    inner = PROCESS.replace("ladders:\n", f"{shared.replace('‸', '')}ladders:\n")
    assert [one.code for one in found({"small": inner})] == ["GUARD_SHADOWED"]
    somewhere = inner.replace("      go: {to: new}\n", "")
    assert found({"small": somewhere}) == []


OVERLAP = event(
    "{to: talking, when: lead.budget > 3}",
    "{to: lost, when: ‸\"lead.country in ['DE', 'AT']\"}",
    "{to: won}",
)


def test_two_branches_that_can_both_hold() -> None:
    """B.1: with values that meet both, since the order alone decides."""
    findings = found(OVERLAP)
    assert [(str(one.mark), one.code) for one in findings] == [(place_of(OVERLAP), "GUARDS_OVERLAP")]
    assert findings[0].message == (
        "this branch of 'go' and the one in line 19 can both hold: lead.budget 4, lead.country 'DE'; the earlier one is taken"
    )


@pytest.mark.parametrize(
    "branches",
    [
        ("{to: talking, when: lead.budget > 3}", "{to: lost, when: lead.budget <= 3}", "{to: won}"),
        ("{to: talking, when: lead.budget > 3}", "{to: lost, when: lead.budget > 1}", "{to: won}"),  # the rest of them
        (
            "{to: talking, when: lead.budget > 3}",
            "{to: talking, when: lead.country == 'DE'}",
            "{to: won}",
        ),  # all the same
        ("{to: talking, when: known.budget}", '{to: lost, when: "lead.asked && !known.budget"}', "{to: won}"),
    ],
)
def test_what_does_not_depend_on_the_order_is_no_overlap(branches: tuple[str, ...]) -> None:
    assert found(event(*branches)) == []


def test_branches_that_leave_a_gap() -> None:
    """B.1: with known values for which none holds. What is unknown is none: there an author has a word for it, `known`."""
    gap = event("{to: talking, when: lead.budget > 3}", "{to: lost, when: lead.budget < 3}")
    [one] = found(gap)
    assert (one.mark.line, one.mark.column, one.code) == (18, 7, "GUARDS_GAP")
    assert one.message == "no branch of 'go' holds for lead.budget 3, so that it is refused then"
    assert found(event("{to: talking, when: lead.budget > 3}", "{to: lost, when: lead.budget <= 3}")) == []
    assert found(event("{to: talking, when: lead.budget > 3}", "{to: lost, when: lead.budget < 3}", "{to: won}")) == []
    assert found(event("{to: talking, when: lead.budget > 3}")) == []  # one condition is a condition, not a choice


def test_a_hole_between_two_segments() -> None:
    """S4.4: a lead may be in none, but hardly because its number lies between two bounds that do not meet."""
    assert found(in_file("segments", "lead.staff < 100", "lead.country == 'DE'")) == []
    [one] = found(in_file("segments", "lead.staff < 100", "lead.staff < 50"))
    assert (str(one.mark), one.code) == ("segments.yaml:2:1", "GUARDS_GAP")
    assert one.message == "no segment holds for lead.staff 50, though one does for less lead.staff and for more"
    assert found(in_file("segments", "  - {segment: small, when: lead.staff < 100}\n", "")) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            in_file("segments", "  - {segment: small,", "  - {segment: huge, when: ‸lead.staff >= 1000}\n  - {segment: small,"),
            "no lead comes to this row: the one in line 3 holds whenever it would",
        ),
        (
            in_file("segments", "when: lead.staff < 100}", "when: lead.staff < 100}\n  - {segment: rest, when: ‸known.staff}"),
            "no lead comes to this row: one of those in lines 3 and 4 holds whenever it would",
        ),
        (
            in_file("intake", "reason: none}", "reason: none}\n  - {name: again, when: ‸lead.kind == 'hiring', reason: none}"),
            "no lead comes to this row: the one in line 4 holds whenever it would",
        ),
        (
            in_file("small", "when: lead.kind == 'sales'", "when: ‸lead.kind == 'hiring'"),
            "this process takes no lead: the intake table keeps all of them apart, as out of scope",
        ),
        (
            in_file(
                "assignment",
                "  - {name: others",
                "  - {name: ‸huge, segment: large, when: lead.staff > 500, among: {team: sales, territory: lead.country}}\n"
                "  - {name: others",
            ),
            "rule 'huge' never decides: 'large at home' (line 3) comes first whenever it would, and means everybody whom it means",
        ),
        (
            in_file(
                "assignment",
                "among: {team: sales}}",
                "among: {team: sales}}\n  - {name: ‸at home, when: lead.country == 'DE', among: {team: sales, skills: [german]}}",
            ),
            "rule 'at home' never decides: 'others' (line 4) comes first whenever it would, and means everybody whom it means",
        ),
    ],
)  # fmt: skip
def test_a_rule_that_earlier_ones_always_come_before(changes: dict[str, str], said: str) -> None:
    """B.1, S4.4."""
    findings = found(changes)
    assert [(str(one.mark), one.code, one.message) for one in findings] == [
        (place_of(changes), "RULE_NEVER_MATCHES", said)
    ]


@pytest.mark.parametrize(
    "rule",
    [
        "{name: fair, among: {team: fair}}",  # others
        "{name: any, among: {territory: lead.country}}",  # more than the team
        "{name: more, among: {team: sales}, limits: {open: 90}}",  # who could take no more before
    ],
)
def test_a_rule_that_may_find_somebody_else_is_not_in_vain(rule: str) -> None:
    """S4.4: the first that matches and finds somebody decides, so a later one counts where it has other people."""
    limited = ASSIGNMENT + "limits: {open: 40}\n"
    changes = {"assignment": limited.replace("exception:", f"  - {rule}\nexception:")}
    assert found(changes) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            in_file("score", "{high: 7,", "{‸top: 12, high: 7,"),
            "nothing is ever in the band 'top' from 12: the parts give 0 to 11 points",
        ),
        (
            in_file("score", "{3: 100%, 1: 50%}", "{3: 100%, ‸2: 60%, 1: 50%}"),
            "nothing is ever in the band '2' from 60: of 2 fields only these shares are known: 0%, 50%, 100%",
        ),
        (
            in_file("score", "staff: {of: lead.staff, bands: {2: 100, 0: 0}}", "staff: {of: lead.budget, bands: {2: 4, ‸3: 6}}"),
            "nothing is ever in the band '3' from 6: no lead.budget comes to it",
        ),
        (
            in_file("score", "bands: {2: 100, 0: 0}", "bands: {2: 100, ‸1: 100, 0: 0}"),
            "nothing is ever in the band '1' from 100: '2' is from 100 as well",
        ),
    ],
)  # fmt: skip
def test_a_band_that_nothing_reaches(changes: dict[str, str], said: str) -> None:
    """B.1, S3.6."""
    findings = found(changes)
    assert [(str(one.mark), one.code, one.message) for one in findings] == [(place_of(changes), "BAND_NEVER", said)]


def door(name: str, takes: str, fields: str = "") -> Compiled:
    text = f"process: {name}\nversion: 1\ntitle: A\n{fields}{takes}\nstages: {{new: {{waits_for_ever: true}}}}\n"
    return compile_files(Bundle(SourceText(f"{name}.yaml", text)))


SIZE = "fields: {size: {type: choice, of: [small, large]}}\n"


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (
            door("all", "takes: {priority: 9}"),
            door("some", "takes: {priority: 5, when: lead.kind == 'sales'}"),
            "all (priority 9) is asked before and takes",
        ),
        (
            door("sales", "takes: {priority: 9, when: lead.kind == 'sales'}"),
            door("fair", "takes: {priority: 5, when: lead.kind == 'sales' && lead.source == 'fair'}"),
            "sales (priority 9) is asked before and takes",
        ),
        (
            door("sized", "takes: {priority: 9, when: known.size}", SIZE),
            door("small", "takes: {priority: 5, when: lead.size == 'small'}", SIZE),
            "sized (priority 9) is asked before and takes",
        ),
    ],
)
def test_a_process_that_takes_what_others_have_taken_already(first: Compiled, second: Compiled, said: str) -> None:
    """S1.1: processes are asked by falling priority."""
    check = Checker()
    check_taken(check, [second, first])
    assert [(one.mark.file, one.code, one.message) for one in check.findings] == [
        (
            f"{second.process.name}.yaml",
            "RULE_NEVER_MATCHES",
            f"this process takes no lead: {said} every one that it would",
        )
    ]


@pytest.mark.parametrize(
    "several",
    [
        [
            door("fair", "takes: {priority: 9, when: lead.kind == 'sales' && lead.source == 'fair'}"),
            door("sales", "takes: {priority: 5, when: lead.kind == 'sales'}"),
        ],
        [
            door("sized", "takes: {priority: 9, when: known.size}", SIZE),
            door("other", "takes: {priority: 5, when: known.size}", "fields: {size: {type: integer}}\n"),
        ],  # what is a size for the one is none for the other
        [door("sales", "takes: {priority: 9, when: lead.kind == 'sales'}"), door("handed", "")],
    ],
)
def test_processes_that_leave_each_other_leads(several: list[Compiled]) -> None:
    check = Checker()
    check_taken(check, several)
    assert check.findings == []
