"""The values of the engine as they are kept in jsonb columns, and back."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from engine.decision import Decision, Settled
from engine.lead import Lead

_LEAD = TypeAdapter(Lead)
_DECISION = TypeAdapter(Decision)
_SETTLED = TypeAdapter(Settled)


def lead_to_json(lead: Lead) -> dict[str, Any]:
    return dict(_LEAD.dump_python(lead, mode="json"))


def lead_from_json(stored: dict[str, Any]) -> Lead:
    return _LEAD.validate_python(stored)


def settled_to_json(settled: Settled) -> dict[str, Any]:
    return dict(_SETTLED.dump_python(settled, mode="json"))


def settled_from_json(stored: dict[str, Any]) -> Settled:
    return _SETTLED.validate_python(stored)


def decision_to_json(decision: Decision) -> dict[str, Any]:
    return dict(_DECISION.dump_python(decision, mode="json"))


def decision_from_json(stored: dict[str, Any]) -> Decision:
    return _DECISION.validate_python(stored)
