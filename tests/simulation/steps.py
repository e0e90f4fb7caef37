# SPDX-License-Identifier: Apache-2.0
"""What a history is made of: steps drawn from a seed, each with a chance of its own, so that any may be left out."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from tests.simulation.kinds import KINDS

HEAL = "heal"
HEAL_EVERY = 30


@dataclass(frozen=True)
class Step:
    """One step: its kind, the desk that it is about (counted modulo the desks there are), and its own chance."""

    kind: str
    desk: int
    roll: int

    @property
    def chance(self) -> random.Random:
        """What happens by chance within this step is the same whatever was left out before it."""
        return random.Random(self.roll)


def drawn(seed: int, count: int, kinds: Sequence[str] | None = None) -> list[Step]:
    """The steps of a seed; everybody meets and heals now and then, and at the end. `kinds` leaves out all others."""
    chance = random.Random(f"steps {seed}")
    names = [name for name, kind in KINDS.items() if kind.weight and (kinds is None or name in kinds)]
    weights = [KINDS[name].weight for name in names]
    steps = []
    for place in range(1, count + 1):
        kind = chance.choices(names, weights)[0]
        step = Step(kind, chance.randrange(60), chance.getrandbits(62))
        steps.append(step if place % HEAL_EVERY else Step(HEAL, 0, step.roll))
    last = [] if steps and steps[-1].kind == HEAL else [Step(HEAL, 0, chance.getrandbits(62))]
    return [*steps, *last]
