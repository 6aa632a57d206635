"""A leadflow elsewhere, over HTTP: what its client answers, in the words of this one."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from client.desk import Sending
from client.front_door import Arrived
from client.importing import Row, Tally, counted, lead_of
from client.incoming import KeptOut
from client.mapping import MappingFile
from engine.decision import Refusal
from engine.errors import AccessError, IntakeError, StackError
from engine.language.definition import Who
from upstream import Arrived as ArrivedThere
from upstream import (
    AsyncLeadflowClient,
    Line,
    NotAllowed,
    Patience,
    Problem,
    UpstreamError,
)
from upstream import Refused as RefusedThere
from upstream.wire import What
from workflows.messages import Receipt

BRIEF = Patience(attempts=4, longest=4.0, most=8.0)

_REFUSAL: TypeAdapter[Refusal] = TypeAdapter(Refusal)
_RECEIPT: TypeAdapter[Receipt] = TypeAdapter(Receipt)


@dataclass(frozen=True)
class Elsewhere:
    client: AsyncLeadflowClient

    async def arrive(self, raw: Mapping[str, Any], source_system: str | None) -> tuple[Arrived, str | None]:
        with _in_our_words():
            there = await self.client.start(_of(raw, source_system))
        return _arrived(there), there.link

    async def send(self, key: str, sending: Sending) -> Receipt | Refusal:
        what = What(
            by=sending.by if sending.by != Who.SYSTEM else None,  # whoever sends it, as the token says
            fields=sending.fields,
            codes=sending.codes,
            note=sending.note,
            checked=sending.checked,
            to=sending.to,
            id=sending.id,
        )
        try:
            with _in_our_words():
                receipt = await self.client.send(key, sending.event, **what)
        except _RefusedByLead as refused:
            return refused.refusal
        return _RECEIPT.validate_python(receipt.model_dump())

    async def show(self, key: str) -> dict[str, Any]:
        """As `leadflow lead show --json` there."""
        with _in_our_words():
            return (await self.client.show(key)).whole

    async def import_rows(
        self,
        rows: Iterator[Row],
        *,
        source_system: str | None,
        mapping: MappingFile | None = None,
        progress: Callable[[Tally], None] = lambda _tally: None,
        tally: Tally,
    ) -> None:
        """As `client.importing.import_rows` does it here."""
        sent: list[Row] = []

        def leads() -> Iterator[dict[str, Any]]:
            for row in rows:
                lead = None
                with counted(tally, row):
                    lead = _of(lead_of(row, mapping), source_system)
                if lead is None:
                    tally.rows += 1
                else:
                    sent.append(row)
                    yield lead

        with _in_our_words():
            async for line in self.client.start_many(leads()):
                row = sent[line.line - 1]
                with counted(tally, row):
                    tally.count(_of_line(line))
                tally.rows += 1
                progress(tally)


@contextlib.asynccontextmanager
async def elsewhere(url: str, token: str | None, patience: Patience | None = None) -> AsyncIterator[Elsewhere]:
    """An import may have the client's own patience; somebody who waits for one answer has less."""
    async with AsyncLeadflowClient(url, token, patience=patience or BRIEF) as client:
        yield Elsewhere(client)


class _RefusedByLead(Exception):
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


@contextlib.contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except NotAllowed as error:
        raise AccessError(error.code, error.message, error.remedy) from None
    except RefusedThere as error:
        if "stage" in error.problem:  # the lead refuses it, and says where it stands
            raise _RefusedByLead(_refusal(error.problem)) from None
        raise IntakeError(error.code, error.message, error.fields, error.remedy) from None
    except UpstreamError as error:
        raise StackError(error.message, error.remedy) from None


def _refusal(problem: Mapping[str, Any]) -> Refusal:
    names = ("code", "event", "stage", "missing", "may", "allowed", "fields")
    return _REFUSAL.validate_python({"message": problem.get("detail", ""), **{name: problem[name] for name in names}})


def _of(raw: Mapping[str, Any], source_system: str | None) -> dict[str, Any]:
    """What the lead itself says of its source counts, here as there."""
    named = {"source_system": source_system} if source_system is not None else {}
    return {**named, **{name: value for name, value in raw.items() if name != "source_system" or value}}


def _arrived(there: ArrivedThere) -> Arrived:
    receipt = _RECEIPT.validate_python(there.receipt.model_dump()) if there.receipt is not None else None
    kept_out = None
    if there.kept_out is not None:
        kept_out = KeptOut(there.lead, "", "", there.kept_out.rule, there.kept_out.reason)
    return Arrived(there.lead, there.created, receipt, kept_out, missing=there.missing, invalid=there.invalid)


def _of_line(line: Line) -> Arrived:
    """Raises IntakeError where the lead was refused."""
    if line.arrived is not None:
        return _arrived(line.arrived)
    problem = line.problem or Problem(code=f"HTTP_{line.status}", detail=f"the answer was status {line.status}")
    raise IntakeError(problem.code, problem.detail, problem.fields, problem.remedy)
