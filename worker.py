"""Run a worker: `.venv/bin/python worker.py`. It serves leads until it is interrupted; start as many as there are cores."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Callable

import settings
from bootstrap import run_worker
from cli.trouble import trouble_of
from engine.errors import LeadflowError

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def announce() -> None:
    print("worker: serving leads", flush=True)


async def main(ready: Callable[[], None] = announce) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        ours = settings.load()
    except ValueError as error:
        raise LeadflowError(str(error), "Mend or unset the variable.") from None
    await run_worker(ours, stop, ready)


def run(ready: Callable[[], None] = announce) -> None:
    """Until interrupted. `ready` is called once leads are served."""
    logging.basicConfig(level=logging.INFO, format=FORMAT, force=True)
    asyncio.run(main(ready))


if __name__ == "__main__":
    try:
        run()
    except Exception as error:
        trouble = trouble_of(error)
        if trouble is None:
            raise
        sys.exit(f"worker: {trouble.message.removesuffix('.')}. {trouble.remedy}".rstrip())
