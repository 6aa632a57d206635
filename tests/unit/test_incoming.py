"""The front door before anything is written: keys, routing, fields, and what is personal set apart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from client.cleaning.names import Names
from client.incoming import Incoming, KeptOut, key_of, receive
from engine.catalog import Catalog
from engine.errors import IntakeError
from engine.process import Process
from store.definition_files import load_process, process_files

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
LEAD = {"id": "42", "kind": "sales", "channel": "direct", "source": "web", "company": "Cobalt", "country": "DE"}


@cache
def catalog() -> Catalog:
    made = Catalog()
    for file in process_files(Path(__file__).parents[2] / "definitions"):
        made.add(load_process(file)[1])
    return made


def shipped(key: str) -> Iterator[Process]:
    return catalog().for_new(key)


def taken(**more: Any) -> Incoming:
    raw = {name: value for name, value in {**LEAD, **more}.items() if value is not None}
    incoming = receive(raw, shipped, NOW, "web")
    assert isinstance(incoming, Incoming)
    return incoming


@pytest.mark.parametrize(
    ("lead", "process"),
    [
        ({}, "inbound_b2b"),
        ({"source": "trade_show"}, "trade_show"),
        ({"channel": "indirect"}, "partner"),
        ({"product_line": "courses", "company": None}, "course_sales"),
        ({"timeframe": "over_1_year"}, "nurture"),
        ({"timeframe": "6_to_12_months"}, "nurture"),
        ({"product_line": "courses", "company": None, "channel": "indirect"}, "course_sales"),
        ({"timeframe": "under_3_months"}, "inbound_b2b"),
    ],
)
def test_a_rule_chooses_the_process(lead: dict[str, Any], process: str) -> None:
    """S1.1: several definitions, by product and category of the lead; each lead is taken by exactly one, by rule."""
    assert taken(**lead).process.name == process


@pytest.mark.parametrize("kind", ["hiring", "vendor"])
def test_hiring_and_vendor_leads_are_kept_out_with_the_reason(kind: str) -> None:
    """S0.14: recognised at intake and routed out with a reason; no process ever sees them."""
    kept = receive({**LEAD, "kind": kind}, shipped, NOW, "web")
    assert isinstance(kept, KeptOut)
    assert kept.key == "lead:web:42"
    assert kept.reason


def test_the_source_is_kept_beside_the_stage() -> None:
    """S3.4: the source goes with the lead as it came, and with its touch."""
    incoming = taken(source="webinar", campaign="spring")
    assert incoming.fields["source"] == "webinar"
    assert incoming.touch == {"source": "webinar", "campaign": "spring", "channel": "direct", "origin": None}


def test_the_key_is_the_upstream_key_and_nothing_else() -> None:
    """C.6: whatever else changes, the same id of the same system is the same lead."""
    assert taken().key == taken(company="Cobalt GmbH", employees=7).key == "lead:web:42"
    assert receive(LEAD, shipped, NOW, "crm").key == "lead:crm:42"


def test_ids_that_look_alike_stay_apart() -> None:
    """C.6: two ids that differ in characters which no key may hold are two leads."""
    keys = {key_of("web", id) for id in ("a b", "a/b", "a-b", "a:b", "A-b", "ä b")}
    assert len(keys) == 6
    assert all(" " not in key and "/" not in key for key in keys)


def test_without_an_id_the_same_person_is_the_same_lead_and_the_key_names_nobody() -> None:
    """C.6, B.7: what identifies a person makes the key, and cannot be read in it."""
    raw = {name: value for name, value in LEAD.items() if name != "id"}
    first = receive({**raw, "email": "Ada@Example.com"}, shipped, NOW, "web")
    again = receive({**raw, "email": "ada@example.com "}, shipped, NOW, "web")
    assert first.key == again.key
    assert "ada" not in first.key.lower()


@pytest.mark.parametrize(
    "id",
    [
        *("ada@example.com", "Ada <ada@example.com>", "crm/ada@example.com", "mailto:ada@example.com"),
        *("+49 30 901820", "0049-30-901820", "030/901820-7", "(030) 901 820", "+4930901820"),
    ],
)
def test_an_id_that_is_a_mail_address_or_phone_number_is_not_told(id: str) -> None:
    """C.6, B.7: key and title go into history; whoever is known by an address upstream is not named there."""
    incoming = taken(id=id, company=None, product_line="courses")
    for shown in (incoming.key, incoming.title):
        assert not any(part in shown.replace("-", "") for part in ("ada", "example", "901820", "30901"))
    assert incoming.key == taken(id=id).key
    assert incoming.external_id == id
    assert taken(id=f"{id}1").key != incoming.key
    assert "ada" not in taken(source_system="ada@example.com").key


@pytest.mark.parametrize(
    "id", ["42", "660737", "2026-000123", "00Q5g00000ABCDE", "0042-17", "7927b2df-8bba-4d29-b9a2-b6e0beafc211", "@home"]
)
def test_any_other_id_can_be_read_in_the_key(id: str) -> None:
    """C.6: people look for a lead by the number that their system shows."""
    assert taken(id=id).key == f"lead:web:{id}"


def test_what_is_personal_is_set_apart() -> None:
    """B.7: personal values are not among the fields that go into the workflow; only their names are."""
    incoming = taken(email="ada@example.com", contact_name="Ada Lovelace", employees="12")
    assert incoming.fields["employees"] == 12
    assert not {"email", "contact_name"} & set(incoming.fields)
    assert set(incoming.known) == {"email", "contact_name"}


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"country": "Atlantis"}, "country", "two letters"),
        ({"employees": "many"}, "employees", "whole number"),
        ({"employees": -1}, "employees", "at least 0"),
        ({"product_line": "boats"}, "product_line", "one of"),
        ({"timeframe": "over_1_year", "wake_on": "9999-12-31"}, "wake_on", "from 1900-01-01 to 2199-12-31"),
        ({"timeframe": "over_1_year", "wake_on": "0001-01-01"}, "wake_on", "from 1900-01-01 to 2199-12-31"),
        ({"timeframe": "over_1_year", "wake_on": "soon"}, "wake_on", "a date such as"),
        ({"shoe_size": 43}, "shoe_size", "no field"),
        ({"company": ["a"]}, "company", "text"),
        ({"company": "x" * 3000}, "company", "longer"),
        ({"company": "Cob\x00alt"}, "company", "NUL"),
        ({"company": "Cobalt \ud83d"}, "company", "surrogate"),
        ({"email": "jo\ud800@cobalt.example"}, "email", "surrogate"),
        ({"email": "jo\ud800@cobalt.example", "id": None}, "email", "surrogate"),
        ({"company": {"name": "Cobalt"}}, "company", "text"),
        ({"id": "4\x002"}, "id", "NUL"),
        ({"title": "\udfff"}, "title", "surrogate"),
        ({"source_system": "web\ud800"}, "source_system", "surrogate"),
    ],
)
def test_a_bad_field_is_named_with_what_it_takes(change: dict[str, Any], field: str, says: str) -> None:
    """S4.2: an incoming lead is checked by its process; the refusal names each field at fault, and why."""
    with pytest.raises(IntakeError) as refused:
        taken(**change)
    assert says in refused.value.fields[field]
    assert refused.value.remedy


def test_all_bad_fields_are_told_at_once() -> None:
    """S4.2: nobody mends a lead field by field."""
    with pytest.raises(IntakeError) as refused:
        taken(product_line="boats", country="Atlantis", employees="many")
    assert set(refused.value.fields) == {"product_line", "country", "employees"}


def test_a_lead_without_what_its_process_requires_is_kept_and_says_what_it_lacks() -> None:
    """S0.11, S3.7: half a lead is a lead; what is not known is unknown, and no reason to lose it."""
    incoming = taken(company=None, country=" ")
    assert incoming.process.name == "inbound_b2b"
    assert incoming.missing == ("company", "country")
    assert not {"company", "country"} & set(incoming.fields)


@pytest.mark.parametrize("email", ["nowhere", "=?utf-8?q?a=0D=0ABcc=3A_b?=@c.example", "a@=?utf-8?q?c.example?="])
def test_a_mail_address_that_is_none_is_unknown_and_kept_as_it_was_sent(email: str) -> None:
    """S0.11: the lead is taken, its address is not known, and people see what stood there."""
    incoming = taken(email=email, phone="030 901820")
    assert "email" not in incoming.known
    assert (incoming.raw["email"], incoming.invalid) == (email, ("email",))
    assert incoming.personal["phone"] == "+4930901820"
    assert (incoming.quality.wanted, incoming.quality.filled) == (4, 3)


def test_two_addresses_that_are_none_are_two_touches() -> None:
    """S0.13: what was taken away still tells one inquiry from another; what was only written otherwise does not."""
    assert taken(email="nowhere").content != taken(email="somewhere").content
    assert taken(email="Ada <ada@Example.com>").content == taken(email="ada@example.com").content


def test_the_key_of_a_lead_without_an_id_is_what_it_always_was() -> None:
    """C.6: cleaning must not make another lead of one that came before it was there."""
    raw = {name: value for name, value in LEAD.items() if name != "id"} | {"email": "Ada <Ada@Example.com>"}
    assert receive(raw, shipped, NOW, "web").key == "lead:web:7ed801efdc192e413a18"


def test_where_a_lead_comes_from_says_what_it_is_if_it_does_not() -> None:
    """S0.14: whoever writes to the careers page wants a job, unless the lead says otherwise."""
    names = Names(sources={"jobs": "careers"}, kinds={"careers": "hiring"})
    raw = {**LEAD, "source": "Jobs"}
    assert isinstance(receive(raw, shipped, NOW, "web", names), Incoming)
    del raw["kind"]
    kept = receive(raw, shipped, NOW, "web", names)
    assert isinstance(kept, KeptOut)
    assert (kept.reason, kept.touch["source"]) == ("hiring", "careers")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"id": "x" * 201}, "id"),
        ({"source_system": "s" * 101}, "source_system"),
        ({"id": "i" * 200, "source_system": "s" * 100}, "id"),
    ],
)
def test_a_key_that_is_too_long_is_refused_before_anything_is_written(more: dict[str, Any], field: str) -> None:
    """C.6: the key becomes the workflow's id; what Temporal would refuse must not lie in the database for ever."""
    with pytest.raises(IntakeError) as refused:
        taken(**more)
    assert set(refused.value.fields) == {field}


@pytest.mark.parametrize("bad", ["a\x00b", "a\ud800b", "a\x1b[2Jb", "a\nb", "a\x9bb"])
@pytest.mark.parametrize("place", ["id", "source_system", "title"])
def test_what_names_a_lead_is_one_line_that_can_be_kept(place: str, bad: str) -> None:
    """C.6: half a character or a NUL has no place in database or history, an escape sequence none in a list of leads."""
    with pytest.raises(IntakeError) as refused:
        taken(**{place: bad})
    assert set(refused.value.fields) == {place}
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("company", "says"), [("a\x00b", "NUL"), ("a\ud800b", "half of a character"), ("x" * 2_001, "longer than 2000")]
)
def test_a_field_keeps_lines_but_no_half_characters(company: str, says: str) -> None:
    """C.6: what PostgreSQL or UTF-8 cannot hold is refused by name, not by a crash."""
    with pytest.raises(IntakeError) as refused:
        taken(company=company)
    assert says in refused.value.fields["company"]
    assert taken(company="Cobalt\nWerk 2").title == "Cobalt Werk 2"


@pytest.mark.parametrize("name", ["id", "source_system"])
@pytest.mark.parametrize("value", [{"a": 1}, ["a"], True])
def test_what_names_a_lead_is_text_or_a_number(name: str, value: Any) -> None:
    """C.6: how a list or an object is written is no name: another program would write it otherwise."""
    with pytest.raises(IntakeError) as refused:
        taken(**{name: value})
    assert refused.value.code == "BAD_ID" and "text" in refused.value.fields[name]
    assert taken(id=42).key == taken(id="42").key


@pytest.mark.parametrize("raw", [None, [], "lead", 7])
def test_what_is_no_lead_is_refused(raw: Any) -> None:
    """C.6: wrong input is an answer, never a crash."""
    with pytest.raises(IntakeError):
        receive(raw, shipped, NOW, "web")


def test_a_lead_without_id_and_identity_is_refused() -> None:
    """C.6: what could not be recognised a second time is not let in a first time."""
    with pytest.raises(IntakeError) as refused:
        receive({name: value for name, value in LEAD.items() if name != "id"}, shipped, NOW, "web")
    assert "id" in refused.value.fields


def test_a_lead_that_no_process_takes_is_refused_with_those_asked() -> None:
    """S1.1: the answer says who was asked."""
    with pytest.raises(IntakeError) as refused:
        taken(kind="unheard_of")
    assert "inbound_b2b" in refused.value.message
