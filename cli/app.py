"""All commands of `leadflow`, put together. Each module of `cli/` holds one family."""

from __future__ import annotations

import settings
from cli import definitions, hook, lead, person, roster, scenarios, sources, stack, token
from cli.audit import audit
from cli.backtest import backtest
from cli.demo import demo
from cli.difference import diff
from cli.doubles import distinct, doubles
from cli.graph import graph
from cli.importing import import_leads
from cli.merging import merge
from cli.migrating import migrate
from cli.output import application
from cli.publishing import publish
from cli.quality import quality
from cli.rights import guard
from cli.serving import web
from cli.simulating import simulate
from cli.versions import compare, share, versions
from cli.watching import watch

NOTES = "\n\n".join(
    (
        "Each command has --help and, but for the demo, --json for machines. Exit status: 0 on success; 1 when it was "
        "refused, failed or found something wrong; 2 when the command line is not understood; 130 when interrupted.",
        "Answers go to standard output, errors to standard error: one line, with --json an object with `error`, "
        "`message` and `remedy`. That a lead refuses an event is an answer: with --json it is on standard output, as "
        '{"refused": ...}; for people it goes to standard error.',
        "\b\nEnvironment:\n" + "\n".join(f"  {name:<26}{what}" for name, what in settings.VARIABLES.items()),
    )
)

app = application("leadflow: every lead a durable workflow, every process a YAML state machine.", epilog=NOTES)

app.command("up", short_help="Start the local stack and wait until it is ready.")(stack.up)
app.command("down", short_help="Stop the local stack; its data stays.")(stack.down)
app.command("status", short_help="What runs where, and what is wrong.")(stack.status)
app.command("doctor", short_help="Check everything that leads need, with remedies.")(stack.doctor)
app.command("worker", short_help="Run a worker in the foreground.")(stack.worker)
app.command("web", short_help="Run the web server in the foreground.")(web)
app.command("demo", short_help="Show it all in two minutes, with sample leads.")(demo)
app.command("check", short_help="Check definitions: file:line:column, code, remedy.")(definitions.check)
app.command("test", short_help="Run scenarios of processes in memory.")(scenarios.test)
app.command("graph", short_help="Draw a process, as Mermaid or SVG.")(graph)
app.command("simulate", short_help="Try a process with many leads, in memory.")(simulate)
app.command("schema", short_help="The JSON Schema of definition files.")(definitions.schema)
app.command("diff", short_help="What changed between two versions, by meaning.")(diff)
app.command("publish", short_help="Pin processes with their tables for new leads.")(publish)
app.command("migrate", short_help="Leads in flight to another version, by a plan.")(migrate)
app.command("backtest", short_help="Past leads through a candidate: what would have been otherwise.")(backtest)
app.command("import", short_help="Import a CSV or NDJSON file of leads.")(import_leads)
app.command("watch", short_help="Import the files that are put into a folder.")(watch)
app.command("personal", short_help="Which fields are personal, by process.")(person.fields)
app.command("audit", short_help="Who changed what, and who read in bulk.")(audit)

published = application("Published versions, the share of new leads that takes each, and how their leads fare.")
published.callback(invoke_without_command=True, no_args_is_help=False)(versions)
published.command("share", short_help="Let a share of new leads take a newer version.")(share)
published.command("compare", short_help="Versions side by side: how their leads fare.")(compare)
app.add_typer(published, name="versions", short_help="Published versions, and the leads on them; share, compare.")

app.command("quality", short_help="How reliable each source is, and how clean the database.")(quality)

leads = application("One lead: start, send an event, show, merge with another; or a list of them.")
leads.command("start", short_help="Start a lead, from JSON.")(lead.start)
leads.command("send", short_help="Send an event to a lead.")(lead.send)
leads.command("show", short_help="Everything about one lead, explained.")(lead.show)
leads.command("list", short_help="Leads, the most urgent first.")(lead.listing)
leads.command("merge", short_help="Two leads that are one become one, and two again.")(merge)
leads.command("doubles", short_help="Leads that may be one, both sides beside each other.")(doubles)
leads.command("distinct", short_help="Say that two leads are two.")(distinct)
leads.command("export", short_help="All that is held of one person, as JSON.")(person.export)
leads.command("erase", short_help="Erase one person; what is counted stays.")(person.erase)
app.add_typer(leads, name="lead", short_help="One lead: start, send, show, merge, export, erase; or a list.")

hooks = application("Webhooks that come in: which there are, and what a body becomes.")
hooks.command("list", short_help="The hooks, where they are served, and whether their secret is set.")(hook.listing)
hooks.command("test", short_help="Show what a body becomes, without sending it.")(hook.test)
app.add_typer(hooks, name="hook", short_help="Webhooks that come in: list, test.")

people = application("People and teams: load them from a file, show them.")
people.command("load", short_help="Load people and teams from a file.")(roster.load)
people.command("show", short_help="Show everybody.")(roster.show)
app.add_typer(people, name="roster", short_help="People and teams: load, show.")

origins = application("Sources and campaigns: under which names they are known, and what came from them.")
origins.command("load", short_help="Load the names of sources, campaigns and countries.")(sources.load)
origins.command("show", short_help="Show the sources, known and unknown.")(sources.show)
app.add_typer(origins, name="sources", short_help="Names of sources and campaigns: load, show.")

absences = application("Leave: who is away, and when. Deadlines of their leads move with it.")
absences.command("add", short_help="Enter leave.")(roster.add_leave)
absences.command("end", short_help="End leave, or take it back.")(roster.end_leave)
absences.command("list", short_help="Leave that is not over yet.")(roster.list_leave)
app.add_typer(absences, name="leave", short_help="Leave: add, end, list.")

tokens = application("Tokens, with which upstream systems and people come in: issue, list, revoke.")
tokens.command("issue", short_help="Issue a token; it is shown once.")(token.issue)
tokens.command("list", short_help="Tokens in use.")(token.listing)
tokens.command("revoke", short_help="Revoke a token.")(token.revoke)
app.add_typer(tokens, name="token", short_help="Tokens: issue, list, revoke.")

guard(app)
