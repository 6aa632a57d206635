"""The compiled processes that this worker holds in memory, by digest, and which of them new leads take.

A workflow may not read a database, so every live definition is loaded before work is taken and new ones while it runs. What a digest
names never changes; entries are only ever added.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.errors import UnknownDefinition
from engine.offer import Offer
from engine.process import Process


class Catalog:
    def __init__(self) -> None:
        self._by_digest: dict[str, Process] = {}
        self._offers: dict[str, Offer] = {}

    def add(self, process: Process, *, current: bool = True) -> None:
        """Hold a process; `current` makes it the version that all new leads of its name take."""
        self._by_digest[process.digest] = process
        if current:
            self._offers[process.name] = Offer(process.digest)

    def offer(self, process: str, offer: Offer) -> None:
        """From now on new leads of the process take these versions. Raises UnknownDefinition where one of them is not held."""
        for digest in offer.digests:
            self.get(digest)
        self._offers[process] = offer

    def get(self, digest: str) -> Process:
        """Raises UnknownDefinition: the workflow task then fails and is retried, and the lead waits unharmed."""
        process = self._by_digest.get(digest)
        if process is None:
            raise UnknownDefinition(f"this worker does not hold the definition {digest[:12]}")
        return process

    def __contains__(self, digest: str) -> bool:
        return digest in self._by_digest

    @property
    def held(self) -> tuple[str, ...]:
        """The digests of all that it holds."""
        return tuple(self._by_digest)

    def current(self, name: str) -> Process | None:
        """The main version of a process."""
        offer = self._offers.get(name)
        return self._by_digest[offer.main] if offer else None

    def currents(self) -> Iterator[Process]:
        """The main version of every process, in the order in which they are asked to take a new lead (S1.1)."""
        return _in_order(self._by_digest[offer.main] for offer in self._offers.values())

    def for_new(self, key: str) -> Iterator[Process]:
        """The same for a new lead of this key: of a process with a canary, the version that is the lead's."""
        return _in_order(self._by_digest[offer.digest_for(key)] for offer in self._offers.values())


def _in_order(processes: Iterable[Process]) -> Iterator[Process]:
    return iter(sorted(processes, key=lambda process: (-(process.takes_priority or 0), process.name)))


LIVE = Catalog()
"""The catalog of this worker process. Workflow code has no other way to be handed one."""
