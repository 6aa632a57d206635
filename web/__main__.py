"""`python -m web`: the web server as the local stack runs it."""

from __future__ import annotations

import sys

import settings
from cli.trouble import trouble_of
from web.server import run


def main() -> None:
    try:
        run(settings.load(), lambda: print("web: serving", flush=True))
    except Exception as error:
        trouble = trouble_of(error)
        if trouble is None:
            raise
        sys.exit(f"web: {trouble.message.removesuffix('.')}. {trouble.remedy}".rstrip())


if __name__ == "__main__":
    main()
