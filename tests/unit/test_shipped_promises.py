"""What the definitions that ship promise, told apart from what merely looks like it on a Monday morning."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pytest

from engine.decision import RefusalCode
from engine.happening import Actor, EventIn
from engine.lead import Ownership, Value
from tests.unit.desk import DAY, HOUR, MONDAY, Desk, Office, said
from tests.unit.test_definitions_shipped import (
    CLOCKS,
    NEW,
    QUALIFIED,
    REJECT,
    ROSTER,
    WAKE,
    WORKING,
    Ev,
    go,
    shipped,
)
from tests.unit.test_scoring import bant

FRIDAY = MONDAY + 4 * DAY + 2 * HOUR
"""Noon in Berlin, before the offices close for the weekend."""


def desk_at(process: str, at: datetime, fields: Mapping[str, Value] | None = None, busy: tuple[str, ...] = ()) -> Desk:
    processes = tuple(shipped().values())
    office = Office(ROSTER, processes=processes)
    office.busy(*busy)
    return Desk(shipped()[process], office, {**NEW[process], **(fields or {})}, at=at, others=processes)


def over_the_weekend() -> dict[str, str]:
    found = {}
    for process, clocks in CLOCKS.items():
        for clock, case in clocks.items():
            desk = go(desk_at(process, FRIDAY, case.fields, case.busy), case.way)
            spec = next(rule.spec for (_, name), rule in shipped()[process].clocks.items() if name == clock)
            if clock in desk.lead.clocks and spec.due is not None and spec.due.is_working:
                due = desk.clock(clock).due_at
                assert due is not None
                found[f"{process} {clock}"] = said(due, "%a %d %H:%M")
    return found


OVER_A_WEEKEND = {
    "inbound_b2b notice_seen": "Mon 09 10:30",
    "inbound_b2b follow_up": "Wed 11 12:00",
    "inbound_b2b qualify_or_not": "Fri 20 12:00",
    "inbound_b2b stands_still": "Wed 11 12:00",
    "inbound_b2b marketing_decides": "Tue 10 12:00",
    "inbound_b2b make_offer": "Fri 20 12:00",
    "inbound_b2b ask_about_offer": "Fri 20 12:00",
    "inbound_b2b close_it": "Fri 27 12:00",
    "inbound_b2b order_arrives": "Fri 27 12:00",
    "course_sales first_call": "Mon 09 07:00",
    "course_sales call_in_time": "Mon 09 14:00",
    "course_sales call_again": "Mon 09 10:00",
    "course_sales decision": "Mon 16 06:00",
    "course_sales fee_and_papers": "Mon 16 06:00",
    "course_sales queue": "Mon 09 12:00",
    "course_sales exception": "Sat 07 06:00",
    "nurture ask": "Wed 11 12:00",
    "nurture exception": "Tue 10 12:00",
    "partner accept_or_return": "Tue 10 12:00",
    "partner channel_decides": "Mon 09 12:00",
    "partner first_report": "Wed 11 12:00",
    "partner next_report": "Fri 20 12:00",
    "partner exception": "Mon 09 11:30",
    "trade_show call_hot": "Mon 09 12:00",
    "trade_show call_warm": "Wed 11 12:00",
    "trade_show qualify_or_not": "Fri 13 12:00",
    "trade_show queue": "Mon 09 12:00",
    "trade_show exception": "Mon 09 14:00",
}


def test_working_time_of_every_shipped_clock_leaves_out_the_weekend() -> None:
    """S2.5, S4.1: from Friday noon. From a Monday morning three working days and three days fall on the same hour."""
    assert over_the_weekend() == OVER_A_WEEKEND


def test_a_silent_seller_loses_the_lead_to_others_and_in_the_end_to_who_decides() -> None:
    """S2.5, S4.6: on the process that ships: three hops, never to anybody twice, each with three full working days."""
    desk = desk_at("inbound_b2b", FRIDAY)
    desk.advance(FRIDAY + 60 * DAY)
    had: list[tuple[str | None, str]] = []
    for one in desk.done:
        lead = one.conclusion.lead
        if not had or had[-1][0] != lead.owner:
            had.append((lead.owner, said(lead.assigned_at or FRIDAY, "%a %d %b")))
    owners = [owner for owner, _ in had]
    assert [at for _, at in had] == ["Fri 06 Mar", "Wed 11 Mar", "Mon 16 Mar", "Thu 19 Mar", "Tue 24 Mar"]
    assert len(set(owners)) == 5
    assert (owners[-1], desk.lead.ownership, desk.lead.hops) == ("maria_lopez", Ownership.EXCEPTION, 3)


PACKS = {
    "inbound_b2b": ["info_pack"],
    "trade_show": ["fair_pack"],
    "course_sales": ["course_brochure"],
    "nurture": [],
    "partner": [],
}


@pytest.mark.parametrize("process", PACKS)
def test_who_arrives_gets_the_pack_in_the_same_moment(process: str) -> None:
    """S2.1: of every process that promises one; nothing has to happen first."""
    desk = desk_at(process, MONDAY)
    assert (desk.packs(), desk.now) == (PACKS[process], MONDAY)


def test_who_wants_no_mail_gets_no_brochure() -> None:
    """S2.1: asked for or not, by what they said."""
    assert desk_at("course_sales", MONDAY, {"no_email": True}).packs() == []
    assert desk_at("course_sales", MONDAY, {"no_email": False}).packs() == ["course_brochure"]


@pytest.mark.parametrize("process", NEW)
def test_every_lead_is_scored_and_classified_and_owned_on_arrival(process: str) -> None:
    """S0.1: prioritised, classified, distributed: in the step of its arrival."""
    lead = desk_at(process, MONDAY).lead
    assert lead.score is not None and lead.score.priority
    assert lead.segment is not None
    assert lead.owner is not None


@pytest.mark.parametrize("process", ["inbound_b2b", "nurture", "partner", "trade_show"])
def test_the_shipped_table_of_points_is_the_one_of_the_seed(process: str) -> None:
    """S3.6: completeness, aging, BANT: what tests/unit/test_scoring.py shows of them holds for the table that ships."""
    shipped_table = shipped()[process].score
    assert shipped_table is not None and bant.score is not None
    assert (shipped_table.parts, shipped_table.priority) == (bant.score.parts, bant.score.priority)


STRANGER = Actor("somebody_else")


@pytest.mark.parametrize(
    ("process", "way", "event"),
    [
        ("inbound_b2b", (), Ev("accept")),
        ("inbound_b2b", (), Ev("reject", codes={"reason": "no_answer"})),
        ("inbound_b2b", WORKING, Ev("qualify")),
        ("inbound_b2b", WORKING, Ev("disqualify")),
        ("partner", (), Ev("accept")),
        ("trade_show", (), Ev("spoke", codes={"channel": "booth"})),
    ],
    ids=lambda value: value.name if isinstance(value, Ev) else str(value)[:12],
)
def test_nobody_else_moves_a_shipped_lead(process: str, way: tuple[Ev, ...], event: Ev) -> None:
    """C.5, S1.14: in the definitions that ship, what moves a lead is for its owner or their leader."""
    desk = go(desk_at(process, MONDAY), way)
    refusal = desk.event(EventIn(event.name, STRANGER, codes=dict(event.codes)))
    assert refusal is not None
    assert refusal.code is RefusalCode.NOT_ALLOWED


@pytest.mark.parametrize(
    ("way", "event", "missing"),
    [
        ((), "reject", ["reason"]),
        (WORKING, "qualify", ["budget", "authority", "need", "timeframe", "value", "expected_on"]),
        (WORKING, "disqualify", ["reason"]),
        (QUALIFIED, "lose", ["reason"]),
        (QUALIFIED, "win", ["converted_by"]),
        ((), "lost_to_competitor", ["competitor"]),
        ((REJECT,), "bury", ["reason"]),
    ],
)
def test_what_sales_say_and_why_is_asked_for(way: tuple[Ev, ...], event: str, missing: list[str]) -> None:
    """S2.3, S2.13, S4.2: rejected, disqualified, lost, dead: never without a reason; qualified never without the criteria."""
    desk = go(desk_at("inbound_b2b", MONDAY), way)
    refusal = desk.owner(event)
    assert refusal is not None
    assert [one.name for one in refusal.missing] == missing


@pytest.mark.parametrize(
    ("way", "stage", "status"),
    [
        ((), "marketing_qualified", "Open"),
        ((Ev("accept"),), "sales_accepted.contacted", "Contacted"),
        (WORKING, "sales_accepted.working", "Working"),
        ((REJECT,), "sales_rejected", "Nurture"),
        ((REJECT, Ev("nurture", WAKE)), "nurture", "Nurture"),
        ((REJECT, Ev("bury", codes={"reason": "wrong_data"})), "dead", "Dead"),
        ((*WORKING, Ev("disqualify", codes={"reason": "no_budget"})), "disqualified", "Closed"),
        (QUALIFIED, "sales_qualified.opportunity", "Working"),
    ],
)
def test_every_stage_of_the_seed_is_reached_with_its_status(way: tuple[Ev, ...], stage: str, status: str) -> None:
    """S3.3, S3.5: accepted, rejected (to nurture or dead), qualified, disqualified: beside the main path, too."""
    desk = go(desk_at("inbound_b2b", MONDAY), way)
    assert (desk.lead.stage, desk.process.leaf(desk.lead).status.value) == (stage, status)
