"""One installation that scenarios run on one after another, each in a world of its own: database, worker, queue.

What a step brings about is known beforehand, from memory. Here the same is done for real and waited for; what is
otherwise is a disagreement.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from datetime import UTC, datetime, timedelta
from itertools import count

from temporalio import activity
from temporalio.client import Client
from temporalio.service import RPCError

from activities.orders import Delivered, Outgoing
from cli.on_temporal import skipping
from cli.on_temporal.comparing import Disagreement, compared
from cli.on_temporal.times import Times
from client.desk import Desk, Sending
from client.front_door import FrontDoor
from engine.catalog import LIVE, Catalog
from engine.decision import Refusal
from engine.errors import LeadflowError
from engine.language.definition import Who
from engine.lead import Lead
from engine.values import accept_all
from store import journal, leads, leave, roster, trial_world
from store.pool import Pool
from trials.scenarios.case import Case
from trials.scenarios.playing import Act, Halted, Played, Playing
from workflows.messages import ArriveArgs, Carried

PATIENCE = 20.0
"""Seconds after which what a step should bring about will not come any more."""

FORWARD_AGAIN = 1.5
"""Seconds without anything happening after which a lead is sent forward once more: the test server stops skipping at times."""

FORWARD_AT_MOST = 15

ATTEMPTS = 3

PAST = timedelta(seconds=5)
"""A timer is sent for a little longer than it runs: it was started a little after the moment that it counts from."""

POLL = 0.01
"""Seconds between two looks at whether it has come about."""

_NEVER = datetime.min.replace(tzinfo=UTC)
_numbers = count(1)


class Deliveries:
    """Takes whatever is to be delivered, at once: delivery itself is tested elsewhere."""

    def __init__(self) -> None:
        self.orders: list[Outgoing] = []

    @activity.defn(name="deliver")
    async def deliver(self, lead_key: str, digest: str, outgoing: Outgoing) -> Delivered:  # noqa: ARG002
        self.orders.append(outgoing)
        return Delivered(True)


class Lane:
    """Made by `cli.on_temporal.installing.lane`."""

    def __init__(
        self,
        client: Client,
        pool: Pool,
        catalog: Catalog,
        times: Times,
        deliveries: Deliveries,
    ) -> None:
        self._client = client
        self._pool = pool
        self._times = times
        self._deliveries = deliveries
        self._catalog = catalog
        self._now = self._there = _NEVER  # up to where the server's time of the lead has come
        self._door = FrontDoor(pool, client, catalog, lambda: self._now)
        self._desk = Desk(pool, client, catalog, lambda: self._now)
        self._touches = 0

    async def play(self, case: Case) -> list[Disagreement]:
        """Run one scenario here and in memory; the first step that they disagree on ends it.

        Where the test server loses a task of the lead, nothing is told by it: then it is run anew.
        """
        for _ in range(ATTEMPTS - 1):
            with contextlib.suppress(RPCError):
                return await self._play(case)
        return await self._play(case)

    async def _play(self, case: Case) -> list[Disagreement]:
        number = next(_numbers)
        key = f"lead:scenario:{number}"
        playing = Playing(case, key)
        await self._prepare(case, playing)
        self._deliveries.orders.clear()
        try:
            for played in playing.play():
                found = await self._step(key, number, case, played)
                if found:
                    return found
        except Halted:
            pass  # a step that makes no sense ends it in memory, too
        finally:
            await self._end(key)
        return []

    # --- the world ---------------------------------------------------------------------------------------------------

    async def _prepare(self, case: Case, playing: Playing) -> None:
        self._now = self._there = case.now
        async with self._pool.acquire() as connection, connection.transaction():
            await trial_world.clear(connection)
            await roster.load(connection, case.roster, "scenario")
            for key, colleague in playing.floor.people.items():
                for absence in colleague.absences:
                    added = await leave.add_leave(connection, key, absence.start, absence.end)
                    await leave.mark_announced(connection, added.id)
            for person, many in case.workload.items():
                await trial_world.put_workload(connection, person, many, case.now)
            for company, person in case.accounts.items():
                await trial_world.put_account(connection, company, person, case.now)

    async def _end(self, key: str) -> None:
        with contextlib.suppress(RPCError):
            await self._client.get_workflow_handle(key).terminate()
        self._times.forget(key)

    # --- steps -------------------------------------------------------------------------------------------------------

    async def _step(self, key: str, number: int, case: Case, played: Played) -> list[Disagreement]:
        before = len(self._deliveries.orders)
        answer: object = None
        try:
            if played.act is not None:
                self._now = played.began
                self._times.set(key, self._now)
                answer = await self._do(key, number, played.act)
            else:
                await self._wait(key, played)
            lead, carried = await self._arrived_at(key, played)
        except (LeadflowError, TimeoutError) as error:
            return [Disagreement(case, played.number, "this step", "is done", str(error) or "takes for ever")]
        refusal = answer if isinstance(answer, Refusal) else None
        async with self._pool.acquire() as connection:
            explained = await trial_world.explanations(connection, key)
            tasks = await trial_world.tasks(connection, key)
        return compared(
            case,
            played,
            lead,
            carried,
            refusal,
            self._deliveries.orders[before:],
            tasks,
            explained,
        )

    async def _do(self, key: str, number: int, act: Act) -> object:
        match act.kind:
            case "lead":
                raw = {**(act.fields or {}), "id": str(number)}
                await self._door.arrive(raw, source_system="scenario")
            case "event" if act.event is not None:
                event = act.event
                step_fields = act.fields or {}
                return await self._desk.send(
                    key,
                    Sending(
                        event.name,
                        act.by,
                        fields=step_fields,
                        codes=event.codes,
                        note="a note" if event.note else None,
                        checked=event.checked,
                        to=event.to,
                    ),
                )
            case "touch":
                await self._touch(key, act)
            case "leave" if act.absence is not None:
                async with self._pool.acquire() as connection:
                    added = await leave.add_leave(connection, act.person, act.absence.start, act.absence.end)
                    await leave.mark_announced(connection, added.id)
                await self._tell(key, act, f"leave:{added.id}")
            case "back":
                async with self._pool.acquire() as connection:
                    for one in await leave.leave_list(connection, act.person, self._now):
                        await leave.end_leave(connection, one.id, self._now)
                        await leave.mark_announced(connection, one.id)
                await self._tell(key, act, f"back:{self._now.isoformat()}")
            case "roster" if act.roster is not None:
                async with self._pool.acquire() as connection:
                    await roster.load(connection, act.roster, "scenario")
                await self._tell(key, act, f"roster:{self._now.isoformat()}")
        return None

    async def _tell(self, key: str, act: Act, change: str) -> None:
        if act.tells:
            self._touches += 1
            await self._desk.world_changed([key], act.tells, f"{change}:{self._touches}")

    async def _touch(self, key: str, act: Act) -> None:
        """As the front door does it for a lead that it knows."""
        touch = act.touch
        assert touch is not None
        self._touches += 1
        parcel = None
        async with self._pool.acquire() as connection:
            known = await leads.standing(connection, key)
            assert known is not None
            if touch.known:
                process = LIVE.get(known.lead.digest)
                values, _ = accept_all(process.fields, act.fields or {})
                personal = {name: values[name] for name in touch.known}
                parcel = await leads.put_parcel(connection, key, Who.LEAD, personal, None, fills=True)
        args = ArriveArgs(
            f"touch:{self._touches}", touch.source, touch.campaign, touch.channel, touch.fields, touch.known, parcel
        )
        await self._door.again(known.lead, args)

    # --- time --------------------------------------------------------------------------------------------------------

    async def _wait(self, key: str, played: Played) -> None:
        """Time passes: the timers of the lead fire one after another, each at the moment that something is to happen."""
        moments = list(dict.fromkeys(done.decision.record.at for done in played.done))
        if moments:
            self._times.set(key, self._now, [at for at in moments if at > self._now])
            await self._forward(key, moments[-1], played.lead.seq)
        self._now = played.at
        self._times.set(key, self._now)

    async def _forward(self, key: str, at: datetime, seq: int) -> None:
        """Send the server's time of the lead forward until it has done all that is due until then."""
        by = at - self._there + PAST
        self._there = at
        for _ in range(FORWARD_AT_MOST):
            try:
                await skipping.forward(self._client, key, by)
                await self._seq(key, seq, FORWARD_AGAIN)
                return
            except TimeoutError:
                pass  # it is sent once more
            finally:
                with contextlib.suppress(RPCError):  # it has closed
                    await skipping.hold(self._client, key)
        raise TimeoutError(f"not all that is due until {at} happens")

    async def _seq(self, key: str, seq: int, patience: float = PATIENCE) -> Lead:
        """Until the database has so many decisions of the lead; `patience` is for each of them."""
        reached, deadline = -1, time.monotonic() + patience
        while True:
            async with self._pool.acquire() as connection:
                stands = await trial_world.seq(connection, key)
                if stands is not None and stands >= seq:
                    found = await journal.snapshot(connection, key)
                    assert found is not None
                    return found
            if stands is not None and stands > reached:
                reached, deadline = stands, time.monotonic() + patience
            if time.monotonic() > deadline:
                raise TimeoutError(f"it comes to decision {reached}, not to {seq}")
            await asyncio.sleep(POLL)

    async def _arrived_at(self, key: str, played: Played) -> tuple[Lead, Lead | None]:
        """The lead in the database and in the workflow, once nothing is under way."""
        stored = await self._seq(key, played.lead.seq)
        if played.lead.closed:
            return stored, None
        deadline = time.monotonic() + PATIENCE
        while True:
            carried: Carried = await self._client.get_workflow_handle(key).query("state", result_type=Carried)
            if not carried.outgoing and carried.lead.seq >= stored.seq:
                return stored, carried.lead
            if time.monotonic() > deadline:
                raise TimeoutError("the workflow does not come to rest")
            await asyncio.sleep(POLL)
