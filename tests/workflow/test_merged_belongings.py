"""S0.13, B.7: what hangs on a lead that is merged: what is personal, tasks, touches, notes, pairs to be decided on, figures."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from client.erasing import Eraser
from client.merge_outlook import what_merging_does, what_parting_does
from client.merging import Merger
from engine.errors import IntakeError
from store import card, matches, summary
from store.matches import PairState
from store.personal import one_person
from tests.installation import Installation
from workflows.messages import Carried

B2B: dict[str, Any] = {"kind": "sales", "channel": "direct", "source": "web", "product_line": "pumps", "employees": 40}
NOTE = "Her cousin Kunibert decides."
_numbers = count(10)


async def two(office: Installation, name: str) -> tuple[str, str]:
    """One that is accepted, and one of the same person that knows more. Of each name somebody else."""
    mail, phone = f"theodora@rarely-{name.lower()}.example", f"+49 30 9018201{next(_numbers)}"
    stays = await office.new(f"stays-{name}", **B2B, company=f"{name} Armaturen", country="DE")
    ends = await office.new(
        f"ends-{name}", **B2B, company=f"Werk {name}", country="AT", campaign="spring", email=mail, phone=phone
    )
    return stays, ends


def merger(office: Installation) -> Merger:
    return Merger(office.pool, office.client, office.catalog)


async def personal(office: Installation, key: str) -> dict[str, Any]:
    [found] = await office.column("select personal from lead where key = $1", key)
    return dict(found)


async def test_what_is_personal_comes_along_in_the_database_and_is_in_no_history(office: Installation) -> None:
    """B.7, S0.13: it fills what is unknown and goes back where it is unchanged since; what was corrected meanwhile stays."""
    stays, ends = await two(office, "Zschopau")
    theirs = await personal(office, ends)
    async with office.pool.acquire() as connection:
        outlook = await what_merging_does(connection, ends, stays, by_rules=False)
    assert set(outlook.personal) == set(theirs) == {"email", "phone"}
    await merger(office).merge(ends, stays, "maria_lopez", "the same inquiry")
    assert await personal(office, stays) == theirs
    assert set((await office.snapshot(stays)).known) == {"email", "phone"}
    assert await office.rows("select * from parcel") == []

    await office.done(stays, "note", note=NOTE, fields={"phone": "+49 171 5550199"})
    await merger(office).undo(ends, "maria_lopez", "two people of one name")
    assert list(await personal(office, stays)) == ["phone"]
    assert (await office.snapshot(stays)).known == ("phone",)
    assert await personal(office, ends) == theirs
    for key in (stays, ends):
        await office.settled(key)
        histories = [history.to_json() for history in await office.runs(key)]
        carried: Carried = await office.state(key)
        for trace in ("theodora", "rarely-", "9018201", "5550199", "Kunibert"):
            assert not any(trace in history for history in histories), trace
            assert trace not in str(carried)


async def test_once_a_person_is_erased_their_leads_stay_one(office: Installation) -> None:
    """B.7: they are forgotten in all that is one lead by now; nobody can tell any more what came from which."""
    stays, ends = await two(office, "Freiberg")
    await merger(office).merge(ends, stays, "maria_lopez", "the same inquiry")
    async with office.pool.acquire() as connection:
        keys = await one_person(connection, ends)
    assert keys == (stays, ends)
    await Eraser(office.pool, office.client, office.catalog).erase(keys, "maria_lopez")
    assert [await personal(office, key) for key in keys] == [{}, {}]
    assert [(await office.snapshot(key)).known for key in keys] == [(), ()]
    with pytest.raises(IntakeError, match="was erased"):
        await merger(office).undo(ends, "maria_lopez", "a mistake")
    assert (await office.snapshot(ends)).merged_into == stays


async def test_what_is_still_to_be_done_is_the_survivors_and_comes_back(office: Installation) -> None:
    """S0.13, S2.2: open tasks go to whoever has the survivor; touches and notes stay where they came to and are shown with it."""
    stays, ends = await two(office, "Rochlitz")
    await office.done(ends, "accept")
    await office.done(ends, "note", note=NOTE)
    [task] = await office.rows("select key, person, title from task where lead = $1", ends)
    assert task["person"] == (await office.snapshot(ends)).owner
    await merger(office).merge(ends, stays, "maria_lopez", "the same inquiry")
    owner = (await office.snapshot(stays)).owner
    assert await office.rows("select person, title from task where lead = $1", stays) == [
        {"person": owner, "title": task["title"]}
    ]
    async with office.pool.acquire() as connection:
        shown = await card.lead_card(connection, stays)
        gone = await card.lead_card(connection, ends)
    assert shown is not None and gone is not None
    [merged_in] = shown.merged_in
    assert (merged_in.lead.key, merged_in.lead.merged_into) == (ends, stays)
    assert [note.text for note in merged_in.notes] == [NOTE]
    assert [touch.campaign for touch in (*shown.touches, *merged_in.touches)] == [None, "spring"]
    assert [event.happening for event in merged_in.events][-1] == "merged"
    assert [visit.left_by for visit in gone.visits][-1] == "merged"

    async with office.pool.acquire() as connection:
        outlook = await what_parting_does(connection, ends)
    assert (outlook.stage, outlook.survivor) == (merged_in.events[-1].to_stage, stays)
    await merger(office).undo(ends, "maria_lopez", "a mistake")
    assert await office.rows("select key, person, title from task where lead = $1", ends) == [task]
    assert await office.column("select count(*) from visit where lead = $1 and left_at is null", ends) == [1]
    assert await office.column("select ending from clock where lead = $1 and ending = 'merged'", ends) == []


async def test_merged_leads_count_once(office: Installation) -> None:
    """S1.8, S0.13: in the figures of a glance, and again as two once they have parted."""

    async def totals() -> tuple[int, ...]:
        async with office.pool.acquire() as connection:
            found = (await summary.counts(connection)).totals
        return found.leads, found.open, found.merged, found.scored, found.assigned, found.repeated_touches

    stays, ends = await two(office, "Mittweida")
    before = await totals()
    await merger(office).merge(ends, stays, "maria_lopez", "the same inquiry")
    assert [now - then for now, then in zip(await totals(), before, strict=True)] == [-1, -1, 1, -1, -1, 1]
    await merger(office).undo(ends, "maria_lopez", "a mistake")
    assert await totals() == before


async def test_a_merge_decides_the_pair_and_its_way_back_asks_again(office: Installation) -> None:
    """S0.13: what else the loser may be, the survivor may be."""
    stays, ends = await two(office, "Oederan")
    third = await office.new("third-Oederan", **B2B, company="Drei", country="PL")
    now = datetime.now(UTC)
    async with office.pool.acquire() as connection:
        await matches.note_possible(connection, ends, stays, 70, ["same company"], now)
        await matches.note_possible(connection, third, ends, 60, ["same phone"], now)
        await merger(office).merge(ends, stays, "maria_lopez", "the same inquiry")
        decided = await matches.pair(connection, stays, ends)
        assert decided is not None
        assert (decided.state, decided.decided_by) == (PairState.SAME, "maria_lopez")
        [asked] = await matches.open_pairs(connection, third)
        assert {asked.pair.one, asked.pair.other} == {stays, third}
        late = await office.new("late-Oederan", **B2B, company="Vier", country="PL")
        assert await matches.note_possible(connection, late, ends, 60, ["same phone"], now)
        assert {one.pair.points for one in await matches.open_pairs(connection, stays)} == {60}
        assert len(await matches.open_pairs(connection, stays)) == 2

        await merger(office).undo(ends, "maria_lopez", "a mistake")
        again = await matches.pair(connection, stays, ends)
        assert again is not None
        assert again.state is PairState.OPEN
