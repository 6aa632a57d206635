"""Runs one command on a leash: when its owner goes away, however it goes, the command is stopped.

A program of its own, standard library only:

    python -I -S leash.py STOP_SIGNAL GRACE_SECONDS ORPHAN_SECONDS KEEP_FD USER COMMAND...

Standard input is a pipe whose other end only the owner holds. Anything that comes through it is the order to stop. The
kernel closes that end when the owner exits, crashes or is killed, which no atexit hook survives; then the command is
stopped too, with the patience for orphans: what it would use the time for may have gone with its owner. KEEP_FD is the locked
file that says "this part is running"; command and leash inherit it, so the lock is free only once all of them are
gone. USER is `uid:gid` to drop to, or `-`. The exit status is the command's own, 128 + N when signal N ended it.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable

PR_SET_PDEATHSIG = 1


def dying_with(leash: int, stop_signal: int) -> Callable[[], None] | None:
    """On Linux the kernel stops the command should the leash be killed. Set late: a change of user would clear it."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def in_child() -> None:
        libc.prctl(PR_SET_PDEATHSIG, stop_signal, 0, 0, 0)
        if os.getppid() != leash:
            os._exit(125)

    return in_child


def drop_to(user: str) -> None:
    uid, gid = (int(part) for part in user.split(":"))
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def end_group(child: subprocess.Popen[bytes]) -> None:
    """What the command started in its own session goes with it."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def hold(command: list[str], stop_signal: int, grace: float, orphan_grace: float, keep_fd: int) -> int:
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    asked = False

    def ask(_number: int, _frame: object) -> None:
        nonlocal asked
        asked = True

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, ask)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)

    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        pass_fds=(keep_fd,),
        start_new_session=True,
        preexec_fn=dying_with(os.getpid(), stop_signal),
    )
    deadline: float | None = None
    while child.poll() is None:
        watched = [wake] if deadline else [wake, 0]
        patience = None if deadline is None else max(0.0, deadline - time.monotonic())
        readable, _, _ = select.select(watched, [], [], patience)
        if wake in readable:
            os.read(wake, 512)
        owner_gone = 0 in readable and not os.read(0, 512)
        if deadline is None and (0 in readable or asked):
            child.send_signal(stop_signal)
            deadline = time.monotonic() + (orphan_grace if owner_gone else grace)
        elif deadline is not None and time.monotonic() >= deadline:
            end_group(child)
            deadline = time.monotonic() + grace
    end_group(child)
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def main(arguments: list[str]) -> int:
    stop_signal, grace, orphan_grace, keep_fd, user, *command = arguments
    if user != "-":
        drop_to(user)
    try:
        number = signal.Signals[f"SIG{stop_signal}"]
        return hold(command, number, float(grace), float(orphan_grace), int(keep_fd))
    except OSError as problem:
        print(f"{command[0]}: {problem.strerror}", file=sys.stderr)
        return 126


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
