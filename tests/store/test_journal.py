"""A decision is written once and whole; reports can tell from it what happened, to whom, and how long it took."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from engine.clocks import next_due
from engine.conclude import conclude
from engine.decision import Decision, Task
from engine.errors import LeadflowError
from engine.happening import Arrival, Due, DueKind, EventIn, Touch
from engine.lead import Lead
from engine.process import Process
from engine.settle import settle
from engine.step import step
from store import card, journal, leave
from store.card import LeadCard
from store.pool import Connection, Pool
from store.stored import lead_from_json, lead_to_json
from tests.store.sales import (
    MONDAY,
    OPS,
    PROCESS,
    arrived,
    by_owner,
    fresh_lead,
    happen,
    pumps,
    record,
    registered,
    somebody_waits,
    staff,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(scope="module")
def process() -> Process:
    return pumps()


@pytest_asyncio.fixture(autouse=True, scope="module")
async def _staffed(pool: Pool) -> None:
    await staff(pool)


@pytest_asyncio.fixture
async def conn(pool: Pool) -> AsyncIterator[Connection]:
    async with pool.acquire() as acquired:
        yield acquired


async def shown(pool: Pool, key: str) -> LeadCard:
    async with pool.acquire() as conn:
        found = await card.lead_card(conn, key)
    assert found is not None
    return found


def arrival(process: Process, lead: Lead) -> Decision:
    decision = step(process, lead, Arrival(), lead.arrived_at)
    assert isinstance(decision, Decision)
    return decision


# --- once ------------------------------------------------------------------------------------------------------------


async def test_a_decision_recorded_twice_is_written_once(pool: Pool, process: Process) -> None:
    """S1.4: a retried activity finds the answers of the first attempt and neither assigns nor counts again."""
    decision = arrival(process, await registered(pool, process, "twice"))
    answers = []
    for _ in range(2):
        async with pool.acquire() as conn, conn.transaction():
            answers.append(await record(conn, process, decision))
    assert [written for _, written in answers] == [True, False]
    assert answers[0][0] == answers[1][0]
    seen = await shown(pool, "twice")
    counted = (seen.events, seen.visits, seen.assignments, seen.scores, seen.tasks)
    assert [len(lines) for lines in counted] == [1, 1, 1, 1, 1]
    assert len(seen.clocks) == 2


async def test_of_two_attempts_at_once_one_writes_and_the_other_learns_of_it(pool: Pool, process: Process) -> None:
    """Even where both had found nothing recorded before they began."""
    lead = await arrived(pool, process, "race")
    decision = step(process, lead, by_owner(lead, "accept"), MONDAY)
    assert isinstance(decision, Decision)
    async with pool.acquire() as first, pool.acquire() as second:
        attempt = first.transaction()
        await attempt.start()
        _, wrote = await record(first, process, decision)
        other = asyncio.create_task(_attempt(second, process, decision))
        async with pool.acquire() as watching:
            await somebody_waits(watching)
        await attempt.commit()
        assert (wrote, await other) == (True, False)
    seen = await shown(pool, "race")
    assert [(visit.stage, visit.left_by) for visit in seen.visits] == [("qualified", "accept"), ("accepted", None)]


async def test_of_two_decisions_that_would_be_the_next_the_first_counts(pool: Pool, process: Process) -> None:
    """A workflow that lost the memory of a decision, and takes another in its place, is told of the first."""
    lead = await arrived(pool, process, "fork")
    first = step(process, lead, by_owner(lead, "accept"), MONDAY)
    other = step(process, lead, EventIn("update", OPS, fields={"country": "DE"}), MONDAY + HOUR)
    assert isinstance(first, Decision) and isinstance(other, Decision)
    async with pool.acquire() as conn, conn.transaction():
        settled, _ = await record(conn, process, first)
    async with pool.acquire() as conn, conn.transaction():
        told, wrote = await record(conn, process, other)
    assert not wrote
    assert told == replace(settled, instead=first)
    assert [event.happening for event in (await shown(pool, "fork")).events] == ["arrived", "accept"]


async def _attempt(conn: Connection, process: Process, decision: Decision) -> bool:
    async with conn.transaction():
        _, wrote = await record(conn, process, decision)
        return wrote


async def test_a_decision_that_is_rolled_back_leaves_nothing(pool: Pool, process: Process) -> None:
    decision = arrival(process, await registered(pool, process, "rolled"))
    with pytest.raises(RuntimeError):
        async with pool.acquire() as conn, conn.transaction():
            await record(conn, process, decision)
            raise RuntimeError("the worker dies")
    seen = await shown(pool, "rolled")
    assert (seen.origin.state, seen.events, seen.visits, seen.assignments, seen.clocks) == ("received", (), (), (), ())


async def test_an_unregistered_lead_has_no_journal(pool: Pool, process: Process) -> None:
    with pytest.raises(LeadflowError, match="nowhere is not in the database"):
        async with pool.acquire() as conn, conn.transaction():
            await record(conn, process, arrival(process, fresh_lead(process, "nowhere")))


# --- what is written -------------------------------------------------------------------------------------------------


async def test_a_lead_stands_in_the_database_as_it_runs(pool: Pool, process: Process) -> None:
    """S1.4: the snapshot is the running state, whole; the columns say the same."""
    lead = await arrived(pool, process, "stands", country="DE")
    async with pool.acquire() as conn:
        assert await journal.snapshot(conn, "stands") == lead
    line = (await shown(pool, "stands")).lead
    due = next_due(lead)
    assert due is not None
    assert (line.stage, line.status, line.kind, line.owner, line.team) == (
        "qualified",
        "Open",
        "open",
        lead.owner,
        "sales",
    )
    assert (line.score, line.priority, line.value, line.currency) == (3, "high", None, "EUR")
    assert (line.due_at, line.due_clock) == (due.at, "first_word")


def test_values_come_back_as_they_were(process: Process) -> None:
    lead = fresh_lead(process, "typed", company="Cobalt", value=1.0)
    odd = replace(lead, fields={"whole": 1, "real": 1.0, "yes": True, "none": None, "text": "1", "huge": 1e300})
    back = lead_from_json(lead_to_json(odd))
    assert back == odd
    assert {name: type(value) for name, value in back.fields.items()} == {
        name: type(value) for name, value in odd.fields.items()
    }


async def test_an_assignment_says_who_was_considered_and_why_not(pool: Pool, process: Process) -> None:
    """B.5: every candidate with the reason, by which rule of which version."""
    async with pool.acquire() as conn:
        away = await leave.add_leave(conn, "ben", MONDAY - DAY, MONDAY + DAY)
    lead = await arrived(pool, process, "explained")
    async with pool.acquire() as conn:
        await leave.end_leave(conn, away.id, MONDAY - DAY)
    (assignment,) = (await shown(pool, "explained")).assignments
    assert (assignment.mode, assignment.ownership, assignment.rule) == ("rules", "person", "everybody")
    assert assignment.digest == process.digest
    rule = assignment.explanation[-1]
    why = {candidate.person: candidate.why for candidate in rule.candidates}
    assert set(why) == {"ann", "ben", "cleo", "dan", "eva"}
    assert why["ben"].startswith("absent until 2026-11-03")
    assert [candidate.person for candidate in rule.candidates if candidate.chosen] == [lead.owner]


async def test_a_score_is_kept_with_its_parts(pool: Pool, process: Process) -> None:
    """S3.6, S3.7: total and components; what is unknown is null, not zero."""
    lead = await arrived(pool, process, "scored")
    await happen(pool, process, lead, EventIn("update", OPS, fields={"country": "DE"}), MONDAY)
    scores = (await shown(pool, "scored")).scores
    assert [(score.seq, score.total) for score in scores] == [(1, 0), (2, 3)]
    assert [score.parts for score in scores] == [{"country": None}, {"country": 3}]
    assert all(score.why["country"] for score in scores)


async def test_turnaround_between_any_two_stages_can_be_told(pool: Pool, process: Process) -> None:
    """S1.9 to S1.11: visits with cycle and number, entered and left by which event, without gaps."""
    lead = await arrived(pool, process, "moves")
    lead = await happen(pool, process, lead, by_owner(lead, "accept"), MONDAY + HOUR)
    lead = await happen(pool, process, lead, by_owner(lead, "back"), MONDAY + 3 * HOUR)
    lead = await happen(pool, process, lead, by_owner(lead, "accept"), MONDAY + DAY)
    lead = await happen(pool, process, lead, by_owner(lead, "win"), MONDAY + 2 * DAY)
    seen = await shown(pool, "moves")
    assert [(visit.cycle, visit.stage, visit.number, visit.entered_by, visit.left_by) for visit in seen.visits] == [
        (1, "qualified", 1, "arrived", "accept"),
        (1, "accepted", 1, "accept", "back"),
        (2, "qualified", 1, "back", "accept"),
        (2, "accepted", 1, "accept", "win"),
        (2, "won", 1, "win", None),
    ]
    times = [(visit.entered_at, visit.left_at) for visit in seen.visits]
    assert [left for _, left in times[:-1]] == [entered for entered, _ in times[1:]]
    assert times[-1] == (MONDAY + 2 * DAY, None)


async def test_an_event_that_moves_nothing_is_no_visit(pool: Pool, process: Process) -> None:
    lead = await arrived(pool, process, "stays")
    lead = await happen(pool, process, lead, EventIn("update", OPS, fields={"country": "AT"}), MONDAY)
    await happen(pool, process, lead, Touch("web"), MONDAY)
    seen = await shown(pool, "stays")
    assert [event.happening for event in seen.events] == ["arrived", "update", "touched"]
    assert len(seen.visits) == 1


async def test_a_converted_lead_goes_on_and_comes_back(pool: Pool, process: Process) -> None:
    """S1.8: converted to order, then to delivery; final closure; and a new cycle from where the journal has it."""
    lead = await arrived(pool, process, "whole")
    lead = await happen(pool, process, lead, by_owner(lead, "accept"), MONDAY)
    lead = await happen(pool, process, lead, by_owner(lead, "win"), MONDAY + HOUR)
    lead = await happen(pool, process, lead, EventIn("delivered"), MONDAY + DAY)
    closed = await shown(pool, "whole")
    assert (closed.lead.state, closed.lead.closed_at) == ("closed", MONDAY + DAY)
    async with pool.acquire() as conn:
        back = await journal.snapshot(conn, "whole")
    assert back == lead
    lead = await happen(pool, process, back, EventIn("again"), MONDAY + 2 * DAY)
    again = await shown(pool, "whole")
    assert (again.lead.state, again.lead.closed_at, again.lead.cycle) == ("running", None, 2)
    assert [visit.stage for visit in again.visits] == ["qualified", "accepted", "won", "done", "qualified"]


async def test_work_follows_the_lead_to_its_next_owner(pool: Pool, process: Process) -> None:
    """S2.2: the next step is on the list of whoever owns the lead now."""
    lead = await arrived(pool, process, "work")
    (task,) = (await shown(pool, "work")).tasks
    assert (task.key, task.person, task.title) == ("work:1:1:1", lead.owner, "Call them")
    other = next(person for person in ("ann", "ben") if person != lead.owner)
    lead = await happen(pool, process, lead, EventIn("assign", OPS, to=other), MONDAY)
    (task,) = (await shown(pool, "work")).tasks
    assert (lead.owner, task.person) == (other, other)


async def test_what_only_calendars_can_tell_is_written_too(pool: Pool, conn: Connection, process: Process) -> None:
    """When a task falls due, and the working time of the stay that ends: the caller has worked them out."""
    lead = await registered(pool, process, "timed")
    decision = arrival(process, lead)
    for seconds, due in ((None, MONDAY + DAY), (3600.0, None)):
        async with conn.transaction():
            settled = settle(process, decision, await journal.world_for(conn, process, decision, 1.0))
            after = conclude(process, decision, settled)
            tasks = [number for number, effect in enumerate(after.outward) if isinstance(effect, Task)]
            task_due = {number: due for number in tasks if due}
            await journal.write(conn, process, decision, settled, after, {}, stage_seconds=seconds, task_due=task_due)
        event = by_owner(after.lead, "accept") if due else by_owner(after.lead, "win")
        following = step(process, after.lead, event, MONDAY + 2 * HOUR)
        assert isinstance(following, Decision)
        decision = following
    seen = await shown(pool, "timed")
    assert [task.due_at for task in seen.tasks] == [MONDAY + DAY]
    assert [visit.working_seconds for visit in seen.visits] == [3600.0, None]


# --- clocks ----------------------------------------------------------------------------------------------------------


async def test_a_clock_that_is_met_says_how_long_it_took(pool: Pool, process: Process) -> None:
    """S4.1, S1.10: raw seconds and open time on the owner's calendar."""
    start = datetime(2026, 11, 6, 14, 0, tzinfo=UTC)  # Friday 15:00 in Berlin, two hours before closing
    lead = await arrived(pool, process, "met", start)
    while lead.owner == "eva":  # of another time zone
        lead = await arrived(pool, process, "met-", start)
    monday = datetime(2026, 11, 9, 9, 0, tzinfo=UTC)  # Monday 10:00, one hour after opening
    await happen(pool, process, lead, by_owner(lead, "accept"), monday)
    clocks = {clock.name: clock for clock in (await shown(pool, lead.key)).clocks}
    follow_up = clocks["follow_up"]
    assert (follow_up.state, follow_up.ending, follow_up.ended_at) == ("ended", "met", monday)
    assert (follow_up.raw_seconds, follow_up.working_seconds) == ((monday - start).total_seconds(), 3 * 3600)
    assert clocks["decide"].state == "running"


async def test_a_missed_clock_is_breached_and_the_next_owner_has_the_full_time(pool: Pool, process: Process) -> None:
    """S2.5: three working days of silence, another seller, a clock of their own; the missed one stays on record."""
    first = await arrived(pool, process, "missed")
    due = first.clocks["follow_up"].due_at
    assert due is not None
    second = await happen(pool, process, first, Due(DueKind.CLOCK, "follow_up", due), due)
    assert second.owner not in (None, first.owner)
    clocks = [clock for clock in (await shown(pool, "missed")).clocks if clock.name == "follow_up"]
    assert [(clock.owner, clock.state, clock.ending, clock.breached_at) for clock in clocks] == [
        (first.owner, "ended", "breached", due),
        (second.owner, "running", None, None),
    ]
    assert clocks[0].raw_seconds == (due - MONDAY).total_seconds()
    assert clocks[1].counts_from == due


async def test_a_breached_clock_keeps_measuring_until_it_is_answered(pool: Pool, process: Process) -> None:
    lead = await arrived(pool, process, "late")
    due = MONDAY + DAY
    lead = await happen(pool, process, lead, Due(DueKind.CLOCK, "first_word", due), due)
    overdue = await shown(pool, "late")
    (clock,) = [clock for clock in overdue.clocks if clock.name == "first_word"]
    assert (clock.state, clock.breached_at, clock.raw_seconds) == ("breached", due, 86400)
    assert overdue.lead.overdue_since == due
    await happen(pool, process, lead, by_owner(lead, "accept"), due + HOUR)
    answered = await shown(pool, "late")
    (clock,) = [clock for clock in answered.clocks if clock.name == "first_word"]
    assert (clock.state, clock.ending, clock.breached_at) == ("ended", "stopped_late", due)
    assert clock.raw_seconds == 25 * 3600
    assert answered.lead.overdue_since is None


async def test_a_new_owner_by_hand_restarts_the_clock_that_says_so(pool: Pool, process: Process) -> None:
    lead = await arrived(pool, process, "handed")
    other = next(person for person in ("ann", "ben") if person != lead.owner)
    await happen(pool, process, lead, EventIn("assign", OPS, to=other), MONDAY + HOUR)
    clocks = [clock for clock in (await shown(pool, "handed")).clocks if clock.name == "follow_up"]
    assert [(clock.owner, clock.ending) for clock in clocks] == [(lead.owner, "restarted"), (other, None)]
    assert clocks[0].raw_seconds == 3600


async def test_paused_time_does_not_count(pool: Pool, process: Process) -> None:
    """A clock that was on hold has taken what passed before and after, and is one clock all along."""
    lead = await arrived(pool, process, "held")
    lead = await happen(pool, process, lead, by_owner(lead, "accept"), MONDAY)
    hold = EventIn("hold", OPS, note=True)
    lead = await happen(pool, process, lead, hold, MONDAY + 2 * HOUR)
    (paused,) = [clock for clock in (await shown(pool, "held")).clocks if clock.name == "talk"]
    assert (paused.state, paused.due_at, paused.raw_seconds) == ("paused", None, 2 * 3600)
    lead = await happen(pool, process, lead, EventIn("resume", OPS), MONDAY + 30 * HOUR)
    await happen(pool, process, lead, by_owner(lead, "win"), MONDAY + 31 * HOUR)
    (ended,) = [clock for clock in (await shown(pool, "held")).clocks if clock.name == "talk"]
    assert (ended.ending, ended.raw_seconds, ended.counts_from) == ("met", 3 * 3600, MONDAY)


async def test_a_clock_that_is_kept_goes_on_when_the_lead_comes_back(pool: Pool, process: Process) -> None:
    lead = await arrived(pool, process, "kept")
    lead = await happen(pool, process, lead, by_owner(lead, "accept"), MONDAY)
    due = lead.clocks["decide"].due_at
    lead = await happen(pool, process, lead, by_owner(lead, "park"), MONDAY + HOUR)
    (clock,) = [clock for clock in (await shown(pool, "kept")).clocks if clock.name == "decide"]
    assert (clock.state, clock.due_at) == ("suspended", due)
    await happen(pool, process, lead, EventIn("talk_again"), MONDAY + 2 * HOUR)
    (clock,) = [clock for clock in (await shown(pool, "kept")).clocks if clock.name == "decide"]
    assert (clock.state, clock.due_at, clock.counts_from) == ("running", due, MONDAY)


async def test_a_clock_that_is_kept_does_not_outlive_its_cycle(pool: Pool, process: Process) -> None:
    lead = await arrived(pool, process, "anew")
    lead = await happen(pool, process, lead, by_owner(lead, "accept"), MONDAY)
    await happen(pool, process, lead, by_owner(lead, "back"), MONDAY + HOUR)
    (clock,) = [clock for clock in (await shown(pool, "anew")).clocks if clock.name == "decide"]
    assert (clock.state, clock.ending, clock.raw_seconds) == ("ended", "dropped", 3600)


async def test_an_exception_that_is_decided_late_was_answered(pool: Pool, process: Process) -> None:
    """S4.6: the clock of the decision maker runs on after the breach, and ends when somebody has the lead."""
    lead = await arrived(pool, process, "nobody")
    lead = await happen(pool, process, lead, EventIn("assign", OPS, to="stranger"), MONDAY)
    assert lead.owner == "lee"
    due = lead.clocks["exception"].due_at
    assert due is not None
    lead = await happen(pool, process, lead, Due(DueKind.CLOCK, "exception", due), due)
    await happen(pool, process, lead, EventIn("assign", OPS, to="ann"), due + HOUR)
    (clock,) = [clock for clock in (await shown(pool, "nobody")).clocks if clock.name == "exception"]
    assert (clock.ending, clock.breached_at) == ("stopped_late", due)
    assert clock.raw_seconds == (due + HOUR - MONDAY).total_seconds()


async def test_clocks_of_one_name_are_each_measured_for_themselves(pool: Pool) -> None:
    """S1.10: stages may have deadlines of one name; one that waits for a return has its own time, not its sibling's."""
    process = pumps(
        PROCESS.replace("process: pumps", "process: siblings")
        .replace("      talk:   {due: 5", "      answer: {due: 5 days, on_reentry: keep}\n      talk:   {due: 5")
        .replace("parked: {kind", "parked: {clocks: {answer: {due: 5 days}}, kind")
        .replace("{talk_again: {to: accepted}}", "{talk_again: {to: accepted}, lose: {to: lost}}")
    )
    lead = await arrived(pool, process, "siblings")
    lead = await happen(pool, process, lead, by_owner(lead, "accept"), MONDAY)
    lead = await happen(pool, process, lead, by_owner(lead, "park"), MONDAY + 10 * HOUR)
    await happen(pool, process, lead, EventIn("lose"), MONDAY + 12 * HOUR)
    took = {
        clock.scope: clock.raw_seconds for clock in (await shown(pool, "siblings")).clocks if clock.name == "answer"
    }
    assert took == {"accepted": 12 * 3600, "parked": 2 * 3600}


# --- ids -------------------------------------------------------------------------------------------------------------


async def test_an_id_stands_for_one_event_of_a_lead_for_ever(pool: Pool, process: Process) -> None:
    """C.6: decided again under the next number it is answered with what happened then, and nothing is written."""
    lead = await arrived(pool, process, "named")
    note = EventIn("note", OPS, note=True, id="sent:n1")
    lead = await happen(pool, process, lead, note, MONDAY)
    for later in (MONDAY + HOUR, MONDAY + DAY):
        lead = await happen(pool, process, lead, EventIn("note", OPS, note=True), later)
    again = step(process, lead, note, MONDAY + 2 * DAY)
    assert isinstance(again, Decision)
    async with pool.acquire() as conn:
        settled, written = await record(conn, process, again)
        assert not written
        assert settled.instead is None
        assert settled.known is not None
        assert (settled.known.lead.seq, settled.known.record.happening) == (2, "note")
        assert await journal.known(conn, "named", "sent:n1") == settled
        assert await journal.known(conn, "named", "sent:n2") is None
    other = await arrived(pool, process, "named too")
    assert (await happen(pool, process, other, note, MONDAY)).seq == 2, "an id is the lead's own"


async def test_of_two_with_one_id_at_once_one_is_written(pool: Pool, process: Process) -> None:
    """C.6: the database itself allows each id once: who comes second finds the first."""
    lead = await arrived(pool, process, "raced")
    first = step(process, lead, EventIn("note", OPS, note=True, id="sent:n1"), MONDAY)
    assert isinstance(first, Decision)
    second = replace(first, lead=replace(first.lead, seq=first.lead.seq + 1))
    async with pool.acquire() as one, pool.acquire() as other:
        transaction = one.transaction()
        await transaction.start()
        await record(one, process, first)
        waiting = asyncio.create_task(record(other, process, second))
        await somebody_waits(one)
        await transaction.commit()
        _, written = await waiting
        assert not written
        settled = await journal.recorded(other, second)
        assert settled is not None
        assert settled.known == first
