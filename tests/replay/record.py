"""Record lives of leads on the definitions that ship: `python -m tests.replay.record [LIFE...]`, all of them if none is named.

To be run when the workflow has changed in a way that no running lead can go on from, before the first release, or to add a life. Once
leads run, a change is gated with `workflow.patched`, and old recordings stay as they are: they must go on replaying.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import workflows.messages
from client.merging import Merger
from client.moving import Mover, Moving, on_its_way_back
from engine.catalog import LIVE
from engine.compiling.bundle import Bundle, SourceText
from engine.compiling.compile import compile_bundle
from engine.plan import GoesOn, Plan
from engine.process import Process
from stack.postgres import PostgresServer
from store import definitions, moves
from store.migrate import migrate
from tests.installation import Installation, installation, shipped, shipped_roster, time_skipping_temporal
from tests.replay.recording import FOLDER, Recording, as_json, keep, nameless
from workflows.messages import HISTORY_LIMIT, Carried

DAY = timedelta(days=1)
B2B: dict[str, Any] = {"kind": "sales", "channel": "direct", "source": "web", "product_line": "pumps", "employees": 40}
FACTS = {"budget": 4, "authority": True, "need": True, "timeframe": "under_3_months"}


def in_days(days: int) -> str:
    return (datetime.now(UTC) + days * DAY).date().isoformat()


async def inbound_won(office: Installation) -> str:
    """From arrival to delivery, without a delay."""
    key = await office.new("won", **B2B, company="Nordwind GmbH", country="DE", email="info@nordwind.example")
    await office.done(key, "contact", codes={"channel": "phone"})
    await office.done(key, "accept")
    await office.done(key, "work")
    await office.done(key, "qualify", fields={**FACTS, "value": 32000.0, "expected_on": in_days(40)})
    await office.done(key, "offer")
    await office.done(key, "win", codes={"converted_by": "field_sales"})
    await office.done(key, "ordered", fields={"deliver_on": in_days(90)})
    await office.done(key, "delivered")
    return key


async def inbound_silent(office: Installation) -> str:
    """Warned, overdue, climbed, reassigned, held, decided by hand, on hold, resumed, and at last in nurture."""
    key = await office.new("silent", **B2B, company="Havel Werke", country="GB")
    await office.forward(key, 2 * DAY)
    await office.done(key, "contact", codes={"channel": "phone"})
    while (await office.lead(key)).owner != "maria_lopez":
        await office.forward(key, DAY)
    await office.done(key, "assign", by="maria_lopez", to="emily_clarke")
    await office.done(key, "accept")
    await office.done(key, "hold", note="They moved the tender.")
    await office.forward(key, DAY)
    await office.done(key, "resume")
    await office.refused(key, "qualify", fields={"budget": 1})
    await office.done(key, "not_now", fields={"wake_on": in_days(120)})
    await office.forward(key, 31 * DAY)
    return key


async def inbound_came_back(office: Installation) -> str:
    """Lost, closed, and open again because it came once more: the run that goes on from the journal."""
    key = await office.new("back", **B2B, company="Elbe Pumpen", country="FR")
    await office.done(key, "reject", codes={"reason": "too_early"})
    await office.done(key, "bury", by="head_of_marketing", codes={"reason": "no_sign"})
    await office.client.get_workflow_handle(key).result()
    await office.arrive("back", **B2B, company="Elbe Pumpen", country="FR", campaign="spring")
    await office.done(key, "accept")
    await office.handle(key).signal("note", {"by": "maria_lopez", "roles": ["ops"], "note": True, "id": "by-signal"})
    await office.idle(key)
    return key


async def trade_show_handed_over(office: Installation) -> str:
    key = await office.new(
        "fair", **{**B2B, "source": "trade_show"}, company="Pilsen Stroj", country="DE", temperature="hot"
    )
    await office.done(key, "spoke", codes={"channel": "booth"})
    await office.done(key, "qualify", fields={"need": True, "timeframe": "under_3_months"})
    await office.idle(key)
    await office.done(key, "accept")
    await office.done(key, "disqualify", codes={"reason": "no_budget"})
    return key


async def trade_show_queued(office: Installation) -> str:
    """Warm: in the queue of the fair team until its clock is over, then claimed."""
    key = await office.new(
        "queued", **{**B2B, "source": "trade_show"}, company="Brno Stroj", country="CZ", temperature="warm"
    )
    await office.forward(key, 4 * DAY)
    await office.done(key, "claim", by="kim_larsen")
    return key


async def course_sold(office: Installation) -> str:
    key = await office.new(
        "course",
        kind="sales",
        source="reference",
        product_line="courses",
        country="IN",
        occupation="working_professional",
        visits=5,
    )
    await office.done(key, "no_answer")
    await office.forward(key, DAY)
    await office.done(key, "reached", codes={"channel": "phone"})
    await office.done(key, "apply", fields={"course": "finance", "value": 95000.0, "course_starts": in_days(60)})
    await office.done(key, "enrol", codes={"converted_by": "course_adviser"}, checked=("fee paid", "papers complete"))
    await office.done(key, "started")
    return key


async def partner_declined(office: Installation) -> str:
    """Declined by one partner, not answered by the next, sold directly."""
    key = await office.new("partner", **{**B2B, "channel": "indirect"}, company="Zlin Armatury", country="DE")
    await office.done(key, "decline", codes={"reason": "no_capacity"})
    await office.done(key, "offer_again")
    await office.forward(key, 6 * DAY)
    await office.done(key, "sell_direct", by="ingrid_holm")
    await office.idle(key)
    return key


async def nurture_ripe(office: Installation) -> str:
    key = await office.new("nurture", **B2B, company="Zugspitz AG", country="DE", timeframe="over_1_year")
    await office.forward(key, 190 * DAY)
    await office.done(key, "recycle", fields={"timeframe": "under_3_months"}, codes={"channel": "phone"})
    await office.idle(key)
    return key


async def continued(office: Installation) -> str:
    """A long life in short histories."""
    key = await office.new("long", **B2B, company="Tegernsee Brunnenbau", country="CH")
    await office.done(key, "accept")
    for number in range(12):
        await office.done(key, "note", note="Called.", id=f"note-{number}")
    return key


async def moved_and_back(office: Installation) -> str:
    """To another version, by a plan, on in it, and back again."""
    later = _with_two_days()
    async with office.pool.acquire() as connection:
        await definitions.publish(connection, *later, "test", "")
        for catalog in (office.catalog, LIVE):
            catalog.add(later[1], current=False)
        key = await office.new("moves", **B2B, company="Saale Armaturen", country="DE")
        await office.forward(key, DAY)
        plan = Plan("inbound_b2b", (await office.lead(key)).digest, later[1].digest, clocks=SOONER)
        async with asyncio.timeout(60):
            run = await moves.start(connection, plan, (1, 2), "", "agreed with sales", "maria_lopez")
            origin = office.catalog.get(plan.origin)
            there = Mover(office.pool, office.client, run, origin, later[1], "maria_lopez", run.reason)
            await there.move_all(_each(Moving(await office.snapshot(key), plan)), asyncio.Event(), rate=10, batch=1)
            await office.done(key, "contact", codes={"channel": "phone"})
            back = Mover(office.pool, office.client, run, later[1], origin, "maria_lopez", "a mistake", back=True)
            [moved] = [one async for one in moves.moved_by(connection, run.id)]
            returning = on_its_way_back(run, origin, later[1], moved)
            await back.move_all(_each(returning), asyncio.Event(), rate=10, batch=1)
    await office.done(key, "accept")
    return key


async def merged_away(office: Installation) -> str:
    """Ended as another lead, and on again from where it stood."""
    return (await _merged_and_parted(office, "away"))[0]


async def took_in(office: Installation) -> str:
    """Took another lead in with what that knew, and gave it back."""
    return (await _merged_and_parted(office, "in"))[1]


async def _merged_and_parted(office: Installation, name: str) -> tuple[str, str]:
    stays = await office.new(f"stays-{name}", **B2B, company="Mulde Pumpen", country="DE")
    ends = await office.new(
        f"ends-{name}", **B2B, company="Mulde Pumpen GmbH", country="DE", email="info@mulde.example"
    )
    await office.forward(ends, DAY)
    merger = Merger(office.pool, office.client, office.catalog)
    await merger.merge(ends, stays, "maria_lopez", "the same inquiry")
    await office.done(stays, "contact", codes={"channel": "phone"})
    await office.idle(stays)
    await merger.undo(ends, "maria_lopez", "two people of one name")
    for key in (ends, stays):
        await office.done(key, "accept")
        await office.idle(key)
    return ends, stays


SOONER = {"marketing_qualified/follow_up": GoesOn("follow_up", recount=True)}


def _with_two_days() -> tuple[Bundle, Process]:
    bundle = next(bundle for bundle, process in shipped() if process.name == "inbound_b2b")
    text = bundle.process.text.replace("version: 1", "version: 2", 1).replace("3 working days", "2 working days")
    later = Bundle(SourceText(bundle.process.name, text), bundle.tables)
    return later, compile_bundle(later)


async def _each(moving: Moving) -> AsyncIterator[Moving]:
    yield moving


LIVES: Mapping[str, Callable[[Installation], Awaitable[str]]] = {
    life.__name__: life
    for life in (
        *(inbound_won, inbound_silent, inbound_came_back, trade_show_handed_over, trade_show_queued),
        *(course_sold, partner_declined, nurture_ripe, moved_and_back, merged_away, took_in),
    )
}


async def record(
    office: Installation, name: str, life: Callable[[Installation], Awaitable[str]], limit: int = HISTORY_LIMIT
) -> None:
    """Live a life and keep the history of each of its runs with the state that it ended in."""
    key = await life(office)
    await office.idle(key)
    histories = await office.runs(key)
    for number, history in enumerate(histories, start=1):
        carried = await office.client.get_workflow_handle(key, run_id=history.run_id).query(
            "state", result_type=Carried
        )
        used = sorted(
            {carried.lead.digest, *await office.column("select distinct digest from event where lead = $1", key)}
        )
        async with office.pool.acquire() as connection:
            bundles = await definitions.all_bundles(connection)
        keep((one.digest, Bundle.from_json(one.body)) for one in bundles if one.digest in used)
        suffix = f"_{number}" if len(histories) > 1 else ""
        Recording(f"{name}{suffix}", nameless(history), tuple(used), limit, as_json(carried)).save()
        print(f"{name}{suffix}: {len(history.events)} events", flush=True)


async def main(only: Sequence[str]) -> None:
    for file in () if only else (*FOLDER.glob("histories/*.json"), *FOLDER.glob("definitions/*.json")):
        file.unlink()
    os.chdir(FOLDER.parents[1])  # definitions name their files as seen from here
    with tempfile.TemporaryDirectory() as folder:
        server = PostgresServer(Path(folder) / "postgres")
        dsn = await server.start()
        try:
            await migrate(dsn)
            async with (
                time_skipping_temporal() as temporal,
                installation(temporal, dsn, shipped(), [shipped_roster()]) as office,
            ):
                async with office.worker():
                    for name, life in LIVES.items():
                        if not only or name in only:
                            await record(office, name, life)
                workflows.messages.HISTORY_LIMIT = 60
                async with office.worker():
                    if not only or "continued" in only:
                        await record(office, "continued", continued, limit=60)
        finally:
            await server.stop()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
