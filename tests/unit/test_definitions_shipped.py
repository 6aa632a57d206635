"""The definitions that ship: the main path of each, and each of their clocks met, warned of, missed, with what the miss
does.

People and offices are those of the sample roster, on Monday, the second of March 2026, ten o'clock in Berlin. Times are
Berlin's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from engine.decision import Hook, Notice, Pack, Task
from engine.happening import SYSTEM, Actor, EventIn
from engine.lead import Clock, ClockState, Value
from engine.process import Process
from store.definition_files import load_process, process_files
from tests.unit.desk import DAY, Desk, Office, said
from trials.rehearsal import Done

DEFINITIONS = Path(__file__).parents[2] / "definitions"
ROSTER = (DEFINITIONS / "rosters" / "sample.yaml").read_text(encoding="utf-8")
SHIPPED = {path.parent.name: path for path in process_files(DEFINITIONS)}
NEW: Mapping[str, dict[str, Value]] = {
    "inbound_b2b": {"kind": "sales", "company": "Cobalt", "country": "DE", "product_line": "pumps", "employees": 1200},
    "course_sales": {"kind": "sales", "product_line": "courses", "country": "IN", "occupation": "student"},
    "nurture": {"kind": "sales", "company": "Cobalt", "country": "DE", "timeframe": "over_1_year"},
    "partner": {"kind": "sales", "channel": "indirect", "company": "Cobalt", "country": "DE", "product_line": "pumps"},
    "trade_show": {"kind": "sales", "source": "trade_show", "company": "Cobalt", "country": "DE", "temperature": "hot"},
}


@cache
def shipped() -> dict[str, Process]:
    return {name: load_process(path)[1] for name, path in SHIPPED.items()}


@dataclass(frozen=True)
class Ev:
    """An event on the way: what it brings, so many days after the one before, by the owner unless somebody else is
    named."""

    name: str
    fields: Mapping[str, Value] = field(default_factory=dict)
    codes: Mapping[str, str] = field(default_factory=dict)
    days: float = 0
    note: bool = False
    checked: tuple[str, ...] = ()
    by: Actor | None = None
    to: str | None = None


def desk_of(process: str, fields: Mapping[str, Value], busy: tuple[str, ...] = ()) -> Desk:
    processes = tuple(shipped().values())
    office = Office(ROSTER, processes=processes)
    office.busy(*busy)
    return Desk(shipped()[process], office, {**NEW[process], **fields}, others=processes)


def go(desk: Desk, way: tuple[Ev, ...]) -> Desk:
    for ev in way:
        actor = ev.by or desk.office.actor(desk.lead.owner)
        event = EventIn(
            ev.name, actor, fields=dict(ev.fields), codes=dict(ev.codes), note=ev.note, checked=ev.checked, to=ev.to
        )
        refusal = desk.event(event, desk.now + ev.days * DAY)
        assert refusal is None, refusal
    return desk


def told(done: list[Done]) -> list[str]:
    """What went out and where the lead went, in words: `owner: overdue`, `task: Call`, `to ripe`, `another owner`."""
    words: list[str] = []
    for one in done:
        before, after = one.decision.record.from_stage, one.conclusion.lead
        if before is not None and (before != after.stage or one.decision.record.happening == "handed_over"):
            words.append(
                f"to {after.process} {after.stage}"
                if one.decision.record.happening == "handed_over"
                else f"to {after.stage}"
            )
        for effect in one.conclusion.outward:
            match effect:
                case Notice():
                    to = effect.to.removeprefix("person:") if effect.template != "taken_away" else "earlier owner"
                    words.append(f"{to}: {effect.template}")
                case Pack():
                    words.append(f"lead: {effect.template}")
                case Task():
                    words.append(f"task: {effect.title}")
                case Hook():
                    words.append(f"call: {effect.name}")
    return words


# --- scores ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("budget", "timeframe", "words"),
    [(4, "under_3_months", ""), (1, "over_1_year", "against advice (lead.score >= 12)")],
)
def test_what_the_seller_has_found_out_counts_when_they_qualify(budget: int, timeframe: str, words: str) -> None:
    """S3.8: the advice goes by the score with the budget and time frame that come with the event, not by the one before."""
    desk = go(desk_of("inbound_b2b", {}), (Ev("accept"),))
    found: dict[str, Value] = {"budget": budget, "authority": False, "need": True, "timeframe": timeframe}
    go(desk, (Ev("qualify", {**found, "value": 9000.0, "expected_on": "2026-05-04"}),))
    assert desk.lead.stage == "sales_qualified.opportunity"
    assert desk.done[-1].decision.record.words == words


# --- what only several clocks show ------------------------------------------------------------------------------------


def test_an_inquiry_that_somebody_claims_is_to_be_called_within_the_hour() -> None:
    """S4.1: in the queue nobody owes a call; whoever takes it from there does."""
    desk = desk_of("course_sales", {}, ADVISERS)
    assert "first_call" not in desk.lead.clocks
    go(desk, (Ev("claim", by=Actor("rohan_shah", teams=("course_advisers",)), days=0.05),))
    assert said(desk.clock("first_call").due_at or desk.now, "%a %d %H:%M") == "Mon 02 12:12"


def test_whoever_looks_after_a_new_lead_is_reminded_to_look_at_it() -> None:
    """S4.7: the first seller never looked; the second is asked to, in their own time."""
    desk = desk_of("inbound_b2b", {})
    desk.advance(desk.now + 3.1 * DAY)
    assert desk.lead.hops == 1
    assert desk.clock("notice_seen").state is ClockState.RUNNING


def test_nobody_owes_a_first_response_to_a_lead_that_wants_to_be_left_alone() -> None:
    """S4.1, S4.8: nurtured without a word: the alarm is off until the lead comes back."""
    desk = go(desk_of("inbound_b2b", {}), (Ev("accept"), Ev("not_now", {"wake_on": "2026-08-03"})))
    desk.advance(desk.now + 100 * DAY)
    assert "overdue" not in [one.effect.template for one in desk.sent if isinstance(one.effect, Notice)]


# --- main paths ------------------------------------------------------------------------------------------------------

CONTACT = Ev("contact", codes={"channel": "phone"})
QUALIFY = Ev(
    "qualify",
    {
        "budget": 4,
        "authority": True,
        "need": True,
        "timeframe": "under_3_months",
        "value": 30000,
        "expected_on": "2026-05-04",
    },
)
WIN = Ev("win", {"value": 28000}, {"converted_by": "field_sales"})
IN_TALK = Ev("spoke", codes={"channel": "booth"})
REACHED = Ev("reached", codes={"channel": "phone"})
APPLY = Ev("apply", {"course": "finance", "value": 80000, "course_starts": "2026-04-01"})
ENROL = Ev("enrol", codes={"converted_by": "course_adviser"}, checked=("fee paid", "papers complete"))
PARTNER_WINS = Ev("win", {"value": 9000, "deliver_on": "2026-04-01"}, {"converted_by": "partner"})
ACCEPTED, WORKING = (Ev("accept"),), (Ev("accept"), Ev("work"))
QUALIFIED = (*ACCEPTED, CONTACT, Ev("work"), QUALIFY)
AGREED = (*QUALIFIED, Ev("offer"), WIN)

MAIN = {
    "inbound_b2b": (
        (*AGREED, Ev("ordered", {"deliver_on": "2026-06-01"}), Ev("delivered")),
        [
            "marketing_qualified",
            "sales_accepted.contacted",
            "sales_accepted.working",
            "sales_qualified.opportunity",
            "sales_qualified.proposal",
            "converted.agreed",
            "converted.ordered",
            "delivered",
        ],
    ),
    "course_sales": (
        (Ev("no_answer"), REACHED, APPLY, ENROL, Ev("started")),
        ["inquiry", "trying", "counselling", "applied", "enrolled", "studying"],
    ),
    "nurture": (
        (Ev("ripen"), Ev("recycle", {"timeframe": "under_3_months"}, {"channel": "phone"})),
        ["resting", "ripe", "marketing_qualified"],
    ),
    "partner": (
        (Ev("accept"), Ev("report", note=True), PARTNER_WINS, Ev("delivered")),
        ["offered", "with_partner.contacted", "with_partner.working", "converted", "delivered"],
    ),
    "trade_show": (
        (IN_TALK, Ev("qualify", {"need": True, "timeframe": "under_3_months"})),
        ["fair_lead.to_call", "fair_lead.in_talk", "marketing_qualified"],
    ),
}


@pytest.mark.parametrize("process", MAIN)
def test_the_main_path_leads_from_arrival_to_its_end(process: str) -> None:
    """S3.5, S1.8, S0.1: through every stage, told and scored and owned, and nothing is left that anybody waits for."""
    way, stages = MAIN[process]
    desk = go(desk_of(process, {}), way)
    visited = [one.conclusion.lead.stage for one in desk.done]
    assert list(dict.fromkeys(visited)) == stages
    assert desk.lead.owner is not None
    assert desk.refused == []
    if desk.lead.closed:
        assert (desk.lead.clocks, desk.next()) == ({}, "")
    else:
        assert (desk.lead.process, desk.lead.cycle) == ("inbound_b2b", 2)


# --- clocks ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ticking:
    """A clock at work: the way to it, when it is due, what its warnings and its miss do at once, and what meets it."""

    due: str
    missed: list[str]
    met: tuple[Ev, ...]
    way: tuple[Ev, ...] = ()
    fields: Mapping[str, Value] = field(default_factory=dict)
    warned: list[str] = field(default_factory=list)
    end: str = "met"
    busy: tuple[str, ...] = ()
    measures: bool = True


WAKE = {"wake_on": "2026-09-01"}
REJECT = Ev("reject", codes={"reason": "no_answer"})
OVERDUE = ["owner: overdue"]
DACH = ("jonas_keller", "anna_schulz", "lena_hofer", "reto_frei", "felix_wagner", "katrin_lorenz")
ADVISERS = ("priya_nair", "arjun_mehta", "kavya_iyer", "rohan_shah", "neha_kulkarni", "sara_haddad")
PARTNERS = ("kai_petersen", "ulrike_maier")
DESK = ("tom_ashby", "yasmin_weber")
CLOCKS: Mapping[str, Mapping[str, Ticking]] = {
    "inbound_b2b": {
        "first_response": Ticking("Tue 03 10:00", OVERDUE, (CONTACT,), warned=["owner: warning", "owner: warning"]),
        "response_again": Ticking(
            "Wed 04 10:00",
            OVERDUE,
            (CONTACT,),
            (CONTACT, REJECT, Ev("nurture", WAKE), Ev("recycle", days=1)),
            warned=["owner: warning", "owner: warning"],
        ),
        "notice_seen": Ticking("Mon 02 14:00", ["team_leader: unseen"], (Ev("seen"),), measures=False),
        "follow_up": Ticking(
            "Thu 05 10:00", ["owner: new_lead", "earlier owner: taken_away"], (Ev("accept"),), warned=["owner: warning"]
        ),
        "qualify_or_not": Ticking(
            "Mon 16 10:00", OVERDUE, (Ev("not_now", WAKE),), WORKING, warned=["owner: warning"], end="suspended"
        ),
        "stands_still": Ticking(
            "Thu 05 10:00",
            ["team_leader: overdue"],
            (Ev("work"),),
            ACCEPTED,
            {"budget": 5, "authority": True, "need": True, "timeframe": "under_3_months"},
            measures=False,
        ),
        "marketing_decides": Ticking(
            "Wed 04 10:00",
            ["team:marketing: overdue"],
            (Ev("bury", codes={"reason": "wrong_data"}),),
            (REJECT,),
            warned=["team:marketing: warning"],
        ),
        "wake": Ticking(
            "Tue 01 10:00",
            ["to marketing_qualified", "owner: new_lead", "earlier owner: taken_away", "lead: info_pack"],
            (Ev("recycle"),),
            (REJECT, Ev("nurture", WAKE)),
        ),
        "expected_order": Ticking(
            "Mon 04 08:30", OVERDUE, (Ev("win", {"value": 1}, {"converted_by": "field_sales"}),), QUALIFIED
        ),
        "make_offer": Ticking("Mon 16 10:00", OVERDUE, (Ev("offer"),), QUALIFIED),
        "ask_about_offer": Ticking("Mon 16 10:00", OVERDUE, (Ev("negotiate"),), (*QUALIFIED, Ev("offer"))),
        "close_it": Ticking("Mon 23 10:00", OVERDUE, (Ev("offer"),), (*QUALIFIED, Ev("offer"), Ev("negotiate"))),
        "order_arrives": Ticking("Mon 23 10:00", OVERDUE, (Ev("ordered", {"deliver_on": "2026-06-01"}),), AGREED),
        "delivery": Ticking(
            "Mon 01 08:30", OVERDUE, (Ev("delivered"),), (*AGREED, Ev("ordered", {"deliver_on": "2026-06-01"}))
        ),
        "exception": Ticking(
            "Tue 03 14:00",
            ["exception: overdue"],
            (Ev("assign", to="anna_schulz"),),
            (Ev("update", days=0.2, by=SYSTEM),),
            busy=DACH,
        ),
    },
    "course_sales": {
        "first_call": Ticking("Mon 02 11:00", OVERDUE, (REACHED,), warned=["owner: warning"]),
        "call_in_time": Ticking(
            "Wed 04 08:00", ["owner: new_inquiry", "earlier owner: taken_away"], (Ev("no_answer"),)
        ),
        "call_again": Ticking("Mon 02 14:00", OVERDUE, (Ev("no_answer"),), (Ev("no_answer"),)),
        "decision": Ticking("Mon 09 10:00", OVERDUE, (APPLY,), (REACHED,), warned=["owner: warning"], end="suspended"),
        "fee_and_papers": Ticking("Mon 09 10:00", OVERDUE, (ENROL,), (REACHED, APPLY), warned=["owner: warning"]),
        "wake": Ticking(
            "Tue 01 06:30",
            ["to inquiry", "owner: new_inquiry", "earlier owner: taken_away", "lead: course_brochure"],
            (Ev("call_again_later"),),
            (REACHED, Ev("think_it_over", WAKE)),
        ),
        "first_day": Ticking("Wed 01 06:30", OVERDUE, (Ev("started"),), (REACHED, APPLY, ENROL)),
        "three_months": Ticking("Tue 02 11:00", ["team_leader: overdue"], (REACHED, APPLY, ENROL), measures=False),
        "queue": Ticking(
            "Thu 05 10:00", ["team_leader: overdue"], (Ev("assign", to="priya_nair", by=SYSTEM),), busy=ADVISERS
        ),
        "exception": Ticking(
            "Mon 02 14:00", ["exception: overdue"], (Ev("assign", to="rohan_shah"),), (Ev("assign", to="nobody_here"),)
        ),
    },
    "nurture": {
        "wake": Ticking("Tue 01 09:00", ["to ripe", "owner: awake"], (Ev("ripen"),), fields=WAKE),
        "half_year": Ticking("Wed 02 11:00", ["to ripe", "owner: awake"], (Ev("ripen"),)),
        "ask": Ticking("Thu 05 10:00", OVERDUE, (Ev("rest", WAKE),), (Ev("ripen"),), warned=["owner: warning"]),
        "two_years": Ticking(
            "Thu 02 10:00",
            ["to dead"],
            (Ev("unsubscribe", codes={"reason": "no_sign"}),),
            fields={"wake_on": "2029-01-02"},
        ),
        "exception": Ticking("Wed 04 10:00", ["exception: overdue"], (Ev("assign", to="tom_ashby"),), busy=DESK),
    },
    "partner": {
        "accept_or_return": Ticking(
            "Wed 04 10:00",
            ["to with_channel", "owner: partner_offer", "earlier owner: taken_away"],
            (Ev("accept"),),
            warned=["owner: warning"],
            measures=False,
        ),
        "channel_decides": Ticking(
            "Tue 03 10:00",
            OVERDUE,
            (Ev("bury", codes={"reason": "wrong_data"}),),
            (Ev("decline", codes={"reason": "no_capacity"}),),
            warned=["owner: warning"],
        ),
        "first_report": Ticking(
            "Thu 05 10:00", OVERDUE, (Ev("report", note=True),), (Ev("accept"),), warned=["owner: warning"]
        ),
        "next_report": Ticking(
            "Mon 16 10:00",
            OVERDUE,
            (Ev("report", note=True),),
            (Ev("accept"), Ev("report", note=True)),
            warned=["owner: warning"],
        ),
        "delivery": Ticking(
            "Wed 01 09:00",
            OVERDUE,
            (Ev("delivered"),),
            (Ev("accept"), PARTNER_WINS),
        ),
        "exception": Ticking("Tue 03 09:30", ["exception: overdue"], (Ev("assign", to="kai_petersen"),), busy=PARTNERS),
    },
    "trade_show": {
        "call_hot": Ticking(
            "Tue 03 10:00",
            ["owner: new_lead", "earlier owner: taken_away", "team_leader: overdue"],
            (IN_TALK,),
            warned=["owner: warning"],
        ),
        "call_warm": Ticking(
            "Thu 05 10:00",
            OVERDUE,
            (Ev("assign", to="luca_ferri", by=SYSTEM), IN_TALK),
            fields={"temperature": "warm"},
            warned=["owner: warning"],
        ),
        "cold_rest": Ticking(
            "Mon 16 10:00", ["to nurture resting", "owner: new_nurture"], (IN_TALK,), fields={"temperature": "cold"}
        ),
        "qualify_or_not": Ticking(
            "Mon 09 10:00",
            OVERDUE,
            (Ev("no_interest", codes={"reason": "not_serious"}),),
            (IN_TALK,),
            warned=["owner: warning"],
        ),
        "sixty_days": Ticking("Fri 01 11:00", ["team_leader: overdue"], (IN_TALK,)),
        "queue": Ticking(
            "Tue 03 10:00",
            ["team_leader: overdue"],
            (Ev("claim", by=Actor("kim_larsen", teams=("fair_team",))),),
            fields={"temperature": "warm"},
        ),
        "exception": Ticking(
            "Tue 03 10:00",
            ["exception: overdue"],
            (Ev("assign", to="luca_ferri"),),
            (Ev("assign", to="nobody_here", by=SYSTEM),),
            {"temperature": "warm"},
        ),
    },
}
EACH = [pytest.param(process, clock, id=f"{process}-{clock}") for process, clocks in CLOCKS.items() for clock in clocks]


def ticking(process: str, clock: str) -> tuple[Ticking, Desk]:
    case = CLOCKS[process][clock]
    desk = go(desk_of(process, case.fields, case.busy), case.way)
    assert clock in desk.lead.clocks, list(desk.lead.clocks)
    return case, desk


def test_no_clock_is_left_out() -> None:
    """S2.4: each clock of each definition is shown below."""
    written = {name: sorted(clock for _, clock in process.clocks) for name, process in shipped().items()}
    assert written == {name: sorted(clocks) for name, clocks in CLOCKS.items()}


@pytest.mark.parametrize(("process", "clock"), EACH)
def test_a_clock_is_met_in_time(process: str, clock: str) -> None:
    """S4.1, S2.5: the event that it asks for ends it, and what it would have done does not happen."""
    case, desk = ticking(process, clock)
    go(desk, case.met)
    assert desk.ends(clock)[-1] == case.end
    assert not any(climb.clock == clock for climb in desk.lead.climbs.values())


@pytest.mark.parametrize(("process", "clock"), EACH)
def test_a_clock_warns_and_is_missed(process: str, clock: str) -> None:
    """S2.4, S1.2: when it is due, who is warned before, and what happens the moment that it is late."""
    case, desk = ticking(process, clock)
    due = desk.clock(clock).due_at
    assert due is not None
    assert said(due, "%a %d %H:%M") == case.due
    desk.advance(due)
    by = [one.decision.record.happening for one in desk.done]
    warnings = [one for one in desk.done if one.decision.record.happening == f"warned:{clock}"]
    assert told(warnings) == case.warned
    missed = by.index(f"overdue:{clock}")
    about = (
        shipped()[process]
        .clocks[(desk.done[missed].decision.lead.clocks.get(clock) or _ended(desk, clock)).scope, clock]
        .title
    )
    assert told([one for one in desk.done[missed:] if _follows(one, clock, about)]) == case.missed
    assert "breached" in desk.ends(clock)
    left = desk.done[missed].conclusion.lead.clocks.get(clock)
    if case.measures:
        assert left is not None
        assert left.state is ClockState.BREACHED or left.counts_from == due  # missed, or begun anew for somebody else
    else:
        assert left is None


def _ended(desk: Desk, clock: str) -> Clock:
    return next(entry.clock for one in desk.done for entry in one.decision.clocks if entry.clock.name == clock)


def _follows(one: Done, clock: str, about: str) -> bool:
    """The miss itself and what follows from it at once, not what other clocks do at the same time."""
    happening = one.decision.record.happening
    if happening.startswith("step:"):
        return any(isinstance(effect, Notice) and effect.about == about for effect in one.conclusion.outward)
    return happening == f"overdue:{clock}" or not happening.startswith(("overdue:", "warned:"))
