"""Webhooks of providers: who signed them and when, what a body means, and what is wrong in a file that says so."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.hooks.body import FORM, read_body
from client.hooks.file import HookFile, read_hook, read_hooks
from client.hooks.meaning import EventMeant, LeadMeant, NothingMeant, meaning
from client.hooks.places import fault_of_place, found_at
from client.hooks.signed import NotSigned, check_signature, check_time, signature_of, time_in_headers
from engine.errors import DefinitionError, IntakeError

DEFINITIONS = Path(__file__).parents[2] / "definitions"
SHIPPED = read_hooks(DEFINITIONS)
NOW = datetime(2026, 11, 25, 14, 0, tzinfo=UTC)
SECRET = "a secret of the provider"

FILE = """\
hook: desk
source_system: desk
signature: {header: X-Signature, signs: "{timestamp}.{body}"}
timestamp: {header: X-Timestamp}
id: id
leads:
  - {when: {kind: [form, callback]}, key: who.id, constants: {kind: sales}, fields: {company: {from: who.company}}}
events:
  - {when: {kind: won}, event: ordered, key: who.id, codes: {reason: {from: why, values: {P: price}}}}
"""


def hook(tmp_path: Path, *changes: tuple[str, str]) -> HookFile:
    text = FILE
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    (tmp_path / "desk.yaml").write_text(text, "utf-8")
    return read_hook(tmp_path / "desk.yaml")


def sample(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((DEFINITIONS / "samples" / "hooks" / f"{name}.json").read_text("utf-8"))
    return read


# --- who signed it, and when -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "signature",
    [
        'signature: {header: X-Signature, signs: "{timestamp}.{body}"}',
        'signature: {header: X-Signature, prefix: "sha256=", encoding: base64, signs: "v0:{timestamp}:{body}"}',
        'signature: {header: X-Signature, algorithm: hmac_sha512, signs: "{body}{timestamp}"}',
    ],
)
def test_what_is_signed_as_the_file_says_is_taken(tmp_path: Path, signature: str) -> None:
    """C.6: hex or base64, with a prefix or without, over time and body in the provider's order; another byte is another body."""
    rule = hook(tmp_path, ('signature: {header: X-Signature, signs: "{timestamp}.{body}"}', signature))
    body = '{"company": "Ö"}'.encode()
    headers = {"x-timestamp": "1700000000", "x-signature": signature_of(rule, SECRET, "1700000000", body)}
    check_signature(rule, [SECRET], headers, body)
    for others in ({}, {"x-timestamp": "1700000001"}, {"x-signature": "sha256=zz"}, {"x-signature": "é"}):
        with pytest.raises(NotSigned):
            check_signature(rule, [SECRET], (headers | others) if others else {}, body)
    with pytest.raises(NotSigned) as refused:
        check_signature(rule, [SECRET], headers, body + b" ")
    assert refused.value.code == "WRONGLY_SIGNED"


def test_while_a_secret_changes_the_old_and_the_new_are_good(tmp_path: Path) -> None:
    """S1.13: a secret can be exchanged without losing a lead, and no other one is good."""
    rule = hook(tmp_path)
    for secret, fits in (("old", True), ("new", True), ("other", False)):
        headers = {"x-timestamp": "1", "x-signature": signature_of(rule, secret, "1", b"{}")}
        if fits:
            check_signature(rule, ["old", "new"], headers, b"{}")
        else:
            with pytest.raises(NotSigned):
                check_signature(rule, ["old", "new"], headers, b"{}")


@given(st.binary(max_size=200), st.text(max_size=60), st.text(max_size=20))
def test_nothing_but_the_secret_makes_a_signature(body: bytes, signature: str, timestamp: str) -> None:
    """S1.13: whatever stands in the headers, it is refused in words and never fails."""
    for rule in SHIPPED.values():
        headers = {rule.signature.header.lower(): signature, (rule.timestamp.header or "t").lower(): timestamp}
        with pytest.raises(NotSigned):
            check_signature(rule, [SECRET], headers, body)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (NOW, None),
        (NOW - timedelta(minutes=5), None),
        (NOW + timedelta(minutes=5), None),
        (NOW - timedelta(minutes=5, seconds=1), "TOO_LATE"),
        (NOW + timedelta(minutes=5, seconds=1), "TOO_EARLY"),
        (NOW - timedelta(days=9000), "TOO_LATE"),
    ],
)
def test_what_is_too_old_or_from_the_future_is_refused(tmp_path: Path, sent: datetime, code: str | None) -> None:
    """C.6: five minutes if the file says nothing, whether the provider counts seconds, milliseconds or writes a date."""
    rule = hook(tmp_path)
    seconds = int(sent.timestamp())
    for written in (seconds, str(seconds), f"{seconds}000" if seconds > 10**8 else seconds, sent.isoformat()):
        if code is None:
            check_time(rule, written, NOW)
        else:
            with pytest.raises(NotSigned) as refused:
                check_time(rule, written, NOW)
            assert refused.value.code == code


@pytest.mark.parametrize(
    "given", [None, "", "soon", "nan", "inf", "-1e300", "2026-11-25", True, [], {}, "2026-11-25T14:00"]
)
def test_a_time_that_is_none_is_refused(tmp_path: Path, given: object) -> None:
    """C.6: a date without a zone would be hours off."""
    with pytest.raises(NotSigned) as refused:
        check_time(hook(tmp_path), given, NOW)
    assert refused.value.code in ("NO_TIMESTAMP", "TOO_LATE")


def test_time_and_signature_may_stand_in_one_header() -> None:
    """C.6: as the shipped CRM sends them."""
    rule = SHIPPED["crm"]
    signed = signature_of(rule, SECRET, "1700000000", b"{}")
    headers = {"x-crm-signature": f"t=1700000000, v1={signed}"}
    check_signature(rule, [SECRET], headers, b"{}")
    assert time_in_headers(rule, headers) == "1700000000"


# --- what it means ---------------------------------------------------------------------------------------------------


def test_the_shipped_form_becomes_a_lead() -> None:
    """C.6: nested answers found by what they answer; the delivery's id is the touch, so that the same again is the same."""
    meant = meaning(SHIPPED["web_forms"], sample("web_forms"))
    assert isinstance(meant, LeadMeant)
    assert meant.lead == {
        "id": "rsp-7741",
        "source_system": "web_forms",
        "touch_id": "web_forms:01HZX5M8",
        "kind": "sales",
        "channel": "direct",
        "source": "web",
        "origin": "central",
        "campaign": "pumps-autumn",
        "contact_name": "Greta Holm",
        "email": "greta.holm@nordwerk.example",
        "company": "Nordwerk GmbH",
        "country": "DE",
        "message": "Two pumps for a cooling circuit.",
        "employees": 240,
        "product_line": "pumps",
        "timeframe": "3_to_6_months",
    }


def test_a_deal_that_is_won_in_the_crm_is_an_event_of_its_lead() -> None:
    """C.6: the CRM tells of what happens there, and contacts that are entered there are leads."""
    won, contact = (meaning(SHIPPED["crm"], sample(name)) for name in ("crm_won", "crm_contact"))
    assert isinstance(won, EventMeant) and isinstance(contact, LeadMeant)
    assert (won.key, won.sending.event, won.sending.id) == ("lead:web:42", "ordered", "hook:crm:ev-20406")
    assert won.sending.fields == {"value": 48000, "deliver_on": "2027-03-15"}
    assert contact.lead["phone"] == "+33 1 99 00 10 21"
    assert isinstance(meaning(SHIPPED["crm"], {"event": {"id": 1, "type": "note.added"}}), NothingMeant)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "NO_ID"),
        ({"id": {}}, "NO_ID"),
        ({"id": 1}, "NO_RULE"),
        ({"id": 1, "kind": ["form"]}, "NO_RULE"),
        ({"id": 1, "kind": "form"}, "NO_ID"),
        ({"id": 1, "kind": "form", "who": {"id": []}}, "NO_ID"),
        ({"id": 1, "kind": "form", "who": "me"}, "NO_ID"),
        ({"id": 1, "kind": "won", "who": {"id": 4}, "why": "Q"}, "UNMAPPED"),
    ],
)
def test_a_body_that_means_nothing_is_refused_in_words(tmp_path: Path, body: dict[str, Any], code: str) -> None:
    """Section 5: with the place at fault."""
    with pytest.raises(IntakeError) as refused:
        meaning(hook(tmp_path), body)
    assert refused.value.code == code and refused.value.fields


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcid"), inner, max_size=3),
    max_leaves=12,
)


@given(json_values, st.text(alphabet="ab.[]=01 ", min_size=1, max_size=12))
def test_a_place_is_looked_for_in_whatever_comes(body: Any, place: str) -> None:
    """Section 5: wrong types are nothing found, and never a failure."""
    if fault_of_place(place) is None:
        found_at(body, place)


def test_places_reach_into_lists_and_forms() -> None:
    """C.6: by number, by value, and by a form's own way of writing nested names."""
    body = {"a": {"b": [{"n": "x", "v": 1}, {"n": True, "v": 2}]}, "c[d]": "form"}
    assert found_at(body, "a.b[1].v") == 2
    assert found_at(body, "a.b[n=x].v") == 1
    assert found_at(body, "a.b[n=true].v") == 2
    assert found_at(body, "c[d]") == "form"
    assert [found_at(body, place) for place in ("a.b[9].v", "a.b[n=y].v", "a.x.y", "c.d", "a.b.v")] == [None] * 5


def test_forms_and_json_are_read_and_nothing_else() -> None:
    """Section 5: broken UTF-8, deep nesting, other types: refused in words."""
    assert read_body(FORM, b"a=1&b=x%20y&b=z&c=") == {"a": "1", "b": ["x y", "z"], "c": ""}
    assert read_body("application/json; charset=utf-8", b'{"a": "\xc3\xa9"}') == {"a": "é"}
    assert read_body("application/vnd.x+json", b"{}") == {}
    bad: list[tuple[str, bytes]] = [
        ("text/xml", b"<a/>"),
        ("application/json", b"[1]"),
        ("application/json", b'{"a": "\xff"}'),
        ("application/json", b'{"a": "\\ud800"}'),
        ("application/json", b'{"a":' * 100_000),
        (FORM, b"a=%ff"),
        (FORM, b"&".join([b"a=1"] * 1001)),
    ]
    for kind, raw in bad:
        with pytest.raises(IntakeError) as refused:
            read_body(kind, raw)
        assert refused.value.message and refused.value.remedy


# --- what ops write --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("timestamp: {header: X-Timestamp}", "timestamp: {tolerance: 5 minutes}", "HOOK_TIME"),
        (
            "timestamp: {header: X-Timestamp}",
            "timestamp: {header: X-Timestamp, tolerance: 2 working hours}",
            "HOOK_TIME",
        ),
        ("timestamp: {header: X-Timestamp}", "timestamp: {field: at}", "HOOK_TIME"),
        ("{timestamp}.{body}", "{body}", "HOOK_TIME"),
        ("{timestamp}.{body}", "{timestamp}", "PATTERN"),
        ("event: ordered, key: who.id", "event: ordered", "HOOK_RULE"),
        ("event: ordered,", "event: ordered, by: owner,", "HOOK_RULE"),
        ("from: who.company", "from: who..company", "HOOK_PLACE"),
        ("id: id", "id: id.", "HOOK_PLACE"),
        ("hook: desk", "hook: desk\nsecret: abc", "UNKNOWN_KEY"),
    ],
)
def test_what_is_wrong_in_a_file_is_found_with_its_place(tmp_path: Path, before: str, after: str, code: str) -> None:
    """B.1: file, line, column and remedy, as in every definition; above all, no secret stands in it."""
    with pytest.raises(DefinitionError) as refused:
        hook(tmp_path, (before, after))
    assert all(finding.mark.line and finding.remedy for finding in refused.value.findings)
    if code != "PATTERN":
        assert [finding.code for finding in refused.value.findings] == [code]


def test_every_key_of_a_hook_is_in_the_manual() -> None:
    """B.1: an author finds each key on the page."""
    manual = (DEFINITIONS / "README.md").read_text("utf-8")
    schema = HookFile.model_json_schema(by_alias=True)
    models = [schema, *schema["$defs"].values()]
    keys = {key for model in models for key in model.get("properties", {})}
    assert {key for key in keys if not re.search(rf"(?<!\w){key}(?!\w)", manual)} == set()


def test_the_hook_that_the_manual_shows_can_be_written(tmp_path: Path) -> None:
    """B.1: as it stands there."""
    manual = (DEFINITIONS / "README.md").read_text("utf-8")
    text = re.search(r"```yaml\n(hook: .*?)```", manual, re.DOTALL)
    assert text is not None
    (tmp_path / "shown.yaml").write_text(text[1], "utf-8")
    assert read_hook(tmp_path / "shown.yaml").hook == "callback_form"
