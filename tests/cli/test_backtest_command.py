"""`leadflow backtest`: of a file of leads without any server, and of what is in a database (B.4)."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from store import definitions
from store.pool import open_pool
from tests.cli.command import Leadflow
from tests.store.sales import MONDAY, PROCESS, TABLES, arrived, bundle, pumps, staff

MAPPING = """
mapping: shop
source_system: shop
key: Nr
order: Nr
known_after: [Verdict, Last]
perhaps_after: [Clicks]
constants: {kind: sales, channel: direct, origin: central, product_line: courses}
fields:
  source: {from: Source}
  visits: {from: Clicks}
  last_activity: {from: Last}
"""
ROWS = [
    (number, "reference" if number % 4 == 0 else "chat", number % 7, number % 4 == 0 or number % 10 == 1)
    for number in range(60)
]


@pytest.fixture
def leads(tmp_path: Path) -> Path:
    """Sixty leads, those that were recommended won and a few others; one cannot be read, one is of somebody who wants a job."""
    lines = [f"{number},{source},{clicks},phone_talk,good,{int(won)}" for number, source, clicks, won in ROWS]
    (tmp_path / "shop.yaml").write_text(MAPPING, encoding="utf-8")
    file = tmp_path / "leads.csv"
    file.write_text(
        "\n".join(["Nr,Source,Clicks,Last,Verdict,Bought", *reversed(lines), ",web,1,,,0"]) + "\n", encoding="utf-8"
    )
    return file


def of_file(leadflow: Leadflow, leads: Path, *more: str) -> tuple[int, str, str]:
    command = (
        "backtest",
        "definitions/course_sales/v2.yaml",
        "--leads",
        leads,
        "--mapping",
        leads.parent / "shop.yaml",
    )
    answer = leadflow(*command, "--from", "2026-08-03", "--to", "2026-08-13", *more)
    return answer.status, answer.out, answer.err


def test_a_file_is_judged_by_what_was_known_on_arrival(leadflow: Leadflow, leads: Path) -> None:
    """B.4: AUC with interval, bands, lift, early and late leads; what nobody knew is left out and said, and so are rows not run."""
    status, out, err = of_file(leadflow, leads, "--outcome", "Bought=1", "--json")
    assert status == 0, err
    answer = json.loads(out)
    assert answer["totals"]["leads"] == 60
    whole = answer["scores"]["whole"]
    assert (whole["leads"], whole["won"]) == (60, sum(won for *_, won in ROWS))
    assert whole["auc"]["low"] < whole["auc"]["value"] <= whole["auc"]["high"]
    assert whole["auc"]["value"] > 0.7
    assert [cut["how_many"] for cut in answer["scores"]["cuts"]] == [42, 18, 60]
    assert "visits" in answer["scores"]["cuts"][2]["leads"]
    said = " ".join(answer["caveats"])
    for words in ("from 2026-08-03", "order of Nr", "nobody acts", "Verdict, Last", "1 row not run: refused: NO_ID"):
        assert words in said
    assert sum(person["leads"] for person in answer["workload"]) >= 60


def test_people_read_the_totals_first_and_what_they_do_not_tell_last(leadflow: Leadflow, leads: Path) -> None:
    """B.4: tables for people; without a past there are no columns for it."""
    status, out, err = of_file(leadflow, leads, "--outcome", "Bought=1", "--by", "source")
    assert status == 0, err
    lines = out.splitlines()
    assert lines[0].startswith("course_sales v2 as in definitions/course_sales/v2.yaml: 60 leads of ")
    assert (
        out.index("leads reassigned")
        < out.index("priority on arrival")
        < out.index("AUC (95 %)")
        < out.index("The file says no times")
    )
    assert "then" not in lines[2]
    assert any(line.split()[:2] == ["reference", "15"] for line in lines)


@pytest.mark.parametrize(
    ("more", "says", "remedy"),
    [
        (("--outcome", "Bought"), "does not say what a won lead looks like", "Converted=1"),
        (("--outcome", "Sold=1"), "no column 'Sold'", "Bought"),
        (("--by", "locaton"), "no dimension 'locaton'", "location"),
        (("--follow", "2 working days"), "working", ""),
        (("--where", "lead.source == 'nowhere'"), "no row of", "Name another"),
    ],
)
def test_what_cannot_be_is_told_with_a_remedy(
    leadflow: Leadflow, leads: Path, more: tuple[str, ...], says: str, remedy: str
) -> None:
    """B.4: one clear line on standard error, nothing on standard output, status 1."""
    status, out, err = of_file(leadflow, leads, *more)
    assert (status, out) == (1, "")
    assert says in err and remedy in err and "Traceback" not in err


def test_a_slip_in_a_column_that_was_known_later_is_told(leadflow: Leadflow, leads: Path) -> None:
    """B.4: or what it hides would count, and the score would look better than it is."""
    (leads.parent / "shop.yaml").write_text(
        MAPPING.replace("known_after: [Verdict", "known_after: [Verdikt"), encoding="utf-8"
    )
    status, _, err = of_file(leadflow, leads)
    assert status == 1 and "Verdikt" in err and "known_after" in err


def test_every_lead_of_a_file_is_listed_with_whose_it_is_and_why(leadflow: Leadflow, leads: Path) -> None:
    """B.4, B.5: each with its score, priority, owner and the rule."""
    status, out, _ = of_file(leadflow, leads, "--list", "--limit", "5")
    assert status == 0
    lines = out.splitlines()
    assert len(lines) == 6 and lines[0].split()[:4] == ["lead", "score", "priority", "owner"]
    assert all("rule '" in line for line in lines[1:])


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--outcome", "Bought=1"), "--leads"),
        (("--leads", "x.csv", "--control"), "not for a file"),
        (("--leads", "x.csv", "--scores"), "--outcome"),
    ],
)
def test_options_that_mean_nothing_together_are_refused(leadflow: Leadflow, more: tuple[str, ...], says: str) -> None:
    """No option is passed over in silence."""
    answer = leadflow("backtest", "definitions/course_sales/v2.yaml", *more)
    assert answer.status == 2 and says in answer.err


# --- from the database -----------------------------------------------------------------------------------------------


@pytest.fixture
def candidate(tmp_path: Path) -> Path:
    """Two working days instead of three, and other words for it."""
    (tmp_path / "tables").mkdir()
    for kind, text in TABLES.items():
        (tmp_path / "tables" / f"{kind}.yaml").write_text(text, encoding="utf-8")
    folder = tmp_path / "pumps"
    folder.mkdir()
    file = folder / "v2.yaml"
    file.write_text(
        PROCESS.replace("version: 1", "version: 2").replace("3 working days", "2 working days"), encoding="utf-8"
    )
    return file


async def test_past_leads_of_a_database(leadflow: Leadflow, database: str, candidate: Path) -> None:
    """B.4: totals, the list of differences, and one lead with both stories; where there is no past lead it says so."""
    where = {"DATABASE_URL": database, "TEMPORAL_ADDRESS": "127.0.0.1:1"}
    nothing = leadflow("backtest", candidate, **where)
    assert nothing.status == 1 and "there are no past leads" in nothing.err
    async with await open_pool(database) as pool:
        await staff(pool)
        async with pool.acquire() as conn:
            await definitions.publish(conn, bundle(), pumps(), "ops", "")
        for number in range(4):
            await arrived(pool, pumps(), f"lead:{number}", MONDAY + timedelta(minutes=number), country="DE")
    told = leadflow("backtest", candidate, **where)
    assert told.status == 0, told.err
    assert "4 past leads" in told.out and "What they would have done differently is unknown." in told.out
    listed = leadflow("backtest", candidate, "--list", "--json", **where).json()
    assert [one["lead"] for one in listed["leads"]] == [f"lead:{number}" for number in range(4)]
    one = leadflow("backtest", candidate, "--lead", "lead:0", **where)
    assert one.status == 0 and "then (UTC)" in one.out and "rule '" in one.out and "score on arrival: " in one.out
    unknown = leadflow("backtest", candidate, "--lead", "lead:9", **where)
    assert unknown.status == 1 and "lead:9 is not among" in unknown.err
    none = leadflow("backtest", candidate, "--to", "2026-10-01", **where)
    assert none.status == 1 and "there are no past leads" in none.err
    wrong = leadflow("backtest", candidate, "--where", "lead.contry == 'DE'", **where)
    assert wrong.status == 1 and "country" in wrong.err
