"""S0.13: two leads that are one are merged because a person says so, and part again where that was a mistake."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from client.merging import Merger
from engine.errors import IntakeError
from store.merges import Merge
from tests.installation import Installation
from workflows.messages import Receipt

HOUR, MOMENT = timedelta(hours=1), timedelta(minutes=1)


def merger(desk: Installation) -> Merger:
    return Merger(desk.pool, desk.client, desk.catalog)


async def merged(desk: Installation, loser: str, survivor: str, by: str = "maria") -> Merge:
    return await merger(desk).merge(loser, survivor, by, "the same inquiry")


async def test_the_loser_ends_pointing_at_the_survivor_and_the_survivor_knows_what_it_knew(desk: Installation) -> None:
    """S0.13, C.7: the survivor's values, owner and stage stay; what it did not know comes from the loser; both stories say so."""
    stays = await desk.new(kind="pumps", size="normal")
    ends = await desk.new(kind="pumps", size="lone", expected_on="2031-05-01")
    await desk.done(stays, "accept")
    before = await desk.lead(stays)
    merge = await merged(desk, ends, stays)
    assert merge.done_at is not None

    after = (await desk.idle(stays)).lead
    assert after.fields == {**before.fields, "expected_on": "2031-05-01"}
    assert (after.stage, after.owner, after.clocks) == (before.stage, before.owner, before.clocks)
    result = await desk.handle(ends).result()
    assert (result["merged_into"], result["closed"]) == (stays, True)
    assert f"took in {ends}" in (await desk.state(stays)).story[-1].words
    [row] = await desk.rows("select state, merged_into, stage, kind, wakes_at from lead where key = $1", ends)
    assert row == {"state": "merged", "merged_into": stays, "stage": None, "kind": None, "wakes_at": None}
    assert (await desk.happenings(ends))[-1] == "merged"
    assert (await desk.happenings(stays))[-1] == "took_in"
    endings = await desk.column("select ending from clock where lead = $1 and ended_at is not null", ends)
    assert endings == ["merged"]


async def test_undone_the_loser_goes_on_where_it_stood(desk: Installation) -> None:
    """S0.13: with the time that its clocks had left, its stay, its stage; and the survivor forgets what came from it."""
    stays = await desk.new(kind="pumps", size="normal")
    ends = await desk.new(kind="pumps", size="lone", expected_on="2031-05-01")
    await desk.forward(ends, 2 * HOUR)
    loser, survivor = (await desk.idle(ends)).lead, (await desk.idle(stays)).lead
    await merged(desk, ends, stays)
    undone = await merger(desk).undo(ends, "lee", "two people of one name")
    assert undone.undone_at is not None

    again, stayed = (await desk.idle(ends)).lead, (await desk.idle(stays)).lead
    assert (again.stage, again.owner, again.merged_into, again.closed) == (loser.stage, loser.owner, None, False)
    was, due = loser.clocks["follow_up"].due_at, again.clocks["follow_up"].due_at
    assert was is not None and due is not None and was <= due < was + MOMENT
    assert again.clocks.keys() == loser.clocks.keys()
    assert stayed.fields == {**survivor.fields, "expected_on": None}
    assert await desk.rows("select * from clock where lead = $1 and ending = 'merged'", ends) == []
    [row] = await desk.rows("select state, merged_into, stage, kind from lead where key = $1", ends)
    assert row == {"state": "running", "merged_into": None, "stage": "fresh", "kind": "open"}
    await desk.done(ends, "accept")
    await desk.settled(ends)
    await desk.settled(stays)


async def test_what_comes_under_the_losers_key_reaches_the_survivor(desk: Installation) -> None:
    """S0.13: events under its key, the lead sent again under its upstream id; what was sent before is answered as it was then, and
    what two systems call alike are two events."""
    stays = await desk.new(kind="pumps", size="normal")
    ends = await desk.new("twin", kind="pumps", size="normal")
    await desk.done(ends, "note", note="Called.", id="one")
    await desk.done(stays, "note", note="Written.", id="two")
    await merged(desk, ends, stays)

    again = await desk.done(ends, "note", "maria", note="Called.", id="one")
    assert (again.lead, again.duplicate) == (ends, True)
    owner = (await desk.snapshot(stays)).owner
    first = await desk.done(ends, "note", owner, note="Called.", id="two")
    second = await desk.done(ends, "note", owner, note="Called.", id="two")
    assert (first.lead, first.duplicate) == (stays, False)
    assert (second.lead, second.seq) == (stays, first.seq)

    came = await desk.arrive("twin", kind="pumps", size="normal", wake_on="2031-06-01", touch_id="spring")
    assert (came.key, came.created) == (stays, False)
    assert (await desk.snapshot(stays)).fields["wake_on"] == "2031-06-01"
    assert (await desk.arrive("twin", kind="pumps", size="normal", touch_id="spring")).receipt is None
    happened = await desk.happenings(stays)
    assert (happened.count("touched"), happened.count("note")) == (1, 2)
    assert await desk.column("select lead from touch where idempotency_key = 'given:spring'") == [ends]
    touches = "select count(*) from touch join lead_counted using (lead) where counts_for = $1"
    assert await desk.column(touches, stays) == [3]

    await merger(desk).undo(ends, "maria", "two people of one name")
    came = await desk.arrive("twin", kind="pumps", size="normal", touch_id="summer")
    assert came.key == ends
    await desk.settled(stays)
    await desk.settled(ends)


async def test_merges_follow_one_another_and_are_undone_from_the_last_one_on(desk: Installation) -> None:
    """S0.13: A into B into C is C; none goes round in a circle."""
    a, b, c = [await desk.new(kind="pumps", size="normal") for _ in range(3)]
    await merged(desk, a, b)
    await merged(desk, b, c)
    owner = (await desk.snapshot(c)).owner
    assert (await desk.done(a, "accept", owner)).lead == c
    assert (
        await desk.column("select counts_for from lead_counted where lead = any ($1) order by 1", [a, b, c]) == [c] * 3
    )
    for loser, survivor, says in (
        (c, a, f"{a} was merged into {b} before"),
        (a, c, f"{a} was merged into {b} before"),
        (c, c, "both are the same lead"),
    ):
        with pytest.raises(IntakeError, match=says):
            await merged(desk, loser, survivor)
    with pytest.raises(IntakeError, match=f"{b} was itself merged into {c} since"):
        await merger(desk).undo(a, "maria", "a mistake")
    for loser in (b, a):
        await merger(desk).undo(loser, "maria", "a mistake")
        await desk.settled(loser)
    assert [(await desk.snapshot(key)).stage for key in (a, b, c)] == ["fresh", "fresh", "working"]


async def test_what_cannot_be_one_lead_is_refused_and_nothing_has_happened(desk: Installation) -> None:
    """S0.13: an unknown lead, one of another process, an open one into a closed one, nobody who decides, no reason."""
    one, other = [await desk.new(kind="pumps", size="normal") for _ in range(2)]
    foreign = await desk.new(kind="aged")
    closed = await desk.new(kind="pumps", size="normal")
    await desk.done(closed, "drop")
    for loser, survivor, by, says in (
        (one, "lead:test:nobody", "maria", "there is no lead"),
        ("lead:test:nobody", one, "maria", "there is no lead"),
        (foreign, one, "maria", "leads of two processes stay two"),
        (one, closed, "maria", f"{closed} is closed and {one} is not"),
        (one, other, "mary", "nobody called 'mary'"),
    ):
        with pytest.raises(IntakeError, match=says):
            await merged(desk, loser, survivor, by)
    with pytest.raises(IntakeError, match="the reason is empty"):
        await merger(desk).merge(one, other, "maria", " ")
    with pytest.raises(IntakeError, match="not merged into another"):
        await merger(desk).undo(one, "maria", "a mistake")
    assert await desk.rows("select * from lead_merge where loser = any ($1)", [one, other, foreign, closed]) == []
    assert "merged" not in await desk.happenings(one)


async def test_two_that_are_merged_into_each_other_at_once_become_one(desk: Installation) -> None:
    """S0.13: one of the two merges is refused, also with ten of each."""
    one, other = [await desk.new(kind="pumps", size="normal") for _ in range(2)]
    both = [merged(desk, *pair) for _ in range(10) for pair in ((one, other), (other, one))]
    answers = await asyncio.gather(*both, return_exceptions=True)
    done = {answer.id: answer for answer in answers if isinstance(answer, Merge)}
    assert len(done) == 1
    assert all(isinstance(answer, Merge | IntakeError) for answer in answers)
    [merge] = done.values()
    assert (await desk.happenings(merge.loser)).count("merged") == 1
    assert (await desk.happenings(merge.survivor)).count("took_in") == 1
    await desk.settled(merge.survivor)


async def test_a_merge_amid_events_is_one_before_or_after_each_of_them(desk: Installation) -> None:
    """S0.13: whoever sends an event meanwhile is answered by the loser or, from then on, by the survivor."""
    stays, ends = [await desk.new(kind="pumps", size="normal") for _ in range(2)]
    events = [desk.send(ends, "note", "maria", note="Called.", id=f"amid-{number}") for number in range(12)]
    answers = await asyncio.gather(*events[:6], merged(desk, ends, stays), *events[6:])
    receipts = [answer for answer in answers if not isinstance(answer, Merge)]
    assert all(isinstance(one, Receipt) and one.lead in (ends, stays) for one in receipts), receipts
    noted = await desk.rows("select lead, id from event where happening = 'note' and lead = any ($1)", [ends, stays])
    assert len(noted) == 12
    assert (await desk.happenings(ends))[-1] == "merged"
    await desk.settled(stays)


async def test_a_merge_that_is_left_in_the_middle_is_brought_to_its_end(
    desk: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S0.13: whoever asked died when the loser had ended: it points at the survivor, and that takes it in later, once."""
    stays = await desk.new(kind="pumps", size="normal")
    ends = await desk.new(kind="pumps", size="normal", expected_on="2031-05-01")

    async def dies(*_: object) -> None:
        raise ConnectionError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(Merger, "_what_comes", dies)
        with pytest.raises(ConnectionError):
            await merged(desk, ends, stays)
    assert await desk.column("select merged_into from lead where key = $1", ends) == [stays]
    assert "took_in" not in await desk.happenings(stays)
    third = await desk.new(kind="pumps", size="normal")
    with pytest.raises(IntakeError, match="being merged into"):
        await merged(desk, stays, third)
    with pytest.raises(IntakeError, match="still under way"):
        await merger(desk).undo(ends, "maria", "a mistake")

    assert sum(await asyncio.gather(merger(desk).go_on(), merger(desk).go_on())) > 0
    assert await merger(desk).go_on() == 0
    assert (await desk.happenings(stays)).count("took_in") == 1
    assert (await desk.snapshot(stays)).fields["expected_on"] == "2031-05-01"
    with monkeypatch.context() as patch:
        patch.setattr("client.merging.reckoned_back", dies)
        with pytest.raises(ConnectionError):
            await merger(desk).undo(ends, "maria", "a mistake")
    assert await merger(desk).go_on() == 1
    assert (await desk.snapshot(ends)).merged_into is None
    await desk.settled(ends)
    await desk.settled(stays)


async def test_closed_leads_are_merged_too_and_closed_again_afterwards(desk: Installation) -> None:
    """S0.13, S0.15: their workflows are started for it, from the journal; into an open one, and into one another."""
    stays, ends, late = [await desk.new(kind="pumps", size="normal") for _ in range(3)]
    for key in (ends, late):
        await desk.done(key, "drop")
        await desk.handle(key).result()
    await merged(desk, late, ends)
    assert (await desk.handle(ends).result())["closed"] is True
    await merged(desk, ends, stays)
    assert (await desk.snapshot(stays)).closed is False
    await merger(desk).undo(ends, "maria", "a mistake")
    assert await desk.column("select state from lead where key = $1", ends) == ["closed"]
    assert (await desk.handle(ends).result())["merged_into"] is None


async def test_of_two_promises_of_one_name_the_earlier_is_kept(desk: Installation) -> None:
    """S0.13, S2.4: a fresh lead is no way out of a deadline that the older one had; undone, each has its own again."""
    ends = await desk.new(kind="pumps", size="normal")
    await desk.forward(ends, 5 * HOUR)
    stays = await desk.new(kind="pumps", size="normal")
    mine, theirs = [(await desk.snapshot(key)).clocks["follow_up"].due_at for key in (stays, ends)]
    assert mine is not None and theirs is not None and theirs < mine
    await merged(desk, ends, stays)
    assert (await desk.snapshot(stays)).clocks["follow_up"].due_at == theirs
    assert await desk.column("select due_at from lead where key = $1", stays) == [theirs]
    await merger(desk).undo(ends, "maria", "a mistake")
    assert (await desk.snapshot(stays)).clocks["follow_up"].due_at == mine
    again = (await desk.snapshot(ends)).clocks["follow_up"].due_at
    assert again is not None and theirs <= again < theirs + MOMENT  # later by as long as it was merged
    await desk.settled(stays)
