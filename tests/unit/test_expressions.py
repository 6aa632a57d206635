"""Conditions as sales operations write them: what they mean, what is refused, and that none of them can do harm."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import ExpressionError, LeadflowError
from engine.expressions import ExpressionFailed, Kind, Verdict, Vocabulary

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

VOCABULARY = Vocabulary(
    fields={
        "score": Kind.INTEGER,
        "employees": Kind.INTEGER,
        "value": Kind.NUMBER,
        "country": Kind.TEXT,
        "segment": Kind.TEXT,
        "authority": Kind.BOOLEAN,
        "arrived_at": Kind.MOMENT,
        "wake_on": Kind.MOMENT,
        "products": Kind.LIST,
    },
    known=["email", "phone"],
    choices={
        "segment": ("enterprise", "government", "education", "mid_market", "small"),
        "products": ("pumps", "valves", "service"),
        "reason": ("too_small", "other"),
    },
    extra={"reason": Kind.TEXT, "note": Kind.TEXT},
)

FILLED: dict[str, object] = {
    "score": 14,
    "employees": 1200,
    "value": 25_000.0,
    "country": "DE",
    "segment": "enterprise",
    "authority": True,
    "arrived_at": NOW - timedelta(hours=50),
    "wake_on": date(2026, 3, 2),
    "products": ["pumps"],
    "email": "ann@example.org",
}


def answer(text: str, expects: Kind = Kind.BOOLEAN, **changes: object) -> Verdict:
    """What `text` says about the filled-in lead, with some fields changed; `reason` and `note` are plain variables."""
    extra = {name: value for name, value in changes.items() if name in ("reason", "note")}
    return VOCABULARY.compile(text, expects).evaluate(VOCABULARY.view({**FILLED, **changes}, NOW, extra=extra))


def refused(text: str, expects: Kind = Kind.BOOLEAN) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        VOCABULARY.compile(text, expects)
    return caught.value


# --- what conditions mean --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("lead.score >= 12", True),
        ("lead.employees >= 1000 && lead.country in ['DE', 'AT', 'CH']", True),
        ("lead.segment in ['government', 'education']", False),
        ("lead.authority", True),
        ("!lead.authority", False),
        ("lead.value > 1000", True),
        ("lead.value == 25000", True),
        ("lead.value in [1, 25000]", True),
        ("lead.score < 14.5", True),
        ("lead.value > 1000.5 && lead.score / 2 == 7", True),
        ("'pumps' in lead.products && size(lead.products) == 1", True),
        ("lead.products.exists(p, p in ['valves', 'service'])", False),
        ("now - lead.arrived_at > duration('48h')", True),
        ("lead.wake_on <= now", True),
        ("lead.wake_on == timestamp('2026-03-02T00:00:00Z')", True),
        ("lead.country.startsWith('D') && lead.country.matches('^[A-Z]{2}$')", True),
        ("now.getHours('Europe/Berlin') == 10 && now.getDayOfWeek() == 1", True),
        ("{'small': 1, 'enterprise': 4}[lead.segment] > 3", True),
        ("known.email && !known.phone && known.score", True),
        ("lead.score >= 12 // from the sales meeting\n && true", True),
    ],
)
def test_sales_says_in_data_what_qualifies_a_lead(text: str, met: bool) -> None:
    """S4.2: qualification criteria are data; numbers, texts, choices, lists, moments and what is filled in at all."""
    assert answer(text) == Verdict(met)


@pytest.mark.parametrize(
    ("text", "expects", "value"),
    [
        ("lead.score", Kind.INTEGER, 14),
        ("lead.score * 2", Kind.NUMBER, 28.0),
        ("lead.value * 0.5", Kind.NUMBER, 12_500.0),
        ("lead.country + '-' + lead.segment", Kind.TEXT, "DE-enterprise"),
        ("lead.segment == 'small' ? 'field' : 'key'", Kind.TEXT, "key"),
        ("lead.arrived_at + duration('50h')", Kind.MOMENT, NOW),
        ("lead.products.filter(p, p != 'pumps')", Kind.LIST, []),
    ],
)
def test_an_expression_yields_the_kind_that_its_place_expects(text: str, expects: Kind, value: object) -> None:
    """C.5: score rules yield numbers, clocks moments, migrations texts."""
    verdict = answer(text, expects)
    assert verdict == Verdict(value)  # type: ignore[arg-type]
    assert type(verdict.value) is type(value)


def test_a_reason_can_require_a_note() -> None:
    """S4.2: conditions may also name what comes with an event."""
    assert answer("reason == 'other' && size(note) < 10", reason="other", note="short").holds
    assert answer("reason == 'other'", reason="too_small") == Verdict(False)
    assert answer("reason == 'other'") == Verdict(None, ("reason",))


# --- unknown is not zero ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("lead.employees >= 1000", Verdict(None, ("employees",))),
        ("lead.employees < 1000", Verdict(None, ("employees",))),
        ("lead.employees == 0", Verdict(None, ("employees",))),
        ("lead.segment == 'small'", Verdict(None, ("segment",))),
        ("lead.segment != 'small'", Verdict(None, ("segment",))),
        ("!(lead.segment == 'small')", Verdict(None, ("segment",))),
        ("lead.segment in ['small', 'education']", Verdict(None, ("segment",))),
        ("!(lead.segment in ['small', 'education'])", Verdict(None, ("segment",))),
        ("lead.authority", Verdict(None, ("authority",))),
        ("!lead.authority", Verdict(None, ("authority",))),
        ("size(lead.products) == 0", Verdict(None, ("products",))),
        ("'pumps' in lead.products", Verdict(None, ("products",))),
        ("lead.products.all(p, p == 'pumps')", Verdict(None, ("products",))),
        ("lead.arrived_at < now", Verdict(None, ("arrived_at",))),
        ("lead.employees + lead.score > 5", Verdict(None, ("employees", "score"))),
        ("lead.authority ? true : false", Verdict(None, ("authority",))),
        ("['DE'].exists(c, c == lead.segment)", Verdict(None, ("segment",))),
        # The known side is enough.
        ("lead.employees >= 1000 || lead.country == 'DE'", Verdict(True)),
        ("lead.country == 'DE' || lead.employees >= 1000", Verdict(True)),
        ("lead.employees >= 1000 && lead.country == 'AT'", Verdict(False)),
        ("lead.employees >= 1000 || lead.country == 'AT'", Verdict(None, ("employees",))),
        ("['DE'].exists(c, c == lead.segment || c == lead.country)", Verdict(True)),
        # Asking first.
        ("known.employees", Verdict(False)),
        ("!known.employees || lead.employees >= 1000", Verdict(True)),
        ("known.employees && lead.employees >= 1000", Verdict(False)),
        ("(known.employees ? lead.employees : 1) < 1000", Verdict(True)),
    ],
)
def test_unknown_is_not_zero(text: str, verdict: Verdict) -> None:
    """S3.7: what nobody has filled in is neither zero, nor empty, nor false; `&&` and `||` need only what decides."""
    view = VOCABULARY.view({"country": "DE"}, NOW)
    assert VOCABULARY.compile(text).evaluate(view) == verdict


def test_unknown_follows_three_valued_logic_throughout() -> None:
    """S3.7: every combination of two conditions agrees with Kleene's tables, and De Morgan's laws keep holding."""
    vocabulary = Vocabulary({"a": Kind.BOOLEAN, "b": Kind.BOOLEAN})
    either = vocabulary.compile("lead.a || lead.b")
    both = vocabulary.compile("lead.a && lead.b")
    not_both_denied = vocabulary.compile("!(!lead.a || !lead.b)")
    for a, b in product((True, False, None), repeat=2):
        view = vocabulary.view({"a": a, "b": b}, NOW)
        expected_either = True if True in (a, b) else None if None in (a, b) else False
        expected_both = False if False in (a, b) else None if None in (a, b) else True
        assert either.evaluate(view).value is expected_either
        assert both.evaluate(view).value is expected_both
        assert not_both_denied.evaluate(view).value is expected_both


def test_an_unknown_condition_does_not_hold() -> None:
    """S3.7: neither a condition nor its denial lets a lead through on what nobody knows."""
    assert not answer("lead.employees >= 1000", employees=None).holds
    assert not answer("!(lead.employees >= 1000)", employees=None).holds


@pytest.mark.parametrize(
    "text",
    [
        "lead.score / (lead.employees - 1200) > 1",
        "lead.products[3] == 'pumps'",
        "{'small': 1}[lead.segment] > 0",
        "lead.score * 9223372036854775807 > 1",
        "timestamp(lead.country) < now",
    ],
)
def test_an_error_that_no_unknown_field_explains_is_loud(text: str) -> None:
    """S3.7: only missing knowledge is unknown; a division by zero is a fault of the rule and says so."""
    with pytest.raises(ExpressionFailed) as caught:
        answer(text)
    assert text in caught.value.message
    assert caught.value.remedy


# --- what ops are told, and where ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code", "place", "hint"),
    [
        ("lead.scor >= 12", "UNKNOWN_FIELD", (1, 1), "lead.score"),
        ("lead.score >= 12 &&\n  lead.segmnt == 'small'", "UNKNOWN_FIELD", (2, 3), "lead.segment"),
        ("'Grüße' == lead.cuntry", "UNKNOWN_FIELD", (1, 12), "lead.country"),
        ("known.emial", "UNKNOWN_FIELD", (1, 1), "known.email"),
        ("lead.country.code == 'DE'", "TYPE_MISMATCH", (1, 13), "field alone"),
        ("lead.email == 'ann@example.org'", "PERSONAL_FIELD", (1, 1), "known.email"),
        ("lead.phone.startsWith('+49')", "PERSONAL_FIELD", (1, 1), "known.phone"),
        ("score >= 12", "UNKNOWN_NAME", (1, 1), "lead.score"),
        ("lead.segment == small", "UNKNOWN_NAME", (1, 17), "quotes"),
        ("lead.country.startswith('D')", "UNKNOWN_NAME", (1, 14), "startsWith"),
        ("has(lead.score)", "UNKNOWN_NAME", (1, 1), "known."),
        ("lead.products.map(p, p) == []", "UNKNOWN_NAME", (1, 15), "filter"),
        ("now() > lead.arrived_at", "UNKNOWN_NAME", (1, 1), "without parentheses"),
        ("lead.authority == True", "UNKNOWN_NAME", (1, 19), "true"),
        ("lead == 1", "UNKNOWN_NAME", (1, 1), "lead.country"),
        ("lead.score >= '12'", "TYPE_MISMATCH", (1, 12), "without quotes"),
        ("lead.value * 2 > 5.0", "TYPE_MISMATCH", (1, 12), "1.0"),
        ("lead.score == null", "TYPE_MISMATCH", (1, 12), "known."),
        ("lead.authority == 'yes'", "TYPE_MISMATCH", (1, 16), "true and false"),
        ("lead.arrived_at < '2026-01-31'", "TYPE_MISMATCH", (1, 17), "timestamp("),
        ("lead.score >= 12 || lead.country", "TYPE_MISMATCH", (1, 18), "condition"),
        ("lead.score in [12, 'a']", "TYPE_MISMATCH", (1, 15), "same kind"),
        ("lead.score", "NOT_A_CONDITION", (1, 1), "comparison"),
        ("lead.score >= 12 ? 'a' : 'b'", "NOT_A_CONDITION", (1, 1), "comparison"),
        ("lead.segment == 'entreprise'", "CHOICE_VALUE", (1, 17), "'enterprise'"),
        ("'smal' != lead.segment", "CHOICE_VALUE", (1, 1), "'small'"),
        ("lead.segment in ['small', 'goverment']", "CHOICE_VALUE", (1, 27), "'government'"),
        ("'pump' in lead.products", "CHOICE_VALUE", (1, 1), "'pumps'"),
        ("reason == 'price'", "CHOICE_VALUE", (1, 11), "too_small, other"),
        ("{'smal': 4}[lead.segment] > 3", "CHOICE_VALUE", (1, 2), "'small'"),
        ("now - lead.arrived_at > duration('2 days')", "BAD_LITERAL", (1, 34), "'48h'"),
        ("lead.arrived_at > timestamp('2026-01-31')", "BAD_LITERAL", (1, 29), "T00:00:00Z"),
        ("lead.country.matches('(D')", "BAD_LITERAL", (1, 22), "parentheses"),
        ("now.getHours('Europe/Berln') > 8", "BAD_LITERAL", (1, 14), "Europe/Berlin"),
        ("lead.country.matches(lead.segment)", "BAD_LITERAL", (1, 26), "quotes"),
        ("{'DE': 1}.exists(c, c == lead.country)", "MAP_ITERATION", (1, 17), "list"),
        ("lead.score = 12", "SYNTAX", (1, 12), "=="),
        ("lead.score >= 12 and lead.authority", "SYNTAX", (1, 18), "&&"),
        ("lead.country == ‘DE’", "SYNTAX", (1, 17), "plain quotes"),
        ("lead.country == 'DE", "SYNTAX", (1, 17), "quote"),
        ("(lead.score >= 12", "SYNTAX", (1, 18), "parenthesis"),
        ("", "SYNTAX", (1, 1), "condition"),
        ("   \n ", "SYNTAX", (1, 1), "condition"),
        ("'\ud800' == lead.country", "SYNTAX", (1, 1), "condition"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_its_remedy(
    text: str, code: str, place: tuple[int, int], hint: str
) -> None:
    """C.5: whoever writes the YAML learns what is wrong, where inside the expression, and what to write instead."""
    error = refused(text)
    assert (error.code, (error.line, error.column)) == (code, place)
    assert hint in error.remedy


def test_each_place_refuses_another_kind() -> None:
    """C.5: a score rule is no condition, and a condition no score rule."""
    assert refused("lead.score >= 12", Kind.NUMBER).code == "NOT_A_CONDITION"
    assert refused("lead.value", Kind.INTEGER).code == "NOT_A_CONDITION"
    assert refused("lead.score", Kind.TEXT).code == "NOT_A_CONDITION"
    assert refused("[1, 2]", Kind.LIST).code == "NOT_A_CONDITION"


def test_an_expression_says_what_it_reads() -> None:
    """C.5: so that tools can answer which rules depend on a field."""
    rule = VOCABULARY.compile(
        "lead.score >= 12 && known.email && (reason == 'other' || lead.products.exists(now, now == lead.country))"
    )
    assert rule.reads == ("country", "products", "score")
    assert rule.asks == ("email",)
    assert rule.uses == ("reason",)


# --- values ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("lead.value > 99", {"value": 100}),
        ("lead.value > 99", {"value": Decimal("99.5")}),
        ("lead.arrived_at < now", {"arrived_at": datetime(2026, 3, 2, 10, 29, tzinfo=timezone(timedelta(hours=1)))}),
        ("lead.wake_on > timestamp('2026-03-01T23:59:59Z')", {}),
        ("lead.products == ['valves', 'pumps']", {"products": ("valves", "pumps")}),
        ("lead.segment == 'small'", {"segment": "small"}),
    ],
)
def test_values_keep_their_meaning(text: str, changes: dict[str, object]) -> None:
    """S4.2: money may be whole or decimal, moments may carry any zone, and a date is its first moment in UTC."""
    view = VOCABULARY.view({**FILLED, **changes}, NOW)
    assert VOCABULARY.compile(text).evaluate(view).holds


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("lead.score > 1", {"score": "14"}),
        ("lead.score > 1", {"score": True}),
        ("lead.score > 1", {"score": 2**63}),
        ("lead.value > 1.0", {"value": float("nan")}),
        ("lead.arrived_at < now", {"arrived_at": datetime(2026, 3, 2)}),
        ("lead.country == 'DE'", {"country": 49}),
        ("'pumps' in lead.products", {"products": "pumps"}),
    ],
)
def test_a_value_of_the_wrong_kind_is_never_bent_into_shape(text: str, changes: dict[str, object]) -> None:
    """S4.2: a lead is not judged by a value that only looks right."""
    view = VOCABULARY.view({**FILLED, **changes}, NOW)
    with pytest.raises(ExpressionFailed, match="holds a value of type"):
        VOCABULARY.compile(text).evaluate(view)


def test_personal_values_never_reach_an_expression() -> None:
    """C.5: `known.email` is all that can be asked, whatever the view was made from; names known otherwise count too."""
    rule = VOCABULARY.compile("known.email && known.phone")
    assert rule.evaluate(VOCABULARY.view({"email": "ann@example.org"}, NOW, known=["phone"])).holds
    assert rule.evaluate(VOCABULARY.view({"email": "ann@example.org", "phone": None}, NOW)) == Verdict(False)


# --- nothing an expression says can do harm --------------------------------------------------------------------------


def listed(count: int) -> str:
    return "[" + ",".join(["1"] * count) + "]"


LOOP = listed(190)

ATTACKS = {
    "too long a text": ("lead.score == 1 || " * 120 + "true", "TOO_LARGE"),
    "100 MB of text": ("1" * 100_000_000, "TOO_LARGE"),
    "list of 300": (f"lead.score in {listed(300)}", "TOO_LARGE"),
    "5,000 parentheses": ("(" * 5_000 + "1" + ")" * 5_000 + " == 1", "TOO_LARGE"),
    "990 parentheses": ("(" * 990 + "1" + ")" * 990 + " == 1", "TOO_COMPLEX"),
    "nested lists": ("[" * 500 + "]" * 500, "TOO_COMPLEX"),
    "long sum": ("1" + "+1" * 500 + " > 1", "TOO_COMPLEX"),
    "chain of questions": ("true ? 1 : " * 150 + "1 == 1", "TOO_COMPLEX"),
    "7 million steps": (f"{LOOP}.all(a, {LOOP}.all(b, {LOOP}.all(c, true)))", "TOO_COMPLEX"),
    "36 thousand steps": (f"{LOOP}.all(a, {LOOP}.all(b, true))", None),
    "doubling text by map": ("['aa']" + ".map(x, x + x)" * 25 + " == []", "UNKNOWN_NAME"),
    "doubling text by nesting": ("['aa'].exists(x, [x + x].exists(y, size(y + y) > 0))", "TOO_COMPLEX"),
    "doubling lists": ("[lead.products].exists(x, size(x + x) > 9)", "TOO_COMPLEX"),
    "evil pattern": (r"lead.note.matches('(a+)+$')", None),
    "pattern that explodes": ("lead.note.matches('((a{100}){100}){100}')", "BAD_LITERAL"),
    "pattern of an outsider": ("'a'.matches(lead.note)", "BAD_LITERAL"),
    "pattern in two loops": ("[1].all(a, [1].all(b, lead.note.matches('a')))", "TOO_COMPLEX"),
    "import": ("__import__('os').system('true')", "UNKNOWN_NAME"),
    "dunder": ("lead.note.__class__.__mro__", "TYPE_MISMATCH"),
    "eval": ("eval('1')", "UNKNOWN_NAME"),
    "template": ("'{{ 7 * 7 }}' == lead.note", None),
    "environment": ("env.PATH == ''", "UNKNOWN_NAME"),
    "escape from types": ("dyn(lead.note) > 1", "UNKNOWN_NAME"),
    "loaded protobuf constant": ("google.protobuf.NullValue.NULL_VALUE == 0", "UNKNOWN_NAME"),
    "loaded protobuf message": ("google.protobuf.Int64Value{value: 1} == 1", "UNKNOWN_NAME"),
    "type name": ("int", "UNKNOWN_NAME"),
    "unsafe order": ("{'a': 1, 'b': 2}.filter(k, true) == ['a', 'b']", "MAP_ITERATION"),
}


@pytest.mark.parametrize(("text", "code"), ATTACKS.values(), ids=ATTACKS.keys())
def test_no_expression_can_hold_up_or_break_a_worker(text: str, code: str | None) -> None:
    """C.5: ops author, so nothing they write may run code, fill the memory or take long: refused, or over at once."""
    vocabulary = Vocabulary({"note": Kind.TEXT, "score": Kind.INTEGER, "products": Kind.LIST})
    began = time.perf_counter()
    try:
        expression = vocabulary.compile(text)
    except ExpressionError as error:
        assert error.code == code
    else:
        assert code is None
        try:
            verdict = expression.evaluate(vocabulary.view({"note": "a" * 20_000 + "!", "score": 1}, NOW))
        except ExpressionFailed as failed:
            assert "udget" in failed.message  # the library's own word for steps that are used up
        else:
            assert verdict.value in (True, False)
    assert time.perf_counter() - began < 60


PIECES = [
    *("lead.score", "lead.country", "lead.authority", "lead.products", "lead.email", "known.email", "now", "reason"),
    *("'small'", "12", "1.5", "true", "null", "==", "!=", ">=", "&&", "||", "!", "+", "/", "in", "?", ":", ",", "."),
    *("(", ")", "[", "]", "{", "}", "size(", ".exists(x,", ".filter(x,", "x", "duration('1h')", ".matches(", "'", "é"),
]


@settings(max_examples=60, deadline=None, database=None)
@given(st.one_of(st.text(max_size=40), st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join)))
def test_whatever_is_typed_is_answered(text: str) -> None:
    """C.5: an expression is accepted and has an answer, or is refused with place and remedy; it never crashes."""
    try:
        expression = VOCABULARY.compile(text)
    except ExpressionError as error:
        line = text.split("\n")[error.line - 1]
        assert 1 <= error.column <= len(line) + 1
        assert error.code and error.message and error.remedy
        return
    try:
        verdict = expression.evaluate(VOCABULARY.view({"country": "DE", "score": 1}, NOW))
    except ExpressionFailed as failed:
        assert failed.remedy
    else:
        assert (verdict.value is None) == bool(verdict.unknown)


def test_a_condition_means_the_same_whatever_the_process_has_loaded() -> None:
    """C.5: constants of loaded protobuf files resolve in CEL; here they must not, or replay elsewhere would differ."""
    import temporalio.api.enums.v1  # noqa: F401

    error = refused("temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW == 1")
    assert error.code == "UNKNOWN_NAME"


# --- shared between threads and definitions --------------------------------------------------------------------------


def test_threads_share_expressions_views_and_vocabularies() -> None:
    """S4.2: a worker checks and evaluates in many threads at once, and each gets its own lead's answer."""
    texts = [f"lead.employees >= {size} && lead.country in ['DE', 'AT'] || lead.score > 90" for size in range(40)]
    shared = [VOCABULARY.compile(text) for text in texts]

    def work(employees: int) -> bool:
        view = VOCABULARY.view({"employees": employees, "country": "DE", "score": 1}, NOW)
        own = [VOCABULARY.compile(text) for text in texts[::8]]
        answers = [rule.evaluate(view).value for rule in shared]
        return answers == [employees >= size for size in range(40)] and all(
            rule.evaluate(view).value is (employees >= size) for rule, size in zip(own, range(0, 40, 8), strict=True)
        )

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, [employees % 45 for employees in range(400)]))


def test_equal_vocabularies_share_what_is_costly() -> None:
    """C.5: a worker holds many definitions; loading one again costs next to nothing, and a view serves both."""
    twin = Vocabulary({"score": Kind.INTEGER}, known=["email"])
    again = Vocabulary({"score": Kind.INTEGER}, known=["email"])
    assert twin._environment is again._environment
    assert again.compile("lead.score > 1").evaluate(twin.view({"score": 2}, NOW)).holds


def test_definitions_do_not_see_each_others_fields() -> None:
    """C.5: each definition has its own names and kinds."""
    first = Vocabulary({"size": Kind.INTEGER})
    second = Vocabulary({"size": Kind.TEXT})
    assert first.compile("lead.size > 1").evaluate(first.view({"size": 2}, NOW)).holds
    assert second.compile("lead.size == 'L'").evaluate(second.view({"size": "L"}, NOW)).holds
    with pytest.raises(ExpressionError):
        second.compile("lead.size > 1")


def test_many_definitions_do_not_fill_the_memory() -> None:
    """C.5: a worker that learns of new definitions for months stays as it is: bounded, whatever number it has met."""
    program = """
import gc, resource
from engine.expressions import Kind, Vocabulary
def load(number):
    Vocabulary({f"f{number}_{i}": Kind.TEXT for i in range(10)}).compile(f"lead.f{number}_0 == 'a'")
def peak():
    gc.collect()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for number in range(100): load(number)
before = peak()
for number in range(100, 400): load(number)
print(peak() - before)
"""
    grown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    kilobytes = int(grown.stdout) / (1024 if sys.platform == "darwin" else 1)
    assert kilobytes < 6_000, "300 further vocabularies must not be kept"


def test_every_error_is_part_of_the_tree() -> None:
    """C.5: callers catch one root."""
    assert issubclass(ExpressionFailed, LeadflowError)
    assert issubclass(ExpressionError, LeadflowError)
