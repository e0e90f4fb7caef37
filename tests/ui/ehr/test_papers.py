# SPDX-License-Identifier: Apache-2.0
"""Ctrl+P in a chart: the visit, a prescription, a report; looks are written down, prints too."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from sqlalchemy import select

from hms_desktop.clinic.ehr import queries, service
from hms_desktop.clinic.ehr.rules_doses import make_dose
from hms_desktop.clinic.lab import service as lab
from hms_desktop.security.audit import AccessEvent
from hms_desktop.storage.acting import Acting
from hms_desktop.ui.ehr.chart_screen import ChartPage
from hms_desktop.ui.ehr.sections import ListSection
from hms_desktop.ui.routes import PatientChart
from hms_desktop.ui.widgets.print_preview import PrintPreview
from tests.desk import person, rights_of
from tests.documents import samples
from tests.ui.ehr.rooms import Rooms, Window

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
CTRL_P = (Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)


def opened(window: Window, patient: UUID, section: str = "summary") -> ChartPage:
    page = window.open(PatientChart(patient, section), lambda p: isinstance(p, ChartPage) and p.facts is not None)
    assert isinstance(page, ChartPage)
    return page


def on_a_line(page: ChartPage) -> bool:
    """Whether the keyboard is on a line of the section that is shown."""
    pane = page.panes.currentWidget()
    return isinstance(pane, ListSection) and pane.table.current_row() is not None


def previewed(window: Window) -> tuple[PrintPreview, str]:
    """The preview that opened, and the words on its pages."""
    preview = window.dialog("Print preview")
    assert isinstance(preview, PrintPreview)
    return preview, samples.whole(preview.pages.pdf)


def test_a_visit_is_printed_with_all_that_was_signed_and_its_prescription_is_asked_for(
    rooms: Rooms, window: Window, tmp_path: Path
) -> None:
    patient = rooms.patient()
    rooms.do(service.state_no_allergies, patient)
    visit = rooms.arrived(patient, reason="Blood pressure follow-up")
    page = opened(window, patient)
    window.press(CTRL_P)
    preview, text = previewed(window)
    assert "UNSIGNED" in "".join(text.split()) and "Blood pressure follow-up" in text
    window.press(Qt.Key.Key_Escape)
    window.no_dialog()
    rooms.do(service.write_note, visit, {"plan": "Less salt."})
    rooms.do(service.draft_order, patient, category="laboratory", code="K", display="Potassium", encounter=visit)
    dose = make_dose(Decimal("12.5"), "mg", "oral", "daily", 28)
    drug = rooms.item("hydrochlorothiazide", "12.5 mg", "tablet")
    rooms.do(service.draft_prescription, patient, dose, medicine=drug, encounter=visit)
    note = rooms.ask(queries.visit_note, visit)
    assert note is not None
    rooms.do(service.sign_visit, visit, note.digest)
    page.refresh()
    window.until(lambda: bool(page.facts and page.facts.summary.medicines))
    window.press(CTRL_P)
    window.until(lambda: QApplication.activePopupWidget() is not None)
    window.press(Qt.Key.Key_Return)
    preview, text = previewed(window)
    for words in ("Less salt.", "Potassium", "hydroCHLOROthiazide", "Signed by"):
        assert words in text
    assert "UNSIGNED" not in "".join(text.split())
    preview.save_to(tmp_path / "visit.pdf")
    window.until(lambda: "export" in [row.kind for row in rooms.rows(select(AccessEvent.kind))])
    window.press(Qt.Key.Key_Escape)
    window.no_dialog()
    window.press(CTRL_P)
    window.until(lambda: QApplication.activePopupWidget() is not None)
    window.press(Qt.Key.Key_Down, Qt.Key.Key_Return)
    _preview, text = previewed(window)
    assert "DOSE 12.5 mg" in text and "UNSIGNED" not in "".join(text.split())
    looks = [row.detail.split()[0] for row in rooms.rows(select(AccessEvent.kind, AccessEvent.detail)) if row.detail]
    assert {"visit-summary", "prescription"} <= set(looks)
    window.press(Qt.Key.Key_Escape)
    window.no_dialog()


def test_a_line_is_printed_where_the_keyboard_is(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    rooms.do(service.state_no_allergies, patient)
    rooms.prescribed(patient, "amlodipine", "5 mg", "5")
    rooms.released(patient, "5.6")
    page = opened(window, patient)
    window.press(CTRL_P)
    window.until(
        lambda: any("Nothing to print here" in m.text for m in window.workstation.window.frame.notices.messages)
    )
    page.show_section("medicines")
    window.until(lambda: on_a_line(page))
    window.press(CTRL_P)
    assert "DOSE 5 mg" in previewed(window)[1]
    window.press(Qt.Key.Key_Escape)
    window.no_dialog()
    page.show_section("results")
    window.until(lambda: on_a_line(page))
    window.press(CTRL_P)
    text = previewed(window)[1]
    assert "5.6" in text and "mmol/L" in text and "Version 1" in text
    window.press(Qt.Key.Key_Escape)
    window.no_dialog()
    window.press(Qt.Key.Key_Return)
    window.dialog("Potassium")
    window.press(CTRL_P)
    assert "5.6" in previewed(window)[1]
    window.press(Qt.Key.Key_Escape)
    window.dialog("Potassium")
    window.press(Qt.Key.Key_Escape)
    window.no_dialog()


def test_a_corrected_value_says_on_the_visit_what_stood_there(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    rooms.do(service.state_no_allergies, patient)
    visit = rooms.arrived(patient)
    wanted = rooms.do(
        service.draft_order, patient, category="laboratory", code="K", display="Potassium", encounter=visit
    )
    rooms.do(service.sign_visit, visit, None)
    first = rooms.entered(rooms.received(wanted), wanted, K="5.6")[0]
    rooms.verified(first)
    rooms.do(lab.release, wanted, who=rooms.verifier)
    mended = rooms.do(lab.correct_result, first, Decimal("4.6"), "wrong tube", who=rooms.third())
    rooms.verified(mended)
    rooms.do(lab.release, wanted, who=rooms.verifier)
    page = opened(window, patient, "visits")
    window.until(lambda: on_a_line(page))
    window.press(CTRL_P)
    text = previewed(window)[1]
    assert "4.6 mmol/L, corrected from 5.6" in text and "3.5 to 5.1" in text
    window.press(Qt.Key.Key_Escape)
    window.no_dialog()


def test_who_may_not_print_has_no_such_key(rooms: Rooms, opens: Callable[[Acting], Window]) -> None:
    rights = rights_of(("doctor",)) - {"document.print"}
    page = opened(opens(person("Lindiwe Dube", rights, ("doctor",))), rooms.patient())
    offered = [key.sequence for key in page.keys()]  # noqa: SIM118
    assert page.print.isHidden() and "Ctrl+P" not in offered
