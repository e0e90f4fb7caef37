# SPDX-License-Identifier: Apache-2.0
"""What Ctrl+P prints in a chart: the line that the keyboard is on, else the visit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu, QWidget

from hms_desktop.clinic.ehr.queries import VisitRow
from hms_desktop.clinic.ehr.queries_medicines import MedicineRow
from hms_desktop.clinic.ehr.queries_notes import NoteView
from hms_desktop.clinic.lab.queries_inbox import ChartResult
from hms_desktop.core.text import _
from hms_desktop.documents.printing import KINDS
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.ehr.chart_facts import ChartFacts
from hms_desktop.ui.widgets.paper import show_paper

PRESCRIBED = ("active", "on-hold", "stopped", "completed")


class Paper(NamedTuple):
    """A document that can be printed: its words in a menu, its kind and what it is of."""

    words: str
    kind: str
    subject: UUID


def papers_of(row: Any, facts: ChartFacts) -> list[Paper]:
    """The papers of a line of a chart; of its open visit when the line has none of its own or there is no line."""
    if isinstance(row, MedicineRow):
        return [Paper(_("Prescription"), "prescription", row.id)]
    if isinstance(row, ChartResult):
        return [Paper(_("Laboratory report"), "lab-report", row.release)] if row.release else []
    if isinstance(row, VisitRow):
        return _of_visit(row.id, facts)
    if isinstance(row, NoteView):
        return _of_visit(row.encounter, facts)
    return _of_visit(facts.summary.visit.id, facts) if facts.summary.visit else []


def _of_visit(visit: UUID | None, facts: ChartFacts) -> list[Paper]:
    if visit is None:
        return []
    papers = [Paper(_("Visit summary"), "visit-summary", visit)]
    prescribed = (*facts.summary.medicines, *facts.past_medicines)
    if any(row.encounter == visit and row.status in PRESCRIBED for row in prescribed):
        papers.append(Paper(_("Prescription"), "prescription", visit))
    return papers


def print_papers(desk: Desk, page: QWidget, papers: Sequence[Paper]) -> None:
    """Open the preview of the only paper, ask which of several, or say that there is none."""
    allowed = [paper for paper in papers if desk.may(KINDS[paper.kind].needs)]
    if not allowed:
        desk.hint(_("Nothing to print here. Choose a visit, a medicine or a result first."))
    elif len(allowed) == 1:
        show_paper(desk, page, allowed[0].kind, allowed[0].subject)
    else:
        menu = QMenu(page)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for paper in allowed:
            menu.addAction(paper.words).triggered.connect(
                lambda _on=False, p=paper: show_paper(desk, page, p.kind, p.subject)
            )
        menu.setActiveAction(menu.actions()[0])
        menu.popup(page.mapToGlobal(page.rect().center() - QPoint(menu.sizeHint().width() // 2, 0)))
