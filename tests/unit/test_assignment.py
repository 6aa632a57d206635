"""Who gets a lead: rules in order, who is passed over and why, fair picks, and where it goes when nobody is found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.decision import Assigned, RuleTried
from engine.language.tables import Limits, Person, Team
from engine.lead import AskOwner, AssignMode, Lead, Ownership, Value
from engine.owners.assignment import assign, classify
from engine.process import Process
from engine.time.calendars import ALWAYS, calendar_of, named_calendar, team_calendar
from engine.time.worktime import Absence, CalendarError, is_open
from engine.world import Colleague, World
from tests.unit.small_process import lead_of, process_with

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 11, 9, 10, tzinfo=BERLIN).astimezone(UTC)
RULES = AskOwner(AssignMode.RULES, "arrived")

OFFICES = """
calendars: offices
default: berlin
of:
  berlin: {zone: Europe/Berlin, hours: {mon-fri: "09:00-17:00"}, holidays: DE}
  tokyo:  {zone: Asia/Tokyo, hours: {mon-fri: "09:00-18:00"}}
"""
EXCEPTION = "exception: {person: maria, clock: 8 hours, climb: silence}"
TEAMS = {
    "field": Team(title="Field", leader="lea"),
    "desk": Team(title="Desk", leader="dan", calendar="tokyo"),
}


def table(rules: str, more: str = "", **tables: str) -> Process:
    text = f"assignment: sales\nrules:\n{rules}\n{EXCEPTION}\n{more}"
    return process_with(assignment=text, calendars=OFFICES, **tables)


def field_team(pick: str = "longest_since_last", more: str = "") -> Process:
    return table(f"  - {{name: field, among: {{team: field}}, pick: {pick}}}", more)


def somebody(
    key: str,
    *,
    teams: Iterable[str] = ("field",),
    territories: Iterable[str] = (),
    skills: Iterable[str] = (),
    weight: int = 1,
    limits: Limits | None = None,
    calendar: str | None = None,
    active: bool = True,
    away: tuple[datetime, datetime] | None = None,
    **facts: int | None,
) -> Colleague:
    person = Person(
        name=key.title(),
        teams=list(teams),
        territories=list(territories),
        skills=list(skills),
        weight=weight,
        limits=limits or Limits(),
        calendar=calendar,
        active=active,
    )
    return Colleague(key, person, absences=(Absence(*away),) if away else (), **facts)  # type: ignore[arg-type]


def world(*people: Colleague, now: datetime = MONDAY, account_owner: str | None = None, scale: float = 1.0) -> World:
    named = {one.key: one for one in (*people, somebody("maria", teams=["desk"]))}
    return World(now, named, TEAMS, account_owner, scale=scale)


def lead(process: Process, fields: Mapping[str, Value] | None = None, key: str = "L1") -> Lead:
    return lead_of(process, fields or {}, MONDAY, key=key)


def why(tried: RuleTried) -> dict[str, str]:
    return {candidate.person: candidate.why for candidate in tried.candidates}


def german(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=BERLIN)


# --- rules -----------------------------------------------------------------------------------------------------------

EMEA = table(
    """
  - {name: government, segment: [government, education], among: {team: public}}
  - {name: large accounts, when: "lead.employees >= 1000 && lead.country in ['DE', 'AT']", among: {team: field, skills: [lead.product_line]}}
  - {name: by territory, among: {territory: lead.country}}
""",  # noqa: E501
    segments="""
segments: markets
of:
  - {segment: government, when: lead.company == 'Ministry'}
  - {segment: education, when: lead.company == 'School'}
  - {segment: large, when: lead.employees >= 1000}
""",
)


def test_the_first_segment_whose_condition_holds() -> None:
    """S4.4: in the order written; a condition that cannot be told does not hold."""
    cases: dict[str, dict[str, Value]] = {
        "government": {"company": "Ministry", "employees": 5000},
        "education": {"company": "School"},
        "large": {"company": "Cobalt", "employees": 5000},
    }
    for segment, fields in cases.items():
        assert classify(EMEA, lead(EMEA, fields), MONDAY) == segment
    assert classify(EMEA, lead(EMEA, {"company": "Cobalt"}), MONDAY) is None
    assert classify(field_team(), lead(field_team()), MONDAY) is None


def test_several_rows_may_name_one_segment() -> None:
    """S4.4: a lead is in it for any of the reasons written, each of them in its place in the order."""
    process = table(
        "  - {name: r, among: {team: field}}",
        segments="""
segments: s
of:
  - {segment: large, when: lead.employees >= 1000}
  - {segment: public, when: lead.company == 'Ministry'}
  - {segment: large, when: lead.value >= 50000.0}
""",
    )
    told = {
        "many people": classify(process, lead(process, {"employees": 5000, "company": "Ministry"}), MONDAY),
        "much money": classify(process, lead(process, {"employees": 5, "value": 60000.0}), MONDAY),
        "public, and much money": classify(process, lead(process, {"company": "Ministry", "value": 9e9}), MONDAY),
        "none": classify(process, lead(process, {"employees": 5, "value": 5.0}), MONDAY),
    }
    assert told == {"many people": "large", "much money": "large", "public, and much money": "public", "none": None}


def test_rules_are_asked_in_order_and_explained() -> None:
    """S4.4, S4.5, B.5: the first that matches and finds somebody; each asked rule says whether it matched and why."""
    people = (
        somebody("ann", skills=["pumps"], territories=["FR"]),
        somebody("ben", skills=["valves"]),
        somebody("cleo", teams=["public"], territories=["DE", "FR"]),
    )
    large = assign(
        EMEA, lead(EMEA, {"employees": 1200, "country": "DE", "product_line": "pumps"}), RULES, world(*people)
    )
    assert (large.ownership, large.person, large.team, large.leader) == (Ownership.PERSON, "ann", "field", "lea")
    assert (large.rule, large.because) == (
        "large accounts",
        "rule 'large accounts' (field, pumps): only one who could take it",
    )
    assert [(one.rule, one.matched, one.why) for one in large.tried] == [
        ("government", False, "segment is none, not government or education"),
        ("large accounts", True, "condition holds"),
    ]

    school = replace(lead(EMEA, {"company": "School"}), segment="education")
    assert assign(EMEA, school, RULES, world(*people)).person == "cleo"

    small = assign(EMEA, lead(EMEA, {"employees": 3, "country": "FR"}), RULES, world(*people))
    assert small.tried[1].why == "condition does not hold"
    assert small.because.startswith("rule 'by territory' (FR): ")
    assert set(why(small.tried[2])) == {"ann", "cleo"}, "who is not meant by a rule is not listed by it"


def test_a_condition_that_cannot_be_told_does_not_match_and_says_what_is_unknown() -> None:
    """S3.7, B.5: unknown is not false; the words name the field."""
    answer = assign(EMEA, lead(EMEA, {"country": "DE"}), RULES, world(somebody("ann", territories=["DE"])))
    assert answer.tried[1] == RuleTried("large accounts", False, "employees not known")
    assert answer.rule == "by territory"


def test_a_rule_may_ask_for_segment_and_condition() -> None:
    """S4.4: both must hold, and the words name both."""
    process = table(
        "  - {name: r, segment: large, when: lead.country == 'DE', among: {team: field}}",
        segments="segments: s\nof: [{segment: large, when: lead.employees >= 1000}]",
    )
    german_lead = replace(lead(process, {"country": "DE"}), segment="large")
    answer = assign(process, german_lead, RULES, world(somebody("ann")))
    assert (answer.person, answer.tried[0].why) == ("ann", "segment is large and condition holds")
    french = replace(german_lead, fields={"country": "FR"})
    assert assign(process, french, RULES, world(somebody("ann"))).tried[0].why == "condition does not hold"
    small = replace(german_lead, segment="small")
    assert assign(process, small, RULES, world(somebody("ann"))).tried[0].why == "segment is small, not large"


def test_an_unknown_reference_means_nobody_and_is_said() -> None:
    """S4.4, B.5: a rule by territory means nobody where the country is unknown."""
    answer = assign(EMEA, lead(EMEA), RULES, world(somebody("ann", territories=["DE"])))
    assert answer.tried[2] == RuleTried("by territory", True, "for every lead; means nobody, country not known")
    assert answer.ownership is Ownership.EXCEPTION


def test_among_means_who_meets_all_of_it() -> None:
    """S4.4: one of the teams, the territory, all skills, and the names; names that the roster lacks are listed."""
    process = table(
        "  - {name: r, among: {team: [field, desk], territory: dach, skills: [pumps, german], "
        "people: [ann, ben, cleo, gone]}}"
    )
    able: dict[str, Iterable[str]] = {"territories": ["dach"], "skills": ["german", "pumps", "valves"]}
    people = (
        somebody("ann", **able),  # type: ignore[arg-type]
        somebody("ben", territories=["dach"], skills=["pumps"]),
        somebody("cleo", teams=["elsewhere"], **able),  # type: ignore[arg-type]
        somebody("dora", **able),  # type: ignore[arg-type]
    )
    answer = assign(process, lead(process), RULES, world(*people))
    assert why(answer.tried[0]) == {"ann": "only one who could take it", "gone": "not in the roster"}


def test_the_team_that_qualified_the_person_has_the_lead() -> None:
    """S1.12: the rule's team, not the person's first; without one, the person's first; and that team's leader."""
    desk = table("  - {name: r, among: {team: [desk, field]}}")
    ann = somebody("ann", teams=["field", "desk"])
    answer = assign(desk, lead(desk), RULES, World(MONDAY, {"ann": ann}, TEAMS))
    assert (answer.team, answer.leader) == ("desk", "dan")
    anywhere = table("  - {name: r, among: {people: [ann]}}")
    answer = assign(anywhere, lead(anywhere), RULES, world(ann))
    assert (answer.team, answer.leader) == ("field", "lea")
    answer = assign(anywhere, lead(anywhere), RULES, world(somebody("ann", teams=[])))
    assert (answer.person, answer.team, answer.leader) == ("ann", None, None)


def test_an_existing_customer_stays_with_the_account_owner_if_there_and_able() -> None:
    """S4.4, S4.5: current customers keep their seller; else the rules decide, and it is said why."""
    process = table("  - {name: field, among: {team: field}}", "keep_with: account_owner\nlimits: {open: 40}")
    ann, ben = somebody("ann"), somebody("ben", teams=["desk"], open=39)
    kept = assign(process, lead(process), RULES, world(ann, ben, account_owner="ben"))
    assert (kept.person, kept.rule, kept.because) == ("ben", "account owner", "has the account already")
    assert (kept.team, kept.leader) == ("desk", "dan")

    full = assign(process, lead(process), RULES, world(ann, replace(ben, open=40), account_owner="ben"))
    assert full.person == "ann"
    assert [one.rule for one in full.tried] == ["account owner", "field"]
    assert why(full.tried[0]) == {"ben": "40 of 40 open leads"}

    for owner, expected in ((None, {}), ("gone", {"gone": "not in the roster"})):
        answer = assign(process, lead(process), RULES, world(ann, account_owner=owner))
        assert (answer.person, why(answer.tried[0])) == ("ann", expected)


# --- who is passed over ----------------------------------------------------------------------------------------------


def test_everybody_passed_over_has_a_reason() -> None:
    """B.5: leave, hours, earlier owners, limits, weight, each in words, and each person once."""
    process = field_team(
        "by_weight", "limits: {open: 40, per_day: 10}\nskip: [absent, off_shift, inactive, earlier_owners]"
    )
    people = (
        somebody("ann"),
        somebody("ben", away=(german(2026, 11, 2), german(2027, 1, 4))),
        somebody("cleo", calendar="tokyo"),
        somebody("dora", active=False),
        somebody("emil"),
        somebody("fred", open=40),
        somebody("gina", today=10),
        somebody("hugo", weight=0),
        somebody("ines"),
    )
    again = replace(lead(process), earlier_owners=("emil",))
    answer = assign(process, again, replace(RULES, exclude=("ines",)), world(*people))
    assert why(answer.tried[0]) == {
        "ann": "only one who could take it",
        "ben": "absent until 2027-01-04",
        "cleo": "off shift until Tue 09:00 Asia/Tokyo",
        "dora": "not active",
        "emil": "had this lead before",
        "fred": "40 of 40 open leads",
        "gina": "10 of 10 leads today",
        "hugo": "weight 0",
        "ines": "left out of this search",
    }
    assert [one.person for one in answer.tried[0].candidates if one.chosen] == ["ann"]


@pytest.mark.parametrize(
    ("skip", "passed_over"),
    [
        ("[]", set()),
        ("[absent]", {"ben"}),
        ("[off_shift]", {"cleo"}),
        ("[inactive]", {"dora"}),
        ("[earlier_owners]", {"emil"}),
        ("[absent, inactive]", {"ben", "dora"}),
    ],
)
def test_skip_is_honoured_as_the_table_says(skip: str, passed_over: set[str]) -> None:
    """S4.5: what the list leaves out is no obstacle; somebody on leave is not off shift for it."""
    process = field_team("fewest_open", f"skip: {skip}")
    people = (
        somebody("ben", away=(german(2026, 11, 2), german(2027, 1, 4)), open=1),
        somebody("cleo", calendar="tokyo", open=1),
        somebody("dora", active=False, open=1),
        somebody("emil", open=1),
        somebody("zoe", open=2),
    )
    answer = assign(process, replace(lead(process), earlier_owners=("emil",)), RULES, world(*people))
    behind = {name for name, words in why(answer.tried[0]).items() if "open lead" in words or "tie" in words}
    assert {"ben", "cleo", "dora", "emil", "zoe"} - behind == passed_over


def test_own_limits_win_over_the_rules_and_those_over_the_tables() -> None:
    """S4.5: each limit on its own."""
    process = table("  - {name: r, among: {team: field}, limits: {open: 5}}", "limits: {open: 40, per_day: 3}")
    people = (
        somebody("ann", open=5),
        somebody("ben", open=5, limits=Limits(open=6)),
        somebody("cleo", open=0, today=3, limits=Limits(open=6)),
        somebody("dora", open=0, limits=Limits(open=0)),
    )
    answer = assign(process, lead(process), RULES, world(*people))
    assert why(answer.tried[0]) == {
        "ann": "5 of 5 open leads",
        "ben": "only one who could take it",
        "cleo": "3 of 3 leads today",
        "dora": "0 of 0 open leads",
    }


def test_the_lead_at_hand_does_not_count_against_its_own_owner() -> None:
    """S4.5: somebody with 40 of 40 open leads can go on with one of these."""
    process = field_team(more="limits: {open: 40}")
    mine = replace(lead(process), owner="ann", ownership=Ownership.PERSON)
    assert assign(process, mine, RULES, world(somebody("ann", open=40))).person == "ann"
    assert assign(process, lead(process), RULES, world(somebody("ann", open=40))).ownership is Ownership.EXCEPTION


# --- leave and hours -------------------------------------------------------------------------------------------------


MON_9, MON_16 = german(2026, 11, 9), german(2026, 11, 16)
NOW = german(2026, 11, 9, 10)
NEVER = datetime.max.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "away", "words"),
    [
        pytest.param(NOW, (MON_9, german(2026, 11, 9, 14)), "until 14:00 Europe/Berlin", id="hours"),
        pytest.param(NOW, (MON_9, MON_16), "until 2026-11-16", id="a week"),
        pytest.param(NOW, (german(2026, 11, 9, 11), MON_16), None, id="starts later today"),
        pytest.param(NOW, (german(2026, 11, 2), german(2026, 11, 9, 10)), None, id="over"),
        pytest.param(german(2026, 11, 7, 10), (MON_9, MON_16), "from 2026-11-09 until 2026-11-16", id="weekend before"),
        pytest.param(german(2026, 11, 6, 18), (MON_9, MON_16), "from 2026-11-09 until 2026-11-16", id="evening before"),
        pytest.param(german(2026, 11, 7, 10), (MON_9, german(2026, 11, 9, 12)), None, id="a morning"),
        pytest.param(NOW, (MON_9, NEVER), "until further notice", id="for good"),
        pytest.param(german(2026, 11, 7, 10), (MON_9, NEVER), "from 2026-11-09 until further notice", id="soon"),
    ],
)
def test_leave_counts_from_the_closing_before_it(
    now: datetime, away: tuple[datetime, datetime], words: str | None
) -> None:
    """S4.5, B.6: a lead of a Saturday does not go to somebody whose holiday begins on Monday."""
    process = field_team()
    answer = assign(process, lead(process), RULES, world(somebody("ann", away=away), now=now.astimezone(UTC)))
    assert why(answer.tried[0])["ann"] == (f"absent {words}" if words else "only one who could take it")


def test_leave_that_joins_leave_is_one() -> None:
    """B.6: the words say when the person is really back."""
    process = field_team()
    ann = replace(
        somebody("ann"),
        absences=(
            Absence(german(2026, 11, 16), german(2026, 11, 23)),
            Absence(german(2026, 11, 2), german(2026, 11, 16)),
        ),
    )
    assert why(assign(process, lead(process), RULES, world(ann)).tried[0]) == {"ann": "absent until 2026-11-23"}


def test_off_shift_says_when_the_shift_begins() -> None:
    """S4.5, B.6: in the person's own zone, holidays counted, with a date where it is a week off."""
    process = field_team(more="skip: [off_shift]")
    for now, words in {
        german(2026, 11, 9, 8): "off shift until Mon 09:00 Europe/Berlin",
        german(2026, 11, 6, 17): "off shift until Mon 09:00 Europe/Berlin",
        german(2026, 12, 24, 18): "off shift until Mon 09:00 Europe/Berlin",
        german(2026, 12, 24, 8): "off shift until Thu 09:00 Europe/Berlin",
    }.items():
        answer = assign(process, lead(process), RULES, world(somebody("ann"), now=now.astimezone(UTC)))
        assert why(answer.tried[0]) == {"ann": words}


def test_whose_calendar_counts() -> None:
    """S2.5, B.6: a person's own, then the first team's, then the table's default; leave belongs to the person."""
    process = field_team()
    away = (german(2026, 11, 9), german(2026, 11, 10))
    people = world(
        somebody("ann"),
        somebody("ben", teams=["desk"], away=away),
        somebody("cleo", teams=["desk", "field"], calendar="berlin"),
        somebody("emil", teams=["desk", "field"]),
        somebody("dora", calendar="a_calendar_of_tomorrow"),
    )
    names = {key: calendar_of(process, people, key).name for key in (*people.people, "stranger")}
    assert names == {
        "ann": "berlin",
        "ben": "tokyo",
        "cleo": "berlin",
        "emil": "tokyo",
        "dora": "berlin",
        "maria": "tokyo",
        "stranger": "berlin",
    }
    assert calendar_of(process, people, "ben").absences == (Absence(*away),)
    assert [team_calendar(process, people, team).name for team in ("desk", "field", "none")] == [
        "tokyo",
        "berlin",
        "berlin",
    ]
    assert [named_calendar(process, name).name for name in ("tokyo", None)] == ["tokyo", "berlin"]
    assert named_calendar(process_with(), None) == ALWAYS


def test_hours_are_read_as_written() -> None:
    """B.6: ranges of days, past Sunday too; a day on its own wins over a range; several spans; half-days, closures."""
    process = process_with(
        calendars="""
calendars: offices
default: shop
of:
  shop:
    zone: UTC
    hours: {fri: "09:00-12:00", mon-fri: "09:00-12:00, 13:00-17:00"}
    closed: ["2026-11-10"]
    special: {"2026-11-14": "10:00-11:00"}
  weekend: {zone: UTC, hours: {sat-mon: "00:00-24:00"}}
"""
    )
    shop, weekend = named_calendar(process, "shop"), named_calendar(process, "weekend")

    def opens(day: int, hour: int) -> bool:
        return is_open(shop, datetime(2026, 11, day, hour, tzinfo=UTC))

    assert opens(9, 9)
    assert not opens(9, 12)
    assert opens(9, 16)
    assert not opens(13, 16), "Friday has hours of its own"
    assert not opens(10, 9), "closed"
    assert opens(14, 10), "a Saturday with hours"
    days = [is_open(weekend, datetime(2026, 11, day, 12, tzinfo=UTC)) for day in range(9, 16)]
    assert days == [True, False, False, False, False, True, True]


def test_a_day_that_is_none_is_refused() -> None:
    """B.1: an impossible date in a calendar is an error with a remedy, not a crash."""
    process = process_with(
        calendars='calendars: c\ndefault: c\nof: {c: {zone: UTC, hours: {mon: "09:00-17:00"}, closed: ["2026-01-01"]}}'
    )
    assert process.calendars is not None
    entry = process.calendars.of["c"].model_copy(update={"closed": ["2026-02-30"]})
    wrong = replace(process, calendars=process.calendars.model_copy(update={"of": {"c": entry}}))
    with pytest.raises(CalendarError, match="2026-02-30"):
        named_calendar(wrong, None)


# --- picks -----------------------------------------------------------------------------------------------------------


def distribute(process: Process, people: World, count: int, *, days: int = 1, prefix: str = "L") -> Counter[str]:
    """Assign so many leads a day, one after the other, as a database would count them."""
    got: Counter[str] = Counter()
    for day in range(days):
        fresh = {key: replace(one, today=0) for key, one in people.people.items()}
        people = replace(people, now=MONDAY + timedelta(days=day), people=fresh)
        for number in range(count):
            answer = assign(process, lead(process, key=f"{prefix}{day}-{number}"), RULES, people)
            assert answer.person is not None
            one = people.people[answer.person]
            given = replace(one, open=one.open + 1, today=one.today + 1, last_turn=10_000 + 1000 * day + number)
            people = replace(people, people={**people.people, answer.person: given})
            got[answer.person] += 1
    return got


FIVE = tuple(somebody(key) for key in ("ann", "ben", "cleo", "dora", "emil"))


@pytest.mark.parametrize("pick", ["longest_since_last", "by_weight", "fewest_open", "best_fit"])
def test_equal_sellers_get_equal_shares(pick: str) -> None:
    """S0.16, S4.5: a hundred leads for five equal sellers are twenty each, whatever the method."""
    assert set(distribute(field_team(pick), world(*FIVE), 100).values()) == {20}


def test_longest_since_last_counts_every_lead_and_puts_newcomers_first() -> None:
    """S4.5: turns by hand count too; somebody who never had a lead comes first."""
    process = field_team()
    people = (somebody("ann", last_turn=7), somebody("ben", last_turn=9), somebody("cleo", last_turn=8))
    answer = assign(process, lead(process), RULES, world(*people))
    assert why(answer.tried[0]) == {
        "ann": "longest since last lead",
        "ben": "last lead more recent than ann's",
        "cleo": "last lead more recent than ann's",
    }
    answer = assign(process, lead(process), RULES, world(*people, somebody("new")))
    assert why(answer.tried[0])["new"] == "no lead before"
    assert why(answer.tried[0])["ann"] == "had a lead before, new none"
    assert answer.because == "rule 'field' (field): no lead before"


def test_fewest_open() -> None:
    """S4.5: whoever has the fewest open leads."""
    process = field_team("fewest_open")
    answer = assign(process, lead(process), RULES, world(somebody("ann", open=3), somebody("ben", open=7)))
    assert why(answer.tried[0]) == {"ann": "fewest open leads (3)", "ben": "more open leads (7) than ann (3)"}


def test_best_fit_matches_most_of_the_leads_values() -> None:
    """S4.4, S4.5: skills and territories against the lead's values; then longest since last."""
    process = field_team("best_fit")
    people = (
        somebody("ann", skills=["pumps"], last_turn=1),
        somebody("ben", skills=["pumps", "german"], territories=["DE"], last_turn=9),
        somebody("cleo", skills=["valves"], last_turn=None),
        somebody("dora", skills=["german", "pumps"], territories=["DE", "AT"], last_turn=12),
    )
    fields: dict[str, Value] = {"product_line": "pumps", "country": "DE", "language": "german", "employees": 3}
    answer = assign(process, lead(process, fields), RULES, world(*people))
    assert why(answer.tried[0]) == {
        "ann": "fits fewer of the lead's values (1) than ben (3)",
        "ben": "best fit (pumps, DE, german)",
        "cleo": "fits fewer of the lead's values (0) than ben (3)",
        "dora": "fits as well, last lead more recent than ben's",
    }


def test_ties_are_drawn_by_lead_evenly_and_always_alike() -> None:
    """S0.16: of tied people each gets as many, and the same lead always the same one, in whatever order they come."""
    process = field_team("fewest_open")
    people = world(*FIVE[:3])
    got = Counter(assign(process, lead(process, key=f"web:2026-{n:05}"), RULES, people).person for n in range(1500))
    assert all(abs(count - 500) < 75 for count in got.values()), got
    turned = replace(people, people=dict(reversed(list(people.people.items()))))
    assert assign(process, lead(process), RULES, people) == assign(process, lead(process), RULES, turned)
    answer = assign(process, lead(process), RULES, people)
    assert answer.because == "rule 'field' (field): fewest open leads (0); tie, drawn by lead"
    losers = [one.why for one in answer.tried[0].candidates if not one.chosen]
    assert losers == [f"tie with {answer.person}, drawn by lead"] * 2


WEIGHTED = (somebody("ann", weight=1), somebody("ben", weight=2), somebody("cleo", weight=3))


@pytest.mark.parametrize("count", [6, 60, 600])
def test_a_burst_is_shared_out_by_weight(count: int) -> None:
    """S0.16, S4.5: weights 1:2:3 get exactly 1:2:3, in every round of a burst."""
    got = distribute(field_team("by_weight"), world(*WEIGHTED), count)
    assert got == {"ann": count // 6, "ben": count // 3, "cleo": count // 2}


@pytest.mark.parametrize("a_day", [1, 2, 3, 4, 7])
def test_small_weights_get_their_share_where_days_have_few_leads(a_day: int) -> None:
    """S0.16: with one lead a day too, in the long run everybody gets what their weight says."""
    days = 240
    got = distribute(field_team("by_weight"), world(*WEIGHTED), a_day, days=days)
    for key, weight in (("ann", 1), ("ben", 2), ("cleo", 3)):
        assert got[key] == pytest.approx(a_day * days * weight / 6, rel=0.05), got


def test_nobody_back_from_leave_is_flooded() -> None:
    """S0.16: what others got while somebody was away is not made up for by weight, nor by longest since last."""
    veterans = [replace(one, open=50, last_turn=500 + n) for n, one in enumerate(FIVE[:4])]
    for pick in ("by_weight", "longest_since_last"):
        got = distribute(field_team(pick), world(*veterans, replace(FIVE[4], last_turn=3)), 10)
        assert got["emil"] == 2, pick


def test_by_weight_counts_leads_by_hand_and_says_so() -> None:
    """S4.5, B.5: who had more than their share today waits, in words."""
    process = field_team("by_weight")
    people = (somebody("ann", weight=1, today=4), somebody("ben", weight=2, today=1))
    answer = assign(process, lead(process), RULES, world(*people))
    assert why(answer.tried[0]) == {
        "ann": "next turn by weight after ben's (weight 1, 4 today)",
        "ben": "next turn by weight (weight 2 of 3, 1 today)",
    }


# --- reassignment, by name, and nobody -------------------------------------------------------------------------------


def test_a_reassignment_goes_to_a_different_seller() -> None:
    """S2.5: never to the present owner, nor to those that the search leaves out; with words for each."""
    process = field_team(more="skip: [absent]")
    mine = replace(lead(process), owner="ann", ownership=Ownership.PERSON, earlier_owners=("ben",), hops=1)
    ask = AskOwner(AssignMode.REASSIGN, "Follow-up overdue", exclude=("ben", "ann"))
    answer = assign(process, mine, ask, world(*FIVE[:3]))
    assert why(answer.tried[0]) == {
        "ann": "is the present owner",
        "ben": "had this lead before",
        "cleo": "only one who could take it",
    }


def test_a_reassignment_may_come_back_to_an_earlier_owner_where_its_author_says_so() -> None:
    """S2.5: `except: owner` leaves out the present owner only, whatever the table skips."""
    process = field_team(more="skip: [earlier_owners]")
    mine = replace(lead(process), owner="ann", earlier_owners=("ben",))
    answer = assign(process, mine, AskOwner(AssignMode.REASSIGN, "overdue", exclude=("ann",)), world(*FIVE[:2]))
    assert answer.person == "ben"


def test_a_named_person_gets_it() -> None:
    """S4.5: by hand, whatever rules and limits say; leave is said."""
    process = field_team(more="limits: {open: 0}")
    ask = AskOwner(AssignMode.PERSON, "assigned by lea", person="ann")
    answer = assign(process, lead(process), ask, world(somebody("ann", open=50)))
    assert (answer.ownership, answer.person, answer.team, answer.leader) == (Ownership.PERSON, "ann", "field", "lea")
    assert (answer.rule, answer.because) == ("by name", "assigned by lea")
    away = somebody("ann", away=(german(2026, 11, 2), german(2026, 12, 1)))
    on_leave = assign(process, lead(process), ask, world(away))
    assert on_leave.because == "assigned by lea; absent until 2026-12-01"
    assert (why(answer.tried[0]), why(on_leave.tried[0])) == ({"ann": "named"}, {"ann": "absent until 2026-12-01"})


@pytest.mark.parametrize(
    ("named", "fault", "candidates"),
    [
        ("gone", "gone is not in the roster", {"gone": "not in the roster"}),
        ("ann", "ann is not active", {"ann": "not active"}),
        (None, "nobody was named", {}),
    ],
)
def test_who_cannot_act_on_it_does_not_get_it_by_name(
    named: str | None, fault: str, candidates: dict[str, str]
) -> None:
    """S4.6: then the exception owner decides, and the reason is said."""
    process = field_team()
    ask = AskOwner(AssignMode.PERSON, "assigned by lea", person=named)
    answer = assign(process, lead(process), ask, world(somebody("ann", active=False)))
    assert (answer.ownership, answer.person) == (Ownership.EXCEPTION, "maria")
    assert answer.because == f"assigned by lea, but {fault}; maria decides"
    assert why(answer.tried[0]) == candidates


HOLDING = field_team(more="when_nobody: {hold: 4 working hours, then: exception}")


def test_where_no_rule_finds_anybody_the_lead_is_held_first() -> None:
    """S4.6: until working hours of whoever decides have passed; their leave makes it no longer."""
    friday = german(2026, 11, 6, 15).astimezone(UTC)
    for maria in (somebody("maria"), somebody("maria", away=(friday, friday + timedelta(days=30)))):
        people = World(friday, {"maria": replace(maria, person=maria.person.model_copy(update={"teams": []}))}, TEAMS)
        answer = assign(HOLDING, lead(HOLDING), RULES, people)
        assert (answer.ownership, answer.person, answer.rule) == (Ownership.HELD, None, "hold")
        assert answer.until == german(2026, 11, 9, 11)
        assert answer.because == "no rule found anybody; held until Mon 11:00 Europe/Berlin"
        assert answer.tried[0].why == "for every lead; nobody is meant by field"


def test_a_hold_is_short_in_the_demo() -> None:
    """The demo's scale shortens the wait."""
    answer = assign(HOLDING, lead(HOLDING), RULES, world(scale=0.01, now=german(2026, 11, 9, 10).astimezone(UTC)))
    assert answer.until is not None
    assert answer.until < MONDAY + timedelta(hours=1)


def test_a_held_reassignment_leaves_the_lead_with_its_owner() -> None:
    """S2.5: nobody loses a lead to nobody."""
    mine = replace(lead(HOLDING), owner="ann", team="field", leader="lea", ownership=Ownership.PERSON)
    ask = AskOwner(AssignMode.REASSIGN, "overdue", exclude=("ann",))
    answer = assign(HOLDING, mine, ask, world(somebody("ann")))
    assert (answer.ownership, answer.person, answer.team, answer.leader) == (Ownership.HELD, "ann", "field", "lea")
    assert answer.tried[0].why == "for every lead; the only one could not take it"


def test_after_the_hold_the_exception_owner_decides() -> None:
    """S4.6: the named decision maker gets it, there or not, and it says so."""
    last = replace(RULES, last_try=True)
    answer = assign(HOLDING, lead(HOLDING), last, world())
    assert (answer.ownership, answer.person, answer.team, answer.leader) == (
        Ownership.EXCEPTION,
        "maria",
        "desk",
        "dan",
    )
    assert answer.because == "no rule found anybody; maria decides"
    for maria, state in (
        (somebody("maria", active=False), "not active"),
        (somebody("maria", away=(german(2026, 11, 2), german(2026, 12, 1))), "absent until 2026-12-01"),
    ):
        answer = assign(HOLDING, lead(HOLDING), last, World(MONDAY, {"maria": maria}, TEAMS))
        assert (answer.person, answer.because) == ("maria", f"no rule found anybody; maria decides ({state})")
    answer = assign(HOLDING, lead(HOLDING), last, World(MONDAY))
    assert (answer.person, answer.because) == ("maria", "no rule found anybody; maria decides (not in the roster)")


def test_a_queue_takes_it_where_the_table_says_so() -> None:
    """S4.6: the team's queue, with its leader, instead of the exception owner."""
    process = field_team(more="when_nobody: {then: queue}\nqueue: {team: desk, clock: 4 hours, climb: silence}")
    answer = assign(process, lead(process), RULES, world())
    assert (answer.ownership, answer.person, answer.team, answer.leader) == (Ownership.QUEUE, None, "desk", "dan")
    assert answer.because == "no rule found anybody; the queue of desk has it"


def test_the_exception_owner_may_be_asked_for() -> None:
    """S4.6: after too many hops; the reason is what the process says."""
    ask = AskOwner(AssignMode.EXCEPTION, "Follow-up overdue; reassigned 3 times already")
    answer = assign(HOLDING, lead(HOLDING), ask, world())
    assert (answer.ownership, answer.person) == (Ownership.EXCEPTION, "maria")
    assert answer.because == "Follow-up overdue; reassigned 3 times already; maria decides"


def test_without_a_table_whoever_has_it_keeps_it() -> None:
    """S4.6: a process that assigns nobody leaves the lead as it is, and says why."""
    process = process_with(calendars=OFFICES)
    answer = assign(process, lead(process), RULES, world())
    assert (answer.ownership, answer.person) == (Ownership.NOBODY, None)
    mine = replace(lead(process), owner="ann", ownership=Ownership.PERSON, team="field", leader="lea")
    answer = assign(process, mine, AskOwner(AssignMode.PERSON, "assigned by lea", person="gone"), world())
    assert (answer.ownership, answer.person, answer.team) == (Ownership.PERSON, "ann", "field")
    assert answer.because == "assigned by lea, but gone is not in the roster; no assignment table says who decides"


# --- whatever the world is like --------------------------------------------------------------------------------------

ANY = {
    pick: table(
        "  - {name: first, when: lead.country == 'DE', among: {team: field, territory: lead.country}, "
        f"pick: {pick}}}\n"
        f"  - {{name: second, among: {{team: [field, desk]}}, pick: {pick}, limits: {{open: 8}}}}",
        "limits: {open: 12, per_day: 4}\nskip: [absent, inactive, off_shift, earlier_owners]\nkeep_with: account_owner",
    )
    for pick in ("longest_since_last", "by_weight", "fewest_open", "best_fit")
}
NAMES = ("ann", "ben", "cleo", "dora", "emil", "fred")


@st.composite
def colleagues(draw: st.DrawFn, key: str) -> Colleague:
    starts = draw(st.integers(-20, 20))
    away = (MONDAY + timedelta(days=starts), MONDAY + timedelta(days=starts + draw(st.integers(0, 20))))
    return somebody(
        key,
        teams=draw(st.lists(st.sampled_from(["field", "desk", "other"]), max_size=2, unique=True)),
        territories=draw(st.lists(st.sampled_from(["DE", "AT"]), max_size=2, unique=True)),
        weight=draw(st.integers(0, 4)),
        limits=Limits(open=draw(st.none() | st.integers(0, 10)), per_day=draw(st.none() | st.integers(0, 5))),
        calendar=draw(st.sampled_from([None, "berlin", "tokyo"])),
        active=draw(st.booleans()),
        away=away if draw(st.booleans()) else None,
        open=draw(st.integers(0, 12)),
        today=draw(st.integers(0, 5)),
        last_turn=draw(st.none() | st.integers(0, 5)),
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    people = [draw(colleagues(key)) for key in NAMES if draw(st.booleans())]
    now = MONDAY + timedelta(hours=draw(st.integers(0, 14 * 24)))
    return world(*people, now=now, account_owner=draw(st.none() | st.sampled_from(NAMES)))


asks = st.builds(
    AskOwner,
    st.sampled_from([AssignMode.RULES, AssignMode.REASSIGN]),
    st.just("why"),
    exclude=st.lists(st.sampled_from(NAMES), max_size=2, unique=True).map(tuple),
    last_try=st.booleans(),
)


def limit(one: Colleague, rule_open: int | None) -> tuple[int, int]:
    own = one.person.limits
    most = own.open if own.open is not None else rule_open if rule_open is not None else 12
    return most, own.per_day if own.per_day is not None else 4


@settings(max_examples=300, deadline=None)
@given(worlds(), asks, st.sampled_from(list(ANY)), st.sampled_from(["DE", "FR", None]), st.data())
def test_nobody_gets_a_lead_who_must_not(
    people: World, ask: AskOwner, pick: str, country: str | None, data: st.DataObject
) -> None:
    """S2.5, S4.5, B.5: never somebody away, off shift, inactive, full or left out; everybody meant by a rule is listed
    once, with a reason, and one of them chosen; the answer is the same however often it is asked for."""
    process = ANY[pick]
    one = replace(
        lead(process, {"country": country} if country else {}),
        owner=data.draw(st.none() | st.sampled_from(NAMES)),
        earlier_owners=data.draw(st.lists(st.sampled_from(NAMES), max_size=2, unique=True).map(tuple)),
    )
    answer = assign(process, one, ask, people)
    assert answer == assign(
        process, one, ask, replace(people, people=dict(sorted(people.people.items(), reverse=True)))
    )
    _explained_completely(answer, process, people, country)
    if answer.ownership is not Ownership.PERSON:
        assert (answer.ownership, answer.person) == (Ownership.EXCEPTION, "maria")
        return
    assert answer.person is not None
    chosen = people.people[answer.person]
    most_open, most_today = limit(chosen, 8 if answer.rule == "second" else None)
    assert chosen.person.active
    assert chosen.key not in ask.exclude
    assert ask.mode is AssignMode.RULES or chosen.key != one.owner
    assert ask.mode is AssignMode.REASSIGN or chosen.key not in one.earlier_owners
    assert not any(absence.start <= people.now < absence.end for absence in chosen.absences)
    assert is_open(calendar_of(process, people, chosen.key), people.now)
    assert chosen.open - (chosen.key == one.owner) < most_open
    assert chosen.today < most_today
    assert pick != "by_weight" or answer.rule == "account owner" or chosen.person.weight > 0


def _explained_completely(answer: Assigned, process: Process, people: World, country: str | None) -> None:
    assert process.assignment is not None
    asked = ["account owner", *(rule.name for rule in process.assignment.rules)]
    assert [tried.rule for tried in answer.tried] == asked[: len(answer.tried)]
    meant: dict[str, set[str]] = {
        "account owner": {people.account_owner} if people.account_owner else set(),
        "first": {
            one.key
            for one in people.people.values()
            if "field" in one.person.teams and country in one.person.territories
        },
        "second": {one.key for one in people.people.values() if {"field", "desk"} & {*one.person.teams}},
    }
    for tried in answer.tried:
        listed = [candidate.person for candidate in tried.candidates]
        assert sorted(listed) == sorted(meant[tried.rule] if tried.matched else ())
        assert all(candidate.why for candidate in tried.candidates)
        chosen = [candidate.person for candidate in tried.candidates if candidate.chosen]
        found = answer.ownership is Ownership.PERSON and tried.rule == answer.rule
        assert chosen == ([answer.person] if found else [])
    assert answer.ownership is not Ownership.PERSON or answer.rule == answer.tried[-1].rule


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=2, max_size=6), st.integers(0, 400), st.integers(1, 40))
@example([1, 1, 1, 1, 5], 0, 1)
@example([1, 1, 1, 1, 1, 9], 7, 1)
def test_whatever_the_weights_nobody_is_more_than_a_place_off(weights: list[int], day: int, count: int) -> None:
    """S0.16: at every moment of a burst everybody has what their weight says, give or take two leads; after a full
    round, exactly that."""
    process = field_team("by_weight")
    people = world(
        *(somebody(f"p{n}", weight=weight) for n, weight in enumerate(weights)), now=MONDAY + timedelta(days=day)
    )
    total, got = sum(weights), Counter[str]()
    for number in range(total + count):
        answer = assign(process, lead(process, key=str(number)), RULES, people)
        assert answer.person is not None
        one = people.people[answer.person]
        people = replace(people, people={**people.people, one.key: replace(one, today=one.today + 1)})
        got[one.key] += 1
        for index, weight in enumerate(weights):
            assert abs(got[f"p{index}"] - (number + 1) * weight / total) <= 2
        if number + 1 == total:
            assert [got[f"p{index}"] for index in range(len(weights))] == weights


def test_dates_are_those_of_the_persons_calendar() -> None:
    """B.6: leave to midnight in Tokyo ends on the day that begins there then."""
    process = field_team()
    tokyo = ZoneInfo("Asia/Tokyo")
    away = (MONDAY - timedelta(days=1), datetime(2026, 11, 20, tzinfo=tokyo))
    answer = assign(process, lead(process), RULES, world(somebody("ann", calendar="tokyo", away=away)))
    assert why(answer.tried[0]) == {"ann": f"absent until {date(2026, 11, 20)}"}
