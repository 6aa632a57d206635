"""How well doubles are found (S0.13): people made up with known truth, who come several times, through the same search and judge as
at the front door. Precision and recall of `same`, recall of `same or possible`, and what a search costs.

    python -m bench.doubles [LEADS]
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.figures import Figure
from client.compared import card_of
from engine.compiling.bundle import SourceText, parse
from engine.identity.card import reads
from engine.identity.judging import Verdict, judge_all
from engine.language.identity import IdentityTable
from engine.lead import Lead
from stack.settings import StackSettings
from stack.supervisor import LocalStack
from store import contacts, leads
from store.leads import NewLead
from store.migrate import migrate
from store.pool import Connection, open_pool

TABLE = Path(__file__).parents[1] / "definitions" / "tables" / "people.yaml"
LEADS = 5_000
CROWD = 100_000
NOW = datetime(2027, 3, 1, tzinfo=UTC)

_CROWD = """
    insert into lead (
        key, title, source_system, external_id, arrived_at, first_source, origin, process, version, digest, fields, personal, known,
        snapshot, missing
    )
    select
        'crowd:' || n, title, source_system, n::text, arrived_at, first_source, origin, process, version, digest, fields, personal,
        known, snapshot, missing
    from lead, generate_series(1, $1::int - 1) as n
    where key = 'crowd:0'
"""
"""As many leads as there are to be, like the first of them."""

_CONTACT = ("lead", "pool", "reads", "email", "mailbox", "phone", "name", "company", "domain", "country")


def _words(text: str) -> list[str]:
    return text.split()


_FIRST = _words("""
    anna ben clara david elena felix greta hugo ines jan karla lukas maria nils olga paul rosa stefan
    tina uwe vera walter xenia yusuf zoe müge jörg björn aylin marek ivana pierre chloé giulia marco sofia
    lars astrid priya rahul mei kenji amina omar lucía diego
""")
_LAST_A = _words("""
    hof berg stein linden eichen sonn wald bach feld rosen gold silber kron haupt mar nord west ober
    nieder grün
""")
_LAST_B = _words("""
    mann bauer müller schmidt weber meier huber vogel keller winter lang kurz rot weiss braun richter wolf
""")
_FIRM_A = ["cobalt", "nova", "delta", "orion", "quanta", "vertex", "helio", "aqua", "terra", "ferro"]
_FIRM_B = [
    "pumps",
    "systems",
    "werke",
    "technik",
    "hydro",
    "flow",
    "dynamics",
    "industrie",
    "logistics",
    "solutions",
    "energy",
    "valves",
]
_FORMS = ("GmbH", "AG", "Ltd", "", "GmbH & Co. KG", "Inc.")
_FREE = ("gmail.com", "gmx.de", "outlook.com", "web.de")


@dataclass(frozen=True)
class Made:
    """An inquiry, and which lead it truly is."""

    truth: int
    values: dict[str, Any]


def made(many: int, seed: int = 7) -> list[Made]:
    """About so many inquiries, in the order in which they come."""
    chance = random.Random(seed)
    found = list(_people(chance, many))[:many]
    chance.shuffle(found)
    return found


def _people(chance: random.Random, many: int) -> Iterator[Made]:
    truth = count = 0
    while count < many:
        firm = f"{chance.choice(_FIRM_A)} {chance.choice(_FIRM_B)} {chance.choice(_LAST_A)}"
        host = firm.replace(" ", "-").replace("ü", "ue") + chance.choice((".de", ".com", ".example"))
        switchboard = f"+4930{chance.randrange(10**6, 10**7)}"
        for _ in range(chance.choice((1, 1, 1, 2, 3, 5))):  # colleagues
            truth += 1
            person = _person(chance, firm, host, switchboard)
            times = chance.choices((1, 2, 3), (60, 30, 10))[0]
            for number in range(times):
                count += 1
                yield Made(truth, dict(person) if number == 0 else _again(chance, person))
            if chance.random() < 0.03:  # moved to another company: another lead
                truth, count = truth + 1, count + 1
                other = f"{chance.choice(_FIRM_A)} {chance.choice(_FIRM_B)} {chance.choice(_LAST_B)}"
                at = f"{person['email'].partition('@')[0]}@{other.replace(' ', '-').replace('ü', 'ue')}.net"
                yield Made(truth, {**person, "company": other, "email": at, "phone": None})


def _person(chance: random.Random, firm: str, host: str, switchboard: str) -> dict[str, Any]:
    first, last = chance.choice(_FIRST), chance.choice(_LAST_A) + chance.choice(_LAST_B)
    box = chance.choice((f"{first}.{last}", f"{first[0]}.{last}", f"{first}{last}{chance.randrange(100)}"))
    at = chance.choice(_FREE) if chance.random() < 0.3 else host
    own = f"+49170{chance.randrange(10**6, 10**7)}"
    return {
        "contact_name": f"{first} {last}".title(),
        "email": f"{_ascii(box)}@{at}",
        "phone": chance.choice((switchboard, own, None)),
        "company": f"{firm.title()} {chance.choice(_FORMS)}".strip(),
        "country": "DE",
    }


def _again(chance: random.Random, person: dict[str, Any]) -> dict[str, Any]:
    """The same person once more: mistyped, swapped, with less, or from another address."""
    lead = dict(person)
    first, _, last = lead["contact_name"].partition(" ")
    if chance.random() < 0.2:
        lead["contact_name"] = chance.choice((f"{last} {first}", f"{last}, {first}", f"{first[0]}. {last}"))
    if chance.random() < 0.25:
        lead["contact_name"] = _slip(chance, lead["contact_name"])
    if chance.random() < 0.25:
        box, _, host = lead["email"].partition("@")
        lead["email"] = f"{_slip(chance, box)}@{host}"
    elif chance.random() < 0.15:
        lead["email"] = f"{_ascii(first.lower())}.{_ascii(last.lower())}@{chance.choice(_FREE)}"
    if chance.random() < 0.2:
        lead["phone"] = None
    if chance.random() < 0.2:
        lead["company"] = chance.choice((None, _slip(chance, lead["company"]), lead["company"].partition(" ")[0]))
    return lead


def _slip(chance: random.Random, text: str) -> str:
    at = chance.randrange(1, len(text))
    match chance.randrange(3):
        case 0:
            return text[:at] + text[at + 1 :]
        case 1:
            return text[:at] + text[at - 1] + text[at:]
        case _:
            return text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :]


def _ascii(text: str) -> str:
    return text.translate(str.maketrans("üöäéíğ", "uoaeig")).replace("ß", "ss")


@dataclass(frozen=True)
class Found:
    """`joined` inquiries were taken for a lead that is there, `right` of them truly; `doubles` should have been; `asked`: of those
    that were not, a person is asked about the right one; `questions` in all. `seconds` is the time of one search and judgement."""

    joined: int
    right: int
    doubles: int
    asked: int
    questions: int
    seconds: float

    @property
    def precision(self) -> float:
        return self.right / max(self.joined, 1)

    @property
    def recall(self) -> float:
        return self.right / max(self.doubles, 1)

    @property
    def recall_with_people(self) -> float:
        return (self.right + self.asked) / max(self.doubles, 1)


def shipped() -> IdentityTable:
    model = parse(SourceText(TABLE.name, TABLE.read_text("utf-8"))).model
    assert isinstance(model, IdentityTable)
    return model


async def run(conn: Connection, table: IdentityTable, inquiries: list[Made]) -> Found:
    """Let them come one after another: each that is the same as another is no lead of its own. Nothing is kept."""
    truth_of: dict[str, int] = {}
    seen: set[int] = set()
    joined = right = doubles = asked = questions = 0
    spent = 0.0
    outer = conn.transaction()
    await outer.start()
    try:
        for number, one in enumerate(inquiries):
            card = card_of(table, one.values)
            began = time.perf_counter()
            found = {known.lead: known.card for known in await contacts.candidates(conn, table.identity, card)}
            judged = judge_all(table, card, found)
            spent += time.perf_counter() - began
            same = sorted((-j.points, key) for key, j in judged.items() if j.verdict is Verdict.SAME)
            maybe = [key for key, j in judged.items() if j.verdict is Verdict.POSSIBLE]
            doubles += one.truth in seen
            if same:
                joined += 1
                right += truth_of[same[0][1]] == one.truth
                continue
            questions += len(maybe)
            asked += one.truth in seen and any(truth_of[key] == one.truth for key in maybe)
            key = f"bench:{number}"
            truth_of[key] = one.truth
            seen.add(one.truth)
            await leads.register(conn, NewLead(_lead(key), "bench", str(number)))
            await contacts.put(conn, key, table.identity, reads(table), card)
    finally:
        await outer.rollback()
    return Found(joined, right, doubles, asked, questions, spent / len(inquiries))


async def among(conn: Connection, table: IdentityTable, many: int, searches: int = 200) -> tuple[float, float]:
    """Median and 95th percentile of a search and judgement among so many leads that are there, in seconds. Nothing is kept."""
    there, new = made(many), made(searches, seed=8)
    outer = conn.transaction()
    await outer.start()
    try:
        await leads.register(conn, NewLead(_lead("crowd:0"), "crowd", "0"))
        await conn.execute(_CROWD, many)
        rows = (
            (f"crowd:{number}", table.identity, reads(table), card_of(table, one.values))
            for number, one in enumerate(there)
        )
        records = [
            (
                key,
                pool,
                fields,
                card.email,
                card.mailbox,
                card.phone,
                card.name,
                card.company,
                card.domain,
                card.country,
            )
            for key, pool, fields, card in rows
        ]
        await conn.copy_records_to_table("contact", records=records, columns=_CONTACT)
        await conn.execute("analyze contact; analyze lead")
        took = [await _search(conn, table, one) for one in new]
    finally:
        await outer.rollback()
    return statistics.median(took), statistics.quantiles(took, n=20)[-1]


async def _search(conn: Connection, table: IdentityTable, one: Made) -> float:
    card = card_of(table, one.values)
    began = time.perf_counter()
    found = {known.lead: known.card for known in await contacts.candidates(conn, table.identity, card)}
    judge_all(table, card, found)
    return time.perf_counter() - began


def _lead(key: str) -> Lead:
    return Lead(key, key, "bench", 1, "bench", "new", NOW, NOW, {})


async def measure_doubles(home: Path, many: int = LEADS) -> list[Figure]:
    settings = StackSettings(home=home, temporal_port=0, ui_port=0, sink=False)
    async with LocalStack(settings) as endpoints:
        await migrate(endpoints.database_url)
        async with await open_pool(endpoints.database_url) as pool, pool.acquire() as conn:
            found = await run(conn, shipped(), made(many))
            usual, slow = await among(conn, shipped(), CROWD)
    note = f"{many} inquiries, {found.doubles} doubles, {found.questions} questions"
    return [
        Figure("doubles: precision of same", 100 * found.precision, "%", note=note),
        Figure("doubles: joined wrongly", 100 - 100 * found.precision, "%", bound=1),
        Figure("doubles: recall of same", 100 * found.recall, "%"),
        Figure("doubles: neither joined nor asked about", 100 - 100 * found.recall_with_people, "%", bound=5),
        Figure("doubles: recall with those that a person is asked about", 100 * found.recall_with_people, "%"),
        Figure("doubles: search and judgement", 1000 * found.seconds, "ms"),
        Figure(
            f"doubles: a search among {CROWD:,} leads",
            1000 * usual,
            "ms",
            note=f"95 of 100 within {1000 * slow:.0f} ms",
        ),
    ]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for figure in asyncio.run(measure_doubles(Path(folder), int(sys.argv[1]) if sys.argv[1:] else LEADS)):
            print(f"{figure.name}: {figure.value:.2f} {figure.unit} {figure.note}")
