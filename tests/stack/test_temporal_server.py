"""The Temporal development server with its UI, as the stack runs it."""

from __future__ import annotations

import html
import re
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from engine.errors import StackError
from stack import probe
from stack.lock import wait_until_free
from stack.process import lock_path
from stack.temporal import RETENTION_DAYS, TemporalServer
from workflows.story import literal

STAGE = SearchAttributeKey.for_keyword("LeadStage")
Owner = Callable[[str, Path], tuple[subprocess.Popen[str], str]]
START = """
from stack.temporal import TemporalServer
server = TemporalServer(home, port=0, ui_port=0)
await server.start()
print(server.ui_url)
"""


async def start_a_lead(server: TemporalServer, lead: str) -> None:
    client = await Client.connect(server.address)
    attributes = TypedSearchAttributes([SearchAttributePair(STAGE, "new")])
    await client.start_workflow("Lead", id=lead, task_queue="nobody", search_attributes=attributes)


async def test_leads_survive_a_restart_and_new_search_attributes_arrive(home: Path) -> None:
    """C.1, C.7: what runs is kept between starts for years, and an older file learns attributes it was made without."""
    server = TemporalServer(home, port=0, ui_port=0, search_attributes={"LeadStage": "Keyword"})
    await server.start()
    try:
        await start_a_lead(server, "lead-1")
    finally:
        await server.stop()
    server = TemporalServer(
        home,
        port=0,
        ui_port=0,
        search_attributes={"LeadStage": "Keyword", "LeadScore": "Int", "LeadTags": "KeywordList"},
    )
    await server.start()
    try:
        client = await Client.connect(server.address)
        assert (await client.get_workflow_handle("lead-1").describe()).typed_search_attributes.get(STAGE) == "new"
        namespace = await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace="default"))
        assert namespace.config.workflow_execution_retention_ttl.ToTimedelta().days == RETENTION_DAYS
        names = set(namespace.config.custom_search_attribute_aliases.values())
        assert {"LeadStage", "LeadScore", "LeadTags"} <= names
        assert await probe.http(server.ui_url) is None
    finally:
        await server.stop()


async def test_the_ui_makes_no_link_and_no_html_of_what_comes_from_outside(home: Path) -> None:
    """C.7: as the UI that ships renders it. Our own bold stays bold, and the text is read as it was sent."""
    hostile = [
        "[came](https://evil.example) ![](https://evil.example/x.png) <img src=x onerror=alert(1)>",
        "https://evil.example HTTP://evil.example ftp://evil.example mailto:x@evil.example <https://evil.example>",
        "`code` **bold** _all_ ~x~ ~~x~~ $x$ &lt;b&gt; \\[x](y) [x]: https://evil.example",
        "http:\\//evil.example x\\https://evil.example # {#id} *a*b* __init__",
    ]
    server = TemporalServer(home, port=0, ui_port=0)
    await server.start()
    try:
        async with httpx.AsyncClient(base_url=server.ui_url) as browser:
            for text in hostile:
                content = f"# {literal(text)}\n\n- **Owner** {literal(text)}"
                page = (await browser.get("/render", params={"content": content})).raise_for_status().text
                shown = page[page.index("<main") : page.index("</main>")]
                tags = set(re.findall(r"<(\w+)", shown))
                assert tags == {"main", "h1", "ul", "li", "strong"}, shown
                assert html.unescape(shown).count(text) == 2, shown
    finally:
        await server.stop()


@pytest.mark.parametrize(("which", "setting"), [("port", "LEADFLOW_TEMPORAL_PORT"), ("ui_port", "LEADFLOW_UI_PORT")])
async def test_port_in_use_is_named_with_the_setting_that_helps(home: Path, which: str, setting: str) -> None:
    """C.7: one line says which port, and what to set."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(StackError, match=f"port {taken}.*in use") as refused:
            await TemporalServer(home, **{"port": 0, "ui_port": 0, which: taken}).start()
        assert f"{setting}={taken + 100}" in refused.value.remedy
        assert "\n" not in refused.value.message + refused.value.remedy
    assert wait_until_free(lock_path(home, "temporal"), 0)


async def test_server_ends_when_its_owner_is_killed(home: Path, owner: Owner) -> None:
    """C.1: a killed owner leaves no Temporal behind to hold the ports."""
    process, ui_url = owner(START, home)
    assert await probe.temporal_ui(ui_url) is None
    process.kill()
    assert wait_until_free(lock_path(home, "temporal"), 15), "the killed owner's server lives on"
    assert await probe.temporal_ui(ui_url) is not None
