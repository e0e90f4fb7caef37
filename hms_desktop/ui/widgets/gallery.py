# SPDX-License-Identifier: Apache-2.0
"""Pictures of every widget: `python -m hms_desktop.ui.widgets.gallery --out DIR --theme dark --scale 1.5`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QElapsedTimer, Qt
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.ui.widgets import gallery_parts as parts
from hms_desktop.ui.widgets.allergy_box import Allergies
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.chip import Chip, ChipFace, as_of
from hms_desktop.ui.widgets.detail_rows import CheckRow, Pairs
from hms_desktop.ui.widgets.labels import Rule, dress
from hms_desktop.ui.widgets.look import install_look
from hms_desktop.ui.widgets.patient_banner import PatientBanner
from hms_desktop.ui.widgets.patient_card import PatientCard
from hms_desktop.ui.widgets.progress import Progress
from hms_desktop.ui.widgets.scan_line import ScanLine
from hms_desktop.ui.widgets.section_tabs import Section, SectionTabs
from hms_desktop.ui.widgets.segmented import Segment
from hms_desktop.ui.widgets.states import EmptyState, Notice
from hms_desktop.ui.widgets.status_bar import StatusBar
from hms_desktop.ui.widgets.step_trail import StepTrail
from hms_desktop.ui.widgets.strip import Strip, StripFace, offline_strip, training_strip
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.tile import TileFace, Tiles
from hms_desktop.ui.widgets.tokens import THEMES
from hms_desktop.ui.widgets.worklist import ListCard, WorklistDetail

_SAFE = "Everything here keeps working. 7 changes are safe on this device and go out when the network returns."


def front_desk() -> QWidget:
    """Offline strip, worklist with detail, status bar: like picture 03."""
    page, column = _page()
    strip = Strip()
    strip.show_face(offline_strip("09:24", _SAFE))
    table = parts.appointments()
    segments = [Segment("", "All", 42), Segment("due", "To arrive", 18), Segment("waiting", "Waiting", 6)]
    card = ListCard(table, segments)
    card.add_button(Button("New booking", "primary", icon="plus", key="N"))
    table.rows.reordered.connect(lambda: table.select(1))
    table.reload()
    bar = StatusBar()
    bar.show_state(parts.SYNC)
    bar.show_keys(parts.KEYS)
    column.addWidget(strip)
    column.addWidget(WorklistDetail(card, _detail(), share=72), 1)
    column.addWidget(bar)
    return page


def _detail() -> QWidget:
    pane = QWidget()
    column = QVBoxLayout(pane)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(theme.space(4))
    card = Card()
    card.add(PatientCard(parts.patient()))
    card.add(Rule())
    card.add(CheckRow("success", "Identity confirmed", "Name and date of birth, 09:38"))
    card.add(CheckRow("warning", "Co-payment R 80", "Scheme option pays 80 %", Button("Take", key="P")))
    card.add(CheckRow("warning", "Phone not confirmed", "082 555 0147, last seen 2024", Button("Confirm")))
    card.add(Rule())
    card.add(parts.facts())
    card.add(Button("Send to room 3", "primary", icon="arrow-right", key="Enter", large=True))
    column.addWidget(card)
    pay = Card("Take payment")
    pay.add(
        Tiles(
            [
                TileFace("cash", "Cash", "money", "F7"),
                TileFace("card", "Card", "credit-card", "F8"),
                TileFace("mobile", "Mobile", "device-mobile", "F9"),
            ],
            "Way of paying",
        )
    )
    pay.add(Pairs([("Total", "R 1,321.86"), ("Scheme pays", "R 607.86"), ("Patient pays", "R 714.00")], ends=True))
    column.addWidget(pay)
    column.addStretch(1)
    return pane


def clinical() -> QWidget:
    """Banner, sections, vitals, chart, medicines, results: like pictures 04 and 05."""
    page, column = _page()
    banner = PatientBanner()
    flags = (ChipFace("warning", "Fall risk"), ChipFace("info", "Interpreter: isiXhosa", "chats-circle"))
    banner.show_patient(parts.patient(flags=flags))
    tabs = SectionTabs(
        [Section("s", "Summary"), Section("t", "Timeline"), Section("r", "Results", 2), Section("m", "Medicines")],
        "Sections",
    )
    tabs.add_note(Chip.of(as_of("09:12")))
    column.addWidget(banner)
    column.addWidget(tabs)
    row, left, right = _two_columns(column)
    left.addWidget(parts.vitals())
    left.addWidget(parts.chart(), 1)
    pills = Card("Current medicines")
    pills.add(parts.medicines())
    left.addWidget(pills)
    table = Card("Results", flush=True)
    found = parts.results()
    found.reload()
    table.add(found, 1)
    steps = Card()
    steps.add(StepTrail(["Collected", "Received", "Results", "Verify", "Released"], 2))
    right.addWidget(steps)
    right.addWidget(parts.alerts())
    right.addWidget(table, 1)
    row.setStretch(0, 2)
    row.setStretch(1, 3)
    return page


def states() -> QWidget:
    """Banners, strips, chips, buttons, a form and empty panes."""
    page, column = _page()
    for face in (training_strip(), StripFace("readonly", "View only", "Ask the module lead for the right to edit.")):
        strip = Strip()
        strip.show_face(face)
        column.addWidget(strip)
    for allergies in (Allergies("none", note="Asked by Sr K. Moyo, 12-Jan-2026"), Allergies("not_recorded")):
        banner = PatientBanner()
        banner.show_patient(parts.patient(allergies))
        column.addWidget(banner)
    _row, left, right = _two_columns(column)
    for part in (parts.chips(), parts.buttons()):
        card = Card()
        card.add(part)
        left.addWidget(card)
    card = Card("Critical call")
    card.add(parts.form())
    left.addWidget(card)
    left.addStretch(1)
    _state_cards(right)
    return page


def _state_cards(right: QVBoxLayout) -> None:
    scan = Card("Pick and check")
    scan.add(ScanLine("Scan the pack"))
    right.addWidget(scan)
    work = Card()
    progress = Progress()
    work.add(progress)
    progress.begin("Getting patients", 664, "Cancel keeps the 412 that are here.")
    progress.step_to(412)
    right.addWidget(work)
    empty = Card()
    empty.add(EmptyState(Notice("funnel", "Nothing matches the filter.", "Clear filter", lambda: None)), 1)
    right.addWidget(empty, 1)


def _page() -> tuple[QWidget, QVBoxLayout]:
    page = QWidget()
    page.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    dress(page, surface="app")
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    return page, column


def _two_columns(column: QVBoxLayout) -> tuple[QHBoxLayout, QVBoxLayout, QVBoxLayout]:
    row, left, right = QHBoxLayout(), QVBoxLayout(), QVBoxLayout()
    pad = theme.space(5)
    row.setContentsMargins(pad, pad, pad, pad)
    for layout in (row, left, right):
        layout.setSpacing(theme.space(4))
    row.addLayout(left, 1)
    row.addLayout(right, 1)
    column.addLayout(row, 1)
    return row, left, right


PAGES: dict[str, Callable[[], QWidget]] = {"front-desk": front_desk, "clinical": clinical, "states": states}


def laid_out(app: QApplication, name: str, width: int = 1440, height: int = 900) -> QWidget:
    """One page, shown, as high as its words need."""
    page = PAGES[name]()
    page.resize(width, height)
    page.show()
    app.processEvents()
    page.resize(width, max(height, page.heightForWidth(width)))
    app.processEvents()
    return page


def draw(app: QApplication, out: Path, name: str) -> Path:
    """One page as a PNG file; the path is returned."""
    page = laid_out(app, name)
    settled = QElapsedTimer()
    settled.start()
    while settled.elapsed() < 250:
        app.processEvents()
    path = out / f"{name}-{theme.name}-{round(theme.scale * 100)}.png"
    page.grab().save(str(path))
    page.close()
    return path


def main() -> None:
    """Draw all pages in one theme and text size."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    wanted.add_argument("--theme", choices=THEMES, default="light")
    wanted.add_argument("--scale", type=float, default=1.0, help="text size, 1.0 to 2.0")
    wanted.add_argument("--rtl", action="store_true", help="mirrored, as for Arabic")
    wish = wanted.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication([])
    install_look(app, wish.theme, wish.scale)
    if wish.rtl:
        app.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    wish.out.mkdir(parents=True, exist_ok=True)
    for name in PAGES:
        print(draw(app, wish.out, name))


if __name__ == "__main__":
    main()
