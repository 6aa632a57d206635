"""The compiled processes that this worker holds in memory, by digest.

A workflow may not read a database, so every live definition is loaded before work is taken and new ones while it runs. What a digest
names never changes; entries are only ever added.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors import UnknownDefinition
from engine.process import Process


class Catalog:
    def __init__(self) -> None:
        self._by_digest: dict[str, Process] = {}
        self._current: dict[str, str] = {}

    def add(self, process: Process, *, current: bool = True) -> None:
        """Hold a process; `current` makes it the version that new leads of its name take."""
        self._by_digest[process.digest] = process
        if current:
            self._current[process.name] = process.digest

    def get(self, digest: str) -> Process:
        """Raises UnknownDefinition: the workflow task then fails and is retried, and the lead waits unharmed."""
        process = self._by_digest.get(digest)
        if process is None:
            raise UnknownDefinition(f"this worker does not hold the definition {digest[:12]}")
        return process

    def __contains__(self, digest: str) -> bool:
        return digest in self._by_digest

    def current(self, name: str) -> Process | None:
        digest = self._current.get(name)
        return self._by_digest[digest] if digest else None

    def currents(self) -> Iterator[Process]:
        """The current version of every process, in the order in which they are asked to take a new lead (S1.1)."""
        processes = [self._by_digest[digest] for digest in self._current.values()]
        return iter(sorted(processes, key=lambda process: (-(process.takes_priority or 0), process.name)))


LIVE = Catalog()
"""The catalog of this worker process. Workflow code has no other way to be handed one."""
