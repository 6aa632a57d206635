"""What changed between two versions is told by what it means: nothing that counts is left out, nothing that does not is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.compiling.bundle import Bundle, SourceText, digest_of, parse
from engine.compiling.flatten import Stages
from engine.difference import Change, Difference, How, Theme, difference
from engine.difference.aligning import align_alike, align_named
from engine.errors import DefinitionError
from engine.language.definition import ProcessFile, Uses
from engine.reading.source import read
from store.definition_files import bundle_of
from tests.unit.test_schema import ACCEPTED, FILES

DEFINITIONS = Path(__file__).parents[2] / "definitions"
FULL = Bundle(
    SourceText("process.yaml", FILES["process"]),
    tuple(SourceText(f"{kind}.yaml", text) for kind, text in FILES.items() if kind in Uses.model_fields),
)
"""A process and its tables in which every key occurs."""


def shipped(name: str, *edits: tuple[str, str]) -> Bundle:
    """A shipped process with its tables, each edit made in the one file that has the text."""
    bundle = bundle_of(DEFINITIONS / name / "v1.yaml")
    files = [bundle.process, *bundle.tables]
    for before, after in edits:
        changed = [SourceText(file.name, file.text.replace(before, after)) for file in files]
        assert changed != files, f"nothing says {before!r}"
        files = changed
    return Bundle(files[0], tuple(files[1:]))


def changed(name: str, *edits: tuple[str, str]) -> dict[str, list[str]]:
    """The sentences by kind of change."""
    found: dict[str, list[str]] = {}
    for change in difference(shipped(name), shipped(name, *edits)).changes:
        found.setdefault(change.kind, []).append(change.sentence)
    return found


# --- what is told ----------------------------------------------------------------------------------------------------


def test_a_shorter_deadline_is_told_with_both_lengths_and_both_places() -> None:
    """B.3: an author changes 3 working days to 2, and reads just that, with file and line on both sides."""
    new = shipped("inbound_b2b", ("due: 3 working days             # on", "due: 2 working days # on"))
    [change] = difference(shipped("inbound_b2b"), new).changes
    assert (change.theme, change.kind, change.how) == (Theme.CLOCKS, "clock.due", How.CHANGED)
    assert change.sentence == "Marketing Qualified, clock 'follow-up': due 3 working days -> 2 working days"
    assert (change.before, change.after) == ("3 working days", "2 working days")
    assert change.path == "stages.marketing_qualified.clocks.follow_up.due"
    assert change.scope == "marketing_qualified"
    assert change.old is not None and change.new is not None
    line = shipped("inbound_b2b").process.text.splitlines()[change.old.line - 1]
    assert line[change.old.column - 1 :].startswith("3 working days")
    assert change.old.file.endswith("inbound_b2b/v1.yaml")


def test_the_version_and_how_a_file_is_written_are_no_change() -> None:
    """B.3: comments, order of keys, one thing for a list of one, names of stages in full, units of a duration: the same meaning."""
    new = shipped(
        "inbound_b2b",
        ("version: 1\n", "version: 2\n"),
        ("# The lowest priority: what no other process takes.\n", ""),
        ("by: [owner, team_leader, system]", "by: [system, owner, team_leader]"),
        ("on_breach: {notify: team_leader, with: unseen}", "on_breach: [{with: unseen, notify: team_leader}]"),
        ("to: working,", "to: sales_accepted.working,"),
        ("due: 24 hours                       #", "due: PT24H #"),
        ("start: marketing_qualified\n", ""),
        ("    initial: contacted\n", ""),
    )
    assert difference(shipped("inbound_b2b"), new) == Difference((), {})


def test_the_order_of_stages_counts_where_it_says_where_leads_begin() -> None:
    """B.3: without `start` the first stage written is where new leads begin, whatever the digest says of it."""
    one = (
        "process: a\nversion: 1\ntitle: A\nstages:\n  ahead: {waits_for_ever: true}\n  behind: {waits_for_ever: true}\n"
    )
    other = (
        "process: a\nversion: 1\ntitle: A\nstages:\n  behind: {waits_for_ever: true}\n  ahead: {waits_for_ever: true}\n"
    )
    [change] = difference(Bundle(SourceText("a", one)), Bundle(SourceText("b", other))).changes
    assert change.sentence == "new leads begin in ahead -> behind"


def test_stages_that_come_and_go_and_change_their_kind() -> None:
    """B.3: a stage that is gone, one that is new, one that means something else for the lead."""
    told = changed(
        "inbound_b2b",
        (
            "  delivered:\n    title: Delivered\n    status: Converted\n",
            "  delivered:\n    title: Delivered\n    status: Closed\n",
        ),
        ("    kind: waiting\n", "    waits_for_ever: true\n"),
        ("      working:\n        title: Working\n        status: Working\n", ""),
        ("        events:\n          work: {title: Work on it, to: working, by: [owner]}\n", ""),
        (
            "  dead:\n    title: Dead",
            "  archived: {title: Archived, kind: lost, closes: true}\n  dead:\n    title: Dead",
        ),
    )
    assert told == {
        "stage.status": ["Delivered: lead status Converted -> Closed"],
        "stage.kind": ["Nurture: kind waiting -> open"],
        "stage.waits_for_ever": ["Nurture: may wait for ever now"],
        "stage.removed": ["stage 'Sales Accepted / Working' is gone"],
        "event.removed": ["Sales Accepted / Contacted, event 'Work on it' is gone"],
        "stage.added": ["stage 'Archived' is new: kind lost, closes the lead"],
    }


def test_a_stage_under_another_name_is_the_same_stage() -> None:
    """B.3: renamed, not gone and new; events that lead to it have not changed, and a move of leads can follow the names."""
    new = shipped(
        "inbound_b2b",
        ("  working:\n        title: Working\n", "  busy:\n        title: Busy\n"),
        ("to: working,", "to: busy,"),
    )
    found = difference(shipped("inbound_b2b"), new)
    assert [change.kind for change in found.changes] == ["stage.renamed", "stage.title"]
    assert found.changes[0].sentence == "stage 'Sales Accepted / Busy' is called busy now, working before"
    assert found.renamed == {"sales_accepted.working": "sales_accepted.busy"}


def test_a_stage_that_is_renamed_and_changed_is_known_by_its_title() -> None:
    """B.3: what people call the same is the same stage, so that its clocks are compared and leads in it are followed."""
    new = shipped(
        "inbound_b2b",
        ("  marketing_qualified:\n", "  fresh:\n"),
        ("to: marketing_qualified", "to: fresh"),
        ("start: marketing_qualified", "start: fresh"),
        ("due: 3 working days             # on", "due: 2 working days # on"),
    )
    found = difference(shipped("inbound_b2b"), new)
    assert [change.kind for change in found.changes] == ["stage.renamed", "clock.due"]
    assert found.renamed == {"marketing_qualified": "fresh"}


def test_a_stage_that_moves_into_another_or_out_of_one_is_followed() -> None:
    """B.3: it is the same stage, its clocks are compared, and leads that stand in it can go on; what was around it is gone."""
    old = _of_stages("wide: {stages: {inner: {clocks: {call: {due: 2 days}}}, rest: {}}}, last: {}")
    out = _of_stages("inner: {clocks: {call: {due: 1 day}}}, last: {}")
    found = difference(old, out)
    assert [change.sentence for change in found.changes] == [
        "stage 'Wide' is gone",
        "stage 'Inner' stands in no other stage now, in Wide before",
        "Inner, clock 'call': due 2 days -> 1 day",
    ]
    assert found.renamed == {"wide.inner": "inner"}
    assert found.changes[-1].path == "stages.inner.clocks.call.due"
    assert found.changes[-1].old is not None and found.changes[-1].new is not None
    back = difference(out, old)
    assert [(change.kind, change.sentence) for change in back.changes] == [
        ("stage.moved", "stage 'Wide / Inner' stands in Wide now, in no other stage before"),
        ("stage.added", "stage 'Wide' is new: kind open"),
        ("clock.due", "Wide / Inner, clock 'call': due 1 day -> 2 days"),
    ]


def _of_stages(text: str) -> Bundle:
    return Bundle(SourceText("a.yaml", f"process: a\nversion: 1\ntitle: A\nstages: {{{text}}}\n"))


def test_a_table_that_is_used_no_longer_or_instead_of_another_is_told() -> None:
    """B.3: which table counts, and what is different in it."""
    with_one = _with_table("assignment: desk\nrules: []\nexception: {person: ann, clock: 1 hour, climb: up}\n")
    without = Bundle(SourceText("a.yaml", with_one.process.text.replace("uses: {assignment: desk}\n", "")))
    assert [change.sentence for change in difference(with_one, without).changes] == [
        "uses assignment table desk -> nothing"
    ]
    other = Bundle(
        SourceText("a.yaml", with_one.process.text.replace("assignment: desk", "assignment: other")),
        (SourceText("other.yaml", with_one.tables[0].text.replace("desk", "other").replace("ann", "ben")),),
    )
    assert [change.sentence for change in difference(with_one, other).changes] == [
        "exception owner: person ann -> ben",
        "uses assignment table desk -> other",
    ]


def test_what_changes_about_events() -> None:
    """B.3: target, who may, condition, what is asked, what is done, and the order of branches."""
    told = changed(
        "inbound_b2b",
        (
            "        to: sales_rejected\n        by: [owner, team_leader]\n",
            "        to: disqualified\n        by: [owner, ops]\n",
        ),
        ("advised: lead.score >= 12", "advised: lead.score >= 10"),
        ("needs: {note: true}", "needs: {note: true, reason: dead_reasons}"),
        ("then: [{notify: team_leader, with: qualified}]", "then: [{notify: team_leader, with: won}, score]"),
        ("    from: any open\n    to: lost\n", "    from: any\n    to: lost\n"),
    )
    assert told == {
        "event.to": ["Marketing Qualified, event 'Reject': leads to sales_rejected -> disqualified"],
        "event.by": ["Marketing Qualified, event 'Reject': may be caused by owner, team_leader -> ops, owner"],
        "event.advised": ["Sales Accepted, event 'Qualify': advised if lead.score >= 12 -> lead.score >= 10"],
        "event.then": [
            "Sales Accepted, event 'Qualify': then does notify team_leader with qualified -> notify team_leader with won; score"
        ],
        "event.needs.reason": ["Sales Rejected, event 'Back to sales': needs reason nothing -> dead_reasons"],
        "event.from": ["event 'Lost to a competitor': possible in any open -> any"],
    }


def test_rules_that_change_their_order() -> None:
    """B.3: the first rule that fits decides, so that a rule which moves is a change though it says what it said."""
    one = "assignment: desk\nexception: {person: ann, clock: 1 hour, climb: up}\nrules:\n"
    rows = [f"  - {{name: {name}, among: {{team: {name}}}}}\n" for name in ("alpha", "beta", "gamma")]
    old, new = one + "".join(rows), one + "".join([rows[2], rows[0], rows[1].replace("team: beta", "team: delta")])
    found = difference(_with_table(old), _with_table(new))
    assert [(change.kind, change.sentence) for change in found.changes] == [
        ("rule.among.team", "rule 'beta': candidates by team beta -> delta"),
        ("rule.moved", "rule 'gamma' moved up, from 3rd to 1st"),
    ]
    assert {change.theme for change in found.changes} == {Theme.OWNERS}


def _with_table(text: str) -> Bundle:
    process = "process: a\nversion: 1\ntitle: A\nuses: {assignment: desk}\nstages:\n  x: {waits_for_ever: true}\n"
    return Bundle(SourceText("a.yaml", process), (SourceText("desk.yaml", text),))


def test_what_changes_in_tables() -> None:
    """B.3: weights and thresholds of a score, opening hours and holidays, codes, words, segments, fields: each under its theme."""
    new = FULL
    for before, after in (
        ("priority: {high: 15, low: 0}", "priority: {high: 12, low: 0}"),
        ("points: {soon: 4}", "points: {soon: 5, later: 1}"),
        ("bands: {5: 100%, 1: 0%}", "bands: {5: 90%, 1: 0%}"),
        ('fri: "08:00-12:00, 13:00-15:00"', 'fri: "08:00-12:00"'),
        ("holidays: DE-BE", "holidays: DE-BY"),
        ("price: Too dear", "price: Too dear for them, quality: Not good enough"),
        ("Dear {{ lead.title }}", "Hello {{ lead.title }}"),
        ("when: lead.employees > 10}", "when: lead.employees > 20}"),
        ("of: [small, large]", "of: [small, huge]"),
        ("limits: {open: 40}", "limits: {open: 30}"),
        ("{name: hiring, when: lead.kind == 'hiring'", "{name: hiring, when: lead.kind != 'sales'"),
    ):
        new = _edited(new, before, after)
    told: dict[Theme, list[str]] = {}
    for change in difference(FULL, new).changes:
        told.setdefault(change.theme, []).append(change.sentence)
    assert told == {
        Theme.FIELDS: ["field 'size': values small, large -> small, huge"],
        Theme.DOOR: ["out-of-scope rule 'hiring': when lead.kind == 'hiring' -> lead.kind != 'sales'"],
        Theme.OWNERS: ["limit open 40 -> 30"],
        Theme.SCORE: [
            "part 'complete': bands 5 100% -> 90%",
            "part 'timeframe': points soon 4 -> 5",
            "part 'timeframe': points later nothing -> 1",
            "priority 'high': 15 -> 12",
        ],
        Theme.SEGMENTS: ["segment 'Large': when lead.employees > 10 -> lead.employees > 20"],
        Theme.CALENDARS: [
            "calendar 'Berlin': hours fri 08:00-12:00, 13:00-15:00 -> 08:00-12:00",
            "calendar 'Berlin': holidays of DE-BE -> DE-BY",
        ],
        Theme.REASONS: [
            "list 'loss', code 'price': Too dear -> Too dear for them",
            "list 'loss', code 'quality' is new: Not good enough",
        ],
        Theme.TEMPLATES: ["template 'pack': text Dear {{ lead.title }} -> Hello {{ lead.title }}"],
    }


def _edited(bundle: Bundle, before: str, after: str) -> Bundle:
    files = [SourceText(file.name, file.text.replace(before, after)) for file in (bundle.process, *bundle.tables)]
    assert files != [bundle.process, *bundle.tables], before
    return Bundle(files[0], tuple(files[1:]))


def test_what_changes_about_ladders_and_fields() -> None:
    """B.3: who hears of it when, what a lead must have."""
    told = changed(
        "inbound_b2b",
        (
            "    - {after: 4 working hours, notify: team_leader, with: overdue}\n",
            "    - {after: 2 working hours, notify: team_leader, with: overdue}\n",
        ),
        ("{type: text, title: Company, required: true}", "{type: text, title: Company}"),
        ("    - {after: 90 days, send: keep_warm}\n", ""),
    )
    assert told == {
        "ladder.after": ["ladder 'silence', step 2: after 4 working hours -> 2 working hours"],
        "field.required": ["field 'Company': is no longer required"],
        "step.removed": ["sequence 'keep_warm', step 2 is gone, was 2nd: after 90 days send keep_warm to lead"],
    }


# --- nothing is left out ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "before", "after"), [case for case in ACCEPTED if case[0] in ("process", *Uses.model_fields)]
)
def test_every_change_of_a_key_is_told(kind: str, before: str, after: str) -> None:
    """B.3: of every key that the language has, or else both files mean the same."""
    new = _edited(FULL, before, after)
    assert bool(difference(FULL, new).changes) == (_meaning(FULL) != _meaning(new))


@st.composite
def mutants(draw: st.DrawFn) -> Bundle:
    """The same process with one thing more, less or otherwise, somewhere in one of its files."""
    files = [FULL.process, *FULL.tables]
    number = draw(st.integers(0, len(files) - 1))
    value = json.loads(json.dumps(_tagged(read(files[number].text, "x").value)))
    places = list(_containers(value))
    container = draw(st.sampled_from(places))
    if isinstance(container, dict):
        key = draw(st.sampled_from(sorted(container)))
        how = draw(st.sampled_from(["value", "drop", "name"]))
        if how == "value":
            container[key] = draw(_other(container[key]))
        elif how == "drop":
            del container[key]
        else:
            container[f"{key}_x"] = container.pop(key)
    else:
        place = draw(st.integers(0, len(container) - 1))
        how = draw(st.sampled_from(["value", "drop", "twice", "swap"]))
        if how == "value":
            container[place] = draw(_other(container[place]))
        elif how == "drop":
            del container[place]
        elif how == "twice":
            container.insert(place, container[place])
        else:
            container[place], container[0] = container[0], container[place]
    files[number] = SourceText(files[number].name, _written(value))
    return Bundle(files[0], tuple(files[1:]))


def _tagged(value: Any) -> Any:
    """With keys that are numbers marked, since JSON has none."""
    if isinstance(value, dict):
        return {f"#{key}" if isinstance(key, int) else key: _tagged(one) for key, one in value.items()}
    return [_tagged(one) for one in value] if isinstance(value, list) else value


def _written(value: Any) -> str:
    """As YAML, in its braces and brackets."""
    if isinstance(value, dict):
        entries = (
            f"{key[1:] if key.startswith('#') else json.dumps(key)}: {_written(one)}" for key, one in value.items()
        )
        return "{" + ", ".join(entries) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    return json.dumps(value)


def _containers(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list) and value:
        yield value
        for one in value.values() if isinstance(value, dict) else value:
            yield from _containers(one)


def _other(value: Any) -> st.SearchStrategy[Any]:
    words = [
        "x",
        "3 days",
        "50%",
        "lead.other",
        "any",
        "team",
        "keep",
        "reset",
        "restart",
        "won",
        "waiting",
        "number",
        "next",
    ]
    if isinstance(value, bool):
        return st.just(not value)
    if isinstance(value, int | float):
        return st.sampled_from([value + 1, value - 1, 0])
    if isinstance(value, str):
        return st.sampled_from([*words, value + "x"])
    return st.sampled_from([[], {}, None, *words])


def _meaning(bundle: Bundle) -> object:
    """What all files say, by the models: lists whose order says nothing are put in one, the version left aside."""
    parsed = [parse(source) for source in (bundle.process, *bundle.tables)]
    said = {one.kind: _plain(one.model.model_dump(exclude={"version"}, mode="json"), "") for one in parsed}
    for kind, file in said.items():
        if kind != "process":
            del file[kind]  # what a table is called is said where it is used
    process = parsed[0].model
    assert isinstance(process, ProcessFile)
    stages = Stages(process)
    start = stages.find(process.start or next(iter(process.stages)))
    said["process"]["start"] = stages.leaf_of(start) if start else process.start
    return said


def _plain(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        # What two leads are compared by may stand in several fields, first name and last: there the order counts.
        ordered = ("from_",) if "same" in value else ()
        said = {str(name): _plain(one, "" if name in ordered else name) for name, one in value.items()}
        if said.get("stages") and "initial" in said:
            said["initial"] = said["initial"] or next(iter(said["stages"]))
        return said
    if isinstance(value, list):
        told = [_plain(one, "") for one in value]
        unordered = key in ("by", "from_", "starts_on", "stops_on", "cancels_on", "skip", "segment", "closed")
        return sorted(told, key=repr) if unordered else told
    return value


@cache
def _full() -> tuple[object, str]:
    """What the full process means, and its digest."""
    return _meaning(FULL), digest_of([parse(source) for source in (FULL.process, *FULL.tables)])


@settings(max_examples=150)
@given(mutants())
def test_whatever_means_something_else_is_told(new: Bundle) -> None:
    """B.3: what changes the digest shows as at least one change, both ways, unless both files mean the same."""
    try:
        files = [parse(source) for source in (new.process, *new.tables)]
        found, back = difference(FULL, new), difference(new, FULL)
    except DefinitionError:
        assume(False)
        raise
    assert bool(found.changes) == bool(back.changes) == (_full()[0] != _meaning(new))
    if found.changes:
        assert digest_of(files) != _full()[1]
    for change in (*found.changes, *back.changes):
        _well_told(change)


def _well_told(change: Change) -> None:
    assert change.sentence and "\n" not in change.sentence
    assert (change.old is None) == (change.how is How.ADDED)
    assert (change.new is None) == (change.how is How.REMOVED)
    assert change.before != change.after


# --- lists -----------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(), unique=True, max_size=8), st.randoms(use_true_random=False))
def test_the_fewest_are_told_to_have_moved(names: list[int], chance: Any) -> None:
    """B.3: one rule put first is one that moved, not all others that moved down."""
    assume(len(names) > 1)
    moved = names.copy()
    one = moved.pop(chance.randrange(len(moved)))
    moved.insert(chance.randrange(len(moved) + 1), one)
    aligned = align_named(names, moved)
    assert len(aligned.moved) == (names != moved)
    assert not aligned.added and not aligned.removed


@given(st.permutations(range(7)))
def test_an_order_that_changed_is_always_told(order: list[int]) -> None:
    """B.3: whatever changes places with what, at least one of them is told, and each with two different places."""
    moved = align_named(range(7), order).moved
    assert bool(moved) == (order != [*range(7)])
    assert all(before != after for before, after in moved.values())


@given(st.lists(st.integers(0, 3), max_size=6), st.lists(st.integers(0, 3), max_size=6))
def test_each_entry_of_both_lists_is_accounted_for_once(old: list[int], new: list[int]) -> None:
    """B.3: nothing is paired twice, and nothing is forgotten."""
    aligned = align_alike(old, new, [[str(one) for one in old], [str(one) for one in new]])
    assert sorted([*(one for one, _ in aligned.pairs), *aligned.removed]) == list(range(len(old)))
    assert sorted([*(other for _, other in aligned.pairs), *aligned.added]) == list(range(len(new)))
    assert not (aligned.removed and aligned.added)
