"""The rules of a process in a manager's words: who may, when, what is asked, what a deadline does (S2.9)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from engine.language.builtin import Deed
from engine.language.definition import (
    CallWebhook,
    Climb,
    ClockSpec,
    CreateTask,
    FieldType,
    Fire,
    HandOver,
    Notify,
    Reassign,
    Send,
    StartSequence,
    Step,
    Who,
)
from engine.process import Assignments, Branch, ClockRule, CompiledAction, Process

_WHO = {Who.LEAD: "the lead", Who.CLOCK: "a deadline", Who.SYSTEM: "a system"}


_RECIPIENTS = {"exception": "the exception owner", "owner": "the owner", "team_leader": "the team leader"}
_SMALL = ("of", "the", "and", "for", "in", "to")


def plain(name: str) -> str:
    """A name as people say it: `offer_late` is offer late."""
    return name.replace("_", " ")


def recipient(to: str) -> str:
    """Whom a notice goes to: the owner, team marketing, Head of Sales."""
    kind, _, name = to.partition(":")
    if kind == "person":
        return " ".join(word if word in _SMALL else word.capitalize() for word in name.split("_"))
    return f"team {plain(name)}" if kind == "team" else _RECIPIENTS.get(to, f"the {plain(to)}")


def listing(words: Iterable[str], last: str = "and") -> str:
    *before, end = list(words) or [""]
    return f"{', '.join(before)} {last} {end}" if before else end


def who(by: Iterable[Who]) -> str:
    """Who may cause an event: `owner, team leader`."""
    return ", ".join(_WHO.get(one, plain(one)) for one in by)


def field(process: Process, name: str) -> str:
    """A field as people say it: by its title, without what that explains behind a comma or in brackets."""
    spec = process.fields.get(name)
    said = re.split(r" ?[,(:]", spec.title)[0] if spec and spec.title else plain(name)
    return said if said[1:2].isupper() else said[:1].lower() + said[1:]


def asked(process: Process, branch: Branch) -> str:
    """What must come with an event: `budget, reason, a note`; empty where nothing is asked."""
    parts = [*(field(process, name) for name in branch.fields), *(plain(code) for code in branch.codes)]
    if branch.note is True:
        parts.append("a note")
    elif branch.note:
        parts.append(f"a note if {condition(process, branch.note.text)}")
    parts += [f"“{point}”" for point in branch.checklist]
    return ", ".join(parts)


# --- conditions ------------------------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"(?P<text>'[^']*'|\"[^\"]*\")|(?P<known>!?\s*known\.\w+)|(?P<name>[A-Za-z_]\w*(?:\.\w+)*)|(?P<sign>&&|\|\||[=!<>]=|[!?:<>])"
)
_SIGNS = {
    "&&": " and ",
    "||": " or ",
    "==": " is ",
    "!=": " is not ",
    ">=": " ≥ ",
    "<=": " ≤ ",
    "<": " < ",
    ">": " > ",
    "!": "not ",
    "?": " ? ",
    ":": " : ",
}


def condition(process: Process, text: str) -> str:
    """A CEL condition as a manager reads it: `lead.score >= 12 && known.email` is `score ≥ 12 and email known`."""
    text = re.sub(r"\bknown\.(\w+) && (?=lead\.\1\b)", "", text)  # goes without saying
    said = _TOKEN.sub(lambda token: _said(process, token), text)
    said = re.sub(r"\bin \[([^\]]*)\]", lambda found: "is " + listing(found[1].split(", "), "or"), said)
    return " ".join(said.split())


def _said(process: Process, token: re.Match[str]) -> str:
    if token["text"]:
        return plain(token["text"][1:-1]) or token["text"]
    if token["known"]:
        name = plain(token["known"].partition(".")[2])
        return f"{name} not known" if token["known"].startswith("!") else f"{name} known"
    if token["name"]:
        name = token["name"].removeprefix("lead.")
        is_flag = name in process.fields and process.fields[name].type is FieldType.BOOLEAN
        return field(process, name) if is_flag else plain(name)
    return _SIGNS[token["sign"]]


# --- deadlines and what is done ---------------------------------------------------------------------------------------


def due(process: Process, rule: ClockRule) -> str:
    """How long a clock runs, and for which leads: `3 working days, marketing calendar`, `on the day of “order expected on”`,
    `3 working days, if priority is high`."""
    spec = rule.spec
    said = str(spec.due)
    if spec.at is not None:
        said = f"on the day of “{field(process, spec.at.removeprefix('lead.'))}”"
    elif spec.counts_from in ("arrival", "assignment"):
        said += f" from {spec.counts_from}"
    elif spec.counts_from != "entry":
        said += f" from “{field(process, spec.counts_from.removeprefix('lead.'))}”"
    if spec.due is not None and spec.due.is_working and spec.runs_on != "owner":
        said += f", {plain(spec.runs_on)} calendar"
    return said + (f", if {condition(process, spec.when)}" if spec.when is not None else "")


def runs(process: Process, spec: ClockSpec) -> str:
    """When a clock runs and what ends it: `from Claim; until Accept or Reject; warns at 80%`."""
    titles = process.event_titles
    parts = []
    if spec.starts_on:
        parts.append(f"starts on {listing((titles.get(name, name) for name in spec.starts_on), 'or')}")
    if spec.stops_on:
        parts.append(f"met by {listing((titles.get(name, name) for name in spec.stops_on), 'or')}")
    if spec.cancels_on:
        parts.append(f"void on {listing((titles.get(name, name) for name in spec.cancels_on), 'or')}")
    if spec.cancels_when is not None:
        parts.append(f"void if {condition(process, spec.cancels_when)}")
    if spec.pauses_while is not None:
        parts.append(f"stands still while {condition(process, spec.pauses_while)}")
    if spec.warn_at:
        parts.append(f"warns at {listing(spec.warn_at)}")
    return "; ".join(parts)


def done(process: Process, actions: Iterable[CompiledAction | Step]) -> str:
    """What actions do, in order: `tell team leader, give it to somebody else (3 times at most)`."""
    return ", ".join(said for action in actions if (said := _deed(process, action)))


def _deed(process: Process, action: CompiledAction | Step) -> str:
    match action:
        case "score":
            return "score it"
        case "assign":
            return "find an owner"
        case Notify():
            return f"tell {recipient(action.notify)}"
        case Send():
            return f"send {plain(action.send)}"
        case CreateTask():
            return f"task for {recipient(action.for_)}: {action.task}"
        case CallWebhook():
            return f"call {plain(action.webhook)}"
        case Assignments():
            return f"set {listing(plain(name) for name in action.values)}"
        case Fire():
            return f"“{process.event_titles.get(action.fire, plain(action.fire))}”"
        case Climb():
            return f"escalate: {plain(action.climb)}"
        case StartSequence():
            return f"start {plain(action.start)}"
        case Reassign():
            return f"give it to somebody else ({action.reassign.at_most} times at most)"
        case HandOver():
            return f"go on in {plain(action.hand_over)}"
        case Deed():
            return ""
        case _:
            return str(action)


def rung(process: Process, step: Step) -> tuple[str, str]:
    """One rung of a ladder or step of a sequence: when, and what."""
    when = "at once" if step.after.amount == 0 else f"after {step.after}"
    what = done(process, [step])
    return when, f"{what}, {step.repeat}" if step.repeat else what
