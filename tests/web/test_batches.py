"""Batches over HTTP: each line is answered by its number, what is wrong stops nothing, and a batch that broke off goes on (C.6)."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import AsyncIterator

import httpx

from tests.installation import Installation
from tests.web.served import NDJSON, answers, lead, ndjson, problem


async def test_each_line_is_answered_and_what_is_wrong_stops_nothing(
    site: httpx.AsyncClient, desk: Installation
) -> None:
    """Section 5: lines that came twice, no JSON, too long a line, a field at fault: each by its number."""
    good = [lead(f"batch-{number}") for number in range(20)]
    content = ndjson(*good, good[0], lead("batch-bad", size="huge")) + 'no json\n\n{"id": "' + "x" * 300_000 + '"}\n'
    lines, last = answers(await site.post("/leads/batch", content=content, headers=NDJSON))
    statuses = Counter(line["status"] for line in lines.values())
    assert statuses == {201: 20, 200: 1, 422: 1, 400: 1, 413: 1}
    assert lines[22]["problem"]["fields"] == {"size": "must be one of small, lone, normal"}
    assert (lines[23]["status"], lines[25]["status"]) == (400, 413)
    assert last == {"done": True, "lines": 24}


async def test_the_same_batch_again_changes_nothing(site: httpx.AsyncClient, desk: Installation) -> None:
    """C.6: what came in is known, and no touch is counted twice."""
    content = ndjson(*(lead(f"again-{number}") for number in range(10)))
    for status in (201, 200):
        lines, _ = answers(await site.post("/leads/batch", content=content, headers=NDJSON))
        assert {line["status"] for line in lines.values()} == {status}
    assert await desk.column("select count(*) from touch where lead like 'lead:web:again-%'") == [10]


async def test_a_batch_that_breaks_in_the_middle_goes_on(site: httpx.AsyncClient, desk: Installation) -> None:
    """Section 5: the line that was cut short is not taken for one; sent again, the rest comes in and nothing doubles."""
    sent = [lead(f"broken-{number}") for number in range(10)]
    whole = ndjson(*sent).encode()

    async def cut() -> AsyncIterator[bytes]:
        yield whole[: len(whole) // 2]
        raise ConnectionResetError

    with contextlib.suppress(ConnectionResetError):
        await site.post("/leads/batch", content=cut(), headers=NDJSON)
    lines, last = answers(await site.post("/leads/batch", content=whole, headers=NDJSON))
    assert {line["status"] for line in lines.values()} <= {200, 201} and last["done"]
    assert await desk.column("select count(*) from touch where lead like 'lead:web:broken-%'") == [10]


async def test_a_batch_is_lines_of_json(site: httpx.AsyncClient) -> None:
    problem(await site.post("/leads/batch", json=[lead()]), 415, "BAD_CONTENT_TYPE")
