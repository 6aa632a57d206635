"""Examples of requests and answers for /openapi.json, and the schema of a lead that is sent. Held against their schemas in the tests."""

from __future__ import annotations

from typing import Any

from engine.decision import Missing, Refusal, RefusalCode
from web.problems import Problem, away, busy, refused

LEAD: dict[str, Any] = {
    "title": "Lead",
    "description": "A lead as its system knows it. Besides these, the fields of the process that takes it, such as company, email, "
    "country: which there are, its definition says.",
    "type": "object",
    "properties": {
        "id": {
            "type": ["string", "number", "null"],
            "maxLength": 200,
            "description": "what its system calls it; under one id it is one lead. Without it, the mail address or phone number serves",
        },
        "source_system": {
            "type": ["string", "null"],
            "maxLength": 100,
            "description": "the system whose id it is; left out, that of the token",
        },
        "title": {
            "type": ["string", "null"],
            "maxLength": 2000,
            "description": "what it is called where there is no company",
        },
        "touch_id": {
            "type": ["string", "number", "null"],
            "maxLength": 200,
            "description": "names this very inquiry: under another one, the lead has come again",
        },
    },
    "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
}

BATCH_ANSWER: dict[str, Any] = {
    "title": "BatchAnswer",
    "description": "What became of a line of a batch: as POST /leads answers, with its status. The last answer tells of the whole batch.",
    "type": "object",
    "properties": {
        "line": {"type": "integer", "minimum": 1, "description": "the line that it is for, blank ones counted"},
        "status": {
            "type": "integer",
            "description": "what POST /leads would have answered: 201, 200, or that of the problem",
        },
        "lead": {"type": "string", "description": "the lead's key"},
        "outcome": {"type": "string", "enum": ["new", "known", "kept_out"], "description": "as in ArrivedBody"},
        "receipt": {"type": ["object", "null"], "description": "as in ArrivedBody"},
        "kept_out": {"type": ["object", "null"], "description": "as in ArrivedBody"},
        "missing": {"type": "array", "items": {"type": "string"}, "description": "as in ArrivedBody"},
        "invalid": {"type": "array", "items": {"type": "string"}, "description": "as in ArrivedBody"},
        "link": {"type": ["string", "null"], "description": "as in ArrivedBody"},
        "problem": {"$ref": "#/components/schemas/Problem"},
        "done": {"type": "boolean", "description": "of the last answer: whether the whole batch was read"},
        "lines": {"type": "integer", "description": "of the last answer: how many lines were read"},
    },
}

A_LEAD = {
    "id": "42",
    "kind": "sales",
    "channel": "direct",
    "source": "web",
    "campaign": "spring",
    "company": "Cobalt",
    "country": "DE",
    "email": "ada@cobalt.example",
    "employees": 120,
}

A_RECEIPT = {
    "lead": "lead:web:42",
    "event": "arrived",
    "duplicate": False,
    "stage": "marketing_qualified",
    "title": "Marketing Qualified",
    "status": "Open",
    "cycle": 1,
    "seq": 1,
    "owner": "felix_wagner",
    "because": "rule 'by territory' (field_emea, DE): fewest open leads (0)",
    "score": 46,
    "priority": "high",
    "closed": False,
}

IT_IS_NEW = {
    "lead": "lead:web:42",
    "outcome": "new",
    "receipt": A_RECEIPT,
    "kept_out": None,
    "missing": ["product_line"],
    "invalid": [],
    "link": None,
}

IT_WAS_KNOWN = {
    **IT_IS_NEW,
    "outcome": "known",
    "missing": [],
    "receipt": {**A_RECEIPT, "event": "", "duplicate": True},
}

A_BATCH = '{"id": "42", "company": "Cobalt", "country": "DE"}\n{"id": "43", "company": ["Zinc"]}\n'

TAKEN_IN = {"outcome": "new", "lead": "lead:forms:42", "receipt": {**A_RECEIPT, "lead": "lead:forms:42"}}

BATCH_ANSWERS = (
    '{"line": 2, "status": 422, "problem": {"code": "BAD_FIELDS", "fields": {"company": "must be a single value"}}}\n'
    '{"line": 1, "status": 201, "lead": "lead:web:42", "outcome": "new"}\n'
    '{"done": true, "lines": 2}\n'
)

AN_EVENT = {"event": "reject", "by": "felix_wagner", "codes": {"reason": "too_early"}, "note": "not before next year"}

AFTER_THE_EVENT = {
    **A_RECEIPT,
    "event": "reject",
    "stage": "nurture",
    "title": "Nurture",
    "status": "Nurture",
    "seq": 2,
}

ALLOWED = {
    "lead": "lead:web:42",
    "process": "inbound_b2b",
    "stage": "marketing_qualified",
    "by": "felix_wagner",
    "events": [
        {"event": "accept", "title": "Accept", "possible": True, "why_not": "", "needs": []},
        {
            "event": "reject",
            "title": "Reject",
            "possible": True,
            "why_not": "",
            "needs": [
                {
                    "kind": "code",
                    "name": "reason",
                    "title": "Reason",
                    "type": None,
                    "personal": False,
                    "choices": [{"code": "too_early", "title": "Too early, nothing planned yet"}],
                    "min": None,
                    "max": None,
                    "currency": None,
                }
            ],
        },
    ],
}

A_LEAD_AS_IT_STANDS: dict[str, Any] = {
    "lead": {
        "key": "lead:web:42",
        "title": "Cobalt",
        "external_id": "42",
        "state": "running",
        "process": "inbound_b2b",
        "stage": "marketing_qualified",
        "status": "Open",
        "kind": "open",
        "ownership": "person",
        "owner": "felix_wagner",
        "team": "field_emea",
        "owner_because": "rule 'by territory' (field_emea, DE): fewest open leads (0)",
        "score": 46,
        "priority": "high",
        "grade": "",
        "segment": "mid_market",
        "value": None,
        "currency": "EUR",
        "cycle": 1,
        "hops": 0,
        "on_hold": False,
        "arrived_at": "2026-03-02T09:00:00Z",
        "entered_at": "2026-03-02T09:00:00Z",
        "due_at": "2026-03-03T09:00:00Z",
        "due_clock": "first_response",
        "overdue_since": None,
        "closed_at": None,
    },
    "origin": {
        "key": "lead:web:42",
        "source_system": "web",
        "external_id": "42",
        "state": "running",
        "personal": {"email": "ada@cobalt.example"},
        "first_source": "web",
        "first_campaign": "spring",
        "first_channel": "direct",
        "origin": None,
        "out_of_scope_rule": None,
        "out_of_scope_reason": None,
        "registered_at": "2026-03-02T09:00:00Z",
        "erased_at": None,
    },
    "fields": {"kind": "sales", "company": "Cobalt", "country": "DE", "employees": 120},
    "visits": [],
    "events": [],
    "assignments": [],
    "scores": [],
    "clocks": [],
    "notices": [],
    "tasks": [],
    "touches": [],
    "notes": [],
    "merged_in": [],
    "link": None,
}

PROBLEMS: tuple[Problem, ...] = (
    Problem(400, "BAD_JSON", "the body has the name 'id' twice", 'Send an object such as {"id": "42"}.'),
    Problem(400, "BAD_UTF8", "the body is not UTF-8 at byte 17", "Send text as UTF-8."),
    Problem(401, "NO_TOKEN", "the request has no token", "Send `Authorization: Bearer lf_...`."),
    Problem(
        403,
        "FOREIGN_SOURCE",
        "shop may not send for the source system 'crm'",
        "Send for web, or have a token issued for it.",
    ),
    Problem(403, "FORBIDDEN", "a caller of role partner may not send leads", "It takes: upstream, seller, admin."),
    Problem(404, "UNKNOWN_LEAD", "there is no such lead for you", "Ask by the key that it was answered with."),
    Problem(404, "UNKNOWN_HOOK", "there is no such hook", "Its name is the one in its file in definitions/hooks."),
    Problem(408, "SLOW", "the body has not come within 15 s", "Send it again, faster."),
    refused(
        Refusal(
            RefusalCode.MISSING,
            "'reject' still needs: code reason",
            "reject",
            "marketing_qualified",
            missing=(Missing("code", "reason", ("too_early", "no_answer")),),
            allowed=("accept", "reject", "note"),
        )
    ),
    Problem(
        409,
        "OUT_OF_SCOPE",
        "lead:web:7 was kept out as out of scope before",
        "Send it under another id if it is a lead.",
    ),
    Problem(413, "TOO_LARGE", "the body may have 1,000,000 bytes at most", "Send less at once."),
    Problem(
        415, "BAD_CONTENT_TYPE", "the content type must be application/json", "Send `Content-Type: application/json`."
    ),
    Problem(
        422,
        "BAD_FIELDS",
        "inbound_b2b: country must be a country code of two letters, such as DE",
        "Mend these fields and send the lead again; its id stays the same.",
        fields={"country": "must be a country code of two letters, such as DE"},
    ),
    busy(3),
    Problem(500, "UNEXPECTED", "something went wrong here; it has been logged", "Try again later."),
    away("the database"),
)
"""One or more for each status, of which a route shows those of the statuses that it may answer."""
