"""Diagrams of processes: everything is said, nothing overlaps, and the files of the definitions are up to date."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from cli.diagrams import render_readmes
from engine.diagram import drawing, flowchart, mermaid, svg
from engine.diagram.lanes import lanes
from engine.diagram.lettering import width, wrap
from engine.diagram.links import Route, links
from engine.diagram.outline import Card, Deadline, Ladder, Outline, Way, outline
from engine.diagram.placing import Picture, picture
from engine.diagram.shapes import Box
from engine.diagram.standing import Live, Standing, long
from engine.diagram.wires import Point
from engine.language.builtin import RESERVED
from engine.language.definition import StageKind
from engine.process import Process
from store.definition_files import load_process, process_files
from tests.unit.desk import process

DEFINITIONS = Path(__file__).parents[2] / "definitions"
PROCESSES = {path.parent.name: load_process(path)[1] for path in process_files(DEFINITIONS)}
SVG = "{http://www.w3.org/2000/svg}"

shipped = pytest.mark.parametrize("process", PROCESSES.values(), ids=PROCESSES)


# --- what is said ----------------------------------------------------------------------------------------------------


def small(**changes: object) -> Outline:
    """A process of four stages with one of everything."""
    call = Deadline("first call", "1 hour", "met by Reached", "escalate: silence")
    new = card(
        "new", ways=(way("reach", "talk"), way("bury", "lost", guard="attempts ≥ 4"), way("note")), deadlines=(call,)
    )
    talk = card(
        "talk",
        ways=(way("win", "won", asks="value"), way("wait", "new", next_cycle=True)),
        inside=(
            card("talk.first", ways=(way("go on", "talk.second"),)),
            card("talk.second", ways=(way("go back", "talk.first"), way("pass on", hands_over="nurture"))),
        ),
    )
    cards = (new, talk, card("won", StageKind.WON, closes=True), card("lost", StageKind.LOST, closes=True))
    given: dict[str, object] = {
        "name": "small",
        "title": "Small & <bold>",
        "version": 3,
        "start": "new",
        "takes": "kind is sales",
        "cards": cards,
        "deadlines": (call,),
        "everywhere": (way("lose", "lost"),),
        "always": ("Assign",),
        "live": Live({"new": Standing(7)}),
        "ladders": (Ladder("silence", (("at once", "tell the owner"), ("after 1 day", "tell Ann, every week")), True),),
        "titles": {path: path.rpartition(".")[2].capitalize() for path in _paths(cards)},
    }
    return Outline(**(given | changes))  # type: ignore[arg-type]


def card(path: str, kind: StageKind = StageKind.OPEN, **given: object) -> Card:
    known: dict[str, object] = {
        "title": path.rpartition(".")[2].capitalize(),
        "status": "Working",
        "closes": False,
        "probability": 20,
        "standing": Standing(7),
        "on_entry": "",
        "deadlines": (),
        "ways": (),
        "inside": (),
    }
    return Card(path=path, kind=kind, **(known | given))  # type: ignore[arg-type]


def way(event: str, target: str | None = None, **given: object) -> Way:
    known: dict[str, object] = {
        "title": event.capitalize(),
        "by": "owner",
        "guard": "",
        "asks": "",
        "does": "",
        "hands_over": None,
        "next_cycle": False,
        "by_clock": False,
        "again": False,
    }
    return Way(event=event, target=target, **(known | given))  # type: ignore[arg-type]


def _paths(cards: tuple[Card, ...]) -> Iterator[str]:
    for one in cards:
        yield one.path
        yield from _paths(one.inside)


def words_of(text: str) -> str:
    """All text of a picture in the order written, without hints."""
    root = ElementTree.fromstring(text)
    said = []
    for element in root.iter(f"{SVG}text"):
        hint = element.find(f"{SVG}title")
        said.append((element.text if hint is None else hint.tail) or "")
    return " ".join(said)


def test_picture_says_who_may_what_by_when_and_what_else_happens() -> None:
    """S2.9: stages with their leads, events with who may and under which condition, deadlines, ladders."""
    said = words_of(drawing.draw(small()))
    for part in (
        "Small & <bold>",
        "version 3; 7 leads now",
        "New leads if kind is sales",
        "7 leads",
        "first call: 1 hour else escalate: silence",
        "Reach → Talk owner",
        "Bury [attempts ≥ 4] → Lost",
        "Win → Won owner · asks: value",
        "Pass on → process nurture",
        "Process: nurture",
        "Beside the stages",
        "In every open stage: Lose → Lost",
        "silence at once tell the owner after 1 day tell Ann, every week",
        "Possible in every stage that is not closed: Assign.",
        "the lead begins its next cycle",
    ):
        assert part in said


def test_picture_can_be_heard_and_stand_among_others() -> None:
    """S2.9: title and description for who cannot see it; nothing that a page around it changes, or that changes it."""
    text = drawing.draw(small())
    root = ElementTree.fromstring(text)
    label = root.get("aria-labelledby", "").split()
    assert root.get("role") == "img"
    assert [root[0].get("id"), root[1].get("id")] == label == ["diagram-small-title", "diagram-small-desc"]
    assert root[0].text == "Small & <bold>: how a lead moves"
    assert "Lost (lost, 7 leads)." in str(root[1].text)
    assert "Talk (open, 7 leads): Win → Won; Wait → New." in str(root[1].text)
    assert not re.search(r"<style|<script|class=|style=|href=|url\(", text)


def test_picture_without_counts_shows_none() -> None:
    """S2.9: a drawing of the rules alone claims nothing about leads."""
    process = PROCESSES["inbound_b2b"]
    assert not re.search(r"\d leads?\b", words_of(svg(process)))
    assert not re.search(r"\d leads?\b", mermaid(process))


@shipped
def test_every_stage_way_and_deadline_is_said(process: Process) -> None:
    """S2.9: the diagram leaves nothing out, in either form."""
    picture_words, chart = words_of(svg(process)).replace("“", "").replace("”", ""), mermaid(process)
    for path, leaf in process.leaves.items():
        title = process.scopes[path].title
        assert title in picture_words and title in chart
        assert leaf.status.value in picture_words
    for _, event in process.branches:
        title = process.event_titles[event]
        assert title in picture_words
        assert title in chart or event in RESERVED
    for rule in process.clocks.values():
        assert rule.title in picture_words
        assert rule.title in chart
    for series in process.series:
        assert series.replace("_", " ") in picture_words and series.replace("_", " ") in chart


@shipped
def test_counts_stand_on_their_stages(process: Process) -> None:
    """S2.9: how many leads stand where; a stage around others counts theirs."""
    counts = {path: 1000 + number for number, path in enumerate(process.leaves)}
    live = Live({path: Standing(count) for path, count in counts.items()})
    picture_words, chart = words_of(svg(process, live)), mermaid(process, live)
    for count in counts.values():
        assert f"{count:,} leads" in picture_words and f"{count:,} leads" in chart
    total = sum(counts.values())
    assert f"{total:,} leads now" in picture_words
    drawn = outline(process, live)
    assert sum(one.standing.leads for one in drawn.cards if one.standing) == live.total == total


def test_an_event_is_said_once_at_the_stage_around() -> None:
    """S2.9: what holds in all nested stages is said at the stage around them, and what holds in all open ones once."""
    drawn = outline(PROCESSES["inbound_b2b"])
    accepted = drawn.card_of("sales_accepted")
    assert [one.title for one in accepted.ways] == ["Qualify", "Disqualify", "Not now"]
    assert all("Qualify" not in [one.title for one in inner.ways] for inner in accepted.inside)
    assert [one.title for one in drawn.everywhere] == ["Asks again", "Contact", "Lost to a competitor"]


def test_the_same_process_gives_the_same_picture() -> None:
    """S2.9: a picture in a document changes only when its process does."""
    first, second = (load_process(process_files(DEFINITIONS)[1])[1] for _ in range(2))
    assert svg(first) == svg(second)
    assert mermaid(first) == mermaid(second)


# --- where it stands -------------------------------------------------------------------------------------------------


def invented(seed: int) -> Outline:
    """Any process: up to a dozen stages, nested or not, with ways from anywhere to anywhere."""
    chance = random.Random(seed)
    names = [f"stage_{number}" for number in range(chance.randint(1, 12))]
    inner = {name: [f"{name}.part_{n}" for n in range(chance.choice([0, 0, 0, 2, 3]))] for name in names}
    goals = [*names, *(path for paths in inner.values() for path in paths)]

    def ways(path: str) -> tuple[Way, ...]:
        made = []
        for number in range(chance.randint(0, 5)):
            target = chance.choice([*goals, None])
            looks: dict[str, Any] = chance.choice(
                [{}, {}, {"next_cycle": True}, {"by_clock": True}, {"guard": "lead count ≥ 1200 " * 3}]
            )
            looks |= {"hands_over": "another_one", "target": None} if chance.random() < 0.08 else {"target": target}
            made.append(way(f"{path} way {number} with a rather long name", again=target == path, **looks))
        return tuple(made)

    def stage(path: str) -> Card:
        kind = chance.choice([*StageKind, StageKind.OPEN])
        within = tuple(stage(child) for child in inner.get(path, ()))
        late = (Deadline("a deadline", "3 days", "", "escalate: silence"),) * chance.randint(0, 2)
        return card(path, kind, ways=ways(path), inside=within, deadlines=late, title=path * chance.choice([1, 4]))

    cards = tuple(stage(name) for name in names)
    start = names[0] if not inner[names[0]] else inner[names[0]][0]
    return small(cards=cards, start=start, titles={path: path for path in goals}, everywhere=ways("all")[:2])


OUTLINES = [*map(outline, PROCESSES.values()), small(), *map(invented, range(60))]
IDS = [*PROCESSES, "small", *(f"invented {seed}" for seed in range(60))]
every_outline = pytest.mark.parametrize("drawn", OUTLINES, ids=IDS)


def boxes_of(placed: Picture) -> list[Box]:
    return [*placed.boxes, *placed.notes]


def nested(box: Box) -> Iterator[Box]:
    yield box
    for inner in box.inside:
        yield from nested(inner)


@every_outline
def test_boxes_lie_apart_and_inside_one_another_only_where_stages_do(drawn: Outline) -> None:
    """S2.9: no box hides another, and all lie on the page."""
    placed = picture(drawn)
    for group in [boxes_of(placed), *(list(box.inside) for top in placed.boxes for box in nested(top))]:
        for one, other in combinations(group, 2):
            apart = one.right < other.x or other.right < one.x or one.bottom < other.y or other.bottom < one.y
            assert apart, (one.card, other.card)
    for top in boxes_of(placed):
        assert top.x > 0 and top.right < placed.width
        assert top.y > 0 and top.bottom < placed.height
        for box in nested(top):
            assert all(box.x < inner.x and inner.right < box.right for inner in box.inside)
            assert all(box.y < inner.y and inner.bottom < box.bottom for inner in box.inside)


@every_outline
def test_text_stays_in_its_box(drawn: Outline) -> None:
    """S2.9: labels overlap neither boxes nor one another."""
    for top in boxes_of(picture(drawn)):
        for box in nested(top):
            for words in box.texts:
                assert words.x + width(words.text, words.ink.size, bold=words.ink.bold) <= box.right
                assert box.y < words.y < box.bottom
                assert not any(inner.y < words.y < inner.bottom for inner in box.inside)
            for one, other in pairwise(box.texts):
                assert other.y - one.y >= min(one.ink.size, other.ink.size) or other.y == one.y


@every_outline
def test_wires_run_around_boxes(drawn: Outline) -> None:
    """S2.9: no arrow passes through a stage that it neither leaves nor reaches; all run along right angles."""
    placed = picture(drawn)
    for wire in placed.wires:
        for line in wire.lines:
            for top in boxes_of(placed):
                for box in nested(top):
                    touched = any(_holds(box, point) for point in (line[0], line[-1]))
                    assert touched or not any(_crosses(box, *ends) for ends in pairwise(line))
            assert all(start[0] == end[0] or start[1] == end[1] for start, end in pairwise(line))
            assert all(0 < x < placed.width and 0 < y < placed.height for x, y in line)


@every_outline
def test_every_way_on_has_its_wire(drawn: Outline) -> None:
    """S2.9: a wire leaves at every row that leads on, and an arrow arrives at every goal."""
    placed = picture(drawn)
    starts = {line[0][1] for wire in placed.wires for line in wire.lines}
    tips = [wire.lines[0][-1] for wire in placed.wires if wire.arrow]
    boxes = {box.card.path: box for top in placed.boxes for box in nested(top) if box.card is not None}
    boxes[""] = placed.notes[-1]
    for link in links(drawn, lanes(drawn)):
        source = boxes[link.source]
        port = next(port for port in source.ports if port.way is link.way)
        assert (source.bottom if link.route is Route.STRAIGHT else port.y) in starts
        goals = [boxes[link.goal]] if link.goal in boxes else [box for box in placed.boxes if box.card is None]
        assert any(_holds(goal, tip) and tip[1] <= goal.head + 20 for goal in goals for tip in tips)


def _holds(box: Box, point: Point) -> bool:
    return box.x - 0.1 <= point[0] <= box.right + 0.1 and box.y - 0.1 <= point[1] <= box.bottom + 0.1


def _crosses(box: Box, start: Point, end: Point) -> bool:
    left, right = sorted((start[0], end[0]))
    top, bottom = sorted((start[1], end[1]))
    return left < box.right and right > box.x and top < box.bottom and bottom > box.y


@every_outline
def test_any_process_gives_a_sound_picture_and_chart(drawn: Outline) -> None:
    """S2.9: whatever the names, the picture is XML and the chart has no stray quotes."""
    assert ElementTree.fromstring(drawing.draw(drawn)).tag == f"{SVG}svg"
    for line in flowchart.draw(drawn).splitlines():
        assert line.count('"') in (0, 2) or line.startswith("%%")


def test_text_is_wrapped_by_words_and_cut_with_a_sign() -> None:
    """S2.9: a long name takes more lines; what still does not fit ends in an ellipsis."""
    assert wrap("one two three", 10, 50) == ("one two", "three")
    assert wrap("one two three four", 10, 50, most=1) == ("one two …",)
    assert all(width(line, 10) <= 50 for line in wrap("a" * 40, 10, 50))
    assert wrap("", 10, 50) == ()


# --- documents -------------------------------------------------------------------------------------------------------


def test_readmes_of_shipped_definitions_show_the_current_diagram() -> None:
    """S2.9: a diagram in a document is the one of the definition beside it: `render_readmes` brings it up to date."""
    assert render_readmes(DEFINITIONS, write=False) == []


def test_readmes_are_changed_between_their_marks_only(tmp_path: Path) -> None:
    """S2.9: the text around the diagram is its author's."""
    process = tmp_path / "inbound_b2b"
    (tmp_path / "tables").symlink_to(DEFINITIONS / "tables")
    process.mkdir()
    (process / "v1.yaml").write_text((DEFINITIONS / "inbound_b2b" / "v1.yaml").read_text("utf-8"), "utf-8")
    readme = process / "README.md"
    readme.write_text("# Before\n\n<!-- diagram -->\nold\n<!-- /diagram -->\n\nAfter\n", "utf-8")
    assert render_readmes(tmp_path, write=False) == [readme]
    assert "old" in readme.read_text("utf-8")
    assert render_readmes(tmp_path) == [readme]
    text = readme.read_text("utf-8")
    assert text.startswith("# Before\n\n<!-- diagram -->\n```mermaid\n%%{init")
    assert text.endswith("```\n<!-- /diagram -->\n\nAfter\n")
    assert render_readmes(tmp_path) == []


def test_readmes_without_marks_are_left_alone(tmp_path: Path) -> None:
    """S2.9: no marks, no diagram; and no README is made."""
    process = tmp_path / "small"
    process.mkdir()
    (process / "v1.yaml").write_text("nonsense", "utf-8")
    assert render_readmes(tmp_path) == []
    (process / "README.md").write_text("# Small\n", "utf-8")
    assert render_readmes(tmp_path) == []


def test_each_branch_of_an_event_is_called_by_its_own_title() -> None:
    """S2.9: two ways of one event that are called differently are drawn so."""
    branched = process("""
stages:
  open:
    waits_for_ever: true
    events:
      answer:
        - {title: Visit the site, to: large, when: lead.seats >= 100}
        - {title: Send an offer, to: small}
  large: {waits_for_ever: true}
  small: {waits_for_ever: true}
""")
    drawn = mermaid(branched)
    assert "Visit the site" in drawn
    assert "Send an offer" in drawn


# --- what stands where now -------------------------------------------------------------------------------------------


def test_a_live_picture_shows_where_leads_rot() -> None:
    """S2.9, S1.9: how many, for how long, how many overdue, what they are worth; in both forms, in words and in weight."""
    days = timedelta(days=1)
    process = PROCESSES["inbound_b2b"]
    stages = {
        "marketing_qualified": Standing(12, 4, 3 * days, 21 * days, {"EUR": 120_000.0}, others=5),
        "sales_accepted.contacted": Standing(1, 0, days, 30 * timedelta(hours=1)),
        "sales_accepted.working": Standing(8, 1, 2 * days, 9 * days, {"EUR": 4_000.0, "GBP": 2_500.0}),
    }
    live = Live(stages, datetime(2026, 11, 25, 9, tzinfo=UTC), {"to_be_called": 2}, {1: 4, 3: 1})
    picture_words, chart = words_of(svg(process, live)), mermaid(process, live)
    for words in (
        *("4 of 12 overdue", "half for 3 days or longer, the oldest for 21 days", "120,000 EUR"),
        *("for 30 hours", "1 of 8 overdue", "4,000 EUR, 2,500 GBP"),
        "4 on version 1, 1 on version 3: counted in the stage of the same name",
        "In stages that this version does not have: to_be_called (2).",
    ):
        assert words in " ".join(picture_words.split()) and words in chart
    assert "23 leads now (2026-11-25 09:00 UTC)" in picture_words
    accepted = outline(process, live).card_of("sales_accepted").standing
    assert accepted is not None
    assert (accepted.leads, accepted.overdue, accepted.oldest_age) == (9, 1, 9 * days)
    assert chart.count(" rotting\n") == 1 and "class s_marketing_qualified rotting" in chart


def test_a_live_picture_has_the_share_of_overdue_leads_in_red_on_the_edge() -> None:
    """S2.9: a third of the edge for a third of the leads; none where nothing is overdue."""

    def edges(overdue: int) -> list[float]:
        root = ElementTree.fromstring(
            svg(PROCESSES["inbound_b2b"], Live({"marketing_qualified": Standing(12, overdue)}))
        )
        red = [part for part in root.iter() if part.tag.endswith("rect") and part.get("fill") == drawing.LATE]
        return [float(part.get("height", 0)) for part in red if part.get("width") == "10.0"]

    assert edges(0) == []
    (third,), (whole,) = edges(4), edges(12)
    assert abs(third * 3 - whole) < 0.5


def test_ages_are_said_so_that_people_can_picture_them() -> None:
    """S1.9: minutes, hours, days; always at least two of a unit, or minutes."""
    ages = [
        timedelta(seconds=20),
        timedelta(minutes=1),
        timedelta(minutes=119),
        timedelta(hours=47),
        timedelta(days=400),
    ]
    assert [long(age) for age in ages] == ["0 minutes", "1 minute", "119 minutes", "47 hours", "400 days"]
