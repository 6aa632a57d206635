"""S0.13: two leads that are one are merged because a person says so, and part again where that was a mistake."""

from __future__ import annotations

from datetime import timedelta

from client.merging import Merger
from store.merges import Merge
from tests.installation import Installation

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


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
    assert {name: clock.due_at for name, clock in again.clocks.items()} == {
        name: clock.due_at for name, clock in loser.clocks.items()
    }
    assert stayed.fields == {**survivor.fields, "expected_on": None}
    assert await desk.rows("select * from clock where lead = $1 and ending = 'merged'", ends) == []
    [row] = await desk.rows("select state, merged_into, stage, kind from lead where key = $1", ends)
    assert row == {"state": "running", "merged_into": None, "stage": "fresh", "kind": "open"}
    await desk.done(ends, "accept")
    await desk.settled(ends)
    await desk.settled(stays)
