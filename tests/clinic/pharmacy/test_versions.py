# SPDX-License-Identifier: Apache-2.0
"""A hand-over is of the medicine as it is listed that day; one of another strength needs another prescription."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from uuid import UUID

import pytest

from hms_desktop.clinic.inventory import queries as stock
from hms_desktop.clinic.inventory.model import ItemVersion
from hms_desktop.clinic.pharmacy import queries_counter, service
from hms_desktop.clinic.pharmacy.service import HandOver
from hms_desktop.core.errors import Refused
from tests.clinic.meeting import write
from tests.clinic.scene import AMOXICILLIN, TODAY, Scene
from tests.desk import Desk


@pytest.fixture
def counter(scene: Scene) -> Desk:
    """The dispensing station."""
    return scene.meeting.desk("Pharmacy 1", "pharmacist")


def lists_anew(scene: Scene, version: int, **changed: str) -> None:
    """Amoxicillin in a further version from today."""
    values = {**AMOXICILLIN, **changed, "item": scene.amoxicillin, "version": version, "valid_from": TODAY}
    scene.meeting.setup(write(ItemVersion, **values))
    scene.meeting.meet()


def hands_over(desk: Desk, prescription: UUID) -> UUID:
    """Three capsules."""
    asked = HandOver(prescription, Decimal(3), override_reason="Now")
    return desk.do(partial(service.dispense, hand_over=asked))


def test_each_hand_over_keeps_what_its_label_said(scene: Scene, counter: Desk) -> None:
    scene.no_allergies()
    edition = counter.ask(partial(stock.item, id=scene.amoxicillin)).edition
    prescription = scene.prescription(edition=edition)
    scene.meeting.meet()
    first = hands_over(counter, prescription)
    lists_anew(scene, 2, display="amoxicillin trihydrate", strength="500mg", label_text="Take it all.")
    second = hands_over(counter, prescription)
    labels = [counter.ask(partial(queries_counter.label, dispense=one)) for one in (first, second)]
    assert [one.medicine for one in labels] == ["amoxicillin 500 mg capsule", "amoxicillin trihydrate 500mg capsule"]
    assert [one.cautions for one in labels] == [("Finish the course.",), ("Take it all.",)]
    lists_anew(scene, 3, strength="250 mg")
    with pytest.raises(Refused, match="prescribed as 500 mg and is listed as 250 mg now: ask for a new prescription"):
        hands_over(counter, prescription)
