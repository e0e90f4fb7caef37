# SPDX-License-Identifier: Apache-2.0
"""The right patient, always: banner on every screen and paper of a patient, and a question before work is left."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from hms_desktop.documents.printing import KINDS, preview
from hms_desktop.ui.routes import LabWorklist, PatientChart, PatientRecord
from hms_desktop.ui.widgets.confirm import Confirm
from installer.day import hands
from tests.documents import samples
from tests.promises.conftest import CutOff
from tests.promises.places import patient_places, settled
from tests.promises.seats import Seat, words_of
from tests.promises.whole_visit import Visit

SUBJECTS: dict[str, Callable[[Visit], Any]] = {
    "invoice": lambda v: v.invoice, "receipt": lambda v: v.payment, "lab-report": lambda v: v.release,
    "specimen-label": lambda v: v.specimen, "prescription": lambda v: v.prescription,
    "visit-summary": lambda v: v.encounter, "appointment-slip": lambda v: v.appointment,
    "medicine-label": lambda v: v.hand_over,
}  # fmt: skip


def banner_of(seat: Seat) -> Any:
    """The banner of the main window."""
    return seat.window.frame.banner


def must_name(seat: Seat, visit: Visit, place: object) -> None:
    """The banner shows this patient whole: name, birth date, age, sex, record number, flag and allergy."""
    banner = banner_of(seat)
    hands.until(lambda: banner.isVisible() and banner.data is not None, f"the banner on {place}", 5)
    said = banner.accessibleName() + words_of(banner)
    for words in ("OKONKWO, Amara", "14-Mar-1979", " y", "Female", "MRN-", "Hard of hearing", "Penicillin"):
        assert words in said, (place, words, said)
    assert banner.data.patient == visit.patient, place


def test_the_banner_stands_on_every_screen_of_a_patient(cut_off: CutOff) -> None:
    seat, visit = cut_off.seat, cut_off.visit
    missing = []
    for place in patient_places(visit):
        if isinstance(place, LabWorklist):
            continue  # its one order is released: nothing of a patient is open at the bench
        settled(seat, place)
        try:
            must_name(seat, visit, place)
        except hands.Stuck as stuck:
            missing.append((place, str(stuck)))
    assert missing == []


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_printout_names_the_patient(cut_off: CutOff, kind: str) -> None:
    subject = SUBJECTS[kind](cut_off.visit)
    found = cut_off.seat.do(partial(preview, kind=kind, subject=subject))
    for page in samples.pages(found.pdf):
        allergy = () if kind.endswith("-label") else ("Penicillin",)
        for words in ("OKONKWO, Amara", "14-Mar-1979", "MRN-", *allergy):
            assert words.casefold() in page.casefold(), (kind, words, page)


def test_another_patient_is_not_opened_over_unsaved_work(cut_off: CutOff) -> None:
    seat, visit = cut_off.seat, cut_off.visit
    page: Any = settled(seat, PatientChart(visit.patient, "notes"))
    page.has_unsaved = lambda: True
    assert not seat.workstation.desk.routes.open(PatientRecord(visit.other))
    question = QApplication.activeModalWidget()
    assert isinstance(question, Confirm)
    question.reject()
    hands.breathe()
    assert seat.window.shown is page
    del page.has_unsaved
