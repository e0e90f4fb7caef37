# SPDX-License-Identifier: Apache-2.0
"""How slow this computer is just now: limits in seconds of work are told for a computer whose speed is known."""

from __future__ import annotations

import time

PIECE_SECONDS = 0.032
"""Processor time of the piece of work below on the computer for which limits are told, two cores of 2026, idle."""


def slowness() -> float:
    """How many times longer a fixed piece of work takes here, now, than on that computer; at least one.

    A shared computer lends its processors out and counts the loan as work: what a person waits for and this piece
    grow by the same measure.
    """
    begun = time.process_time()
    sum(len(f"{n:x} {n % 7}") for n in range(100_000))
    return max(1.0, (time.process_time() - begun) / PIECE_SECONDS)
