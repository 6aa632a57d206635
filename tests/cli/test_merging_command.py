"""S0.13: `leadflow lead merge` as whoever decides uses it: a dry run, in earnest, with the worker killed amid, and back."""

from __future__ import annotations

import json
import os
import signal
import sys
import time

import pytest

from stack.state import read_state
from tests.cli.command import Leadflow
from tests.stack.test_local_stack import holders

COMPANY = {"kind": "sales", "channel": "direct", "country": "DE", "product_line": "pumps"}
BY = ("--by", "maria_lopez", "--reason", "the same inquiry")


def start(leadflow: Leadflow, system: str, **fields: object) -> str:
    lead = json.dumps({"id": "7", **COMPANY, **fields})
    answer = leadflow("lead", "start", "-", "--source-system", system, "--json", given=lead)
    assert answer.status == 0, answer.err
    return str(answer.json()["key"])


@pytest.fixture(scope="module")
def two(running: Leadflow) -> tuple[str, str]:
    """The key of a lead, and that of the same one from elsewhere."""
    stays = start(running, "web", source="web", company="Cobalt GmbH", employees=1200)
    return stays, start(
        running, "fair", source="web", company="Werk Kobalt", campaign="spring", email="ada@cobalt.example"
    )


def test_a_dry_run_says_what_becomes_of_the_two_and_writes_nothing(running: Leadflow, two: tuple[str, str]) -> None:
    """S0.13: what the survivor learns, what ends, what comes along, and what the rules would say."""
    stays, ends = two
    seen = running("lead", "merge", ends, stays)
    assert seen.status == 0, seen.err
    assert f"{ends} would end, and {stays} (Cobalt GmbH) go on: it was named" in seen.out
    assert "learns: campaign = spring" in seen.out
    assert "learns what is personal: email" in seen.out
    assert "comes along: 1 touches, 0 notes" in seen.out
    assert "ada@" not in seen.out
    told = running("lead", "merge", ends, stays, "--by-rules", "--json").json()
    assert (told["dry_run"], told["survivor"], told["rule"]) == (True, stays, "it came first")
    assert [line["key"] for line in running("lead", "list", "--merged", "--json").json()] == []


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("{stays}", "{stays}", "--apply", *BY), 1, "both are the same lead"),
        (("nobody", "{stays}"), 1, "there is no lead 'nobody'"),
        (("{ends}", "{stays}", "--apply"), 2, "say why"),
        (("{ends}", "{stays}", "--apply", "--by", "mario", "--reason", "x"), 1, "nobody called 'mario'"),
        (("{ends}",), 2, "name the lead that goes on"),
        (("{ends}", "{stays}", "--undo"), 2, "and nothing else"),
        (("{ends}", "--undo"), 1, "is not merged into another lead"),
    ],
)
def test_what_cannot_be_is_told(
    running: Leadflow, two: tuple[str, str], arguments: tuple[str, ...], status: int, says: str
) -> None:
    """S0.13: in words, on standard error, and nothing has happened."""
    stays, ends = two
    answer = running("lead", "merge", *(word.format(stays=stays, ends=ends) for word in arguments))
    assert (answer.status, answer.out) == (status, "")
    assert says in " ".join(answer.err.replace("│", " ").split())


@pytest.mark.skipif(sys.platform != "linux", reason="finds the process to kill in /proc")
def test_a_merge_whose_worker_is_killed_comes_to_its_end_and_back(running: Leadflow, two: tuple[str, str]) -> None:
    """S0.13, C.1: the stack starts another worker; the same command again is the same merge, and nothing is done twice."""
    stays, ends = two
    state = read_state(running.home)
    assert state is not None
    for worker in holders(running.home / "run" / "worker.lock"):
        if worker != state.pid:
            os.kill(worker, signal.SIGKILL)
    deadline = time.monotonic() + 90
    while (answer := running("lead", "merge", ends, stays, "--apply", *BY, "--json")).status != 0:
        assert time.monotonic() < deadline, answer.err
        time.sleep(0.5)
    assert (answer.json()["loser"], answer.json()["survivor"]) == (ends, stays)
    again = running("lead", "merge", ends, stays, "--apply", *BY, "--json")
    assert again.json()["id"] == answer.json()["id"]

    shown = running("lead", "show", stays, "--json").json()
    happened = [event["happening"] for event in shown["events"]]
    assert happened.count("took_in") == 1
    assert shown["fields"]["campaign"] == "spring"
    assert [merged["lead"]["key"] for merged in shown["merged_in"]] == [ends]
    page = running("lead", "show", stays).out
    assert "Merged in: Werk Kobalt" in page and "came to" in page
    assert f"merged into {stays}" in running("lead", "show", ends).out
    assert [line["key"] for line in running("lead", "list", "--json").json()] == [stays]
    assert [line["merged_into"] for line in running("lead", "list", "--merged", "--json").json()] == [stays]
    sent = running("lead", "send", ends, "note", "--by", "maria_lopez", "--note", "Called.", "--json")
    assert sent.json()["done"]["lead"] == stays
    assert [check for check in running("doctor", "--json").json() if not check["ok"]] == []

    seen = running("lead", "merge", ends, "--undo")
    assert f"{stays} would forget:" in seen.out and "Nothing was written" in seen.out
    undone = running("lead", "merge", ends, "--undo", "--apply", "--by", "maria_lopez", "--reason", "two after all")
    assert (undone.status, undone.err) == (0, "")
    assert f"{ends} goes on by itself" in undone.out
    listed = running("lead", "list", "--json").json()
    assert sorted(line["key"] for line in listed) == sorted([stays, ends])
    assert [check for check in running("doctor", "--json").json() if not check["ok"]] == []
