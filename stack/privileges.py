"""PostgreSQL refuses to run as root. How root starts it without making users or opening folders."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RunAs:
    """How to start a command: `prefix` goes in front of it; `user` is the (uid, gid) to drop to, None to stay who we
    are.

    `owner` is the uid that must own the command's files, seen from outside.
    """

    prefix: tuple[str, ...] = ()
    user: tuple[int, int] | None = None

    @property
    def owner(self) -> int:
        return self.user[0] if self.user else os.geteuid()

    def run(
        self, command: Sequence[str], environment: Mapping[str, str], keep: int | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Runs a short command to its end and returns what it printed. It inherits the open file `keep`, a lock."""
        uid, gid = self.user or (None, None)
        return subprocess.run(
            [*self.prefix, *command],
            env=environment,
            cwd="/",
            user=uid,
            group=gid,
            extra_groups=[] if self.user else None,
            pass_fds=() if keep is None else (keep,),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def reaches(self, *paths: Path) -> bool:
        """Whether the command, so started, can enter every one of these folders."""
        probe = 'for path; do test -x "$path" || exit 1; done'
        return self.run(["sh", "-c", probe, "sh", *map(str, paths)], {"PATH": os.defpath}).returncode == 0


AS_WE_ARE = RunAs()


def in_user_namespace() -> RunAs | None:
    """Root outside, `nobody` inside: files stay root's and nothing needs a chmod. None where the kernel forbids it."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return None
    run_as = RunAs(prefix=(unshare, "--user", f"--map-user={_nobody().pw_uid}", "--"))
    return run_as if run_as.run(["true"], {"PATH": os.defpath}).returncode == 0 else None


def as_nobody() -> RunAs:
    """The last resort of root: a real change of user. Its files must lie where `nobody` can reach them."""
    return RunAs(user=(_nobody().pw_uid, _nobody().pw_gid))


def _nobody() -> pwd.struct_passwd:
    # initdb looks its user up by id, so the user must be one that every system lists.
    return pwd.getpwnam("nobody")
