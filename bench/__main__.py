"""`python -m bench [--json]`: every figure of one run. Exit status 1 where a bound is not kept.

`python -m bench fuzz 20000` sends so many requests by chance: see `bench.fuzz`. `python -m bench burst 5000` sends so many leads in
one go: see `bench.burst`. `python -m bench history 10000` imports so many past leads: see `bench.history`.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.analysis import measure_check
from bench.backtest import measure_backtest
from bench.burst import main as burst
from bench.cleaning import measure_cleaning
from bench.core import measure_compile, measure_scenarios, measure_step
from bench.doubles import measure_doubles
from bench.figures import Figure
from bench.fuzz import main as fuzz
from bench.history import main as history
from bench.intake import measure_intake, to_json
from bench.lifecycle import measure_lifecycle
from bench.moving import measure_moving
from bench.simulation import measure_simulation

err = Console(stderr=True)

ALONE = {"fuzz": fuzz, "burst": burst, "history": history}
"""Benches that are run by name only, with how many."""


async def main() -> list[Figure]:
    err.print("engine ...")
    figures = [*measure_step(), *measure_compile(), *measure_check(), *measure_scenarios(), *measure_cleaning()]
    err.print("backtests ...")
    figures += measure_backtest()
    figures += measure_simulation()
    with tempfile.TemporaryDirectory() as folder:
        err.print("reference lifecycle on real servers ...")
        figures += await measure_lifecycle(Path(folder) / "lifecycle")
        err.print("intake on real servers ...")
        figures += await measure_intake(Path(folder) / "intake")
        err.print("doubles among people made up ...")
        figures += await measure_doubles(Path(folder) / "doubles")
        err.print("migration on real servers ...")
        figures += await measure_moving(Path(folder) / "moving")
    await asyncio.sleep(0.5)
    return figures


def show(figures: list[Figure]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("figure", "value", "floor", "ratio", "bound", ""):
        table.add_column(column)
    for figure in figures:
        kept = {True: "kept", False: "NOT KEPT", None: ""}[figure.within]
        table.add_row(
            figure.name,
            f"{figure.value:.3g} {figure.unit}",
            f"{figure.floor:.3g} {figure.unit}" if figure.floor else "",
            f"{figure.ratio:.2f}" if figure.ratio else "",
            f"{figure.bound:g} {figure.unit} {kept}" if figure.bound is not None else "",
            figure.note,
        )
    Console().print(table)


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--json"]
    measured = ALONE[words[0]](words[1:]) if words and words[0] in ALONE else asyncio.run(main())
    if "--json" in sys.argv:
        print(to_json(measured))
    else:
        show(measured)
    sys.exit(0 if all(figure.within is not False for figure in measured) else 1)
