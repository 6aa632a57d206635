"""A page for managers: ready-made questions to the Temporal UI, and a button that gives its lists useful columns.

The UI keeps columns in the browser, for its own address only, and no server setting changes them; so the button is a bookmark
that is clicked once while the UI is open.
"""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from urllib.parse import quote

from stack.home import write_anew

COLUMNS = (
    "Workflow ID",
    "LeadStage",
    "LeadOwner",
    "LeadScore",
    "LeadPriority",
    "LeadDueAt",
    "LeadSla",
    "LeadSource",
    "LeadTags",
)

_RUNNING = 'ExecutionStatus="Running"'

QUESTIONS: tuple[tuple[str, str], ...] = (
    ("All open leads", _RUNNING),
    ("Overdue", f'LeadSla="breached" AND {_RUNNING}'),
    ("High priority", f'LeadPriority="high" AND {_RUNNING}'),
    ("With the exception owner", f'LeadTags="exception" AND {_RUNNING}'),
    ("In a queue, nobody's yet", f'LeadTags="queue" AND {_RUNNING}'),
    ("Waiting for somebody free", f'LeadTags="held" AND {_RUNNING}'),
    ("Reassigned after silence", f'LeadTags="reassigned" AND {_RUNNING}'),
    ("On hold", f'LeadTags="on_hold" AND {_RUNNING}'),
    ("Came back", f'LeadTags="returned" AND {_RUNNING}'),
    ("Converted", 'LeadStatus="Converted" AND ExecutionStatus!="ContinuedAsNew"'),
)
"""Titles and visibility queries. Runs that were continued as new are left out: they are the same lead."""


def link(ui_url: str, query: str, namespace: str = "default") -> str:
    return f"{ui_url.rstrip('/')}/namespaces/{quote(namespace)}/workflows?query={quote(query)}"


def bookmarklet(namespace: str = "default") -> str:
    """Sets the columns of the UI's list, where it is clicked on a page of the UI, and loads the page again."""
    columns = json.dumps({namespace: [{"label": label} for label in COLUMNS]})
    return (
        f"javascript:localStorage.setItem('namespace-workflow-table-columns',{json.dumps(columns)});location.reload()"
    )


def page(ui_url: str, outbox: str | None, namespace: str = "default") -> str:
    """The page as HTML, readable without scripts."""
    items = "\n".join(
        f'<li><a href="{escape(link(ui_url, query, namespace))}">{escape(title)}</a></li>' for title, query in QUESTIONS
    )
    sent = (
        f'<p><a href="{escape(Path(outbox, "index.html").as_uri())}">Messages that were sent</a></p>' if outbox else ""
    )
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>leadflow: where to look</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{{font:17px/1.6 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem;color:#1d2433}}
a{{color:#1f4fd8}}li{{margin:.2rem 0}}.button{{display:inline-block;border:1px solid #1f4fd8;border-radius:6px;padding:.3rem .8rem}}</style>
</head><body>
<h1>Where to look</h1>
<p>Each link opens a list of leads in the Temporal UI. Open a lead and its tab <strong>User Metadata</strong> to read its story.</p>
<ul>
{items}
</ul>
<h2>Columns for leads</h2>
<p>Drag this button to your bookmarks, open any list of the Temporal UI, and click the bookmark once:
<a class="button" href="{escape(bookmarklet(namespace))}">Columns for leads</a></p>
{sent}
</body></html>
"""


def write(home: Path, ui_url: str, outbox: str | None, namespace: str = "default") -> Path:
    target = home.absolute() / "start.html"
    write_anew(target, page(ui_url, outbox, namespace))
    return target
