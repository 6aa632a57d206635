"""What /openapi.json tells of each route beside its types: every answer that says no, with an example of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel

from web.examples import BATCH_ANSWER, LEAD, PROBLEMS
from web.problems import MEDIA_TYPE, TITLES, ProblemBody

Responses = dict[int | str, dict[str, Any]]

_SCHEMA = {"$ref": "#/components/schemas/Problem"}
_RETRY_AFTER = {
    "Retry-After": {
        "description": "whole seconds after which to send it again",
        "schema": {"type": "integer", "minimum": 1},
    }
}

ALWAYS = (401, 403, 422, 500, 503)
"""What every route that asks for a token may say."""

WITH_BODY = (400, 408, 413, 415, *ALWAYS)

TAGS = [
    {"name": "leads", "description": "Leads come in, get on, and are looked at."},
    {"name": "webhooks", "description": "What providers of forms and CRMs send by themselves."},
    {"name": "health", "description": "For whoever watches the server."},
]


def saying_no(*statuses: int) -> Responses:
    """Answers in problem form, each with an example."""
    return {
        status: {
            "description": TITLES[status],
            "content": {MEDIA_TYPE: {"schema": _SCHEMA, "examples": _examples(status)}},
            **({"headers": _RETRY_AFTER} if status in (429, 503) else {}),
        }
        for status in sorted(statuses)
    }


def saying_yes(status: int, description: str, example: Mapping[str, Any], **more: Any) -> Responses:
    """An answer with an example. `more` is `model`, where it is not that of the route."""
    return {status: {"description": description, "content": {"application/json": {"example": example}}, **more}}


def taking(kinds: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The body of a request, for `openapi_extra`: media types with their schemas and examples."""
    return {"requestBody": {"required": True, "content": kinds}}


def install(app: FastAPI, routers: Iterable[APIRouter], bodies: Mapping[str, type[BaseModel]]) -> None:
    """With the schemas that no route's types bring along: those of `bodies` are read by hand."""
    made = app.openapi

    def complete() -> dict[str, Any]:
        known = app.openapi_schema is not None
        schema = made()
        if not known:
            schemas = schema.setdefault("components", {}).setdefault("schemas", {})
            schemas |= {name: body.model_json_schema() for name, body in bodies.items()}
            schemas["Problem"] = ProblemBody.model_json_schema(mode="serialization")
            schemas["Lead"] = LEAD
            schemas["BatchAnswer"] = BATCH_ANSWER
            _with_nulls(routers, schema)
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
        return schema

    app.openapi = complete  # type: ignore[method-assign]


def _with_nulls(routers: Iterable[APIRouter], schema: dict[str, Any]) -> None:
    """The framework drops what is null from examples, where it is part of the answer."""
    for route in (route for router in routers for route in router.routes):
        if not isinstance(route, APIRoute) or not route.include_in_schema:
            continue
        for method in route.methods or ():
            answers = schema["paths"][route.path_format][method.lower()]["responses"]
            for status, told in route.responses.items():
                for kind, content in told.get("content", {}).items():
                    if "example" in content:
                        answers[str(status)]["content"][kind]["example"] = content["example"]


def _examples(status: int) -> dict[str, Any]:
    return {problem.code.lower(): {"value": problem.body()} for problem in PROBLEMS if problem.status == status}
