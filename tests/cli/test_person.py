"""B.7: one person, from the command line: what is held of them, and that nothing of it is left once they are erased."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from temporalio.client import Client

import settings
from servers import servers
from tests.cli.command import Leadflow

PERSON = {
    "contact_name": "Wendelgard Zuckschwerdt",
    "email": "Wendelgard.Z@Unheard-Of.example",
    "phone": "+49 30 901820133",
    "message": "My neighbour Xaver praised your zephyr pumps at the fair.",
}
NOTE = "Her sister Notburga answers the phone."
TRACES = ("wendelgard", "zuckschwerdt", "unheard-of", "901820133", "xaver", "zephyr", "notburga")
LEAD: dict[str, Any] = {
    "kind": "sales",
    "channel": "direct",
    "source": "web",
    "company": "Havelmoor AG",
    "country": "DE",
    "product_line": "pumps",
    "employees": 40,
}
OTHER = {**LEAD, "id": "other", "company": "Other AG", "email": "other@else.example", "contact_name": "Wendelin Other"}
KEY = "lead:import:person-1"


@pytest.fixture(scope="module")
def inbox(running: Leadflow, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The person came in by a watched folder, beside somebody else, and was talked to."""
    folder = tmp_path_factory.mktemp("inbox")
    rows = [{**LEAD, **PERSON, "id": "person-1"}, OTHER, {**LEAD, "id": "person-1", "country": "Nowhere at all"}]
    (folder / "web.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert running("watch", folder, "--once", "--settled", "0.2").status == 0
    owner = running("lead", "show", KEY, "--json").json()["lead"]["owner"]
    told = running("lead", "send", KEY, "contact", "--by", owner, "--note", NOTE, "-c", "channel=phone")
    assert told.status == 0, told.err
    return folder


@pytest.fixture(scope="module")
def home(running: Leadflow) -> Path:
    return running.home


def found_in_files(*folders: Path) -> dict[str, list[str]]:
    found = {}
    for path in (path for folder in folders for path in folder.rglob("*") if path.is_file()):
        text = f"{path.name} {path.read_bytes().decode(errors='replace')}".lower()
        if traces := [trace for trace in TRACES if trace in text]:
            found[str(path)] = traces
    return found


async def found_in_database(dsn: str) -> dict[str, list[str]]:
    """Every row of every table, as text, whatever tables there are."""
    connection = await asyncpg.connect(dsn)
    try:
        tables = await connection.fetch(
            "select format('%I.%I', schemaname, tablename) as name from pg_tables"
            " where schemaname not in ('pg_catalog', 'information_schema')"
        )
        found = {}
        for (name,) in tables:
            rows = await connection.fetch(f"select t::text as row from {name} as t")
            text = "\n".join(row["row"] for row in rows).lower()
            if traces := [trace for trace in TRACES if trace in text]:
                found[name] = traces
        return found
    finally:
        await connection.close()


async def found_in_histories(address: str) -> list[str]:
    client = await Client.connect(address)
    text = ""
    async for run in client.list_workflows(""):
        history = await client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
        text += (
            history.to_json()
            + str(run.raw_info)
            + b"".join(e.SerializeToString() for e in history.events).decode(errors="replace")
        )
    assert KEY in text, "it does look into it"
    return [trace for trace in TRACES if trace in text.lower()]


def test_everything_that_is_held_is_exported(running: Leadflow, inbox: Path) -> None:
    """B.7: by key and by address: values, notes, notices in words, and the files in which the person stands; noted in the audit."""
    by_key = running("lead", "export", KEY).json()
    by_address = running("lead", "export", "--email", "wendelgard.z@unheard-of.example", "--json").json()
    assert [lead["key"] for lead in by_address["leads"]] == [KEY]
    for answer in (by_key, by_address):
        written = json.dumps(answer, ensure_ascii=False)
        for value in ("Wendelgard Zuckschwerdt", "901820133", "Xaver", NOTE):
            assert value in written or value in written.replace(" ", ""), value
        [lead] = answer["leads"]
        assert {"lead", "touch", "note", "event", "notification"} <= set(lead["tables"])
        assert any("Zuckschwerdt" in (one["text"] or "") for one in lead["notices"])
        assert str(inbox / "done" / "web.ndjson") in [one["path"] for one in answer["files"]]
        assert any(one["path"].endswith(".eml") for one in answer["files"])
    audited = running("audit", "--what", "export_person", "--json").json()
    assert audited[0]["leads"] == [KEY] and "wendelgard" not in json.dumps(audited).lower()


def test_an_erased_person_is_nowhere_any_more(running: Leadflow, inbox: Path, home: Path) -> None:
    """B.7: database, histories and files are searched for name, address, number and free text; the lead itself stays."""
    dsn = servers(settings.load(running.environment)).database_url
    files = (home / "outbox", home / "refused", inbox)
    assert set(TRACES) == {one for traces in asyncio.run(found_in_database(dsn)).values() for one in traces}
    assert found_in_files(*files)
    assert running("lead", "erase", KEY, "--json").status == 1, "it asks first"

    erased = running("lead", "erase", KEY, "--yes", "--reason", "asked by letter", "--json")
    assert erased.status == 0, erased.err
    assert erased.json()["erased"] == [KEY]

    assert asyncio.run(found_in_database(dsn)) == {}
    assert found_in_files(*files) == {}
    address = f"127.0.0.1:{running.environment['LEADFLOW_TEMPORAL_PORT']}"
    assert asyncio.run(found_in_histories(address)) == []
    kept = [json.loads(line)["id"] for line in (inbox / "done" / "web.ndjson").read_text().splitlines()]
    assert kept == ["other"]
    shown = running("lead", "show", KEY, "--json").json()
    assert shown["origin"]["erased_at"] and shown["touches"] and shown["visits"]
    assert (
        running("lead", "show", "lead:import:other", "--json").json()["origin"]["personal"]["contact_name"]
        == "Wendelin Other"
    )
    [noted] = running("audit", "--what", "erase_person", "--lead", KEY, "--limit", "1", "--json").json()
    assert noted["ended"] == "done" and "asked by letter" in noted["detail"]


def test_nobody_is_meant_by_two_names_or_none(running: Leadflow) -> None:
    """B.7: it cannot be undone, so it is not guessed."""
    for arguments in ((), (KEY, "--email", "a@b.example"), ("--email", "nobody@nowhere.example")):
        answer = running("lead", "erase", *arguments, "--yes")
        assert answer.status == 1 and answer.err.startswith("leadflow: "), answer


def test_which_fields_are_personal_is_listed(running: Leadflow) -> None:
    """B.7: by process, as its definition says."""
    listed = running("personal", "--json").json()
    assert {"process": "inbound_b2b", "field": "email"}.items() <= next(
        one for one in listed if (one["process"], one["field"]) == ("inbound_b2b", "email")
    ).items()
    assert "contact_name" in running("personal").out
