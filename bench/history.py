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


async def measure(leads: int) -> None:
    from bench.figures import Figure
    from bench.intake import installed  # type: ignore[attr-defined]

    _ = Figure, installed
    raise NotImplementedError


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as temporary:
        began = time.monotonic()
        write_files(Path(temporary), count, datetime.now(UTC))
        asyncio.run(measure(count))
