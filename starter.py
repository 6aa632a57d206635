"""For upstream systems: start a lead, send it an event, show it, import a file.

    python starter.py start --source-system web '{"id": "42", "company": "Cobalt", "country": "DE"}'
    python starter.py send lead:web:42 accept --by ann
    python starter.py show lead:web:42
    python starter.py import leads.csv --mapping definitions/mappings/xeducation.yaml

The same commands as `leadflow lead` and `leadflow import`; `--json` gives an answer for machines.
"""

from __future__ import annotations

from cli import run
from cli.importing import import_leads
from cli.lead import send, show, start
from cli.output import application

app = application("For upstream systems: start a lead, send it an event, show it, import a file.")
app.command("start")(start)
app.command("send")(send)
app.command("show")(show)
app.command("import")(import_leads)

if __name__ == "__main__":
    run(app)
