# SPDX-License-Identifier: Apache-2.0
"""Measure everything once and print a table: what, seconds, floor, ratio. `--json FILE` keeps the figures."""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
from pathlib import Path

from tests.bench import exchange, line, lock, monday, pouch, push, screens, searching, trail, window
from tests.bench.figures import Figure, table

PARTS = {
    "exchange": exchange.measure, "push": push.measure, "line": line.measure, "search": searching.measure,
    "screens": screens.measure, "window": window.measure, "trail": trail.measure, "lock": lock.measure,
    "pouch": pouch.measure, "monday": monday.measure,
}  # fmt: skip


def main() -> int:
    """Run the benchmarks; figures never fail, they are read."""
    wanted = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    wanted.add_argument(
        "--rows",
        type=int,
        default=100_000,
        help="records that arrive and are pushed; ten times as many patients are searched",
    )
    wanted.add_argument("--only", choices=PARTS, help="measure this part alone")
    wanted.add_argument("--json", type=Path, help="write the figures here too")
    given = wanted.parse_args()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="hms bench ") as folder:
        for part in [PARTS[given.only]] if given.only else PARTS.values():
            for figure in part(Path(folder), given.rows):
                figures.append(figure)
                sys.stderr.write(f"  {figure.line()}\n")
    sys.stdout.write(table(figures) + "\n")
    if given.json:
        facts = {"python": platform.python_version(), "figures": [vars(figure) for figure in figures]}
        given.json.write_text(json.dumps(facts, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
