"""How people have worked, as the journal tells it: what a simulation takes for their waits and choices (S1.7)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import pytest_asyncio

from engine.compiling.bundle import SourceText, parse
from engine.happening import CLOCK, Due, DueKind, EventIn
from engine.language.simulation import SimulationPlan, seconds_of
from store import conduct
from store.pool import Pool
from tests.store.sales import MONDAY, PROCESS, ROSTER, arrived, by_owner, happen, pumps, roster_file, staff
from trials.simulation.trial import Setting, try_out

HOUR = timedelta(hours=1)


@pytest_asyncio.fixture(autouse=True, scope="module")
async def _staffed(pool: Pool) -> None:
    await staff(pool, ROSTER.replace(", calendar: auckland", ""))  # all of them keep the same hours


@pytest.mark.asyncio
async def test_waits_and_choices_are_those_that_were_seen(pool: Pool) -> None:
    """S1.7: of twelve leads nine were accepted after one to five hours of work, three rejected after six; a thirteenth went by
    a deadline. A stage that few have left tells nothing."""
    process = pumps(PROCESS.replace("process: pumps", "process: seen"))
    for number in range(12):
        lead = await arrived(pool, process, f"seen-{number}")
        if number < 9:
            at, event = MONDAY + (1 + number // 2) * HOUR, by_owner(lead, "accept")
        else:
            at, event = MONDAY + 6 * HOUR, by_owner(lead, "reject", codes={"reason": "price"})
        await happen(pool, process, lead, event, at)
    async with pool.acquire() as conn:
        told = await conduct.measured(conn, "seen", ("note",))
        assert await conduct.measured(conn, "seen", ("note",), fewest=13) == {}
        assert await conduct.measured(conn, "nothing_like_it", ()) == {}
    assert list(told) == ["qualified"]
    seen = told["qualified"]
    assert seen.events == {"accept": 9, "reject": 3} and seen.nothing == "0%" and seen.contact is None
    assert seen.after is not None
    # Half within three and a half of 1, 1, 2, 2, 3, 3, 4, 4, 5, 6, 6, 6 hours; nine of ten within six.
    assert (seconds_of(seen.after.median), seconds_of(seen.after.most)) == (3.5 * 3_600, 6 * 3_600)


@pytest.mark.asyncio
async def test_a_simulation_goes_by_what_was_seen(pool: Pool) -> None:
    """S1.7: tried with that, three of four leads are accepted, and nothing is guessed for that stage."""
    async with pool.acquire() as conn:
        told = await conduct.measured(conn, "seen", ())
    process, roster = pumps(PROCESS.replace("process: pumps", "process: seen")), roster_file()
    text = 'simulate: seen\nfrom: "2026-11-02"\nuntil: "2026-11-27"\narrivals: {leads: 200}\nbehaviour: {ignores: 0%}\n'
    plan = parse(SourceText("plan.yaml", text)).model
    assert isinstance(plan, SimulationPlan)
    people, teams = dict(roster.people), dict(roster.teams)
    found = try_out([process], [], Setting(plan, people, teams, date(2026, 11, 1), measured={"seen": told}))[0]
    entered = {line.stage: line.entered for line in found.stages}
    assert 130 < entered["accepted"] < 170
    assert any("the journal tells" in sentence for sentence in found.assumed)


@pytest.mark.asyncio
async def test_what_no_person_did_counts_as_left_lying(pool: Pool) -> None:
    """S1.7: ten leads that people moved on and ten that a deadline took from them: half are left lying."""
    text = PROCESS.replace("process: pumps", "process: lying").replace(
        "on_breach: {reassign: {except: earlier_owners, at_most: 3, otherwise: exception}}",
        "on_breach: {fire: reject_it}",
    )
    text = text.replace("reject: {to: lost", "reject_it: {to: lost, by: [clock]}\n      reject: {to: lost")
    process = pumps(text)
    for number in range(20):
        lead = await arrived(pool, process, f"lying-{number}")
        if number % 2:
            await happen(pool, process, lead, by_owner(lead, "accept"), MONDAY + HOUR)
        else:
            due = lead.clocks["follow_up"].due_at
            assert due is not None
            late = await happen(pool, process, lead, Due(DueKind.CLOCK, "follow_up", due), due)
            await happen(pool, process, late, EventIn("reject_it", CLOCK, fired=True), due)
    async with pool.acquire() as conn:
        told = await conduct.measured(conn, "lying", ())
    assert told["qualified"].nothing == "50%"
    assert told["qualified"].events == {"accept": 10}
