"""The folder of a stack among other users: none of them can make us write, or believe, what they put there."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from pathlib import Path

import pytest

from cli import start_page
from engine.errors import StackError
from stack.detached import start_detached
from stack.home import make_home, write_anew
from stack.postgres import PostgresServer
from stack.settings import StackSettings
from stack.supervisor import LocalStack


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("bits", [0o770, 0o707, 0o777, 0o1777])
def test_a_home_that_others_may_write_into_is_refused(home: Path, bits: int) -> None:
    """S1.13: with the command that mends it, and before anything is written there."""
    home.mkdir()
    home.chmod(bits)
    starts = (
        lambda: LocalStack(StackSettings(home)).__aenter__(),
        lambda: PostgresServer(home).start(),
    )
    for start in starts:
        with pytest.raises(StackError, match="others may write") as refused:
            asyncio.run(start())
        assert refused.value.remedy == f"Forbid it: chmod go-w '{home}'"
    with pytest.raises(StackError, match="others may write"):
        start_detached(StackSettings(home))
    assert list(home.iterdir()) == []
    home.chmod(bits & 0o755)
    make_home(home)


def test_a_home_of_somebody_else_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """S1.13: its owner could change what lies there at any time."""
    home.mkdir(mode=0o700)
    monkeypatch.setattr(os, "geteuid", lambda: home.stat().st_uid + 1)
    with pytest.raises(StackError, match="belongs to another user") as refused:
        make_home(home)
    assert "LEADFLOW_HOME" in refused.value.remedy


def test_a_new_home_is_for_its_owner_only(home: Path) -> None:
    """S1.13: whatever the umask says."""
    before = os.umask(0o002)
    try:
        make_home(home)
        write_anew(home / "secret", "s")
    finally:
        os.umask(before)
    assert (mode(home), mode(home / "secret")) == (0o700, 0o600)


def test_files_are_written_through_no_link(home: Path, tmp_path: Path) -> None:
    """S1.13: a link in place of the file, or of the new one, is replaced; what it points to stays as it was."""
    make_home(home)
    treasure = tmp_path / "treasure"
    treasure.write_text("gold")
    for name in ("stack.json", "stack.json.new", "start.html", "start.html.new"):
        (home / name).symlink_to(treasure)
    write_anew(home / "stack.json", json.dumps({"pid": 1}))
    start_page.write(home, "http://ui.example", None)
    assert treasure.read_text() == "gold"
    assert json.loads((home / "stack.json").read_text()) == {"pid": 1}
    assert sorted(path.name for path in home.iterdir()) == ["stack.json", "start.html"]
    assert not any(path.is_symlink() for path in home.iterdir())
