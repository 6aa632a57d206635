"""Clean at the door: contacts, names, countries, sources as they are kept (S0.11), and nothing guessed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.cleaning import clean
from client.cleaning.country import country_code
from client.cleaning.domain import company_domain, domain_of, is_free_mail
from client.cleaning.names import Names, by_writing
from engine.language.definition import FieldType, LeadField
from engine.values import accept_all

FIELDS = {
    "email": LeadField(type=FieldType.EMAIL, personal=True),
    "phone": LeadField(type=FieldType.PHONE, personal=True),
    "company": LeadField(type=FieldType.TEXT),
    "message": LeadField(type=FieldType.TEXT, personal=True),
    "country": LeadField(type=FieldType.COUNTRY),
    "domain": LeadField(type=FieldType.DOMAIN),
    "product_line": LeadField(type=FieldType.CHOICE, of=["pumps", "spare_parts"]),
    "source": LeadField(type=FieldType.TEXT),
    "campaign": LeadField(type=FieldType.TEXT),
    "employees": LeadField(type=FieldType.INTEGER),
}
NAMES = Names(
    sources=by_writing({"web": ["Website", "web form"], "google_ads": ["AdWords", "google"]}),
    campaigns=by_writing({"spring_fair_2026": ["Spring Fair"]}),
    countries=by_writing({"DE": ["Bundesrepublik"]}),
)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"email": " Ada@EXAMPLE.Com "}, {"email": "Ada@example.com"}),
        ({"email": "Ada Lovelace <ada@example.com>"}, {"email": "ada@example.com"}),
        ({"email": "mailto:ada@example.com;"}, {"email": "ada@example.com"}),
        ({"email": "\u200bada@example.com\ufeff"}, {"email": "ada@example.com"}),
        ({"email": "“ada@lab.test”"}, {"email": "ada@lab.test"}),
        ({"phone": "030 901820", "country": "DE"}, {"phone": "+4930901820"}),
        ({"phone": "030/90 18-20", "country": "Deutschland"}, {"phone": "+4930901820", "country": "DE"}),
        ({"phone": "0049 (0)30 901820", "country": "AT"}, {"phone": "+4930901820"}),
        ({"phone": "tel:+44 20 7946 0101"}, {"phone": "+442079460101"}),
        ({"phone": 4930901820, "country": "DE"}, {"phone": "+4930901820"}),
        ({"company": '"Cobalt  GmbH"'}, {"company": "Cobalt GmbH"}),
        ({"company": "Mu\u0308ller"}, {"company": "M\u00fcller"}),
        ({"country": "United Kingdom"}, {"country": "GB"}),
        ({"country": "España"}, {"country": "ES"}),
        ({"country": "bundesrepublik"}, {"country": "DE"}),
        ({"domain": "https://www.Cobalt.co.uk/about?x=1"}, {"domain": "cobalt.co.uk"}),
        ({"email": "ada@mail.cobalt.example", "domain": "Other.example"}, {"domain": "other.example"}),
        ({"product_line": "Spare parts"}, {"product_line": "spare_parts"}),
        ({"source": "WEB-FORM"}, {"source": "web"}),
        ({"source": "Google Ads"}, {"source": "google_ads"}),
        ({"campaign": "spring fair"}, {"campaign": "spring_fair_2026"}),
    ],
)
def test_what_can_only_mean_one_thing_is_written_in_one_way(sent: dict[str, Any], kept: dict[str, str]) -> None:
    """S0.11, S0.13: the same address, number, country or source is the same text, whoever typed it."""
    cleaned = clean(sent, FIELDS, NAMES)
    assert {name: cleaned.values[name] for name in kept} == kept
    assert not cleaned.invalid
    assert {name: cleaned.raw[name] for name in kept if name in cleaned.raw} == {
        name: str(sent[name]) for name in kept if str(sent[name]).strip() != kept[name]
    }


@pytest.mark.parametrize(
    "sent",
    [
        {"company": "Cobalt GmbH & Co. KG", "country": "DE", "source": "hearsay", "campaign": "Own idea"},
        {"phone": "030 901820"},
        {"message": 'They said "yes", twice.\n\n"Call me"'},
        {"product_line": "boats", "country": "Atlantis", "employees": "many"},
        {"country": "Congo"},
        {"email": "", "phone": "  ", "company": None, "shoe_size": "43"},
        {"company": ["a"], "email": {"at": "home"}, "employees": 12},
    ],
)
def test_what_could_mean_something_else_stays_as_it_was_sent(sent: dict[str, Any]) -> None:
    """S0.11: nothing is guessed; an unknown source is kept, a number without a country is no other country's, and what does
    not fit its field is left for the field to refuse."""
    cleaned = clean(sent, FIELDS, NAMES)
    assert (cleaned.values, cleaned.raw, cleaned.invalid) == (sent, {}, ())


@pytest.mark.parametrize(
    ("field", "text"),
    [
        *(("email", text) for text in ("nowhere", "a@b, c@d.example", "ada@", "n/a", "ada@localhost", "a@b@c.example")),
        *(
            ("email", text)
            for text in ("=?utf-8?q?a=0D=0ABcc=3A_b?=@c.example", "a@=?utf-8?q?c.example?=", "a b@c.example")
        ),
        *(
            ("phone", text)
            for text in ("none", "12", "+49 12", "+999 123456", "030 901820 / 0170 1234567 8", "0000000000")
        ),
    ],
)
def test_a_contact_that_is_none_is_unknown_and_what_was_sent_is_kept(field: str, text: str) -> None:
    """S0.11: an invalid address or number is no reason to lose the lead; it is not known, and the lead says so."""
    cleaned = clean({field: text, "country": "DE"}, FIELDS)
    assert cleaned.values[field] is None
    assert cleaned.raw == {field: text}
    assert cleaned.invalid == (field,)


@pytest.mark.parametrize("text", ["jo\ud800@cobalt.example", "a\x00@b.example", "x" * 3000])
def test_what_cannot_be_kept_at_all_is_left_to_be_refused(text: str) -> None:
    """S4.2: half a character or a NUL has no place in the database, as a raw value neither."""
    cleaned = clean({"email": text}, FIELDS)
    assert (cleaned.values["email"], cleaned.raw) == (text, {})


@given(st.dictionaries(st.sampled_from([*FIELDS, "other"]), st.text(max_size=40) | st.integers() | st.booleans()))
def test_cleaning_twice_is_cleaning_once_and_no_text_is_too_much_for_it(sent: dict[str, Any]) -> None:
    """S0.11: whatever is sent, cleaning answers; what is clean stays as it is, and fits its field or never did."""
    once = clean(sent, FIELDS, NAMES)
    again = clean(once.values, FIELDS, NAMES)
    assert (again.values, again.raw, again.invalid) == (once.values, {}, ())
    _, wrong = accept_all(FIELDS, once.values)
    assert not {"email", "phone"} & set(wrong) or any("\x00" in str(value) for value in sent.values())
    assert set(once.raw) <= set(sent)


@given(
    st.sampled_from(["ada", "Ada.B", "a+b", "a_b"]),
    st.sampled_from(["example.com", "EXAMPLE.test", "mail.b\u00fccher.de"]),
)
def test_an_address_that_is_valid_stays_valid(local: str, domain: str) -> None:
    """S0.11: no good address is lost by cleaning."""
    cleaned = clean({"email": f" <{local}@{domain}> "}, FIELDS)
    assert cleaned.values["email"] == f"{local}@{domain.lower()}"


@given(st.integers(200_000, 99_999_999), st.sampled_from(["30", "40", "89"]), st.sampled_from(["DE", "US", "FR", None]))
def test_a_number_in_e164_stays_as_it_is_wherever_the_lead_is(number: int, area: str, country: str | None) -> None:
    """S0.11: a number that names its country is that number."""
    text = f"+49{area}{number}"
    cleaned = clean({"phone": text, "country": country}, FIELDS)
    assert cleaned.values["phone"] in (text, None)
    assert (cleaned.values["phone"] is None) == ("phone" in cleaned.invalid)


def test_whose_mail_address_it_is_can_be_read_by_rules() -> None:
    """S0.11, B.7: the domain of a company is no personal value; that of a free-mail provider says nothing."""
    assert clean({"email": "Ada <ada@mail.cobalt.example>"}, FIELDS).values["domain"] == "cobalt.example"
    assert "domain" not in clean({"email": "ada@gmail.com"}, FIELDS).values
    assert "domain" not in clean({"email": "nowhere"}, FIELDS).values


def test_the_domain_of_a_company_is_told_offline_and_free_mail_is_nobodys() -> None:
    """S0.13: the same domain is a hint at the same company, unless anybody may have an address there."""
    assert domain_of("Ada@mail.cobalt.co.uk") == company_domain("https://www.cobalt.co.uk/about") == "cobalt.co.uk"
    assert domain_of("ada@mail.cobalt.example") == "cobalt.example"
    assert is_free_mail("gmail.com")
    assert [company_domain(text) for text in ("a@gmail.com", "a@web.de", "a@yahoo.co.uk", "a@localhost", "", None)] == [
        None
    ] * 6


@pytest.mark.parametrize("code", ["DE", "GB", "US", "FR", "JP"])
def test_a_country_is_known_by_its_code_of_two_letters(code: str) -> None:
    """S0.11: what is right already is not looked up by another name."""
    assert country_code(code) == code
