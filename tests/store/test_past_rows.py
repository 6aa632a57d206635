"""What is written of an imported past at once, against what the journal writes decision by decision."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from client.history.reliving import Staff, relive
from engine.recounting import Told
from store import journal, leads, past_import, roster
from store.past_import import PastLead
from store.past_rows import rows_of
from store.pool import Pool
from tests.store.sales import MONDAY, fresh_lead, pumps, staff

DAY = timedelta(days=1)
TOLD = (
    Told(MONDAY, owner="ann", id="touch:history"),
    Told(MONDAY + 2 * DAY, event="note", by="ann", note=True),
    Told(MONDAY + 4 * DAY, event="accept", by="ben", owner="ben", fields={"value": 500.0}),
    Told(MONDAY + 5 * DAY, event="hold", by="ben", note=True),
    Told(MONDAY + 8 * DAY, event="resume", by="ben"),
    Told(MONDAY + 9 * DAY, stage="parked"),
    Told(MONDAY + 10 * DAY, event="talk_again"),
    Told(MONDAY + 11 * DAY, event="back", by="ben"),
    Told(MONDAY + 30 * DAY, stage="lost", codes={"reason": "price"}),
    Told(MONDAY + 31 * DAY, stage="done"),
)
TABLES = {
    "lead": "select * from lead where key = $1",
    "event": "select * from event where lead = $1 order by seq",
    "visit": "select * from visit where lead = $1 order by entered_seq",
    "clock": "select * from clock where lead = $1 order by started_seq, scope, name",
    "assignment": "select * from assignment where lead = $1 order by id",
    "score": "select * from score where lead = $1 order by seq",
}
NOT_COMPARED = {"id", "key", "lead", "registered_at", "snapshot", "decision", "settled", "state", "past_from", "title"}
NOT_COMPARED |= {"external_id", "fields", "account"}


async def test_the_rows_of_a_past_are_those_of_the_journal(fresh_pool: Pool) -> None:
    """B.9, S1.10: visits, clocks with what they measured, assignments and scores, as if it had run here."""
    await staff(fresh_pool)
    process = pumps()
    async with fresh_pool.acquire() as conn:
        people, teams = await roster.current(conn)
        there = Staff.of_then(people, teams)
        for key in ("one", "other"):
            lead = fresh_lead(process, key, country="DE")
            relived = relive(process, lead, TOLD, "old", there)
            assert relived.doubts == ()
            if key == "one":
                await leads.register(conn, leads.NewLead(lead, "test", key))
                for one in relived.lived:
                    await journal.write(
                        conn, process, one.decision, one.settled, one.conclusion, one.measured, stage_seconds=one.stay
                    )
                continue
            entered: dict[str, Any] = {
                "key": key,
                "title": key,
                "source_system": "test",
                "external_id": key,
                "missing": [],
                "personal": {},
            }
            entered |= {"arrived_at": MONDAY.isoformat(), "past_from": "old"}
            touch: dict[str, Any] = {
                "lead": key,
                "at": MONDAY.isoformat(),
                "idempotency_key": "history",
                "payload": {},
                "raw": {},
            }
            touch |= {"invalid": [], "missing": []}
            await past_import.write(conn, [PastLead(key, entered, touch, rows_of(process, relived.lived))])

        async def rows(table: str, key: str) -> list[dict[str, Any]]:
            found = await conn.fetch(TABLES[table], key)
            return [{name: row[name] for name in row.keys() if name not in NOT_COMPARED} for row in found]  # noqa: SIM118

        for table in TABLES:
            assert await rows(table, "other") == await rows(table, "one"), table
        assert {row["ending"] for row in await rows("clock", "one")} >= {"stopped_late", "dropped"}
