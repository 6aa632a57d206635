"""`leadflow web`: the web server in the foreground."""

from __future__ import annotations

import settings as configuration
from cli.output import AsJson, print_json, say


def web(as_json: AsJson = False) -> None:
    """Serve the ways in over HTTP until interrupted: leads, batches, events. `leadflow up` runs it beside the workers.

    It listens on this machine only, unless LEADFLOW_WEB_HOST says otherwise; what there is stands in /openapi.json. Whoever
    asks needs a token: `leadflow token issue`.
    """
    from web.server import run

    settings = configuration.load()
    url = configuration.web_url(settings)

    def announce() -> None:
        if as_json:
            print_json({"serving": True, "url": url})
        else:
            say(f"web: serving {url}")

    run(settings, announce)
