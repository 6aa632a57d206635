"""What a template may say, how faults are shown to its author, and that filling it in is harmless."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.compiling.bundle import Bundle, SourceText
from engine.compiling.compile import compile_bundle
from engine.errors import DefinitionError, Finding
from engine.language.definition import FieldType, LeadField
from engine.language.templates import (
    FACTS,
    MAX_SUBJECT,
    Filled,
    TemplateError,
    TemplateFault,
    Words,
    fill,
    template_faults,
)
from engine.lead import Value

FIELDS: Mapping[str, LeadField] = {
    "company": LeadField(type=FieldType.TEXT),
    "contact_name": LeadField(type=FieldType.TEXT, personal=True),
    "country": LeadField(type=FieldType.COUNTRY),
    "budget": LeadField(type=FieldType.INTEGER),
    "value": LeadField(type=FieldType.MONEY),
    "authority": LeadField(type=FieldType.BOOLEAN),
    "items": LeadField(type=FieldType.INTEGER),
}


def faults(text: str, subject: str = "About {{ lead.title }}") -> list[TemplateFault]:
    return template_faults(subject, text, FIELDS)


def only(text: str) -> TemplateFault:
    found = faults(text)
    assert len(found) == 1, found
    return found[0]


def filled(text: str, subject: str = "s", **values: Value) -> Filled:
    nothing: dict[str, Value] = dict.fromkeys(FIELDS)
    return fill(subject, text, Words(person="Ann", about="Follow-up", lead=nothing | {"title": "Nordwind"} | values))


def text_of(text: str, **values: Value) -> str:
    return filled(text, "s", **values).text


# --- what authors are told -------------------------------------------------------------------------------------------


def test_what_a_notice_needs_is_allowed() -> None:
    """S4.7: the reader, the lead with its facts and fields, conditions, comparisons and simple filters."""
    text = (
        "Hello {{ person }}, {% if due %}by {{ due }}{% elif lead.budget >= 3 %}soon{% else %}some day{% endif %}: "
        "{{ lead.title | upper }} {{ lead['company'] | truncate(20) | default('nobody') }} {{ about or why }} "
        "{% if lead.country in ['DE', 'AT'] and not lead.authority %}{{ lead.stage_title }}{% endif %}"
        "{{ 'mine' if lead.owner == 'ann' else team }} {{ link }} {# a remark #}{% raw %}{{ as is }}{% endraw %}"
    )
    assert faults(text) == []


@pytest.mark.parametrize(
    ("text", "message", "remedy"),
    [
        ("{{ lead.compny }}", "a lead has no field 'compny'", "Did you mean 'lead.company'?"),
        ("{{ lead['compny'] }}", "a lead has no field 'compny'", "Did you mean 'lead.company'?"),
        ("{{ lead.zzz }}", "a lead has no field 'zzz'", "Declare the field, or take this out."),
        ("{{ persn }}", "there is no 'persn' in a text", "Did you mean 'person'?"),
        ("{{ company }}", "there is no 'company' in a text", "Did you mean 'lead.company'?"),
        ("{{ person.name }}", "'person' is text and has nothing below it", "Write {{ person }}."),
        ("{{ lead }}", "'lead' alone is no text", "Write {{ lead.title }}, or a field."),
        ("{{ range }}", "there is no 'range' in a text", "Known are: person, lead, about, due, why, link, team."),
    ],
)
def test_an_unknown_name_is_found_with_the_nearest_one(text: str, message: str, remedy: str) -> None:
    """B.1: what would stay empty, or fail when a lead comes, is shown when the file is checked."""
    fault = only(text)
    assert (fault.code, fault.message, fault.remedy) == ("TEMPLATE_VARIABLE", message, remedy)


@pytest.mark.parametrize(
    "text",
    [
        "{% for i in range(10**9) %}x{% endfor %}",
        "{% for name in lead.company %}{{ name }}{% endfor %}",
        "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    ],
)
def test_loops_are_refused(text: str) -> None:
    """B.1: nothing that is sent has a list, and no text may run for ever."""
    assert [fault.code for fault in faults(text)] == ["TEMPLATE_LOOP"]


@pytest.mark.parametrize(
    "text",
    [
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% include 'other' %}",
        "{% import 'other' as o %}",
        "{% from 'other' import o %}",
        "{% extends 'other' %}",
        "{% block b %}{% endblock %}",
        "{% set x = 1 %}",
        "{% set x %}text{% endset %}",
        "{% filter upper %}x{% endfilter %}",
        "{{ 'x' * 10**9 }}",
        "{{ 10**10**10 }}",
        "{{ 1 + 1 }}",
        "{{ -lead.budget }}",
        "{{ lead.company ~ lead.country }}",
        "{{ lead.company.upper() }}",
        "{{ lead.company.upper }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ lead[person] }}",
        "{{ lead.company[0:3] }}",
        "{{ lead.company is defined }}",
        "{{ {'a': 1} }}",
        "{{ cycler('a', 'b') }}",
        "{{ lead.company | center(1000000000) }}",
        "{{ '%1000000000d' | format(1) }}",
        "{{ lead.company | truncate }}",
        "{{ lead.company | truncate(lead.budget) }}",
        "{{ lead.company | default }}",
        "{{ lead.company | upper(1) }}",
        "{{ 'x' if lead.company }}",
        "{% if lead.company > 3 %}x{% endif %}",
        "{% if lead.budget > true %}x{% endif %}",
        "{% if 1 < lead.budget < lead.country %}x{% endif %}",
        "{% if 'a' in lead.company %}x{% endif %}",
        "{% if lead.country in [person] %}x{% endif %}",
    ],
)
def test_whatever_could_calculate_call_or_fail_is_refused(text: str) -> None:
    """B.1: a template that passes the check cannot fail, grow or run long when a lead comes."""
    found = faults(text)
    assert found and {fault.code for fault in found} <= {"TEMPLATE_NOT_ALLOWED", "TEMPLATE_VARIABLE"}
    assert all(fault.message and fault.remedy.endswith((".", "?")) for fault in found)
    with pytest.raises(TemplateError):
        text_of(text, company="Nordwind", country="DE", budget=5)


@pytest.mark.parametrize(
    "text",
    [
        "{{ person",
        "{% if due %}no end",
        "{{ person | }}",
        "{% endif %}",
        "{% unknown %}",
        "{{ '" + "x" * 40_000 + "' }}",
        "{{ " + "(" * 400 + "1" + ")" * 400 + " }}",
        "{{ " + "(" * 40_000 + " }}",
        "{% if due %}" * 60 + "x" + "{% endif %}" * 60,
        "{{ " + " or ".join(["person"] * 2_000) + " }}",
        "{{ " + "not " * 5_000 + "person }}",
        "{{ " + "9" * 5_000 + " }}",
    ],
)
def test_a_text_that_cannot_be_read_is_one_finding(text: str) -> None:
    """B.1: slips of the pen and towers of brackets are findings, never a crash."""
    found = faults(text)
    assert [fault.code for fault in found] == ["TEMPLATE_SYNTAX"]
    assert found[0].message and found[0].remedy


def test_each_fault_says_where_it_stands() -> None:
    """B.1: part, line and column within it."""
    text = "Hello {{ person }},\n\nyou have {{ lead.title }} and {{ lead.compny }}."
    found = template_faults("{{ persn }}", text, FIELDS)
    assert [(fault.part, fault.line, fault.column) for fault in found] == [("subject", 1, 4), ("text", 3, 39)]


# --- in a definition -------------------------------------------------------------------------------------------------

PROCESS = """
process: small
version: 1
title: Small
uses: {templates: mail}
fields: {company: {type: text}}
stages:
  open: {waits_for_ever: true, on_entry: [{notify: owner, with: used}]}
"""


def findings(templates: str) -> list[Finding]:
    files = (SourceText("mail.yaml", "templates: mail\nof:\n" + templates),)
    try:
        compile_bundle(Bundle(SourceText("small.yaml", PROCESS), files))
    except DefinitionError as error:
        return error.findings
    return []


def test_findings_point_into_the_file() -> None:
    """B.1: file, line and column, through block texts and quotes."""
    subject = "    subject: 'It''s {{ lead.compny }}'\n"
    found = findings(f"  used:\n{subject}    text: |\n      Hello {{{{ person }}}},\n\n        {{{{ dew }}}}\n")
    assert [str(one) for one in found] == [
        "mail.yaml:4:29: TEMPLATE_VARIABLE a lead has no field 'compny'. Did you mean 'lead.company'?",
        "mail.yaml:8:12: TEMPLATE_VARIABLE there is no 'dew' in a text. Did you mean 'due'?",
    ]


def test_templates_that_a_process_does_not_send_may_name_fields_of_another() -> None:
    """B.1: a table of templates is shared by processes with different fields; everything else in it is checked."""
    other = "  used: {subject: s, text: '{{ lead.company }}'}\n  other: {subject: s, text: '%s'}\n"
    assert findings(other % "{{ lead.course }}") == []
    assert [one.code for one in findings(other % "{{ course }}")] == ["TEMPLATE_VARIABLE"]


SHIPPED = sorted(Path("definitions").glob("*/v*.yaml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.parent.name)
def test_every_shipped_template_can_be_filled_in(path: Path) -> None:
    """S2.1, S4.7: for a lead of which nothing is known, and for one of which everything is."""
    tables = [
        SourceText(str(one), one.read_text(encoding="utf-8"))
        for one in sorted(Path("definitions/tables").glob("*.yaml"))
    ]
    process = compile_bundle(Bundle(SourceText(str(path), path.read_text(encoding="utf-8")), tuple(tables)))
    assert process.templates is not None
    numbers = (FieldType.INTEGER, FieldType.NUMBER, FieldType.MONEY)
    known: dict[str, Value] = {name: 3 if spec.type in numbers else "x" for name, spec in process.fields.items()}
    facts: dict[str, Value] = dict.fromkeys(FACTS)
    for fields in (dict.fromkeys(known), known):
        words = Words("Ann", "Follow-up", "Monday", "her turn", "http://ui", "Sales", fields | facts)
        for name, template in process.templates.of.items():
            if not template_faults(template.subject, template.text, process.fields):
                message = fill(template.subject, template.text, words)
                assert message.subject and message.text.strip(), name


# --- filling in ------------------------------------------------------------------------------------------------------


def test_what_nobody_has_filled_in_is_empty_text() -> None:
    """S3.7: an unknown field is neither an error nor zero: it is no text, and neither more nor less than a number."""
    text = (
        "[{{ lead.contact_name }}{{ lead.budget }}]"
        "{% if lead.budget >= 0 %}more{% endif %}{% if 0 > lead.budget %}less{% endif %}"
        "{{ lead.company | default('no company') }}"
    )
    assert text_of(text) == "[]no company"


def test_values_read_like_words() -> None:
    """S4.7: numbers without needless digits, yes and no."""
    values: dict[str, Value] = {"value": 95000.0, "authority": True, "budget": 0, "items": 7}
    text = "{{ lead.value }} {{ lead.authority }} {{ lead.budget }} {{ lead.items }}"
    assert text_of(text, **values) == "95000 yes 0 7"


@pytest.mark.parametrize(
    "value",
    [
        "<script>alert(1)</script> & 'quotes'",
        "{{ 7 * 7 }}{% for i in range(9) %}{{ lead.title }}",
        "{{ ''.__class__ }}",
        "%s %(x)s {0} {person}",
    ],
)
def test_what_leads_write_is_text_and_nothing_else(value: str) -> None:
    """S2.1: HTML, templates and formats in a lead's fields arrive as they were written."""
    message = filled("They wrote: {{ lead.company }}", "From {{ lead.company }}", company=value)
    assert message == Filled(f"From {value}", f"They wrote: {value}")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_a_subject_cannot_begin_another_header(end: str) -> None:
    """S4.7: whatever ends a line somewhere becomes a space, and the mail keeps its headers."""
    subject = filled("t", "Lead {{ lead.company }}", company=f"Nordwind{end}Bcc: all@example.com{end}{end}Body").subject
    assert subject == "Lead Nordwind Bcc: all@example.com Body"
    assert subject.splitlines() == [subject]


def test_control_characters_do_not_get_out() -> None:
    """S4.7: NUL, escape sequences and halves of characters are left out; line breaks of a text stay."""
    message = filled("a{{ lead.company }}b", "{{ lead.company }}", company="\x00\x1b[31m\ud800\x7f\r\nx\ty")
    assert message == Filled("[31m x y", "a[31m\nx\tyb")


def test_a_long_subject_is_cut() -> None:
    """S4.7: mail programs and servers have no patience with subjects of any length."""
    subject = filled("t", "{{ lead.company }}", company="word " * 400).subject
    assert len(subject) <= MAX_SUBJECT and subject.endswith("…")


def test_a_memory_bomb_is_refused_at_once() -> None:
    """B.1: `'x' * 10**9` takes a gigabyte and many seconds where it is evaluated; here it never is."""
    bombs = ["{{ 'x' * 10**9 }}", "{{ ('x' * 10**5) * 10**5 }}", "{{ 9**9**9 }}", "{{ 'x' * 10**9 if due else '' }}"]
    tracemalloc.start()
    began = time.perf_counter()
    try:
        for bomb in bombs:
            assert faults(bomb)
            with pytest.raises(TemplateError):
                text_of(bomb)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert time.perf_counter() - began < 60
    assert peak < 20_000_000


def test_a_text_that_grows_too_long_is_stopped() -> None:
    """B.1: each value is at most 2,000 characters long, but a template may name it often."""
    with pytest.raises(TemplateError, match="grows beyond"):
        text_of("{{ lead.company }}" * 40, company="x" * 2_000)


def test_an_error_says_nothing_of_the_values() -> None:
    """B.7: what goes wrong while filling in ends up in workflow history."""
    with pytest.raises(TemplateError) as caught:
        text_of("{% if lead.budget > 3 %}x{% endif %}", budget="ada@example.com")
    assert "ada" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_no_field_is_hidden_by_a_method() -> None:
    """B.1: a field may be called `items` or `values` like the methods of a mapping."""
    assert text_of("{{ lead.items }}", items=3) == "3"
    with pytest.raises(TemplateError):
        text_of("{{ lead._values }}")
    with pytest.raises(TemplateError):
        text_of("{{ lead.__class__ }}")
