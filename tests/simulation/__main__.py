# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.simulation --seed N`: one history told; with `--seconds S` as many as fit, from that seed on."""

from __future__ import annotations

import argparse
import sys
import time
from functools import partial

from tests.simulation import count
from tests.simulation.history import lived
from tests.simulation.shrink import shrunk
from tests.simulation.steps import drawn
from tests.simulation.traps import TRAPS, history_for, planted


def main() -> int:
    """1 when something did not hold, or a trap was not found."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--steps", type=int, default=count.STEPS, help="steps in a history")
    parser.add_argument("--seconds", type=float, default=0, help="go on with the next seeds for so long")
    parser.add_argument("--shrink", type=float, default=60, help="seconds for making a failing story short")
    parser.add_argument("--all", action="store_true", help="go on after a failure, without its story")
    parser.add_argument("--story", action="store_true", help="tell the story of a history that holds, too")
    parser.add_argument("--traps", type=int, default=0, metavar="SEEDS", help="plant known traps, so many seeds each")
    parser.add_argument("--trap", default="", help="with --traps: only those whose name has this in it")
    parser.add_argument("--count", type=int, default=0, metavar="UP_TO", help="go on with the count that is kept")
    asked = parser.parse_args()
    if asked.count:
        return 1 if count.go_on(count.KEPT, 0, asked.count, partial(print, flush=True)).failed else 0
    return hunt(asked.seed, asked.steps, asked.traps, asked.trap) if asked.traps else live_on(asked)


def hunt(first: int, steps: int, most: int, only: str) -> int:
    """Plant each trap and say with how many seeds it was found; 1 when one was not."""
    missed = 0
    for name in (one for one in TRAPS if only in one):
        with planted(name):
            found = next((s for s in range(first, first + most) if lived(s, history_for(name, s, steps)).failure), None)
        missed += found is None
        print(
            f"{name}: " + (f"not found in {most} seeds" if found is None else f"{found - first + 1} seeds"), flush=True
        )
    return 1 if missed else 0


def live_on(asked: argparse.Namespace) -> int:
    """Live one history after another for as long as was asked."""
    begun, seed, failed = time.monotonic(), asked.seed, 0
    while True:
        history = lived(seed, drawn(seed, asked.steps))
        if history.failure:
            failed += 1
            print(f"seed {seed} failed at step {history.at + 1}: {history.failure}", flush=True)
            if not asked.all:
                print(history.trace, shrunk(history, asked.shrink), sep="\n")
                return 1
        elif not asked.seconds:
            print(history if asked.story else history.story[-1], history.digest, sep="\n")
        seed += 1
        if time.monotonic() - begun >= asked.seconds:
            break
    spent = time.monotonic() - begun
    lives = seed - asked.seed
    print(f"{lives} histories of {asked.steps} steps, {failed} failed, {lives / spent * 60:.0f} a minute")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
