"""The stack as a whole: in this process, as the demo has it, and detached, as `leadflow up` has it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from engine.errors import StackError
from stack import process
from stack.child import GRACE
from stack.detached import start_detached, stop_detached
from stack.lock import is_held, wait_until_free
from stack.ports import any_free
from stack.settings import Child, StackSettings
from stack.state import owner_lock, read_state
from stack.status import PartStatus, ask, status
from stack.supervisor import LocalStack

WORKER = Child("worker", (sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"))


@pytest.fixture
def settings(home: Path) -> StackSettings:
    return StackSettings(
        home, temporal_port=0, ui_port=0, search_attributes={"LeadStage": "Keyword"}, children=(WORKER,)
    )


@pytest.fixture
def detached(settings: StackSettings) -> Iterator[StackSettings]:
    yield settings
    stop_detached(settings.home)


def down(lines: list[PartStatus]) -> list[str]:
    return [line.name for line in lines if not line.up]


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not holds():  # noqa: ASYNC110  what we wait for happens in other processes
            await asyncio.sleep(0.02)


def all_free(home: Path) -> bool:
    return all(wait_until_free(lock, 20) for lock in (home / "run").glob("*.lock"))


@pytest.mark.skipif(sys.platform != "linux", reason="finds the processes to kill in /proc")
async def test_what_dies_is_started_again_where_it_was(settings: StackSettings) -> None:
    """C.1: worker, database and Temporal are killed under way; all come back at the same addresses, and it is told."""
    async with LocalStack(settings) as endpoints:
        connection = await asyncpg.connect(endpoints.database_url)
        await connection.execute("create table lead as select 1 as id")
        await connection.close()
        assert down(await ask(settings.home)) == []

        postmaster = (settings.home / "postgres" / "data" / "postmaster.pid").read_text().split()[0]
        os.kill(int(postmaster), signal.SIGKILL)
        for name in ("worker", "temporal"):
            for pid in holders(settings.home / "run" / f"{name}.lock"):
                os.kill(pid, signal.SIGKILL)

        def all_back() -> bool:
            state = read_state(settings.home)
            return state is not None and sum(part.restarts for part in state.parts) == 3

        await until(all_back)
        lines = await ask(settings.home)
        assert down(lines) == []
        told = next(line.detail for line in lines if line.name == "postgres")
        assert told.startswith("restarted at ") and "ended with status" in told, "it reads as if it were still dead"
        connection = await asyncpg.connect(endpoints.database_url)
        assert await connection.fetchval("select id from lead") == 1
        await connection.close()
    assert all_free(settings.home)
    assert read_state(settings.home) is None


def holders(lock: Path) -> list[int]:
    """Processes, other than this one, that have the file open (Linux)."""
    found = []
    for fds in Path("/proc").glob("[0-9]*/fd"):
        if int(fds.parent.name) == os.getpid():
            continue
        try:
            if any(fd.resolve() == lock.resolve() for fd in fds.iterdir()):
                found.append(int(fds.parent.name))
        except OSError:
            continue
    return found


async def test_servers_of_ones_own_are_used_instead(settings: StackSettings, tmp_path: Path) -> None:
    """C.3: DATABASE_URL and TEMPORAL_ADDRESS replace ours, and one that does not answer is named."""
    lone = replace(settings, children=(), sink=False)
    async with LocalStack(lone) as own:
        borrowed = replace(
            lone, home=tmp_path / "second", database_url=own.database_url, temporal_address=own.temporal_address
        )
        async with LocalStack(borrowed) as endpoints:
            assert (endpoints.database_url, endpoints.temporal_address) == (own.database_url, own.temporal_address)
            lines = await ask(borrowed.home)
            assert down(lines) == []
            assert [line.detail for line in lines[1:]] == ["your own server"] * 2
            assert not any("@" in line.where for line in lines), "a password is shown"
        assert not (borrowed.home / "postgres").exists()
    for wrong, named in (
        (replace(lone, database_url=own.database_url), "DATABASE_URL"),
        (replace(lone, temporal_address="127.0.0.1:1"), "TEMPORAL_ADDRESS"),
    ):
        with pytest.raises(StackError, match=named):
            async with LocalStack(wrong):
                pass
        assert all_free(settings.home)


async def test_a_part_that_cannot_start_takes_the_others_down_again(settings: StackSettings) -> None:
    """C.1: a failed start leaves nothing running, and says what failed in the part's own words."""
    broken = Child("web", (sys.executable, "-c", "raise SystemExit('no templates')"), ready_url="http://127.0.0.1:9/")
    with pytest.raises(StackError, match="web did not start: no templates"):
        async with LocalStack(replace(settings, children=(broken,))):
            pass
    assert all_free(settings.home)


def test_up_status_down(detached: StackSettings) -> None:
    """C.7: `up` waits until all answer, a second `up` is refused, `down` leaves nothing, the next start is fast."""
    steps: list[str] = []
    state = start_detached(detached, steps.append)
    assert state.ready
    assert steps[:2] == ["starting PostgreSQL", "starting Temporal and its UI"]
    assert down(status(detached.home)) == []
    assert (detached.home / "stack.json").stat().st_mode & 0o777 == 0o600
    with pytest.raises(StackError, match="already running"):
        start_detached(detached)
    assert stop_detached(detached.home)
    assert not stop_detached(detached.home)
    assert all(not is_held(lock) for lock in (detached.home / "run").glob("*.lock"))
    assert down(status(detached.home)) == ["stack"]
    began = time.monotonic()
    assert start_detached(detached).endpoints is not None
    assert time.monotonic() - began < 10


def wait_for_line(log: Path) -> bool:
    deadline = time.monotonic() + 15
    while not log.exists() or not log.read_text():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_a_killed_supervisor_leaves_nothing_and_its_state_is_not_believed(detached: StackSettings) -> None:
    """C.1: after kill -9 the state file is still there but nothing runs; the next `up` works, soon, and
    says what it waits for."""
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(600)"
    )
    detached = replace(detached, children=(Child("worker", (sys.executable, "-c", stubborn)),))
    state = start_detached(detached)
    assert wait_for_line(detached.home / "log" / "worker.log")
    os.kill(state.pid, signal.SIGKILL)
    assert wait_until_free(owner_lock(detached.home), 10)
    assert json.loads((detached.home / "stack.json").read_text())["pid"] == state.pid
    assert read_state(detached.home) is None
    assert down(status(detached.home)) == ["stack"]
    steps: list[str] = []
    began = time.monotonic()
    assert start_detached(detached, steps.append).ready, "what was left had not ended"
    assert time.monotonic() - began < GRACE, "a worker without servers was given the time to finish"
    assert steps[0].startswith("waiting for the remains of a killed stack: ") and "worker" in steps[0]


def test_a_failed_start_is_told_to_the_one_who_asked(home: Path) -> None:
    """C.7: the reason reaches the terminal although the supervisor is another process; nothing keeps running."""
    port = any_free()
    settings = StackSettings(home, temporal_port=port, ui_port=port)
    with pytest.raises(StackError) as refused:
        start_detached(settings)
    assert refused.value.remedy
    assert all_free(home)


def test_settings_reach_the_supervisor_unchanged(settings: StackSettings, tmp_path: Path) -> None:
    """C.5: what the composition root decided is what the detached process runs."""
    full = replace(settings, database_url="postgresql://x", postgres_binaries=tmp_path, sink=False)
    assert StackSettings.from_json(full.to_json()) == full


def test_patience_with_leftovers_exceeds_what_they_get() -> None:
    """C.1: a start right after a kill waits longer than the slowest leftover may take to end."""
    assert process.LEFTOVER_PATIENCE > GRACE
