"""Cleaning a lead at the door: what each lead that comes in costs, typed as people type."""

from __future__ import annotations

from pathlib import Path

from bench.figures import Figure, cpu_microseconds
from client.cleaning import clean
from engine.values import accept_all
from store.definition_files import load_process

ROOT = Path(__file__).parents[1]

TYPED = {
    "kind": "sales",
    "channel": "direct",
    "source": "web",
    "campaign": "website",
    "company": "Cobalt  GmbH",
    "country": "Deutschland",
    "contact_name": "Ada Lovelace",
    "email": "Ada Lovelace <Ada@Cobalt.example>",
    "phone": "(030) 9018-20",
    "product_line": "Pumps",
    "employees": 1200,
    "message": "We need two pumps by March.",
}


def measure_cleaning() -> list[Figure]:
    """Against the check of the same values by their fields, which was there before."""
    _, process = load_process(ROOT / "definitions" / "inbound_b2b" / "v1.yaml")
    cleaned = clean(TYPED, process.fields)
    ours = cpu_microseconds(lambda: clean(TYPED, process.fields), 1_000)
    floor = cpu_microseconds(lambda: accept_all(process.fields, cleaned.values), 5_000)
    return [Figure("cleaning a lead at the door", ours, "µs", floor, 1_000.0, "floor: checking the same values")]
