"""Past leads from another system: `python -m bench.history 10000` prints how long it takes to import them, with their events (B.9)."""

from __future__ import annotations

import asyncio
import csv
import random
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import bootstrap
from bench.figures import Figure
from cli.roster import read_roster
from client.front_door import FrontDoor
from client.history.importing import import_history
from client.history.mapping import read_history
from client.history.reading import read_files
from client.namespace import WANTED
from engine.catalog import Catalog
from stack.settings import StackSettings
from stack.supervisor import LocalStack
from store import definitions, roster
from store.definition_files import load_process
from store.migrate import migrate
from store.pool import open_pool

LEADS = 10_000
DEFINITIONS = Path(__file__).parent.parent / "definitions"
MAPPING = DEFINITIONS / "histories" / "old_crm.yaml"
OWNERS = ("Anna S.", "Jonas K.", "Claire M.")
OPEN = 20
"""One in so many is open."""

LEAD_COLUMNS = (
    *("Deal", "Created", "Owner", "Stage", "Amount", "Company", "Country", "Product"),
    *("Source", "Employees", "Contact", "Mail"),
)
EVENT_COLUMNS = ("Deal", "At", "What", "Owner", "Reason", "Remark")


def write_files(folder: Path, leads: int, until: datetime, seed: int = 1) -> tuple[Path, Path]:
    """Made-up files: most leads are won, lost or disqualified within weeks, one in twenty is open."""
    chance = random.Random(seed)  # no secret
    paths = folder / "old_crm_leads.csv", folder / "old_crm_events.csv"
    with paths[0].open("w", newline="") as one, paths[1].open("w", newline="") as other:
        table, events = csv.writer(one), csv.writer(other)
        table.writerow(LEAD_COLUMNS)
        events.writerow(EVENT_COLUMNS)
        for number in range(1, leads + 1):
            is_open = number % OPEN == 0
            age = chance.uniform(2, 12) if is_open else chance.uniform(60, 700)
            at = until - timedelta(days=age)
            deal, owner = f"D-{number}", chance.choice(OWNERS)
            rows = [(at, "New", "")]
            for what in ("Called", "Accepted", "Qualified", "Offer")[: 2 if is_open else chance.randint(1, 4)]:
                at += timedelta(hours=chance.uniform(1, 20 if is_open else 200))
                rows.append((at, what, ""))
            if not is_open:
                at += timedelta(hours=chance.uniform(1, 200))
                rows.append((at, *chance.choice((("Won", ""), ("Lost", "Too expensive"), ("Lost", "No decision")))))
            table.writerow(
                (
                    *(deal, _written(rows[0][0]), owner, rows[-1][1] if not is_open else "", number * 100),
                    *(f"Company {number}", chance.choice(("DE", "FR", "AT")), chance.choice(("Pumps", "Valves"))),
                    *(chance.choice(("Website", "Fair", "Webinar")), chance.randint(5, 3000)),
                    *(f"Person {number}", f"person{number}@company{number}.example"),
                )
            )
            for happened, what, reason in rows:
                events.writerow((deal, _written(happened), what, owner, reason, ""))
    return paths


def _written(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


async def measure_history(leads: int, home: Path) -> list[Figure]:
    settings = StackSettings(home=home / "stack", temporal_port=0, ui_port=0, search_attributes=WANTED, sink=False)
    async with LocalStack(settings) as endpoints:
        await migrate(endpoints.database_url)
        pool = await open_pool(endpoints.database_url, at_most=5)
        try:
            catalog = Catalog()
            async with pool.acquire() as connection:
                bundle, process = load_process(DEFINITIONS / "inbound_b2b" / "v1.yaml")
                await definitions.publish(connection, bundle, process, "bench", "bench")
                await roster.load(connection, read_roster(DEFINITIONS / "rosters" / "sample.yaml"), "bench")
            catalog.add(process)
            client = await bootstrap.connect_temporal(endpoints.temporal_address)
            paths = write_files(home, leads, datetime.now(UTC))
            mapping = read_history(MAPPING)
            door = FrontDoor(pool, client, catalog)
            began = time.monotonic()
            files = read_files(*paths, mapping)
            outcome = await import_history(pool, catalog, door, files, mapping)
            seconds = time.monotonic() - began
            began = time.monotonic()
            await import_history(pool, catalog, door, read_files(*paths, mapping), mapping)
            again = time.monotonic() - began
        finally:
            await pool.close()
    note = f"{outcome.open} of them open and started; {outcome.events:,} decisions from {outcome.rows:,} rows"
    return [
        Figure(
            f"past of {outcome.new:,} leads imported", seconds, "s", bound=60.0 if leads == LEADS else None, note=note
        ),
        Figure("the same files once more", again, "s"),
    ]


def main(arguments: list[str]) -> list[Figure]:
    """`python -m bench history [LEADS]`."""
    count = int(arguments[0]) if arguments else LEADS
    with tempfile.TemporaryDirectory() as temporary:
        return asyncio.run(measure_history(count, Path(temporary)))


if __name__ == "__main__":
    for figure in main(sys.argv[1:]):
        print(f"{figure.name}: {figure.value:.1f} {figure.unit}  {figure.note}")
