"""What the Temporal UI says of the steps of a lead: the summaries of its activities, in Markdown, as a person would say it (C.7)."""

from __future__ import annotations

from activities.orders import OrderKind, Outgoing
from engine.decision import Decision
from engine.lead import AssignMode
from workflows import limits
from workflows.story import literal


def asking(decision: Decision) -> str:
    """What a decision asks of the world; empty where it asks for no owner."""
    return limits.summary(_asking(decision))


def telling(outgoing: Outgoing) -> str:
    """Who is told what."""
    return limits.summary(_telling(outgoing))


def _asking(decision: Decision) -> str:
    ask = decision.owner
    if ask is None:
        return ""
    match ask.mode:
        case AssignMode.RULES:
            return "Score the lead and find its owner" if decision.score else "Find the lead's owner"
        case AssignMode.REASSIGN:
            return f"{literal(ask.because)}: find another owner"
        case AssignMode.PERSON:
            return f"Give the lead to {literal(ask.person)}"
        case AssignMode.EXCEPTION:
            return f"{literal(ask.because)}: to the exception owner"


def _telling(outgoing: Outgoing) -> str:
    what, to = outgoing.template.replace("_", " "), literal(outgoing.to)
    about = f" ({literal(outgoing.about)})" if outgoing.about else ""
    match outgoing.kind:
        case OrderKind.HOOK:
            return f"Call {to}"
        case OrderKind.LEAD:
            return f"Send {what} to the lead"
        case OrderKind.TEAM:
            return f"Tell team {to}: {what}{about}"
        case OrderKind.PERSON:
            return f"Tell {to}: {what}{about}"
