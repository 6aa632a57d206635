"""What tests of the command line share: commands, and a stack that was started with one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.detached import stop_detached
from tests.cli.command import Leadflow, Prepared, on


@pytest.fixture(scope="session")
def prepared() -> Iterator[Prepared]:
    prepared = Prepared()
    yield prepared
    prepared.close()


@pytest.fixture
def leadflow(tmp_path: Path, prepared: Prepared) -> Leadflow:
    """Commands where nothing runs."""
    return on(tmp_path, prepared)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, prepared: Prepared) -> Iterator[Leadflow]:
    """Commands on a stack that `leadflow up` has started, with the shipped processes and the sample roster."""
    leadflow = on(tmp_path_factory.mktemp("cli"), prepared)
    try:
        for command in (("up",), ("publish", "definitions"), ("roster", "load", "definitions/rosters/sample.yaml")):
            answer = leadflow(*command)
            assert answer.status == 0, answer.err
        yield leadflow
    finally:
        stop_detached(leadflow.home)
