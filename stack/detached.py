"""The local stack in a process of its own, for `leadflow up` and `leadflow down`: it goes on when the terminal is
closed.

The supervising process is `python -m stack`. It reads its settings from standard input, because they may hold a
password, and tells its starter how far it is, one JSON object a line, until everything is up.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from engine.errors import StackError
from stack.child import PROJECT
from stack.home import make_home
from stack.lock import is_held, wait_until_free
from stack.settings import StackSettings
from stack.state import State, owner_lock, read_state
from stack.supervisor import LocalStack

STOP_PATIENCE = 45.0  # seconds; the children's grace and the servers' together, and some
KILL_PATIENCE = 30.0  # seconds after a kill until the leashes have ended what was left


def start_detached(settings: StackSettings, progress: Callable[[str], None] = lambda _step: None) -> State:
    """Starts the stack and returns when every part has answered. `progress` is told each step as it begins.

    StackError when it runs already or a part cannot start; then nothing is left running. The same when interrupted.
    """
    home = settings.home.absolute()
    log = home / "log" / "stack.log"
    make_home(home)
    log.parent.mkdir(mode=0o700, exist_ok=True)
    with log.open("ab") as errors:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "stack"],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
            text=True,
        )
    assert supervisor.stdin and supervisor.stdout
    try:
        with supervisor.stdin as told:
            told.write(settings.to_json())
        for line in supervisor.stdout:
            match json.loads(line):
                case {"step": str(step)}:
                    progress(step)
                case {"error": str(message), "remedy": str(remedy)}:
                    supervisor.wait()
                    raise StackError(message, remedy)
                case {"ready": True}:
                    supervisor.stdout.close()
                    if (state := read_state(home)) is not None:
                        return state
        raise StackError("the stack ended while it was starting", f"Its log says why: {log}")
    except BaseException:
        supervisor.terminate()
        supervisor.wait()
        raise


def stop_detached(home: Path) -> bool:
    """Stops the stack of `home` and waits until nothing of it runs; False when none was running.

    One that does not stop in time is killed, which its parts do not survive either. StackError if even that failed.
    """
    home = home.absolute()
    lock = owner_lock(home)
    if not is_held(lock):
        return False
    for number, patience in ((signal.SIGTERM, STOP_PATIENCE), (signal.SIGKILL, KILL_PATIENCE)):
        _signal_owner(home, number)
        if wait_until_free(lock, patience):
            leftover = [held for held in sorted(lock.parent.glob("*.lock")) if not wait_until_free(held, KILL_PATIENCE)]
            if leftover:
                names = ", ".join(held.stem for held in leftover)
                raise StackError(
                    f"still running: {names}", f"End these processes yourself; they hold the files {lock.parent}/*.lock"
                )
            return True
    raise StackError("the stack does not stop", f"See {home / 'log' / 'stack.log'}")


def _signal_owner(home: Path, number: signal.Signals) -> None:
    """Who holds the lock wrote the process id, so it is still theirs; at most they are about to write it."""
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        state = read_state(home)
        if state is not None:
            os.kill(state.pid, number)
            return
        if not is_held(owner_lock(home)):
            return
        time.sleep(0.02)


def supervise() -> None:
    """The supervising process itself, until SIGTERM."""
    os.umask(0o077)
    settings = StackSettings.from_json(sys.stdin.read())
    try:
        asyncio.run(_run(settings))
    except StackError as problem:
        _tell(error=problem.message, remedy=problem.remedy)
        sys.exit(1)


async def _run(settings: StackSettings) -> None:
    main = asyncio.current_task()
    assert main is not None
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, main.cancel)
    try:
        async with LocalStack(settings, lambda step: _tell(step=step)):
            _tell(ready=True)
            _let_go_of_starter()
            await loop.create_future()  # until cancelled
    except asyncio.CancelledError:
        return


def _tell(**what: object) -> None:
    print(json.dumps(what), flush=True)


def _let_go_of_starter() -> None:
    """Standard output was the pipe to the starter, who does not listen any longer."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
