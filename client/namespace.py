"""The Temporal namespace in which leads run: it has to be there, and to know the search attributes of leads.

Our own server is started with them. On a server of the user's own they are registered by whoever comes first, where
that is permitted; without them no lead can start.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from datetime import timedelta

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from engine.errors import StackError
from workflows.visibility import ALL

PATIENCE = timedelta(seconds=5)


def type_name(kind: IndexedValueType.ValueType) -> str:
    words = IndexedValueType.Name(kind).removeprefix("INDEXED_VALUE_TYPE_")
    return words.replace("_", " ").title().replace(" ", "")


WANTED: Mapping[str, str] = {
    key.name: type_name(IndexedValueType.ValueType(key.indexed_value_type.value)) for key in ALL
}
"""Search attributes: name to type, as the Temporal server is told."""


async def furnish(client: Client) -> tuple[str, ...]:
    """Register the search attributes that are missing, and return their names.

    StackError where the namespace is missing, or an attribute is and may not be registered: with the command for it.
    """
    missing = await lacking(client)
    if not missing:
        return ()
    kinds = {name: IndexedValueType.Value(_constant(kind)) for name, kind in missing.items()}
    request = AddSearchAttributesRequest(namespace=client.namespace, search_attributes=kinds)
    try:
        await client.operator_service.add_search_attributes(request, timeout=PATIENCE)
    except RPCError as error:
        if still := await lacking(client):  # others may have registered them meanwhile
            lacks = _lacks(client, still)
            raise StackError(f"{lacks.message}; to register them is refused ({error.message})", lacks.remedy) from None
    return tuple(missing)


async def unfit(client: Client) -> StackError | None:
    """Why no lead can start in the namespace, and how to mend it; None where they can."""
    try:
        missing = await lacking(client)
    except StackError as error:
        return error
    return _lacks(client, missing) if missing else None


async def lacking(client: Client) -> dict[str, str]:
    """The search attributes that the namespace does not have, with their types.

    StackError where the namespace is missing, or has an attribute of the name with another type.
    """
    try:
        answer = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=client.namespace), timeout=PATIENCE
        )
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise _missing_namespace(client) from None
        if error.status in (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED):
            return {}  # who may not look may still be allowed to start leads
        raise
    there = {name: type_name(kind) for name, kind in answer.custom_attributes.items()}
    if other := [f"{name} is {there[name]}" for name, kind in WANTED.items() if there.get(name, kind) != kind]:
        raise StackError(
            f"{_place(client)} has search attributes of another type than leads need: {', '.join(other)}",
            "Let TEMPORAL_NAMESPACE name a namespace of leadflow's own.",
        )
    return {name: kind for name, kind in WANTED.items() if name not in there}


def _missing_namespace(client: Client) -> StackError:
    create = _operator(client, "namespace", "create")
    return StackError(
        f"Temporal at {client.service_client.config.target_host} has no namespace '{client.namespace}'",
        f"Create it: `{create}`, or let TEMPORAL_NAMESPACE name one that is there.",
    )


def _lacks(client: Client, missing: Mapping[str, str]) -> StackError:
    pairs = [word for name, kind in missing.items() for word in ("--name", name, "--type", kind)]
    return StackError(
        f"{_place(client)} lacks search attributes, without which no lead can start: {', '.join(missing)}",
        f"Register them: `{_operator(client, 'search-attribute', 'create', *pairs)}`.",
    )


def _operator(client: Client, family: str, verb: str, *arguments: str) -> str:
    """The command reads the key and the certificates of TEMPORAL_* itself."""
    where = ("--address", client.service_client.config.target_host, "--namespace", client.namespace)
    return shlex.join((".venv/bin/temporal", "operator", family, verb, *where, *arguments))


def _place(client: Client) -> str:
    return f"namespace '{client.namespace}' of Temporal at {client.service_client.config.target_host}"


def _constant(kind: str) -> str:
    return "INDEXED_VALUE_TYPE_" + {"KeywordList": "KEYWORD_LIST"}.get(kind, kind.upper())
