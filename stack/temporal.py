"""Temporal's development server with its UI: loopback only, kept in a SQLite file, gone when its owner is gone."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from engine.errors import StackError
from stack import probe
from stack.environment import NAMESPACE, without_temporal
from stack.ports import LOOPBACK, any_free, is_free
from stack.process import LeashedProcess

# The development server forgets closed workflows after a day, and has no flag for it. Ten years is longer than any
# look back.
RETENTION_DAYS = 3650
START_TIMEOUT = 60.0  # seconds
# TEMPORAL_* and config files of the user name servers of theirs; this one must not listen to them.
ALONE = ("--disable-config-file", "--disable-config-env")


class TemporalServer:
    """Everything lies in `home/temporal/`; the log is `home/log/temporal.log`. A port of 0 means any free one.

    `search_attributes` (name -> type) are registered in the namespace `default`, also in a file that was made without
    them.
    """

    name = "temporal"

    def __init__(
        self,
        home: Path,
        *,
        port: int | None = None,
        ui_port: int | None = None,
        search_attributes: Mapping[str, str] | None = None,
    ) -> None:
        self._folder = home.absolute() / "temporal"
        self._port = 7233 if port is None else port
        self._ui_port = 8233 if ui_port is None else ui_port
        self._search_attributes = dict(search_attributes or {})
        self._process = LeashedProcess(home.absolute(), self.name)

    @property
    def address(self) -> str:
        """host:port of the frontend, as `TEMPORAL_ADDRESS` takes it."""
        return f"{LOOPBACK}:{self._port}"

    @property
    def ui_url(self) -> str:
        return f"http://{LOOPBACK}:{self._ui_port}"

    where = address

    async def start(self) -> str:
        """Starts the server, waits until it answers for the namespace, and returns its address.

        StackError when a port is taken, when it is running for someone else, or when it cannot start.
        """
        if self._process.running:
            return self.address
        binary = find_temporal()
        await self._process.acquire()
        try:
            self._choose_ports()
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            await self._process.start(self._command(binary), without_temporal(os.environ), cwd=self._folder)
            await self._ready()
            await asyncio.to_thread(self._furnish, binary)
        except BaseException:
            await self._process.stop()
            raise
        return self.address

    async def stop(self) -> None:
        await self._process.stop()

    async def wait(self) -> int:
        """Until the server has ended, whyever; gives its exit status."""
        return await self._process.wait()

    def _choose_ports(self) -> None:
        use_it = ", or use that server: TEMPORAL_ADDRESS=" + self.address
        self._port = self._port_for("Temporal", self._port, "LEADFLOW_TEMPORAL_PORT", use_it)
        self._ui_port = self._port_for("Temporal's UI", self._ui_port, "LEADFLOW_UI_PORT")

    def _port_for(self, use: str, wanted: int, setting: str, otherwise: str = "") -> int:
        """The port that is wanted, or any (0), which needs no second look: asking at it may meet one's own call."""
        if wanted and not is_free(wanted):
            raise StackError(
                f"port {wanted}, wanted for {use}, is in use by another program",
                f"Stop that program, or choose another port: {setting}={wanted + 100}{otherwise}",
            )
        return wanted or any_free()

    def _command(self, binary: Path) -> list[str]:
        attributes = [f"--search-attribute={name}={kind}" for name, kind in self._search_attributes.items()]
        return [
            *(str(binary), "server", "start-dev", *ALONE, f"--ip={LOOPBACK}"),
            *(
                f"--port={self._port}",
                f"--ui-port={self._ui_port}",
                "--ui-disable-news-fetch",
                # A lead whose task fails twice in a row is flagged: `leadflow status` shows it within seconds.
                "--dynamic-config-value=system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute=2",
                "--db-filename=temporal.db",
            ),
            # Twice the leads per second of SQLite's defaults, and still safe when the server is killed.
            *("--sqlite-pragma=journal_mode=wal", "--sqlite-pragma=synchronous=normal"),
            *attributes,
        ]

    async def _ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while self._process.running and time.monotonic() < deadline:
            if await probe.temporal_ui(self.ui_url) is None and self._process.running:
                return
            await asyncio.sleep(0.05)
        raise StackError(
            f"Temporal did not start: {self._process.last_words()}", f"Mend what its log says: {self._process.log}"
        )

    def _furnish(self, binary: Path) -> None:
        """What start-dev has no flag for, or sets only when it makes a new file."""
        namespace = f"{self.ui_url}/api/v1/namespaces/{NAMESPACE}"
        config = probe.http_json(namespace).get("config")
        if not isinstance(config, dict) or config.get("workflowExecutionRetentionTtl") != f"{RETENTION_DAYS * 86400}s":
            self._operate(binary, "namespace", "update", f"--namespace={NAMESPACE}", f"--retention={RETENTION_DAYS}d")
        known = probe.http_json(f"{namespace}/search-attributes").get("customAttributes")
        wanted = {name: kind for name, kind in self._search_attributes.items() if not _is_registered(known, name, kind)}
        if wanted:
            names = [word for name, kind in wanted.items() for word in (f"--name={name}", f"--type={kind}")]
            self._operate(binary, "search-attribute", "create", *names)

    def _operate(self, binary: Path, *arguments: str) -> None:
        done = subprocess.run(
            [binary, "operator", *arguments, *ALONE, f"--address={self.address}"],
            env=without_temporal(os.environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise StackError(
                f"Temporal refused `{' '.join(arguments)}`: {done.stderr.strip()}",
                f"Its data may be of an older version of leadflow; to begin afresh, remove {self._folder}",
            )


def _is_registered(known: object, name: str, kind: str) -> bool:
    spelled = "INDEXED_VALUE_TYPE_" + {"KeywordList": "KEYWORD_LIST"}.get(kind, kind.upper())
    return isinstance(known, dict) and known.get(name) == spelled


def find_temporal() -> Path:
    """The `temporal` program that the wheel put beside our Python, else the one on PATH."""
    beside = Path(sys.executable).with_name("temporal")
    found = beside if beside.exists() else shutil.which("temporal")
    if found is None:
        raise StackError(
            "the program `temporal` is not installed",
            "Run `make setup`, or let TEMPORAL_ADDRESS name a running server.",
        )
    return Path(found)
