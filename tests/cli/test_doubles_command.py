"""S0.13: `leadflow lead doubles` and `lead distinct` as whoever decides uses them."""

from __future__ import annotations

import json

import pytest

from tests.cli.command import Leadflow

ZOE = {
    "kind": "sales",
    "channel": "direct",
    "source": "web",
    "country": "DE",
    "product_line": "pumps",
    "contact_name": "Zoe Quitzow",
}


def start(leadflow: Leadflow, system: str, number: str, **fields: object) -> str:
    lead = json.dumps({"id": number, **ZOE, **fields})
    answer = leadflow("lead", "start", "-", "--source-system", system, "--json", given=lead)
    assert answer.status == 0, answer.err
    return str(answer.json()["key"])


@pytest.fixture(scope="module")
def two(running: Leadflow) -> tuple[str, str]:
    """Of one name and one company, from different addresses: it may be one person."""
    return (
        start(running, "web", "q1", company="Quitzow Valves GmbH", email="zoe@quitzow.example"),
        start(running, "fair", "q2", company="Quitzow Valves", email="zoe.quitzow77@gmail.com"),
    )


def _pairs(leadflow: Leadflow, *keys: str) -> list[set[str]]:
    told = leadflow("lead", "doubles", "--limit", "1000", "--json").json()
    pairs = [{pair["pair"]["one"], pair["pair"]["other"]} for pair in told]
    return [pair for pair in pairs if pair & set(keys)]


def test_both_stand_beside_each_other_with_what_agrees(running: Leadflow, two: tuple[str, str]) -> None:
    """S0.13, B.5: a pair that waits, each side's values, the reasons, and what can be done about it."""
    assert _pairs(running, *two) == [set(two)]
    seen = running("lead", "doubles", "--limit", "1000")
    assert seen.status == 0, seen.err
    assert all(key in seen.out for key in two)
    assert "the same company" in seen.out
    assert "another mail address" in seen.out
    assert "leadflow lead merge" in seen.out


def test_two_that_were_told_apart_are_never_asked_about_again(running: Leadflow, two: tuple[str, str]) -> None:
    """S0.13: in either order, and said twice it is still said; the next who comes is asked about both, these two are not."""
    one, other = two
    told = running("lead", "distinct", other, one, "--by", "maria_lopez", "--json")
    assert told.status == 0, told.err
    assert told.json()["new"] is True
    assert _pairs(running, *two) == []
    assert running("lead", "distinct", one, other, "--by", "maria_lopez", "--json").json()["new"] is False
    third = start(running, "partner", "q3", company="Quitzow Valves", email="z.q@gmx.de")
    asked = _pairs(running, *two, third)
    assert asked
    assert set(two) not in asked


def test_a_pair_that_is_merged_waits_no_more(running: Leadflow) -> None:
    """S0.13: merging answers the question."""
    first = start(
        running, "web", "q4", contact_name="Yorick Ueberall", company="Ueberall Pumps", email="y@ueberall.example"
    )
    then = start(
        running, "fair", "q5", contact_name="Yorick Ueberall", company="Ueberall Pumps", email="yorick8@web.de"
    )
    assert _pairs(running, first, then) == [{first, then}]
    by = ("--by", "maria_lopez", "--reason", "the same person")
    merged = running("lead", "merge", then, first, "--apply", *by)
    assert merged.status == 0, merged.err
    assert _pairs(running, first, then) == []


def test_a_colleague_of_somebody_we_know_goes_to_whoever_has_the_account(running: Leadflow) -> None:
    """S0.13, S4.4: two people are two leads; the company's owner keeps the company, wherever the second is and whoever's turn it is."""
    known = start(
        running, "web", "q6", contact_name="Xaver Isenberg", company="Isenberg Pumps", email="x@isenberg.example"
    )
    abroad = {"country": "ES", "employees": 20}
    stranger = start(
        running, "web", "q7", contact_name="Luz Prado", company="Prado Agua", email="luz@prado.example", **abroad
    )
    colleague = start(
        running,
        "web",
        "q8",
        contact_name="Ines Calvo",
        company="Isenberg Pumps",
        email="ines@isenberg.example",
        **abroad,
    )
    assert len({known, stranger, colleague}) == 3
    owners = [running("lead", "show", key, "--json").json()["lead"]["owner"] for key in (known, stranger, colleague)]
    assert owners[0] is not None
    assert owners[2] == owners[0]
    assert owners[1] != owners[0]
    assert _pairs(running, known, colleague) == []
