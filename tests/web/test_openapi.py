"""/openapi.json: complete, with examples that hold, and true: requests made by chance are answered as it says (C.6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema
import pytest
import pytest_asyncio
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
ROUTES = [("/leads", "POST"), ("/leads/{key}/events", "POST"), ("/leads/{key}/allowed", "GET"), ("/leads/{key}", "GET")]
EXAMPLES = 40


@pytest_asyncio.fixture(scope="module")
async def schema(site: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await site.get("/openapi.json")).json()
    return found


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in schema["paths"].items():
        yield from ((f"{method} {path}", operation) for method, operation in methods.items())


def contents(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Of the request and of every answer: media type and what is told of it."""
    yield from operation.get("requestBody", {}).get("content", {}).items()
    for answer in operation["responses"].values():
        yield from answer.get("content", {}).items()


async def test_every_route_is_described_with_examples_that_hold(schema: dict[str, Any]) -> None:
    for name, operation in operations(schema):
        if not {"leads", "webhooks", "health"} & set(operation["tags"]):
            continue  # pages for people
        assert operation.get("summary") and operation.get("operationId"), name
        for media_type, told in contents(operation):
            examples = (
                [told["example"]] if "example" in told else [one["value"] for one in told.get("examples", {}).values()]
            )
            assert examples, (name, media_type)
            if media_type.endswith("json") and "ndjson" not in media_type:
                for example in examples:
                    jsonschema.validate(example, {**told["schema"], "components": schema["components"]})


@pytest.mark.parametrize(("path", "method"), ROUTES)
async def test_requests_made_by_chance_are_answered_as_it_says(
    admin: httpx.AsyncClient, schema: dict[str, Any], path: str, method: str
) -> None:
    """Section 5: whatever is sent, no 500, and no answer that is not described."""
    operation = schemathesis.openapi.from_dict(schema)[path][method]
    cases: list[Any] = []

    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def make(data: st.DataObject) -> None:
        cases.append(data.draw(operation.as_strategy()))

    make()
    for case in cases:
        sent = case.as_transport_kwargs(base_url="http://leads.example")
        request = {
            name: sent[name] for name in ("method", "url", "params", "json", "headers") if sent.get(name) is not None
        }
        request["headers"] = {
            name: value for name, value in dict(request.get("headers", {})).items() if name.lower() != "authorization"
        }
        answer = await admin.request(**request)
        case.validate_response(answer, checks=CHECKS)
