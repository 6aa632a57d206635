"""File locks, which the kernel drops when their holders die: the only proof used here that something runs."""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from pathlib import Path


class FileLock:
    """An exclusive lock on one file. Processes that inherit `fileno()` hold it too, until the last of them has gone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None

    def fileno(self) -> int:
        if self._fd is None:
            raise ValueError(f"{self.path} is not locked")
        return self._fd

    def try_acquire(self) -> bool:
        """Takes the lock, or says at once that someone else has it."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return False
        self._fd = fd
        return True

    async def acquire(self, patience: float) -> bool:
        """Tries for `patience` seconds."""
        deadline = time.monotonic() + patience
        while not self.try_acquire():
            if time.monotonic() >= deadline:
                return False
            await asyncio.sleep(0.02)
        return True

    def release(self) -> None:
        """Lets go of our own share; those who inherited it keep theirs."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock. Asks with a shared lock, so that two who ask do not see each other."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def wait_until_free(path: Path, patience: float) -> bool:
    """Waits up to `patience` seconds until nobody holds the lock; answers whether it came free."""
    deadline = time.monotonic() + patience
    while is_held(path):
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.02)
    return True
