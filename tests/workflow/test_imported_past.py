"""Past leads from another system: closed ones in the journal as if they had run here, open ones going on as workflows (B.9)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from client.history.importing import Outcome, import_history
from client.history.mapping import HistoryFile, read_history
from client.history.reading import read_files
from engine.catalog import Catalog
from engine.lead import ClockState
from store import past, past_import
from tests.installation import ROOT, Installation, installation, shipped_around_the_clock, shipped_roster
from trials.backtest.report import Choice, backtest

MAPPING = ROOT / "definitions" / "histories" / "old_crm.yaml"
DAY = timedelta(days=1)
LEADS = """Deal,Created,Owner,Stage,Amount,Company,Country,Product,Source,Employees,Contact,Mail
W1,2026-03-02 10:00,Anna S.,Won,5000,Cobalt,DE,Pumps,Website,40,Ada Byron,ada@cobalt.example
L1,2026-03-02 10:00,M. Gone,Lost,,Nickel,DE,Valves,Fair,12,,
X1,2026-03-10 10:00,Anna S.,,,Zinc,DE,Valves,Fair,12,,
"""
EVENTS = """Deal,At,What,Owner,Reason,Remark
W1,2026-03-02 10:00,New,Jonas K.,,
W1,2026-03-04 12:00,Called,Jonas K.,,spoke with Ada
W1,2026-03-05 10:00,Accepted,Anna S.,,
W1,2026-03-09 10:00,Won,Anna S.,,
L1,2026-03-03 10:00,Called,M. Gone,,
L1,2026-03-01 10:00,Lost,M. Gone,Moon phase,
X1,2026-03-11 10:00,Haunted,Anna S.,,
X1,2026-03-12 10:00,Accepted,Anna S.,,
X1,2026-03-12 10:00,Lost,Anna S.,No decision,
Q9,2026-03-12 10:00,Accepted,Anna S.,,
"""


@pytest_asyncio.fixture(scope="module")
async def old(temporal: WorkflowEnvironment, database: str) -> AsyncIterator[Installation]:
    async with installation(temporal, database, shipped_around_the_clock(), [shipped_roster()]) as made, made.worker():
        yield made


@pytest.fixture(scope="module")
def mapping() -> HistoryFile:
    return read_history(MAPPING)


async def take_in(
    old: Installation, mapping: HistoryFile, folder: Path, leads: str = LEADS, events: str = EVENTS
) -> Outcome:
    (folder / "leads.csv").write_text(leads)
    (folder / "events.csv").write_text(events)
    files = read_files(folder / "leads.csv", folder / "events.csv", mapping)
    return await import_history(old.pool, old.catalog, old.door, files, mapping)


@pytest_asyncio.fixture(scope="module")
async def done(old: Installation, mapping: HistoryFile, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return await take_in(old, mapping, tmp_path_factory.mktemp("past"))


async def test_a_closed_lead_has_its_visits_owners_and_missed_deadlines_at_their_times(
    old: Installation, done: Outcome
) -> None:
    """B.9: the journal looks as if leadflow had run it, and says where it comes from; no workflow was started."""
    key = "lead:old_crm:W1"
    assert (done.new, done.open, done.known) == (3, 0, 0)
    visits = await old.rows(
        "select stage, entered_at, left_at - entered_at as stay from visit where lead = $1 order by 2", key
    )
    assert [(one["stage"], one["stay"]) for one in visits] == [
        ("marketing_qualified", 3 * DAY),
        ("sales_accepted.contacted", 4 * DAY),
        ("delivered", None),
    ]
    assert visits[0]["entered_at"] == datetime(2026, 3, 2, 9, tzinfo=UTC)
    owners = await old.rows("select person, at from assignment where lead = $1 order by id", key)
    assert [one["person"] for one in owners] == ["jonas_keller", "anna_schulz"]
    late = await old.rows(
        "select name, breached_at, ending from clock where lead = $1 and breached_at is not null", key
    )
    assert [(one["name"], one["breached_at"]) for one in late if one["name"] == "first_response"] == [
        ("first_response", datetime(2026, 3, 3, 9, tzinfo=UTC))
    ]
    state = (await old.rows("select state, past_from, closed_at, personal from lead where key = $1", key))[0]
    assert (state["state"], state["past_from"]) == ("closed", "old_crm")
    assert state["closed_at"] == datetime(2026, 3, 9, 9, tzinfo=UTC)
    assert all(
        "imported from old_crm" in words
        for words in await old.column("select words from event where lead = $1 and by <> 'clock'", key)
    )
    assert await old.column("select text from note where lead = $1", key) == ["spoke with Ada"]
    assert await old.column("select count(*)::int from notification where lead = $1", key) == [0]
    assert [run async for run in old.client.list_workflows(f'WorkflowId="{key}"')] == []


async def test_what_does_not_add_up_is_told_by_row_and_comes_in_as_far_as_it_is_true(
    old: Installation, done: Outcome
) -> None:
    """B.9: won or lost before the first contact, unknown stages and reasons, owners who left, two stages at once, rows of no lead."""
    told = {(one.file, one.line, one.code.value) for one in done.remarks}
    assert {
        ("leads.csv", 3, "OWNER_LEFT"),
        ("events.csv", 7, "OUTCOME_TOO_EARLY"),
        ("events.csv", 7, "UNKNOWN_REASON"),
        ("events.csv", 8, "UNKNOWN_STAGE"),
        ("events.csv", 11, "NO_LEAD"),
    } <= told
    assert await old.column("select stage from lead where key = 'lead:old_crm:L1'") == ["lost"]
    assert await old.column("select owner from lead where key = 'lead:old_crm:L1'") == ["M. Gone"]
    async with old.pool.acquire() as connection:
        kept = await past_import.remarks_of(connection, "lead:old_crm:L1")
    assert {one.code for one in kept} >= {"OWNER_LEFT", "OUTCOME_TOO_EARLY", "UNKNOWN_REASON"}
    assert not any("Moon" in one.what for one in kept)


async def test_a_repeated_import_changes_nothing(
    old: Installation, mapping: HistoryFile, done: Outcome, tmp_path: Path
) -> None:
    """B.9, C.6."""
    count = "select (select count(*) from event) + (select count(*) from touch) + (select count(*) from import_remark)"
    before = await old.column(count)
    again = await take_in(old, mapping, tmp_path)
    assert (again.new, again.known, again.started) == (0, 3, 0)
    assert await old.column(count) == before


async def test_backtests_work_from_day_one(old: Installation, done: Outcome) -> None:
    """B.4, B.9: the imported past runs through a candidate, beside what was told of it."""
    async with old.pool.acquire() as connection:
        known = await past.past(connection)
    catalog = Catalog()
    for _, process in shipped_around_the_clock():
        catalog.add(process)
    candidate = next(process for _, process in shipped_around_the_clock() if process.name == "inbound_b2b")
    result = backtest(known, candidate, catalog, Choice())
    pair = result.pair("lead:old_crm:W1")
    assert pair.then is not None
    assert pair.then.owners == ("jonas_keller", "anna_schulz")
    assert "first response" in [one.title for one in pair.then.missed]
    assert pair.then.lead.stage == "delivered"


async def test_an_open_lead_goes_on_with_clocks_that_have_counted_since_it_came(
    old: Installation, mapping: HistoryFile, done: Outcome, tmp_path: Path
) -> None:
    """B.9, S2.4: the owner keeps it; what is overdue is missed once, now; what is not falls due when it would have there."""
    now = datetime.now(UTC)
    leads = LEADS.splitlines()[0] + (
        f"\nO1,{now - timedelta(days=2):%Y-%m-%dT%H:%M:%S}Z,Anna S.,,,Iron,DE,Pumps,Website,40,,\n"
        f"O2,{now - timedelta(days=30):%Y-%m-%dT%H:%M:%S}Z,M. Gone,,,Lead,DE,Pumps,Website,40,,\n"
        f"O3,{now - timedelta(days=30):%Y-%m-%dT%H:%M:%S}Z,Jonas K.,,,Gold,DE,Pumps,Website,40,,\n"
    )
    events = EVENTS.splitlines()[0] + f"\nO1,{now - timedelta(days=2):%Y-%m-%dT%H:%M:%S}Z,New,Anna S.,,\n"
    outcome = await take_in(old, mapping, tmp_path, leads, events)
    assert (outcome.new, outcome.open, outcome.started) == (3, 3, 3)
    key = "lead:old_crm:O1"
    await old.idle(key)
    lead = await old.lead(key)
    assert (lead.owner, lead.stage) == ("anna_schulz", "marketing_qualified")
    follow_up = lead.clocks["follow_up"]
    assert follow_up.state is ClockState.RUNNING and follow_up.due_at is not None
    assert abs(follow_up.due_at - (now + DAY)) < timedelta(seconds=2), "three days since it came there"
    assert lead.clocks["first_response"].state is ClockState.BREACHED
    assert (await old.happenings(key)).count("taken_over") == 1
    overdue = [one for one in await old.notices(key) if one == ("overdue", "anna_schulz")]
    assert len(overdue) == 1, "not once for each rung of the past"
    other = await old.idle("lead:old_crm:O2")
    assert other.lead.owner not in (None, "M. Gone"), "whoever left is stood in for"
    await old.settled(key)
    late = await old.idle("lead:old_crm:O3")
    assert (late.lead.owner, late.lead.hops) == ("jonas_keller", 0), "the owner keeps it, however late it is"
    assert await old.happenings("lead:old_crm:O3") == ["arrived", "taken_over", "step:silence"]


async def test_a_closed_lead_of_the_past_is_reopened_by_an_event(old: Installation, done: Outcome) -> None:
    """B.9: its state is whole."""
    answer = await old.send("lead:old_crm:L1", "reopen", by="head_of_marketing")
    assert getattr(answer, "stage", None) == "marketing_qualified", answer
    await old.settled("lead:old_crm:L1")
