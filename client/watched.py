"""A folder that files of leads are put into: each is claimed by one watcher, imported, and set aside with what became of it.

A claim is a move into a folder of the watcher's own below `working/`, whose lock the kernel drops when the watcher dies: what it had
begun is then picked up by the next. Nothing is ever written over, and what is imported twice does not double.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import LeadflowError
from stack.lock import FileLock

TAKEN = (".csv", ".ndjson", ".jsonl")
"""How the names of files end that are picked up. Whoever writes slowly writes under another name, such as `leads.csv.part`."""

_WORKING, _DONE, _FAILED = "working", "done", "failed"
_LOCK = ".lock"


@dataclass(frozen=True, slots=True)
class Claim:
    """A file that this watcher alone imports. `again`: another one had begun it, and died."""

    path: Path
    again: bool = False


@dataclass(frozen=True, slots=True)
class _Look:
    """What a file looked like: as long as that changes, somebody is writing it."""

    size: int
    changed: int


class WatchedFolder:
    """`settled` seconds is how long a file must have looked the same to be complete."""

    def __init__(self, folder: Path, settled: float) -> None:
        """Raises LeadflowError where there is no such folder."""
        if not folder.is_dir():
            raise LeadflowError(f"there is no folder {folder}", "Make it, or name another.")
        self._folder = folder
        self._settled = settled
        self._seen: dict[Path, tuple[_Look, float]] = {}
        for name in (_WORKING, _DONE, _FAILED):
            (folder / name).mkdir(mode=0o700, exist_ok=True)  # people's names and addresses are in the files
        self._own, self._lock = self._own_place()

    def look(self, now: float) -> list[Path]:
        """The files that are complete at `now`, in seconds of any clock that only goes forward; those put in first come first."""
        looks = {path: look for path in sorted(self._folder.iterdir()) if (look := _look(path)) is not None}
        before, self._seen = self._seen, {}
        for path, look in looks.items():
            earlier = before.get(path)
            self._seen[path] = earlier if earlier is not None and earlier[0] == look else (look, now)
        ready = [path for path, (_, since) in self._seen.items() if now - since >= self._settled]
        return sorted(ready, key=lambda path: (self._seen[path][0].changed, path.name))

    @property
    def unsettled(self) -> bool:
        """Whether there are files that may not be complete yet."""
        return bool(self._seen)

    def claim(self, path: Path) -> Claim | None:
        """None where another watcher was faster, or the file is gone."""
        mine = self._own / path.name
        if mine.exists():
            return None  # of that name one is still in work here
        try:
            path.rename(mine)
        except FileNotFoundError:
            return None
        self._seen.pop(path, None)
        return Claim(mine)

    def left_behind(self) -> Iterator[Claim]:
        """What watchers that have died had begun, and what this one could not bring to an end."""
        for place in sorted((self._folder / _WORKING).iterdir()):
            if place.name.startswith(".") or not place.is_dir():
                continue
            if place == self._own:
                yield from (Claim(path, again=True) for path in _files(place))
                continue
            lock = FileLock(place / _LOCK)
            try:
                if not lock.try_acquire():
                    continue
            except FileNotFoundError:
                continue  # another watcher has just cleared it away
            try:
                yield from (Claim(path, again=True) for path in _files(place))
                _clear(place)
            finally:
                lock.release()

    def set_aside(self, claim: Claim, report: dict[str, Any], refused: str, *, well: bool) -> Path:
        """Move a file to `done/` or `failed/` with its report beside; `refused` is the text of the file of refused rows. Where it is."""
        place = self._folder / (_DONE if well else _FAILED)
        target = _reserved(place, claim.path.name)
        if refused:
            told = target.with_name(f"{target.name}.refused.ndjson")
            told.write_text(refused, encoding="utf-8")
            report = {**report, "refused_rows": told.name}
        report = {"file": target.name, "came_as": claim.path.name, **report}
        written = json.dumps(report, indent=2, ensure_ascii=False, default=str)
        _report_of(target).write_text(written + "\n", encoding="utf-8")
        claim.path.rename(target)
        return target

    def leave(self) -> None:
        """Nothing more is claimed; what is not finished is there for the next watcher."""
        _clear(self._own)
        self._lock.release()

    def _own_place(self) -> tuple[Path, FileLock]:
        """Locked before it can be seen: else another watcher could take it for one that was left behind."""
        name = secrets.token_hex(6)
        hidden = self._folder / _WORKING / f".{name}"
        hidden.mkdir(mode=0o700)
        lock = FileLock(hidden / _LOCK)
        lock.try_acquire()
        return hidden.rename(self._folder / _WORKING / name), lock


def _look(path: Path) -> _Look | None:
    """None for what is not picked up: other names, hidden files, folders, links, and what is still empty."""
    if path.name.startswith(".") or path.suffix.lower() not in TAKEN or path.is_symlink():
        return None
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return _Look(found.st_size, found.st_mtime_ns) if path.is_file() and found.st_size else None


def _files(place: Path) -> list[Path]:
    try:
        return sorted(path for path in place.iterdir() if path.name != _LOCK)
    except FileNotFoundError:
        return []


def _clear(place: Path) -> None:
    if not _files(place):
        (place / _LOCK).unlink(missing_ok=True)
        with suppress(OSError):  # gone already, or something was put there by hand
            place.rmdir()


def _report_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.report.json")


def _reserved(place: Path, name: str) -> Path:
    """A name that nobody has there, reserved by the file of its report: two watchers do not get the same."""
    stem, suffix = Path(name).stem, Path(name).suffix
    number = 1
    while True:
        target = place / (name if number == 1 else f"{stem}-{number}{suffix}")
        number += 1
        if target.exists():
            continue
        try:
            with _report_of(target).open("x"):
                return target
        except FileExistsError:
            continue
