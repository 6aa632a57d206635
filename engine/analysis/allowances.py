"""Findings that their author allows, with a reason, by a comment on the line of the finding or right above it:

    waiting:                # allow STAGE_WITHOUT_CLOCK: emptied by hand every Friday

Several comments may stand one above the other. What makes a definition impossible to compile cannot be allowed, and an
allowance without a reason, for no code or for what is not found is a finding itself: they must not outlive their cause.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from engine.codes import CODES
from engine.errors import Finding, Mark
from engine.reading.document import Document
from engine.reading.offers import nearest

_ALLOWS = re.compile(r"allow\s+(\w+)\s*:?\s*(.*)")


@dataclass(frozen=True, slots=True)
class Allowance:
    """One comment that allows a code on one line."""

    mark: Mark
    code: str
    reason: str
    line: int

    def covers(self, finding: Finding) -> bool:
        return (finding.code, finding.mark.file, finding.mark.line) == (self.code, self.mark.file, self.line)


@dataclass(frozen=True, slots=True)
class Allowed:
    """A finding that its author knows of and lets stand."""

    finding: Finding
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be mended, and what is allowed; both in the order of files and lines."""

    findings: tuple[Finding, ...]
    allowed: tuple[Allowed, ...] = ()


def judge(findings: Iterable[Finding], documents: Iterable[Document], complete: Collection[str]) -> Verdict:
    """Set apart what the documents allow. `complete` are the files of which everything there is to find is among the
    findings: only of those can be said that an allowance is for nothing."""
    allowances = [one for document in documents for one in allowances_of(document)]
    judged = [(one, _fault(one)) for one in allowances]
    wrong = [fault for _, fault in judged if fault is not None]
    in_force = [one for one, fault in judged if fault is None]
    standing: list[Finding] = []
    allowed: list[Allowed] = []
    used: list[Allowance] = []
    for finding in findings:
        covering = [one for one in in_force if one.covers(finding)]
        used += covering
        if covering:
            allowed.append(Allowed(finding, covering[0].reason))
        else:
            standing.append(finding)
    for one in in_force:
        if one not in used and one.mark.file in complete:
            message = f"{one.code} is allowed here, and there is nothing of the kind to allow"
            wrong.append(Finding(one.mark, "ALLOW_NOTHING", message, "Take the comment away."))
    allowed.sort(key=lambda one: one.finding)
    return Verdict(tuple(sorted({*standing, *wrong})), tuple(dict.fromkeys(allowed)))


def allowances_of(document: Document) -> Iterator[Allowance]:
    for comment in document.comments:
        said = _ALLOWS.match(comment.text)
        if said is not None:
            yield Allowance(comment.mark, said[1], said[2].strip(), comment.about)


def _fault(one: Allowance) -> Finding | None:
    code = CODES.get(one.code)
    if code is None:
        near = nearest(one.code.upper(), [name for name, known in CODES.items() if known.allowable])
        remedy = f"Did you mean {near}?" if near else "Write the code as `leadflow check` says it."
        return Finding(one.mark, "ALLOW_UNKNOWN", f"there is no finding '{one.code}' to allow", remedy)
    if not code.allowable:
        message = f"{one.code} cannot be allowed: a definition with it cannot be run as it is meant"
        return Finding(one.mark, "ALLOW_NEVER", message, "Mend what it is about, and take the comment away.")
    if not one.reason:
        message = f"{one.code} is allowed without a reason"
        remedy = f"Say why, for whoever comes after you: `# allow {one.code}: kept for reports until March`."
        return Finding(one.mark, "ALLOW_REASON", message, remedy)
    return None
