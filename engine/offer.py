"""Which version of a process a new lead takes: the main one, or a newer one that a share of leads goes to first.

Where a lead goes depends on its key and nothing else, so that the same lead goes to the same version however often it is asked, by
whichever worker. Raising the share adds leads to the canary and takes none from it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal

ALL = Decimal(100)
_PLACES = 10_000
"""A share is told in hundredths of a percent."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Digests; `share` of new leads, in percent, take the canary."""

    main: str
    canary: str | None = None
    share: Decimal = Decimal(0)

    def digest_for(self, key: str) -> str:
        """The version that a lead of this key takes."""
        if self.canary is not None and place_of(key, self.canary) < self.share * _PLACES / ALL:
            return self.canary
        return self.main

    @property
    def digests(self) -> tuple[str, ...]:
        return (self.main, self.canary) if self.canary else (self.main,)


def place_of(key: str, canary: str) -> int:
    """A place from 0 to 9999 that is the lead's own for this canary: another canary is tried on other leads."""
    return int.from_bytes(hashlib.sha256(f"{canary}:{key}".encode()).digest()[:8], "big") % _PLACES
