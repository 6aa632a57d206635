"""A body that comes line by line, cut into its lines as they come: none is held longer than it takes, none longer than it may be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from starlette.types import Receive

LONGEST = 256_000
"""Bytes of a line."""

LARGEST = 64_000_000
"""Bytes of a whole body."""

MOST = 50_000
"""Lines of a body."""

SILENCE = 30.0
"""Seconds without a byte after which nobody is there any more."""


class BrokenOff(Exception):
    """The body ends before its end: whoever sent it has gone, or more came than is taken. Says why."""


@dataclass(frozen=True, slots=True)
class Line:
    """`number` counts from 1, blank lines too. `text` is None for a line that is too long to be read."""

    number: int
    text: bytes | None


async def lines_of(receive: Receive) -> AsyncIterator[Line]:
    """Every line that is not blank. Raises BrokenOff; the line that was not complete is not given then."""
    number, held, overlong, size = 1, bytearray(), False, 0
    async for part in _parts(receive):
        size += len(part)
        if size > LARGEST:
            raise BrokenOff(f"a batch may have {LARGEST:,} bytes at most")
        *ended, rest = part.split(b"\n")
        for piece in ended:
            line = _line(number, bytes(held) + piece, overlong)
            if line is not None:
                yield line
            held.clear()
            overlong = False
            number += 1
            if number > MOST + 1:
                raise BrokenOff(f"a batch may have {MOST:,} lines at most")
        if overlong or len(held) + len(rest) > LONGEST:
            overlong = True
            held.clear()
        else:
            held += rest
    line = _line(number, bytes(held), overlong)
    if line is not None:
        yield line


async def _parts(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        try:
            async with asyncio.timeout(SILENCE):
                message = await receive()
        except TimeoutError:
            raise BrokenOff(f"nothing has come for {SILENCE:g} s") from None
        if message["type"] == "http.disconnect":
            raise BrokenOff("the connection broke off")
        yield message.get("body", b"")
        if not message.get("more_body", False):
            return


def _line(number: int, text: bytes, overlong: bool) -> Line | None:
    if overlong or len(text) > LONGEST:
        return Line(number, None)
    return Line(number, text) if text.strip() else None
