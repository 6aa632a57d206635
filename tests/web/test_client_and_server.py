"""The client for upstream systems against the real application over a socket: leads, batches, events, what is allowed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from client.desk import Sending
from client.elsewhere import Elsewhere, elsewhere
from client.importing import Tally, rows_of
from engine.decision import Refusal
from engine.errors import AccessError, IntakeError, StackError
from tests.web.sockets import Site, open_site
from upstream import AsyncLeadflowClient, Conflict, LeadflowClient, NotAllowed, NotFound, Refused
from web.app import create_app

LEAD = {"kind": "sales", "channel": "direct", "source": "web", "company": "Cobalt", "country": "DE"}


@pytest_asyncio.fixture(scope="module")
async def site(temporal: WorkflowEnvironment, database: str) -> AsyncIterator[Site]:
    async with open_site(temporal, database) as opened:
        yield opened


async def test_a_program_on_asyncio_sends_a_lead_and_follows_it(site: Site) -> None:
    """C.6: typed answers all the way; what the lead refuses is an error with what is possible."""
    async with AsyncLeadflowClient(site.url, site.admin) as leadflow:
        arrived = await leadflow.start(LEAD | {"id": "cs-a1", "source_system": "web"})
        assert arrived.created and arrived.receipt is not None and arrived.receipt.owner is not None
        assert not (await leadflow.start(LEAD | {"id": "cs-a1", "source_system": "web"})).created
        allowed = await leadflow.allowed(arrived.lead)
        assert allowed.stage == "marketing_qualified" and "hold" in {event.event for event in allowed.events}
        with pytest.raises(Conflict) as refused:
            await leadflow.send(arrived.lead, "qualify")
        assert refused.value.problem["allowed"]
        done = await leadflow.send(arrived.lead, "accept", by=arrived.receipt.owner, id="e1")
        assert done.stage == "sales_accepted.contacted"
        assert await leadflow.send(arrived.lead, "accept", by=arrived.receipt.owner, id="e1") == done
        shown = await leadflow.show(arrived.lead)
        assert (shown.lead.stage, shown.fields["company"]) == ("sales_accepted.contacted", "Cobalt")
        assert len(shown.whole["events"]) == 2
        with pytest.raises(NotFound):
            await leadflow.show("lead:web:none")
        with pytest.raises(Refused) as wrong:
            await leadflow.start(LEAD | {"id": "cs-a2", "country": ["Germany"]})
        assert wrong.value.code == "BAD_FIELDS" and wrong.value.fields.keys() == {"country"}


async def test_a_program_that_waits_does_the_same(site: Site) -> None:
    """C.6: without asyncio, with a token for its own source only."""

    def program() -> tuple[str, list[int], list[int]]:
        with LeadflowClient(site.url, site.token) as leadflow:
            arrived = leadflow.start(LEAD | {"id": "cs-s1"})
            with pytest.raises(NotAllowed):
                leadflow.start(LEAD | {"id": "cs-s2", "source_system": "fair"})
            many: list[dict[str, Any]] = [LEAD | {"id": f"cs-m{n}"} for n in range(20)]
            many[7] = LEAD | {"id": "cs-m7", "country": ["Germany"]}
            first = [line.status for line in leadflow.start_many(many, at_once=8)]
            return arrived.lead, first, [line.status for line in leadflow.start_many(many, at_once=8)]

    key, first, again = await asyncio.to_thread(program)
    assert key == "lead:web:cs-s1"
    assert [first.count(status) for status in (201, 422)] == [19, 1] and first[7] == 422
    assert [again.count(status) for status in (200, 422)] == [19, 1]
    assert await site.office.column("select count(*) from touch where lead like 'lead:web:cs-m%'") == [19]


async def test_it_works_without_a_network_too(site: Site) -> None:
    """C.6: in the process of the application, as tests of upstream systems may want it."""
    transport = httpx.ASGITransport(create_app(site.house))
    async with AsyncLeadflowClient("http://leadflow", site.token, transport=transport) as leadflow:
        arrived = await leadflow.start(LEAD | {"id": "cs-p1"})
        lines = [line async for line in leadflow.start_many([LEAD | {"id": "cs-p1"}, LEAD | {"id": "cs-p2"}])]
    assert arrived.created and [line.status for line in lines] == [200, 201]


async def test_a_token_that_is_none_is_told_so(site: Site) -> None:
    """S1.13."""
    async with AsyncLeadflowClient(site.url, "lf_" + "x" * 40) as leadflow:
        with pytest.raises(NotAllowed) as refused:
            await leadflow.start(LEAD | {"id": "cs-n1"})
    assert refused.value.status == 401


# --- commands on a leadflow elsewhere --------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def there(site: Site) -> AsyncIterator[Elsewhere]:
    async with elsewhere(site.url, site.admin) as opened:
        yield opened


async def test_commands_get_the_answers_that_they_would_get_here(site: Site, there: Elsewhere) -> None:
    """C.6: the lead, its receipt, a refusal with what is missing; and errors of our own tree."""
    arrived, link = await there.arrive(LEAD | {"id": "cs-c1"}, "web")
    assert arrived.created and arrived.receipt is not None
    assert link == f"http://ui.example/{arrived.key}"
    assert (await there.arrive(LEAD | {"id": "cs-c1"}, "web"))[0].created is False
    vendor, _ = await there.arrive({"id": "cs-c2", "kind": "vendor"}, "web")
    assert vendor.kept_out is not None and vendor.kept_out.reason == "vendor"
    owner = str(arrived.receipt.owner)
    rejected = Sending("reject", owner)
    refused = await there.send(arrived.key, rejected)
    assert isinstance(refused, Refusal)
    assert refused == await site.office.desk.send(arrived.key, rejected)
    done = await there.send(arrived.key, Sending("accept", owner))
    assert not isinstance(done, Refusal) and done.stage == "sales_accepted.contacted"
    with pytest.raises(IntakeError) as unknown:
        await there.send("lead:web:none", Sending("accept", owner))
    assert unknown.value.code == "UNKNOWN_LEAD"
    async with elsewhere(site.url, "lf_none") as stranger:
        with pytest.raises(AccessError):
            await stranger.show(arrived.key)


async def test_an_import_over_http_is_told_by_row_and_can_be_repeated(
    site: Site, there: Elsewhere, tmp_path: Path
) -> None:
    """C.6: good, double, wrong and unreadable rows, as in an import here."""
    file = tmp_path / "leads.ndjson"
    rows = [json.dumps(LEAD | {"id": f"cs-i{n}"}) for n in range(10)]
    rows += [
        rows[3],
        json.dumps(LEAD | {"id": "cs-bad", "country": "nowhere"}),
        "{",
        json.dumps({"id": "cs-v", "kind": "vendor"}),
    ]
    file.write_text("\n".join(rows), "utf-8")
    first, again = Tally(), Tally()
    await there.import_rows(rows_of(file), source_system="web", tally=first)
    await there.import_rows(rows_of(file), source_system="web", tally=again)
    assert (first.rows, first.created, first.known, first.kept_out, first.unreadable) == (14, 10, 1, 1, 1)
    assert sorted((row.line, row.code) for row in first.refused) == [(12, "BAD_FIELDS"), (13, "UNREADABLE")]
    assert first.complete and not first.failed
    assert (again.created, again.known, len(again.refused)) == (0, 11, 2)
    assert await site.office.column("select count(*) from touch where lead like 'lead:web:cs-i%'") == [10]


async def test_nobody_site_said_in_a_line(tmp_path: Path) -> None:
    """C.6: and not after minutes."""
    async with elsewhere("http://127.0.0.1:9", "lf_x") as nobody:
        with pytest.raises(StackError) as away:
            await nobody.show("lead:web:1")
    assert "LEADFLOW_URL" in away.value.remedy
