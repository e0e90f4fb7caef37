# SPDX-License-Identifier: Apache-2.0
"""The kinds of step there are: each is one function beside others of its sort, told here with how often it comes."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.simulation.clinic import Clinic
    from tests.simulation.desks import SimDesk

    Do = Callable[[Clinic, SimDesk, random.Random], str]


@dataclass(frozen=True)
class Kind:
    """What a step of this kind does (it says in words what came of it), and how often it comes, of about a hundred."""

    do: Do
    weight: float


KINDS: dict[str, Kind] = {}


def kind(name: str, weight: float) -> Callable[[Do], Do]:
    """Make a function a kind of step; the histories of every seed change with that."""

    def told(do: Do) -> Do:
        KINDS[name] = Kind(do, weight)
        return do

    return told
