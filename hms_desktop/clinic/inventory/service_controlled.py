# SPDX-License-Identifier: Apache-2.0
"""Which medicines are controlled, and the second factor that whoever prescribes or supplies one shows beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.inventory.model import ItemVersion
from hms_desktop.clinic.inventory.queries import item
from hms_desktop.clinic.inventory.rules_controlled import controlled_alone, names_one
from hms_desktop.security.step_up import require_step_up
from hms_desktop.storage.unit import Unit


@dataclass(frozen=True)
class Signed:
    """A prescription that somebody signs or supplies from: its medicine in the stock list, or what it was called."""

    prescription: UUID
    display: str
    medicine: UUID | None
    edition: UUID | None


def sign_controlled(unit: Unit, signed: Iterable[Signed]) -> None:
    """Raise SecondFactorNeeded when a controlled medicine is among these and its signer showed no second factor for it.

    Part of every action that prescribes one, changes its dose or supplies it, and its last step.
    """
    require_step_up(unit, {one.prescription: one.display for one in signed if is_controlled(unit, one)})


def is_controlled(unit: Unit, one: Signed) -> bool:
    """Whether the medicine is of a controlled class now or was when it was prescribed; words are held against names."""
    if one.medicine is None:
        rows = unit.rows(select(ItemVersion.ingredient, ItemVersion.schedule))
        return names_one(one.display, controlled_alone((row.ingredient, row.schedule) for row in rows))
    written = one.edition is not None and item(unit, one.medicine, one.edition).controlled
    return written or item(unit, one.medicine).controlled
