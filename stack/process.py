"""A server or worker of the stack as its owner sees it: locked, started on a leash, logged, stopped."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from engine.errors import StackError
from stack.home import make_home
from stack.lock import FileLock
from stack.privileges import AS_WE_ARE, RunAs

LEASH = Path(__file__).with_name("leash.py")
LOG_LIMIT = 5_000_000  # bytes; a longer log is set aside at the next start, and one such is kept
LEFTOVER_PATIENCE = 30.0  # seconds that the remains of a killed owner get to end; more than any part's grace


class LeashedProcess:
    """One part of the stack: `acquire` before touching its files, `start`, then `wait` or `stop`.

    It ends with its owner, also when the owner is killed. Its lock (`home/run/NAME.lock`) comes free only once the
    process and all it started are gone, so whoever holds the lock knows that nothing else works on the part's files.
    """

    def __init__(
        self,
        home: Path,
        name: str,
        *,
        stop_signal: str = "TERM",
        grace: float = 10.0,
        orphan_grace: float | None = None,
    ) -> None:
        """`grace` seconds to end by itself; `orphan_grace` when it is its owner that has gone, the same if left out."""
        self.name = name
        self.log = home / "log" / f"{name}.log"
        self.lock = FileLock(lock_path(home, name))
        self._home = home
        self._stop_signal = stop_signal
        self._graces = (str(grace), str(grace if orphan_grace is None else orphan_grace))
        self._process: asyncio.subprocess.Process | None = None
        self._log_start = 0

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def acquire(self) -> None:
        """Takes the lock, waiting for the remains of a killed owner. StackError when a living owner has it, or when others may
        write into the home."""
        make_home(self._home)
        if not await self.lock.acquire(LEFTOVER_PATIENCE):
            raise runs_already(self._home, self.name)

    async def start(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        cwd: Path = Path("/"),
        run_as: RunAs = AS_WE_ARE,
    ) -> None:
        """Starts the command; what it prints goes to `log`. The lock must be held."""
        keep = self.lock.fileno()
        user = f"{run_as.user[0]}:{run_as.user[1]}" if run_as.user else "-"
        leash = (sys.executable, "-I", "-S", str(LEASH), self._stop_signal, *self._graces, str(keep), user)
        log = self._open_log()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *run_as.prefix,
                *leash,
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=dict(environment),
                cwd=cwd,
                pass_fds=(keep,),
                start_new_session=True,  # Ctrl-C in a terminal is for the owner, who stops the parts in order
            )
        finally:
            os.close(log)

    def _open_log(self) -> int:
        self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._log_start = os.fstat(log).st_size
        return log

    async def wait(self) -> int:
        """Until the process has ended; gives its exit status, 128 + N where signal N ended it."""
        if self._process is None:
            raise ValueError(f"{self.name} was not started")
        status = await self._process.wait()
        self.lock.release()
        return status if status >= 0 else 128 - status

    async def stop(self) -> None:
        """Asks it to stop and waits until it has; what outlives its grace is killed. Safe to call at any time."""
        if self._process is not None:
            if self._process.stdin is not None:
                self._process.stdin.write(b"stop")  # the end of the pipe alone would mean that we have been killed
                self._process.stdin.close()
            await self._process.wait()
        self.lock.release()

    def last_words(self, lines: int = 5) -> str:
        """The end of what it logged since its last start."""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            text = log.read().decode(errors="replace").strip()
        return "\n".join(text.splitlines()[-lines:])


def runs_already(home: Path, name: str) -> StackError:
    return StackError(
        f"{name} is already running in {home}",
        "Stop that one first (leadflow down), or use another home folder (LEADFLOW_HOME=...).",
    )


def lock_path(home: Path, name: str) -> Path:
    return home / "run" / f"{name}.lock"
