"""The local stack on a machine that is set up for other work with Temporal."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from settings import load
from stack.detached import stop_detached
from stack.environment import NAMESPACE
from stack.state import Endpoints
from tests.cli.command import Leadflow, Prepared, on

PROFILE = """
[profile.default]
address = "sales.example:7233"
namespace = "sales"
api_key = "not-for-you"
"""


@pytest.fixture
def elsewhere(tmp_path: Path, prepared: Prepared) -> Iterator[Leadflow]:
    """Commands of somebody who works with another Temporal too: variables, and a config file at its usual places."""
    for folder in ("config", "Library/Application Support"):
        place = tmp_path / folder / "temporalio"
        place.mkdir(parents=True)
        (place / "temporal.toml").write_text(PROFILE)
    commands = on(tmp_path, prepared)
    set_up = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    set_up |= {"TEMPORAL_NAMESPACE": "sales", "TEMPORAL_API_KEY": "not-for-you", "TEMPORAL_TLS": "true"}
    yield Leadflow({**commands.environment, **set_up}, prepared)
    stop_detached(commands.home)


def test_the_local_stack_does_not_listen_to_what_is_set_up_for_another_temporal(elsewhere: Leadflow) -> None:
    """C.3: two commands on any machine; a namespace, a key or a config file of other work breaks neither servers nor
    workers nor commands."""
    started = elsewhere("up")
    assert (started.status, started.err) == (0, "")
    status = elsewhere("status", "--json")
    assert status.status == 0, status.out
    assert "in default" in next(part["where"] for part in status.json()["parts"] if part["name"] == "leads")


@pytest.mark.parametrize("name", ["TEMPORAL_ADDRESS", "TEMPORAL_PROFILE", "TEMPORAL_CONFIG_FILE"])
def test_what_names_a_server_means_a_temporal_of_ones_own(name: str) -> None:
    """C.3: who names a server, a profile or a file of them wants it used."""
    assert load({name: "x"}).own_temporal


@pytest.mark.parametrize("name", ["TEMPORAL_NAMESPACE", "TEMPORAL_API_KEY", "TEMPORAL_TLS"])
def test_what_only_says_how_means_none(name: str) -> None:
    """C.3: it counts for a server that is named, and for nothing else."""
    assert not load({name: "x"}).own_temporal


def test_workers_are_told_of_one_temporal_only() -> None:
    """C.3: beside our server they find nothing of the user's; beside the user's own they find all of it."""
    there = {"PATH": "/bin", "TEMPORAL_NAMESPACE": "sales", "TEMPORAL_API_KEY": "key"}
    ours = Endpoints("postgresql://x", "127.0.0.1:7233").environment(there)
    told = {name: value for name, value in ours.items() if name.startswith("TEMPORAL_")}
    assert told == {
        "TEMPORAL_ADDRESS": "127.0.0.1:7233",
        "TEMPORAL_NAMESPACE": NAMESPACE,
        "TEMPORAL_CONFIG_FILE": os.devnull,
    }
    assert ours["PATH"] == "/bin"
    own = Endpoints("postgresql://x", "sales.example:7233", own_temporal=True).environment(there)
    assert own.items() >= {**there, "TEMPORAL_ADDRESS": "sales.example:7233"}.items()


def test_a_configuration_that_cannot_be_read_is_told(leadflow: Leadflow) -> None:
    """Every error says how to mend it."""
    answer = leadflow("up", TEMPORAL_PROFILE="nowhere")
    assert answer.status == 1
    assert "nowhere" in answer.err and "TEMPORAL_PROFILE" in answer.err and "Traceback" not in answer.err
