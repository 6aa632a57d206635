"""Every error of leadflow, as one tree.

    LeadflowError
    ├── DefinitionError      a file that ops wrote is wrong; carries findings with file:line:column
    ├── ExpressionError      one CEL expression is wrong; carries a position inside the expression
    ├── ExpressionFailed     an expression that compiled cannot be evaluated (engine.expressions)
    ├── NoWorkingTime        a calendar never opens, so a deadline cannot exist
    ├── UnknownDefinition    a running lead names a digest that this process does not hold
    ├── Overtaken            somebody else changed meanwhile what was looked at before deciding
    ├── IntakeError          an incoming lead was refused; carries the fields at fault
    ├── AccessError          a token or a permission is missing, or a token cannot be issued as asked
    └── StackError           a server, port or tool of the local stack is not as it must be

What a lead refuses while it runs (an event out of order, a missing field) is not an error but an answer:
see `engine.decision.Refusal`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Mark:
    """A place in a file. Line and column count from 1, as editors do."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, order=True)
class Finding:
    """One thing wrong in a file: where, a stable code, what it is, and how to mend it."""

    mark: Mark
    code: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return (
            f"{self.mark}: {self.code} {self.message}. {self.remedy}"
            if self.remedy
            else f"{self.mark}: {self.code} {self.message}"
        )


class LeadflowError(Exception):
    """Base of the tree. `remedy` says how to mend it, in one sentence."""

    remedy: str = ""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        if remedy:
            self.remedy = remedy


class DefinitionError(LeadflowError):
    """A definition was refused. `findings` is never empty and is sorted by place."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = sorted(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))


class ExpressionError(LeadflowError):
    """A CEL expression does not compile. `line` and `column` count from 1 inside the expression's own text."""

    def __init__(self, code: str, message: str, remedy: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message, remedy)
        self.code = code
        self.line = line
        self.column = column


class NoWorkingTime(LeadflowError):
    """A calendar has no working time within the next three years, so nothing can fall due on it."""

    remedy = "Give the calendar opening hours, or end the person's leave."


class UnknownDefinition(LeadflowError):
    """A lead runs on a definition that this worker has not loaded. The workflow task fails and is retried; the lead waits."""

    remedy = "Publish the definition to the database this worker reads, or wait until the worker has learned of it."


class Overtaken(LeadflowError):
    """What new leads take was changed by somebody else, after it was shown and before the answer took effect. Nothing was done."""

    remedy = "Look at the difference again, `leadflow diff`, and decide anew."


class IntakeError(LeadflowError):
    """An incoming lead was refused. `fields` maps each field at fault to what is wrong with it."""

    def __init__(self, code: str, message: str, fields: dict[str, str] | None = None, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.code = code
        self.fields = fields or {}


class AccessError(LeadflowError):
    """Somebody may not do what they asked for, or a token cannot be issued as asked. `code` tells which."""

    def __init__(self, code: str, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.code = code


class StackError(LeadflowError):
    """Something the local stack needs is missing, in use or broken."""
