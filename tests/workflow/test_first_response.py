"""The clock that every lead is promised: first response within 24 hours, on the process that ships (S2.4, S4.1)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from engine.lead import ClockState
from tests.installation import Installation

HOUR = timedelta(hours=1)
A_LEAD: dict[str, Any] = {
    "kind": "sales",
    "channel": "direct",
    "source": "web",
    "company": "Havel Werke",
    "country": "DE",
    "product_line": "pumps",
    "employees": 60,
}


async def happened(office: Installation, key: str, name: str) -> list[datetime]:
    return await office.column("select at from event where lead = $1 and happening = $2 order by seq", key, name)


def close(times: list[datetime], wanted: list[datetime]) -> bool:
    """Within ten seconds: a timer fires at once, and nothing waits for anything else but a busy machine."""
    return len(times) == len(wanted) and all(
        abs(one - other) < timedelta(seconds=10) for one, other in zip(times, wanted, strict=True)
    )


async def test_the_owner_is_warned_at_half_and_four_fifths_of_the_time(office: Installation) -> None:
    """S4.1: 24 hours for the first response; warned after 12 and 19.2 of them, and not before."""
    key = await office.new(**A_LEAD)
    lead = (await office.idle(key)).lead
    first = [("new_lead", lead.owner)]
    await office.done(key, "seen")
    await office.forward(key, 11.5 * HOUR)
    assert await office.notices(key) == first
    await office.forward(key, HOUR)
    assert await office.notices(key) == [*first, ("warning", lead.owner)]
    await office.forward(key, 7 * HOUR)
    assert await office.notices(key) == [*first, ("warning", lead.owner), ("warning", lead.owner)]
    assert close(
        await happened(office, key, "warned:first_response"),
        [lead.arrived_at + 12 * HOUR, lead.arrived_at + 19.2 * HOUR],
    )
    await office.settled(key)


async def test_silence_climbs_from_the_owner_to_the_head_of_sales_who_goes_on_hearing_of_it(
    office: Installation,
) -> None:
    """S2.4, S1.2: at the breach the owner, then the team leader, then the head of sales, again every working day."""
    key = await office.new(**A_LEAD)
    lead = (await office.idle(key)).lead
    await office.forward(key, 24 * HOUR)
    state = (await office.idle(key)).lead.clocks["first_response"]
    assert state.state is ClockState.BREACHED
    assert close(await happened(office, key, "overdue:first_response"), [lead.arrived_at + 24 * HOUR])
    await office.done(key, "accept")
    await office.forward(key, 5.5 * 24 * HOUR)
    told = [name for template, name in await office.notices(key) if template == "overdue"]
    assert told == [lead.owner, lead.leader, *["head_of_sales"] * 5]
    steps = await happened(office, key, "step:silence")
    assert len(steps) == len(told)
    [clock] = await office.rows(
        "select state, ending, breached_at from clock where lead = $1 and name = 'first_response'", key
    )
    assert (clock["state"], clock["ending"]) == ("breached", None)
    await office.settled(key)


async def test_a_late_response_ends_the_alarm_and_is_measured(office: Installation) -> None:
    """S4.1, S1.10: the clock goes on after its breach; the response stops it late, and nobody is told any more."""
    key = await office.new(**A_LEAD)
    await office.forward(key, 30 * HOUR)
    told = len(await office.notices(key))
    await office.done(key, "contact", codes={"channel": "phone"})
    await office.done(key, "accept")
    await office.forward(key, 3 * 24 * HOUR)
    [clock] = await office.rows(
        "select state, ending, raw_seconds from clock where lead = $1 and name = 'first_response'", key
    )
    assert (clock["state"], clock["ending"]) == ("ended", "stopped_late")
    assert 30 * 3600 <= clock["raw_seconds"] < 30 * 3600 + 60
    after = (await office.notices(key))[told:]
    assert not [one for one in after if one[0] == "overdue"]


async def test_a_response_in_time_meets_the_clock(office: Installation) -> None:
    """S4.1: contacted after two hours: met, measured, and no warning ever."""
    key = await office.new(**A_LEAD)
    await office.forward(key, 2 * HOUR)
    await office.done(key, "contact", codes={"channel": "phone"})
    await office.done(key, "accept")
    await office.forward(key, 30 * HOUR)
    [clock] = await office.rows(
        "select ending, raw_seconds from clock where lead = $1 and name = 'first_response'", key
    )
    assert clock["ending"] == "met"
    assert 2 * 3600 <= clock["raw_seconds"] < 2 * 3600 + 60
    assert "warned:first_response" not in await office.happenings(key)


async def test_the_contact_of_an_automatic_mail_does_not_count(office: Installation) -> None:
    """S4.1: the information pack goes out at once and stops no clock."""
    key = await office.new(**A_LEAD, email="kim@havel.example")
    lead = (await office.idle(key)).lead
    assert ("info_pack", None) in await office.notices(key)
    assert lead.clocks["first_response"].state is ClockState.RUNNING


async def test_a_lead_that_nobody_fits_is_held_and_then_somebody_decides(office: Installation) -> None:
    """S4.6: no rule has anybody for Japan: four working hours of waiting, then María with a clock of her own."""
    key = await office.new(**{**A_LEAD, "company": "Sakura KK", "country": "JP"})
    held = (await office.idle(key)).lead
    assert (held.ownership, held.owner) == ("held", None)
    assert held.assign_at is not None
    await office.forward_to(key, held.assign_at)
    decided = (await office.idle(key)).lead
    assert (decided.ownership, decided.owner) == ("exception", "maria_lopez")
    assert await office.notices(key) == [("exception", "maria_lopez")]
    due = decided.clocks["exception"].due_at
    assert due is not None
    await office.forward_to(key, due)
    assert ("overdue", "maria_lopez") in await office.notices(key)
    given = await office.done(key, "assign", by="maria_lopez", to="nils_berg")
    assert given.owner == "nils_berg"
    after = (await office.idle(key)).lead
    assert "exception" not in after.clocks
    assert not after.climbs or all(climb.clock != "exception" for climb in after.climbs.values())
    assert ("new_lead", "nils_berg") in await office.notices(key)
    await office.settled(key)
