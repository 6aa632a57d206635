"""Servers of one's own: what Temporal must have for leads, who sees to it, and what is said where nobody may."""

from __future__ import annotations

import itertools
import json
import re
import shlex
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from temporalio.api.operatorservice.v1 import ListSearchAttributesResponse
from temporalio.service import RPCError, RPCStatusCode

from bootstrap import connect_temporal
from client.namespace import WANTED, furnish
from engine.errors import StackError
from stack.temporal import TemporalServer
from tests.cli.command import ROOT, Answer, Leadflow, Prepared, on
from tests.cli.test_commands import COBALT, NOBODY_KNOWN


@pytest_asyncio.fixture
async def bare(tmp_path: Path) -> AsyncIterator[str]:
    """The address of a Temporal that has never heard of leads."""
    server = TemporalServer(tmp_path / "bare", port=0, ui_port=0)
    try:
        yield await server.start()
    finally:
        await server.stop()


@pytest.fixture
def own(tmp_path: Path, prepared: Prepared, database: str, bare: str) -> Leadflow:
    """Commands with a database and a Temporal of one's own."""
    commands = on(tmp_path, prepared)
    return Leadflow({**commands.environment, "DATABASE_URL": database, "TEMPORAL_ADDRESS": bare}, prepared)


def worker(own: Leadflow, **environment: str) -> Answer:
    """`python worker.py`, which is expected to end by itself."""
    command = [sys.executable, str(ROOT / "worker.py")]
    told = {"PATH": "/bin:/usr/bin", **own.environment, **environment}
    done = subprocess.run(command, env=told, capture_output=True, text=True, timeout=60, check=False)
    return Answer(done.returncode, done.stdout, done.stderr)


def wrong(doctor: Answer) -> list[dict[str, str]]:
    return [check for check in doctor.json() if not check["ok"]]


def test_what_is_missing_is_told_with_the_command_that_mends_it(own: Leadflow, bare: str) -> None:
    """C.7, section 1, the operator: status is not well, doctor gives a command with real names, and it works."""
    status = own("status", "--json")
    assert status.status == 1
    assert "lacks search attributes" in status.json()["words"][0]
    doctor = wrong(own("doctor", "--json"))
    told = next(check for check in doctor if "search attributes" in check["what"])
    command = re.fullmatch(r"Register them: `(.+)`\.", told["remedy"])
    assert command is not None
    program, *words = shlex.split(command[1])
    assert program == ".venv/bin/temporal"
    assert ("--address", bare) in itertools.pairwise(words)
    subprocess.run([Path(sys.executable).with_name("temporal"), *words], check=True, capture_output=True)
    assert any("13 search attributes are registered" in check["what"] for check in own("doctor", "--json").json())


async def test_they_are_registered_where_that_is_permitted(bare: str) -> None:
    """C.7: the first who comes registers them; who comes later finds nothing to do."""
    client = await connect_temporal(bare)
    assert set(await furnish(client)) == set(WANTED)
    assert await furnish(client) == ()


def test_a_lead_that_cannot_be_started_yet_is_accepted_and_that_is_said(own: Leadflow) -> None:
    """C.6: accepted is never lost; the sender is told so, and why it does not start."""
    assert own("publish", "definitions").status == 0
    answer = own("lead", "start", "-", "--json", given=json.dumps(NOBODY_KNOWN))
    assert answer.status == 1
    error = json.loads(answer.err)
    assert "search attribute" in error["message"]
    assert error["remedy"].startswith("The lead is accepted and starts as soon as a worker runs")


def test_where_nobody_knows_the_temporal_ui_there_are_no_links(own: Leadflow) -> None:
    """C.7: no link to where nothing runs; status and doctor say how to have them, and then there are."""
    ask = ("lead", "show", "lead:web:42", "--json")
    assert own("publish", "definitions").status == 0
    own("lead", "start", "-", "--source-system", "web", given=json.dumps(COBALT))
    assert own(*ask).json()["link"] is None
    assert "127.0.0.1:8233" not in own(*ask[:3]).out
    assert own(*ask, LEADFLOW_TEMPORAL_UI_URL="http://ui.example/").json()["link"] == (
        "http://ui.example/namespaces/default/workflows/lead%3Aweb%3A42"
    )
    for command in ("status", "doctor"):
        assert "LEADFLOW_TEMPORAL_UI_URL" in own(command).out


def test_who_is_counted_on_and_not_there_is_told_when_a_process_is_published(own: Leadflow, tmp_path: Path) -> None:
    """S4.6: not when a lead escalates to them; each name once, with all processes that count on it; no error, since a
    roster may be loaded afterwards. Doctor tells one remedy once."""
    assert "nobody is in the roster yet" in own("publish", "definitions").err
    roster = tmp_path / "roster.yaml"
    roster.write_text("roster: small\nteams: {}\npeople: {ann: {name: Ann, email: ann@desk.example}}\n")
    loaded = own("roster", "load", roster)
    assert loaded.out == "1 person in 0 teams\n", loaded.err
    answer = own("publish", "definitions")
    assert answer.status == 0
    lines = [line for line in answer.err.splitlines() if "maria_lopez" in line]
    assert len(lines) == 1 and re.fullmatch(
        r"  (\w+, )*inbound_b2b(, \w+)*: maria_lopez is not in the roster .+", lines[0]
    )
    missing = {one["process"]: one["missing"] for one in own("publish", "definitions", "--json").json()}
    assert "maria_lopez" in missing["inbound_b2b"]
    doctor = own("doctor").out
    assert lines[0].strip() in doctor
    assert doctor.count("Add them to the roster and load it") == 1


def test_a_namespace_that_is_missing_is_told_by_worker_and_doctor(own: Leadflow, bare: str) -> None:
    """Every error says what, where and how to mend it, on one line; a worker has no traceback for it either."""
    ended = worker(own, TEMPORAL_NAMESPACE="sales")
    assert ended.status == 1
    line = ended.err.strip().splitlines()[-1]
    assert line.startswith(f"worker: Temporal at {bare} has no namespace 'sales'. Create it: `.venv/bin/temporal ")
    assert "Traceback" not in ended.err
    found = wrong(own("doctor", "--json", TEMPORAL_NAMESPACE="sales"))
    assert any("has no namespace 'sales'" in check["what"] for check in found)
    status = own("status", "--json", TEMPORAL_NAMESPACE="sales")
    assert "has no namespace 'sales'" in status.json()["words"][0]


class Operators:
    """The operator service of a cluster that does not let us register anything."""

    def __init__(self, there: dict[str, int]) -> None:
        self._there = there

    async def list_search_attributes(self, *_: object, **__: object) -> ListSearchAttributesResponse:
        return ListSearchAttributesResponse(custom_attributes=self._there)  # type: ignore[arg-type]

    async def add_search_attributes(self, *_: object, **__: object) -> None:
        raise RPCError("not for you", RPCStatusCode.PERMISSION_DENIED, b"")


def cluster(there: dict[str, int]) -> Any:
    where = SimpleNamespace(config=SimpleNamespace(target_host="sales.example:7233"))
    return SimpleNamespace(namespace="sales", service_client=where, operator_service=Operators(there))


async def test_where_registering_is_refused_the_exact_command_is_given() -> None:
    """C.7: whoever may gets a command to run, with address, namespace, names and types."""
    with pytest.raises(StackError, match="register them is refused") as told:
        await furnish(cluster({"LeadStage": 2}))
    start = (
        "`.venv/bin/temporal operator search-attribute create --address sales.example:7233 --namespace sales --name "
    )
    assert f"{start}LeadStatus --type Keyword --name LeadOwner" in told.value.remedy
    assert "LeadTags --type KeywordList" in told.value.remedy and "LeadStage " not in told.value.remedy


async def test_an_attribute_of_another_type_is_told() -> None:
    """C.7: it cannot be registered a second time, so another remedy is given."""
    with pytest.raises(StackError, match="of another type than leads need: LeadStage is Text") as told:
        await furnish(cluster({"LeadStage": 1}))
    assert "TEMPORAL_NAMESPACE" in told.value.remedy


@pytest.mark.usefixtures("bare")
async def test_doctor_keeps_what_it_found_before_a_check_broke(own: Leadflow, new_database: Any) -> None:
    """Section 7: a database that goes wrong under way does not hide that Temporal was asked and what it lacks."""
    dsn = await new_database()
    connection = await asyncpg.connect(dsn)
    await connection.execute("drop table event cascade; drop table notification cascade")
    await connection.close()
    found = [check["what"] for check in wrong(own("doctor", "--json", DATABASE_URL=dsn))]
    assert any(what.startswith("the database: ") for what in found)
    assert any("lacks search attributes" in what for what in found)
    assert "0 workers at work" in found


async def test_a_database_that_was_never_migrated_is_told_as_such(own: Leadflow, postgres_dsn: str) -> None:
    """Section 7: it needs no other remedy than a worker, or `leadflow up`."""
    connection = await asyncpg.connect(postgres_dsn)
    await connection.execute('create database "never_migrated"')
    await connection.close()
    dsn = postgres_dsn.rsplit("/", 1)[0] + "/never_migrated"
    about = [check for check in wrong(own("doctor", "--json", DATABASE_URL=dsn)) if "database" in check["what"]]
    assert len(about) == 1
    assert about[0]["what"].startswith("the database is not up to date: it lacks ")
    assert "`leadflow up`" in about[0]["remedy"]
    told = own("lead", "list", DATABASE_URL=dsn)
    assert told.status == 1 and "not up to date" in told.err and "`leadflow up`" in told.err
