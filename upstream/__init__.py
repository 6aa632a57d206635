"""leadflow for upstream systems: a typed client over HTTP, for programs that wait and for those on asyncio.

    from upstream import LeadflowClient

    with LeadflowClient("https://leads.example", token="lf_...") as leadflow:
        arrived = leadflow.start({"id": "42", "kind": "sales", "company": "Cobalt", "country": "DE"})
        leadflow.send(arrived.lead, "seen")

What may pass is tried again, as the same request; what is refused raises an error with `code`, `fields` and `remedy`. It stands alone:
of leadflow it needs nothing but this folder, beside httpx, pydantic and tenacity.
"""

from upstream.answers import Allowed, AllowedEvent, Arrived, KeptOut, Line, Need, Problem, Receipt, Shown
from upstream.client import AsyncLeadflowClient, LeadflowClient
from upstream.errors import (
    Busy,
    Conflict,
    NotAllowed,
    NotFound,
    NotUnderstood,
    Refused,
    Unreachable,
    UpstreamError,
)
from upstream.patience import Patience

__all__ = [
    "Allowed",
    "AllowedEvent",
    "Arrived",
    "AsyncLeadflowClient",
    "Busy",
    "Conflict",
    "KeptOut",
    "LeadflowClient",
    "Line",
    "Need",
    "NotAllowed",
    "NotFound",
    "NotUnderstood",
    "Patience",
    "Problem",
    "Receipt",
    "Refused",
    "Shown",
    "Unreachable",
    "UpstreamError",
]
