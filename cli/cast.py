"""The demo's cast: sellers, marketing and the exception owner, who act on real leads through the same desk as everybody else.

Scripted and repeatable: who does what is drawn from the lead's key, never from chance. Some sellers do not answer (so that leads
are reassigned after silence), some leads nobody answers (so that they are escalated), some people reject.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from temporalio.exceptions import TemporalError

from client.desk import Desk, Sending
from engine.catalog import Catalog
from engine.decision import Refusal
from engine.errors import LeadflowError
from engine.language.definition import FieldType, LeadField
from engine.language.tables import Person
from engine.lead import Lead, Ownership, Value
from engine.process import Branch, Process
from store import leads, listing, roster
from store.pool import Pool

Play = tuple[str, int]
"""An event and its weight."""

PLAYS: Mapping[str, Mapping[str, tuple[Play, ...]]] = {
    "inbound_b2b": {
        "marketing_qualified": (("accept", 8), ("reject", 2)),
        "sales_accepted.contacted": (("work", 9), ("not_now", 1)),
        "sales_accepted.working": (("qualify", 7), ("disqualify", 2), ("lost_to_competitor", 1)),
        "sales_rejected": (("nurture", 4), ("bury", 4), ("back_to_sales", 2)),
        "sales_qualified.opportunity": (("offer", 9), ("lose", 1)),
        "sales_qualified.proposal": (("negotiate", 6), ("win", 3), ("lose", 1)),
        "sales_qualified.negotiation": (("win", 7), ("lost_to_competitor", 3)),
        "converted.agreed": (("ordered", 9), ("lost_after_all", 1)),
        "converted.ordered": (("delivered", 1),),
    },
    "course_sales": {
        "inquiry": (("reached", 6), ("no_answer", 3), ("not_interested", 1)),
        "trying": (("reached", 4), ("no_answer", 5), ("unreachable", 1)),
        "counselling": (("apply", 6), ("think_it_over", 2), ("not_interested", 2)),
        "applied": (("enrol", 8), ("not_interested", 2)),
        "enrolled": (("started", 1),),
    },
    "partner": {
        "offered": (("accept", 7), ("decline", 3)),
        "with_channel": (("offer_again", 4), ("sell_direct", 4), ("bury", 2)),
        "with_partner.contacted": (("report", 1),),
        "with_partner.working": (("win", 6), ("lose", 2), ("give_back", 2)),
        "converted": (("delivered", 1),),
    },
    "trade_show": {
        "fair_lead.to_call": (("spoke", 9), ("no_interest", 1)),
        "fair_lead.in_talk": (("qualify", 7), ("no_interest", 3)),
    },
    "nurture": {"ripe": (("recycle", 6), ("rest", 4))},
}
"""What people do where. A stage that is not named is left to its clocks."""

SILENT_OF_100 = 22
"""Pairs of a lead and a seller in which the seller does not answer, in percent."""

FORGOTTEN_OF_100 = 5
"""Leads that nobody answers, whoever gets them."""


@dataclass
class Acted:
    """What the cast has done so far."""

    events: int = 0
    refused: int = 0
    claimed: int = 0
    decided: int = 0


class Cast:
    def __init__(self, pool: Pool, desk: Desk, catalog: Catalog, *, day: timedelta) -> None:
        """`day` is how long a day takes on the demo's clocks."""
        self._pool = pool
        self._desk = desk
        self._catalog = catalog
        self._day = day
        self._people: Mapping[str, Person] = {}
        self.acted = Acted()

    async def play(self, until: Callable[[], bool], *, at_once: int = 8) -> Acted:
        """Act, round after round, until told that it is enough or nothing is left to do."""
        async with self._pool.acquire() as connection:
            self._people = {key: person for key, person in (await roster.people(connection)).items() if person.active}
        limit = asyncio.Semaphore(at_once)

        async def act(lead: Lead) -> None:
            async with limit:
                if not until():
                    await self._act(lead)

        while not until():
            async with self._pool.acquire() as connection:
                rows = await listing.listing(connection, listing.Filter(), limit=10_000)
                standings = [await leads.standing(connection, row.key) for row in rows if self._is_time(row)]
            await asyncio.gather(*(act(standing.lead) for standing in standings if standing))
            await asyncio.sleep(1.0)
        return self.acted

    def _is_time(self, row: listing.LeadLine) -> bool:
        """People take between an hour and a day, on the demo's clocks, from when the lead came to its stage."""
        hours = 1 + zlib.crc32(f"{row.key}:{row.cycle}:{row.stage}".encode()) % 24
        return row.entered_at is not None and datetime.now(UTC) >= row.entered_at + self._day * hours / 24

    async def _act(self, lead: Lead) -> None:
        process = self._catalog.get(lead.digest)
        if lead.ownership is Ownership.QUEUE:
            await self._claim(lead)
        elif lead.ownership is Ownership.EXCEPTION:
            await self._decide(lead)
        elif lead.owner is not None and not self._is_silent(lead):
            await self._work(process, lead)

    def _is_silent(self, lead: Lead) -> bool:
        first_stage = lead.visits.get(lead.stage, 0) == 1 and lead.cycle == 1 and len(lead.visits) == 1
        forgotten = _draw(lead, "forgotten") % 100 < FORGOTTEN_OF_100
        return first_stage and (forgotten or _draw(lead, f"silent:{lead.owner}") % 100 < SILENT_OF_100)

    async def _claim(self, lead: Lead) -> None:
        members = [key for key, person in self._people.items() if lead.team in person.teams]
        if members:
            person = members[_draw(lead, "claim") % len(members)]
            self.acted.claimed += await self._send(lead, Sending("claim", by=person, id=f"{lead.step_key}:claim"))

    async def _decide(self, lead: Lead) -> None:
        """The exception owner gives it to somebody of the teams that the process sells with."""
        table = self._catalog.get(lead.digest).assignment
        teams = {team for rule in table.rules for team in rule.among.team} if table else set()
        earlier = (lead.owner, *lead.earlier_owners)
        able = [key for key, person in self._people.items() if person.teams and key not in earlier]
        fitting = [key for key in able if not teams.isdisjoint(self._people[key].teams)] or able
        if fitting and lead.owner is not None:
            person = fitting[_draw(lead, "decide") % len(fitting)]
            sending = Sending("assign", by=lead.owner, to=person, id=f"{lead.step_key}:assign")
            self.acted.decided += await self._send(lead, sending)

    async def _work(self, process: Process, lead: Lead) -> None:
        if not await self._contacted(process, lead):
            return
        plays = PLAYS.get(process.name, {}).get(lead.stage, ())
        event = _pick(plays, _draw(lead, f"play:{lead.stage}:{lead.visits.get(lead.stage)}"))
        if event is not None and event in process.allowed(lead.stage):
            await self._send(lead, self._filled(process, lead, event))

    async def _contacted(self, process: Process, lead: Lead) -> bool:
        """A first response comes before anything else, where the process asks for one."""
        waiting = any(clock.name in ("first_response", "response_again") for clock in lead.clocks.values())
        if not (waiting and "contact" in process.allowed(lead.stage)):
            return True
        return await self._send(lead, self._filled(process, lead, "contact"))

    def _filled(self, process: Process, lead: Lead, event: str) -> Sending:
        """The event with everything that it needs."""
        branch = process.branches[(lead.stage, event)][0]
        return Sending(
            event,
            by=lead.owner or "system",
            fields={name: self._value(process.fields[name], lead, name) for name in self._needed(branch, lead)},
            codes={name: self._code(process, reason_list, lead) for name, reason_list in branch.codes.items()},
            note="Spoke with them; details in the file." if branch.note else None,
            checked=branch.checklist,
            id=f"{lead.step_key}:{event}",
        )

    def _needed(self, branch: Branch, lead: Lead) -> list[str]:
        return [name for name in branch.fields if lead.fields.get(name) is None and name not in lead.known]

    def _value(self, spec: LeadField, lead: Lead, name: str) -> Value:
        draw = _draw(lead, name)
        match spec.type:
            case FieldType.BOOLEAN:
                return draw % 4 > 0
            case FieldType.INTEGER:
                low, high = int(spec.min or 1), int(spec.max or 5)
                return low + draw % max(high - low + 1, 1)
            case FieldType.NUMBER | FieldType.MONEY:
                return float(2_000 + draw % 90_000)
            case FieldType.DATE:
                return (datetime.now(UTC) + timedelta(days=7 + draw % 60)).date().isoformat()
            case FieldType.CHOICE:
                return (spec.of or [""])[draw % len(spec.of or [""])]
            case FieldType.COUNTRY:
                return "DE"
        return "noted"

    def _code(self, process: Process, reason_list: str, lead: Lead) -> str:
        codes = [code for code in process.codes_of(reason_list) if code != "other"]
        return codes[_draw(lead, reason_list) % len(codes)]

    async def _send(self, lead: Lead, sending: Sending) -> bool:
        try:
            answer = await self._desk.send(lead.key, sending)
        except (LeadflowError, TemporalError):
            self.acted.refused += 1
            return False
        if isinstance(answer, Refusal):
            self.acted.refused += 1
            return False
        self.acted.events += 1
        return True


def _draw(lead: Lead, what: str) -> int:
    return zlib.crc32(f"{lead.key}:{lead.cycle}:{what}".encode())


def _pick(plays: tuple[Play, ...], draw: int) -> str | None:
    total = sum(weight for _, weight in plays)
    if not total:
        return None
    at = draw % total
    for event, weight in plays:
        at -= weight
        if at < 0:
            return event
    return None
