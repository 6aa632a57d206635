"""Roster and leave: facts of the world, loaded and never lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.errors import LeadflowError
from engine.language.tables import ChannelKind, Role
from store import hours, leave, roster
from store.pool import Pool
from tests.store.sales import MONDAY, ROSTER, arrived, pumps, roster_file, staff

DAY = timedelta(days=1)

PARTNERS = """
roster: partners
teams:
  resellers: {title: Resellers, leader: lee, calendar: berlin}
people:
  pia:
    name: Pia
    webhook: https://partner.example/in
    channels: [webhook, email]
    roles: [partner]
    teams: [resellers, sales]
    territories: [DE, AT]
    skills: [pumps]
    weight: 3
    limits: {open: 5, per_day: 2}
    calendar: auckland
"""


async def test_a_roster_comes_back_as_it_was_written(fresh_pool: Pool) -> None:
    async with fresh_pool.acquire() as conn:
        await roster.load(conn, roster_file(), "ops")
        loaded = await roster.load(conn, roster_file(PARTNERS), "ops")
        people, teams = await roster.people(conn), await roster.teams(conn)
    assert (loaded.people, loaded.teams, loaded.retired) == (1, 1, ())
    assert people == {**roster_file().people, **roster_file(PARTNERS).people}
    assert teams == {**roster_file().teams, **roster_file(PARTNERS).teams}
    assert people["pia"].channels == [ChannelKind.WEBHOOK, ChannelKind.EMAIL]
    assert people["pia"].roles == [Role.PARTNER]


async def test_who_is_no_longer_in_the_roster_becomes_inactive(fresh_pool: Pool) -> None:
    """Nobody is removed, for past leads name them; and each roster speaks for its own people only."""
    await staff(fresh_pool)
    await staff(fresh_pool, PARTNERS)
    without_ann = "\n".join(line for line in ROSTER.splitlines() if not line.startswith("  ann:"))
    async with fresh_pool.acquire() as conn:
        loaded = await roster.load(conn, roster_file(without_ann), "ops")
        people = await roster.people(conn)
        assert loaded.retired == ("ann",)
        assert (people["ann"].active, people["ben"].active, people["pia"].active) == (False, True, True)
        assert (await roster.load(conn, roster_file(), "ops")).retired == ()
        assert (await roster.people(conn))["ann"].active


async def test_a_roster_that_names_nobody_s_team_or_leader_is_refused(fresh_pool: Pool) -> None:
    await staff(fresh_pool)
    wrong = ROSTER.replace("leader: lee", "leader: leo")
    wrong = wrong.replace("cleo@desk.example, teams: [sales]", "cleo@desk.example, teams: [sails]")
    async with fresh_pool.acquire() as conn:
        with pytest.raises(LeadflowError) as refused:
            await roster.load(conn, roster_file(wrong), "ops")
        assert "led by leo" in refused.value.message
        assert "cleo is in team sails" in refused.value.message
        assert (await roster.teams(conn))["sales"].leader == "lee"


async def test_a_roster_that_changes_working_hours_names_the_leads_it_concerns(fresh_pool: Pool) -> None:
    """B.6: a calendar of a person or of their team; those who are new, or are merely loaded again, concern nobody."""
    await staff(fresh_pool)
    lead = await arrived(fresh_pool, pumps(), "concerned")
    assert lead.owner is not None
    async with fresh_pool.acquire() as conn:
        assert (await roster.load(conn, roster_file(), "ops")).other_hours == ()
        assert (await roster.load(conn, roster_file(PARTNERS), "ops")).other_hours == ()
        assert await hours.not_told(conn) == ()
        elsewhere = ROSTER.replace("calendar: auckland", "calendar: berlin")
        assert (await roster.load(conn, roster_file(elsewhere), "ops")).other_hours == ("eva",)
        whole_team = elsewhere.replace("{title: Sales, leader: lee}", "{title: Sales, leader: lee, calendar: auckland}")
        moved = (await roster.load(conn, roster_file(whole_team), "ops")).other_hours
        assert moved == ("ann", "ben", "cleo", "dan", "eva", "sales")
        first, second = await hours.not_told(conn)
        assert (first.people, first.teams) == (("eva",), ())
        assert second.teams == ("sales",)
        assert await hours.leads_of(conn, second) == ("concerned",)
        assert await hours.leads_of(conn, first) == (("concerned",) if lead.owner == "eva" else ())
        await hours.mark_told(conn, first)
        assert await hours.not_told(conn) == (second,)


async def test_leave_names_the_leads_it_concerns(fresh_pool: Pool) -> None:
    """B.6: entering leave says whose deadlines may move; each change is announced once."""
    process = pumps()
    await staff(fresh_pool)
    lead = await arrived(fresh_pool, process, "affected")
    assert lead.owner is not None
    async with fresh_pool.acquire() as conn:
        entered = await leave.add_leave(conn, lead.owner, MONDAY, MONDAY + 3 * DAY, "ski")
        assert entered.leads == ("affected",)
        assert [one.id for one in await leave.not_announced(conn)] == [entered.id]
        await leave.mark_announced(conn, entered.id)
        assert await leave.not_announced(conn) == ()

        cut = await leave.end_leave(conn, entered.id, MONDAY + DAY)
        assert cut is not None
        assert (cut.person, cut.leads) == (lead.owner, ("affected",))
        (listed,) = await leave.leave_list(conn, lead.owner)
        assert (listed.ends_at, listed.note, listed.announced_at) == (MONDAY + DAY, "ski", None)
        assert await leave.end_leave(conn, entered.id, MONDAY + 2 * DAY) is None

        await leave.end_leave(conn, entered.id, MONDAY - DAY)  # taken back
        assert await leave.leave_list(conn) == ()
        assert [one.id for one in await leave.not_announced(conn)] == [entered.id]


async def test_leave_is_of_somebody_and_has_an_end(fresh_pool: Pool) -> None:
    async with fresh_pool.acquire() as conn:
        with pytest.raises(LeadflowError, match="nobody is not in the roster"):
            await leave.add_leave(conn, "nobody", MONDAY, MONDAY + DAY)
        with pytest.raises(LeadflowError, match="ends before it starts"):
            await leave.add_leave(conn, "nobody", MONDAY, MONDAY)
        with pytest.raises(LeadflowError, match="there is no leave 99"):
            await leave.end_leave(conn, 99, MONDAY)
