"""Clocks on real timers, with time sent forward: reassignment, holds, leave, dates, age, queues, and races."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from client.absences import tell_absences
from engine.decision import Refusal
from engine.lead import ClockState, Lead
from store import leave
from tests.installation import Installation, eventually, kinds, on_queue
from workflows.messages import Receipt

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SELLERS = {"ann", "ben", "cleo", "dan", "eva"}


async def pump(desk: Installation, size: str = "normal") -> str:
    return await desk.new(kind="pumps", size=size)


def due(lead: Lead, clock: str) -> datetime:
    at = lead.clocks[clock].due_at
    assert at is not None
    return at


# --- reassignment ----------------------------------------------------------------------------------------------------


async def test_three_silent_working_days_give_the_lead_to_somebody_else_three_times_and_then_to_who_decides(
    desk: Installation,
) -> None:
    """S2.5, S4.6: never to somebody who has had it; after three hops the exception owner, with a clock and a climb of their own."""
    key = await pump(desk)
    owners = []
    for hops in range(4):
        lead = (await desk.idle(key)).lead
        assert (lead.hops, lead.ownership) == (hops, "person")
        assert lead.owner is not None
        owners.append(lead.owner)
        since = lead.assigned_at
        assert since is not None
        assert due(lead, "follow_up") == since + 3 * DAY, "the next seller has the full time"
        await desk.forward_to(key, due(lead, "follow_up"), past=-HOUR)
        assert (await desk.lead(key)).owner == lead.owner
        await desk.forward_to(key, due(lead, "follow_up"))
    assert len(set(owners)) == 4
    assert set(owners) < SELLERS

    decides = (await desk.idle(key)).lead
    assert (decides.ownership, decides.owner, decides.hops) == ("exception", "maria", 3)
    modes = await desk.rows("select mode, person from assignment where lead = $1 order by id", key)
    assert [one["mode"] for one in modes] == ["rules", "reassign", "reassign", "reassign", "exception"]
    assert [one["person"] for one in modes] == [*owners, "maria"]
    told = await desk.notices(key)
    assert [name for template, name in told if template == "new_lead"] == owners
    assert [name for template, name in told if template == "taken_away"] == owners
    assert told.count(("exception", "maria")) == 1

    await desk.forward_to(key, due(decides, "exception"))
    assert ("overdue", "maria") in await desk.notices(key)
    await desk.forward(key, 4 * HOUR)
    assert ("overdue", "boss") in await desk.notices(key)
    await desk.settled(key)


async def test_a_seller_who_follows_up_keeps_the_lead(desk: Installation) -> None:
    """S2.5: accepted on the third day: nothing is taken from anybody."""
    key = await pump(desk)
    owner = (await desk.idle(key)).lead.owner
    await desk.forward(key, 3 * DAY - HOUR)
    await desk.done(key, "accept")
    await desk.forward(key, DAY)
    assert (await desk.lead(key)).owner == owner
    assert "overdue:follow_up" not in await desk.happenings(key)


# --- pausing, leave, owners ------------------------------------------------------------------------------------------


async def test_a_hold_stops_the_clock_and_resuming_gives_back_what_was_left(desk: Installation) -> None:
    """S2.4: four of ten hours gone, two days on hold, and six hours are left."""
    key = await pump(desk)
    await desk.done(key, "accept")
    await desk.forward(key, 4 * HOUR)
    await desk.done(key, "hold", note="They moved the tender.")
    assert (await desk.idle(key)).lead.clocks["decide"].state is ClockState.PAUSED
    await desk.forward(key, 2 * DAY)
    resumed = await desk.done(key, "resume")
    assert resumed.stage == "working"
    lead = (await desk.idle(key)).lead
    left = due(lead, "decide") - await desk.now(key)
    assert 6 * HOUR - timedelta(minutes=1) < left <= 6 * HOUR
    assert await desk.happenings(key) == ["arrived", "accept", "hold", "resume"]
    await desk.forward(key, 6 * HOUR)
    # The warning is half of the whole time: with six hours left it comes after one more.
    assert await desk.happenings(key) == [
        "arrived",
        "accept",
        "hold",
        "resume",
        "warned:decide",
        "overdue:decide",
        "step:late",
    ]
    [clock] = await desk.rows("select raw_seconds from clock where lead = $1 and name = 'decide'", key)
    assert abs(clock["raw_seconds"] - 10 * 3600) < 60
    await desk.settled(key)


async def test_leave_that_is_entered_while_a_clock_runs_moves_its_deadline(desk: Installation) -> None:
    """B.6: the day the owner is away does not count; when the leave is taken back, it does again."""
    key = await pump(desk, "lone")
    lead = (await desk.idle(key)).lead
    assert lead.owner == "solo"
    before = due(lead, "follow_up")
    midnight = datetime.combine((lead.arrived_at + DAY).date(), time(), UTC)
    async with desk.pool.acquire() as connection:
        away = await leave.add_leave(connection, "solo", midnight, midnight + DAY)
    assert away.leads == (key,)
    assert await tell_absences(desk.pool, desk.desk) == {away.id: 1}

    async def moved() -> bool:
        return due(await desk.lead(key), "follow_up") == before + DAY

    await eventually(moved)
    assert "absent" in (await desk.state(key)).story[-1].words
    await desk.settled(key)

    async with desk.pool.acquire() as connection:
        assert await leave.end_leave(connection, away.id, midnight) is not None
    assert await tell_absences(desk.pool, desk.desk) == {away.id: 1}

    async def back() -> bool:
        return due(await desk.lead(key), "follow_up") == before

    await eventually(back)
    assert (await desk.happenings(key)) == ["arrived", "deadlines_recomputed", "deadlines_recomputed"]
    await desk.done(key, "drop")


async def test_another_owner_is_another_calendar(desk: Installation) -> None:
    """B.6, S2.5: given to somebody who works mornings, the clock counts from the same start on theirs."""
    key = await pump(desk)
    await desk.done(key, "accept")
    lead = (await desk.idle(key)).lead
    start = lead.clocks["decide"].counts_from
    assert due(lead, "decide") == start + 10 * HOUR
    await desk.done(key, "assign", by=lead.owner, to="early")
    given = (await desk.idle(key)).lead
    assert given.owner == "early"
    assert given.clocks["decide"].counts_from == start
    assert given.clocks["decide"].calendar == "mornings"
    # Ten hours of mornings of twelve: one night at least lies between, unless it began at midnight sharp.
    noon = datetime.combine(start.date(), time(12), UTC)
    today = max(noon - start, timedelta())
    wanted = start + 10 * HOUR if today >= 10 * HOUR else noon + 12 * HOUR + (10 * HOUR - today)
    assert due(given, "decide") == wanted
    await desk.settled(key)


# --- dates and age ---------------------------------------------------------------------------------------------------


async def test_on_the_day_that_was_named_a_resting_lead_wakes_and_comes_back_as_the_next_cycle(
    desk: Installation,
) -> None:
    """S4.8, S3.5: half a year of rest; then the clock recycles it, with a new owner search and full time."""
    key = await pump(desk)
    wake = (datetime.now(UTC) + 180 * DAY).date()
    rests = await desk.done(key, "rest", fields={"wake_on": wake.isoformat()})
    assert rests.stage == "resting"
    lead = (await desk.idle(key)).lead
    assert due(lead, "wake") == datetime.combine(wake, time(), UTC)
    await desk.forward_to(key, due(lead, "wake"), past=-HOUR)
    assert (await desk.lead(key)).stage == "resting"
    await desk.forward(key, 2 * HOUR)
    back = (await desk.idle(key)).lead
    assert (back.stage, back.cycle, back.hops) == ("fresh", 2, 0)
    assert back.owner in SELLERS
    assert back.fields["wake_on"] is None
    happenings = await desk.happenings(key)
    assert happenings[-2:] == ["overdue:wake", "recycle"]
    await desk.settled(key)


async def test_the_dates_that_a_field_takes_are_dates_that_a_clock_can_wait_for(desk: Installation) -> None:
    """S4.8: the last day and the first are waited for; what lies beyond is refused before the lead would stick to it."""
    key = await pump(desk)
    for beyond in ("2200-01-01", "9999-12-31", "1899-12-31", "0001-01-01"):
        refused = await desk.refused(key, "rest", fields={"wake_on": beyond})
        assert refused.fields == {"wake_on": "must be a date from 1900-01-01 to 2199-12-31"}
    await desk.done(key, "rest", fields={"wake_on": "2199-12-31"})
    assert due((await desk.idle(key)).lead, "wake") == datetime(2199, 12, 31, tzinfo=UTC)
    await desk.done(key, "update", fields={"wake_on": "1900-01-01"})
    back = (await desk.idle(key)).lead
    assert (back.stage, back.cycle) == ("fresh", 2)
    await desk.settled(key)


async def test_another_date_moves_the_deadline(desk: Installation) -> None:
    """S4.8: they name a later day, and the lead rests on."""
    key = await pump(desk)
    first = (datetime.now(UTC) + 30 * DAY).date()
    later = first + 60 * DAY
    await desk.done(key, "rest", fields={"wake_on": first.isoformat()})
    await desk.done(key, "update", fields={"wake_on": later.isoformat()})
    await desk.forward(key, 40 * DAY)
    assert (await desk.lead(key)).stage == "resting"
    await desk.forward(key, 60 * DAY)
    assert ((await desk.lead(key)).stage, (await desk.lead(key)).cycle) == ("fresh", 2)


async def test_with_time_alone_the_score_changes_at_each_edge_of_age(desk: Installation) -> None:
    """S3.6: 5 points up to two days, then 4, 3, 2, 1 after 7, 14 and 30 days, by the clock and by nothing else."""
    key = await desk.new(kind="aged")
    for days, points in ((1.9, 5), (2.1, 4), (6.9, 4), (7.1, 3), (13.9, 3), (14.1, 2), (29.9, 2), (30.1, 1), (60, 1)):
        lead = (await desk.idle(key)).lead
        await desk.forward_to(key, lead.arrived_at + days * DAY)
        score = (await desk.idle(key)).lead.score
        assert score is not None
        assert score.total == points, f"after {days} days"
    lead = (await desk.idle(key)).lead
    ages = await desk.column(
        "select at - $2 from event where lead = $1 and happening = 'rescored' order by seq", key, lead.arrived_at
    )
    assert [round(age / DAY, 3) for age in ages] == [2, 7, 14, 30]
    assert await desk.column("select total from score where lead = $1 order by seq", key) == [5, 4, 3, 2, 1]
    assert lead.rescore_at is None
    await desk.settled(key)


# --- nobody, and queues ----------------------------------------------------------------------------------------------


async def test_a_lead_that_nobody_fits_waits_and_goes_to_who_decides_when_the_wait_is_over(desk: Installation) -> None:
    """S4.6: held for four hours and asked again; then the exception owner, who is told why."""
    key = await pump(desk, "small")
    held = (await desk.idle(key)).lead
    assert (held.ownership, held.owner) == ("held", None)
    await desk.forward(key, 3.9 * HOUR)
    assert (await desk.lead(key)).ownership == "held"
    await desk.forward(key, 0.2 * HOUR)
    decides = (await desk.idle(key)).lead
    assert (decides.ownership, decides.owner) == ("exception", "maria")
    assert due(decides, "exception") == (decides.assigned_at or datetime.max) + 8 * HOUR
    assert await desk.notices(key) == [("exception", "maria")]
    given = await desk.done(key, "assign", by="maria", to="ben")
    assert given.owner == "ben"
    await desk.settled(key)


async def test_a_held_lead_goes_to_whoever_is_back_when_it_is_asked_again(desk: Installation) -> None:
    """S4.6: the only one who fits is away for two hours; at the end of the hold they are there."""
    now = datetime.now(UTC)
    async with desk.pool.acquire() as connection:
        away = await leave.add_leave(connection, "solo", now - HOUR, now + 2 * HOUR)
        await leave.mark_announced(connection, away.id)
    key = await pump(desk, "lone")
    assert (await desk.idle(key)).lead.ownership == "held"
    await desk.forward(key, 4.1 * HOUR)
    lead = (await desk.idle(key)).lead
    assert (lead.ownership, lead.owner) == ("person", "solo")
    await desk.settled(key)


async def test_a_queued_lead_is_claimed_by_one_of_the_team(desk: Installation) -> None:
    """S4.6: nobody owns it until somebody of the team does; of two who claim at once one gets it."""
    key = await desk.new(kind="shared", size="small")
    lead = (await desk.idle(key)).lead
    assert (lead.ownership, lead.owner, lead.team) == ("queue", None, "sales")
    assert sorted(name or "" for template, name in await desk.notices(key) if template == "queued") == sorted(SELLERS)
    stranger = await desk.refused(key, "claim", by="solo")
    assert stranger.may == ("team",)
    answers = await asyncio.gather(*(desk.send(key, "claim", by=person) for person in ("ann", "ben")))
    [won] = [one for one in answers if isinstance(one, Receipt)]
    [lost] = [one for one in answers if isinstance(one, Refusal)]
    assert won.owner in ("ann", "ben")
    assert lost.code == "GUARD"
    after = (await desk.idle(key)).lead
    assert (after.ownership, after.owner) == ("person", won.owner)
    assert "queue" not in after.clocks
    await desk.settled(key)


async def test_a_lead_that_nobody_claims_alarms_the_leader_and_then_the_boss(desk: Installation) -> None:
    """S4.6, S1.7: the queue has a clock of its own; waiting is not dropping."""
    key = await desk.new(kind="shared", size="small")
    lead = (await desk.idle(key)).lead
    assert due(lead, "queue") == (lead.assigned_at or datetime.max) + 2 * HOUR
    await desk.forward(key, 2.5 * HOUR)
    assert [one for one in await desk.notices(key) if one[0] == "overdue"] == [("overdue", "lee")]
    await desk.forward(key, HOUR)
    assert [one for one in await desk.notices(key) if one[0] == "overdue"] == [("overdue", "lee"), ("overdue", "boss")]
    claimed = await desk.done(key, "claim", by="cleo")
    assert claimed.owner == "cleo"
    told = len(await desk.notices(key))
    await desk.forward(key, 5 * HOUR)
    assert [one for one in (await desk.notices(key))[told:] if one[0] == "overdue"] == []


# --- races -----------------------------------------------------------------------------------------------------------


async def test_an_event_in_time_wins_against_its_own_deadline(desk: Installation) -> None:
    """S2.5: accepted a moment before the deadline: it was in time, and stays so."""
    key = await pump(desk)
    lead = (await desk.idle(key)).lead
    await desk.forward_to(key, due(lead, "follow_up"), past=timedelta(seconds=-20))
    await desk.done(key, "accept")
    await desk.forward(key, HOUR)
    assert "overdue:follow_up" not in await desk.happenings(key)
    assert (await desk.lead(key)).owner == lead.owner
    assert await desk.column("select ending from clock where lead = $1 and name = 'follow_up'", key) == ["met"]


async def test_an_event_after_its_deadline_comes_after_it(desk: Installation) -> None:
    """S2.5: a moment late: the lead is somebody else's by then, and the former owner is told that they may not."""
    key = await pump(desk)
    lead = (await desk.idle(key)).lead
    await desk.forward_to(key, due(lead, "follow_up"), past=timedelta(seconds=1))
    refusal = await desk.refused(key, "accept", by=lead.owner)
    assert refusal.code == "NOT_ALLOWED"
    assert (await desk.happenings(key)) == ["arrived", "overdue:follow_up"]
    assert (await desk.lead(key)).owner != lead.owner


async def test_what_fell_due_while_nobody_worked_comes_before_what_happened_after_it(desk: Installation) -> None:
    """C.1: the workers are away over a deadline, and events come: the deadline was first, and is worked first."""
    queue = f"{desk.queue}-away"
    away = replace(desk, queue=queue, client=on_queue(desk.environment.client, queue))
    async with away.worker():
        key = await pump(away)
        lead = (await away.idle(key)).lead
    forward = asyncio.create_task(
        away.environment.fast_forward(away.handle(key), due(lead, "follow_up") + HOUR - await away.now(key))
    )

    async def has_fired() -> bool:
        return kinds(await away.history(key)).count("TIMER_FIRED") == 1

    await eventually(has_fired)
    for number in range(2):
        await away.handle(key).signal("note", {"by": "maria", "roles": ["ops"], "note": True, "id": f"note-{number}"})
    async with away.worker():
        await forward
        await away.settled(key)
        assert await away.happenings(key) == ["arrived", "overdue:follow_up", "note", "note"]
