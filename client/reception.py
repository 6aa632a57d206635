"""Where commands send leads and events: to this installation, or to one elsewhere over HTTP. Both answer the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from client.answers import as_it_stands
from client.desk import unknown
from engine.access import Caller
from store.visiting import visible, visiting

if TYPE_CHECKING:
    from bootstrap import Office
    from client.desk import Sending
    from client.front_door import Arrived
    from engine.decision import Refusal
    from workflows.messages import Receipt


class Reception(Protocol):
    async def arrive(self, raw: Mapping[str, Any], source_system: str | None) -> tuple[Arrived, str | None]:
        """What became of a lead, with where it stands, and the link to its story. Raises IntakeError where it is refused."""

    async def send(self, key: str, sending: Sending) -> Receipt | Refusal:
        """Raises IntakeError for an unknown lead, and for what cannot be recorded."""


@dataclass(frozen=True)
class Here:
    """This installation. A `caller` reaches the leads that they may see; None is whoever runs it."""

    office: Office
    caller: Caller | None = None

    async def arrive(self, raw: Mapping[str, Any], source_system: str | None) -> tuple[Arrived, str | None]:
        office = self.office
        arrived = await office.front_door.arrive(raw, source_system=source_system or "manual")
        if arrived.receipt is None and arrived.kept_out is None:
            arrived = replace(arrived, receipt=await as_it_stands(office.pool, office.catalog, arrived.key))
        return arrived, office.link(arrived.key)

    async def send(self, key: str, sending: Sending) -> Receipt | Refusal:
        if self.caller is not None:
            async with visiting(self.office.pool, self.caller) as connection:
                if not await visible(connection, key):
                    raise unknown(key)
        return await self.office.desk.send(key, sending)
