# SPDX-License-Identifier: Apache-2.0
"""Which form refused work is filled into, and when there is none that could take it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from hms_desktop.clinic.ehr.service_visits import open_visit
from hms_desktop.ui.billing.refill import refill_payment
from hms_desktop.ui.ehr.refill_asked import refill_allergy, refill_order, refill_prescription, refill_problem
from hms_desktop.ui.lab.refill import refill_results
from hms_desktop.ui.pharmacy.refill import refill_hand_over
from hms_desktop.ui.routes import BillingDesk
from tests.clinic.meeting import Meeting
from tests.clinic.scene import Scene, make_scene
from tests.desk import Desk

DOSE = {
    "dose": Decimal(500), "dose_unit": "mg", "route": "oral", "frequency": "three", "times_per_day": Decimal(3),
    "days": 5, "prn": False,
}  # fmt: skip
ORDER = {"category": "laboratory", "code": "K", "display": "Potassium", "priority": "routine"}


@dataclass(frozen=True)
class Wrote:
    """One record of refused work."""

    table: str
    values: Mapping[str, Any]
    new: bool = True
    record: UUID | None = None


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A clinic on Monday morning."""
    meeting = Meeting(tmp_path)
    yield make_scene(meeting)
    meeting.close()


@pytest.fixture
def desk(scene: Scene) -> Desk:
    """A desk where everybody may do everything."""
    return scene.meeting.desk("Desk A", "receptionist", "doctor", "nurse", "pharmacist")


def refilled(desk: Desk, refill: Any, *written: Wrote) -> Any:
    """What the form makes of it."""
    return desk.ask(partial(refill, number=7, written=written))


def test_an_order_needs_its_patient_and_a_visit_that_goes_on(scene: Scene, desk: Desk) -> None:
    asked = Wrote("service_order", {**ORDER, "patient": scene.patient, "reason": None})
    why = Wrote("alert_override", {"reason": "It was haemolysed"})
    assert refilled(desk, refill_order, asked) is None, "no visit goes on"
    desk.do(partial(open_visit, patient=scene.patient))
    assert refilled(desk, refill_order, asked, why).content["again"] == "It was haemolysed"
    for other in ({"patient": uuid4()}, {"category": "imaging"}):
        assert refilled(desk, refill_order, Wrote("service_order", {**asked.values, **other})) is None
    assert refilled(desk, refill_order, Wrote("service_order", asked.values, new=False)) is None


@pytest.mark.parametrize("refill", [refill_prescription, refill_allergy, refill_problem, refill_payment])
def test_what_is_not_of_a_form_or_not_of_a_patient_here_is_left_to_others(desk: Desk, refill: Any) -> None:
    assert refilled(desk, refill, Wrote("task", {})) is None
    for table in ("prescription", "allergy", "condition"):
        assert refilled(desk, refill, Wrote(table, {"patient": uuid4()})) is None


def test_a_medicine_in_words_keeps_its_quantity_and_one_without_a_dose_its_name(scene: Scene, desk: Desk) -> None:
    of = {"patient": scene.patient, "display": "camphor rub", "medicine": None}
    found = refilled(desk, refill_prescription, Wrote("prescription", {**of, **DOSE, "quantity": Decimal(2)}))
    assert found.content["medicine"] == {"key": "words:camphor rub", "words": "camphor rub"}
    assert (found.content["quantity"], found.content["dose"]) == ("2", "500")
    bare = {**dict.fromkeys(DOSE), **of, "medicine": uuid4()}
    assert set(refilled(desk, refill_prescription, Wrote("prescription", bare)).content) == {"medicine", "reason"}


def test_results_without_their_tube_and_corrections_have_no_form(desk: Desk) -> None:
    typed = {"order": uuid4(), "test": "K", "specimen": uuid4(), "text_value": "positive"}
    assert refilled(desk, refill_results, Wrote("lab_result", typed)) is None
    assert refilled(desk, refill_results, Wrote("lab_result", {**typed, "replaces": uuid4()})) is None


def test_a_hand_over_is_picked_again_while_its_prescription_owes_something(scene: Scene, desk: Desk) -> None:
    asked = scene.prescription()
    scene.meeting.meet()
    batch = {"batch": str(scene.early), "quantity": "6"}
    gave = {"prescription": asked, "patient": scene.patient, "quantity": Decimal(6), "place": scene.pharmacy}
    found = refilled(desk, refill_hand_over, Wrote("dispense", {**gave, "batches": [batch]}))
    assert found.content[str(asked)]["picks"][0]["batch"] == str(scene.early) and "twice" in found.also
    unknown = Wrote("dispense", {**gave, "prescription": uuid4(), "batches": [batch]})
    assert refilled(desk, refill_hand_over, unknown) is None
    nothing = scene.prescription(quantity=Decimal(0))
    scene.meeting.meet()
    over = Wrote("dispense", {**gave, "prescription": nothing, "batches": [batch]})
    assert refilled(desk, refill_hand_over, over) is None


def test_credit_that_was_taken_leads_to_the_account(scene: Scene, desk: Desk) -> None:
    paid = {"number": "RCT-1", "way": "cash", "amount": 4500, "currency": "ZAR", "patient": scene.patient}
    found = refilled(desk, refill_payment, Wrote("payment", {**paid, "invoice": None}))
    assert found.route == BillingDesk(patient=scene.patient) and "ZAR 45.00" in found.advice
