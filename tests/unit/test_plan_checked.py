"""B.3: a migration plan that names what is not there, or forgets what is, is refused with its place and a remedy."""

from __future__ import annotations

import pytest

from engine.compiling.bundle import SourceText
from engine.compiling.plan_checked import check_plan, read_plan
from engine.errors import DefinitionError
from engine.plan import GoesOn, Plan
from tests.unit.test_moving import ONE, V1, version

V2 = version(
    ONE.replace("first", "new").replace("answer:", "reply:").replace("  second:", "  talks:").replace("second", "talks")
)
WHOLE = """
migrate: desk
from: 1
to: 2
stages: {first: new, second: talks}
clocks: {answer: reply, follow_up: {time: recount}, decide: null}
fields: {size: small, budget: "= lead.seats > 10 ? 5 : 1"}
select: lead.country in ['DE', 'AT']
reason: agreed with sales
"""


def plan(text: str, standing: dict[str, int] | None = None) -> Plan:
    return check_plan(read_plan(SourceText("plan.yaml", text.lstrip())), V1, V2, standing or {})


def findings(text: str, standing: dict[str, int] | None = None) -> list[str]:
    with pytest.raises(DefinitionError) as refused:
        plan(text, standing)
    return [str(one) for one in refused.value.findings]


def test_a_plan_as_an_author_writes_it() -> None:
    """B.3: stages, clocks, fields, a selection and a reason; what is left out keeps its name."""
    made = plan(WHOLE)
    assert (made.origin, made.target) == (V1.digest, V2.digest)
    assert made.stages == {"first": "new", "second": "talks"}
    assert made.clocks == {
        "first/answer": GoesOn("reply"),
        "first/follow_up": GoesOn("follow_up", recount=True),
        "second/decide": GoesOn(None),
    }
    assert made.fields == {"size": "small", "budget": "= lead.seats > 10 ? 5 : 1"}
    assert made.select == "lead.country in ['DE', 'AT']"


def test_a_stage_that_is_gone_is_asked_for_with_who_stands_there() -> None:
    """B.3: the finding says how many leads and which clocks it is about, and how to write the map."""
    found = findings("migrate: desk\nfrom: 1\nto: 2\nstages: {second: talks}\nreason: agreed\n", {"first": 12})
    assert found == [
        "plan.yaml:4:1: UNMAPPED_STAGE stage 'first' is not in v2, and 12 leads stand there, with its clocks answer, "
        "follow_up. Say where they go on: `stages: {first: ...}`."
    ]


BEGINNING = "migrate: desk\nfrom: 1\nto: 2\nreason: agreed\nstages: {first: new, second: talks}\n"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("clocks: {anser: reply}", "plan.yaml:6:10: UNKNOWN_CLOCK v1 has no clock 'anser'. Did you mean 'answer'?"),
        (
            "clocks: {answer: repli}",
            "plan.yaml:6:18: UNKNOWN_CLOCK v2 has no clock 'repli' where leads of 'first' go on. Did you mean 'reply'?",
        ),
        (
            "clocks: {answer: follow_up}",
            "plan.yaml:6:18: TWO_CLOCKS 'answer' and 'follow_up' both go on as 'follow_up'. Let one of them go on, and "
            "write null for the other.",
        ),
        ("fields: {sizes: small}", "plan.yaml:6:10: UNKNOWN_FIELD v2 has no field 'sizes'. Did you mean 'size'?"),
        (
            "fields: {email: a@b.de}",
            "plan.yaml:6:10: PERSONAL_FIELD 'email' is personal, and rules cannot set it. Let people fill it in.",
        ),
        (
            """fields: {size: "'small'"}""",
            "plan.yaml:6:16: BAD_VALUE 'size' must be one of small, large. Write it plainly: small.",
        ),
        (
            'fields: {size: "= lead.seats"}',
            "plan.yaml:6:17: NOT_A_CONDITION this is a whole number, not text.",
        ),
        (
            "select: lead.land == 'DE'",
            "plan.yaml:6:9: UNKNOWN_FIELD there is no field `lead.land`.",
        ),
        ("selects: lead.country == 'DE'", "plan.yaml:6:1: UNKNOWN_KEY 'selects' is not a key"),
    ],
)
def test_every_name_is_checked_against_both_versions(line: str, expected: str) -> None:
    """B.3: file, line and column, and what may have been meant."""
    found = findings(BEGINNING + line + "\n")
    assert len(found) == 1
    assert found[0].startswith(expected)


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        ("{first: neu, second: talks}", "plan.yaml:5:17: UNKNOWN_STAGE v2 has no stage 'neu'. Did you mean 'new'?"),
        ("{frist: new, first: new, second: talks}", "plan.yaml:5:10: UNKNOWN_STAGE v1 has no stage 'frist'."),
        ("{first: won, second: talks}", "plan.yaml:5:17: STAGE_KIND 'first' is open and 'won' is won."),
    ],
)
def test_stages_are_checked_too(stages: str, expected: str) -> None:
    """B.3: a move wins and loses no lead."""
    found = findings(BEGINNING.replace("{first: new, second: talks}", stages))
    assert found[0].startswith(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("process: desk\n", "NOT_A_PLAN"),
        ("", "EMPTY"),
        ("migrate: desk\nfrom: 2\nto: 2\nreason: agreed\n", "SAME_VERSION"),
        ("migrate: desk\nfrom: 1\nto: 2\n", "MISSING_KEY"),
        ("migrate: desk\nfrom: 1\nto: 2\nreason: ' '\n", "plan.yaml:4:9"),
    ],
)
def test_a_file_that_is_no_plan_says_so(text: str, expected: str) -> None:
    """B.3: nothing is guessed."""
    assert expected in findings(text)[0]
