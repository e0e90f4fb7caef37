# SPDX-License-Identifier: Apache-2.0
"""After collecting: print the labels, put them on, scan each one; a label that is not the right one stops the work."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.clinic.lab.rules_specimens import require_same_label
from hms_desktop.clinic.lab.service import Collected
from hms_desktop.core.errors import Refused
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.lab.dialogs import ask_relabel
from hms_desktop.ui.widgets.alerts import AlertAct, AlertFace, StopPanel
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.chip import Chip, ChipFace
from hms_desktop.ui.widgets.dialog_room import fit_dialog
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.paper import show_paper
from hms_desktop.ui.widgets.scan_line import ScanLine
from hms_desktop.ui.widgets.theme import theme


class LabelCheck(QDialog):
    """One row for each tube. Scans are compared in order with the tube that is next; a stop must be settled first."""

    def __init__(
        self, desk: Desk, parent: QWidget, tubes: Sequence[Collected], rejects: Callable[[Collected], object]
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Labels"))
        self._desk, self._rejects = desk, rejects
        self.tubes = list(tubes)
        self.checked: set[str] = set()
        self.stop: StopPanel | None = None
        self.scan = ScanLine(_("Scan the label on the tube"), "F3")
        self.scan.scanned.connect(self.take_scan)
        self.finish = Button(_("Finished"), "primary", key="Ctrl+Enter", clicked=self.accept)
        self._rows = QVBoxLayout()
        self._stops = QVBoxLayout()
        self._shown: list[QWidget] = []
        self._lay_out()
        self._show_tubes()

    def _lay_out(self) -> None:
        title = _("Label the tubes, then scan each one")
        self.setAccessibleName(title)
        column = QVBoxLayout(self)
        pad = theme.space(7)
        column.setContentsMargins(pad, pad, pad, theme.space(6))
        column.setSpacing(theme.space(4))
        column.addWidget(Text(title, "title", wrap=True))
        note = _("At the patient: put each label on its tube and scan it. The scan proves that tube and order belong.")
        column.addWidget(Text(note, "body", "secondary", wrap=True))
        column.addLayout(self._rows)
        column.addWidget(self.scan)
        column.addLayout(self._stops)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.finish)
        column.addLayout(foot)
        fit_dialog(self, 560)

    def ask(self) -> LabelCheck:
        """Open over the window with the keyboard in the scan line."""
        self.open()
        self.scan.setFocus(Qt.FocusReason.OtherFocusReason)
        return self

    @property
    def next_tube(self) -> Collected | None:
        """The tube whose label is scanned next."""
        return next((tube for tube in self.tubes if tube.accession not in self.checked), None)

    def take_scan(self, code: str) -> None:
        """Compare a scanned label with the tube that is next."""
        tube = self.next_tube
        if tube is None or self.stop is not None:
            return
        try:
            require_same_label(tube.accession, code)
        except Refused as error:
            self._stop(str(error), tube)
            return
        self.checked.add(tube.accession)
        self._show_tubes()
        if self.next_tube is None:
            self.finish.setFocus(Qt.FocusReason.OtherFocusReason)

    def _stop(self, sentence: str, tube: Collected) -> None:
        acts = (AlertAct("again", _("Scan the right label")), AlertAct("relabel", _("Make a new label"), icon="tag"),
                AlertAct("reject", _("Reject the tube"), "danger", icon="x-circle"))  # fmt: skip
        face = AlertFace(_("The label does not match"), sentence, acts=acts)
        self.stop = StopPanel(face)
        self.stop.acted.connect(lambda name: self._settle(name, tube))
        self._stops.addWidget(self.stop)
        self.finish.setEnabled(False)
        self.scan.setEnabled(False)
        self.stop.take_focus()

    def _settle(self, name: str, tube: Collected) -> None:
        self._take_away_stop()
        if name == "relabel":
            ask_relabel(self._desk, self, tube.specimen, tube.accession, lambda new: self._replace(tube, new))
        elif name == "reject":
            self.accept()
            self._rejects(tube)

    def _take_away_stop(self) -> None:
        assert self.stop is not None  # one of its buttons was pressed
        self._stops.removeWidget(self.stop)
        self.stop.hide()
        self.stop.deleteLater()
        self.stop = None
        self.finish.setEnabled(True)
        self.scan.setEnabled(True)
        self.scan.setFocus(Qt.FocusReason.OtherFocusReason)

    def _replace(self, old: Collected, new: Collected) -> None:
        self.tubes = [new if tube is old else tube for tube in self.tubes]
        self._show_tubes()
        self.scan.setFocus(Qt.FocusReason.OtherFocusReason)
        show_paper(self._desk, self, "specimen-label", new.specimen)

    def _show_tubes(self) -> None:
        for part in self._shown:
            self._rows.removeWidget(part)
            part.hide()
            part.deleteLater()
        self._shown = [self._row(tube) for tube in self.tubes]
        for part in self._shown:
            self._rows.addWidget(part)

    def _row(self, tube: Collected) -> QWidget:
        part = QWidget()
        row = QHBoxLayout(part)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.space(4))
        row.addWidget(Text(tube.accession, "bodyStrong", figures="identifiers"))
        row.addWidget(Text(_("{type}, {container}").format(type=tube.type, container=tube.container)), 1)
        done = tube.accession in self.checked
        face = ChipFace("success", _("Label checked")) if done else ChipFace("neutral", _("To scan"), "barcode")
        row.addWidget(Chip.of(face))
        key = "Ctrl+L" if tube is self.next_tube else ""
        show = lambda: show_paper(self._desk, self, "specimen-label", tube.specimen)  # noqa: E731
        label = Button(_("Print label"), icon="printer", key=key, clicked=show)
        label.setAccessibleName(_("Print the label of {code}").format(code=tube.accession))
        row.addWidget(label)
        return part

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+L previews the next label, Ctrl+Enter finishes, F3 goes to the scan line; a stop is not escaped."""
        key = Qt.Key(event.key())
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        tube = self.next_tube or (self.tubes[0] if self.tubes else None)
        if control and key == Qt.Key.Key_L and tube is not None:
            show_paper(self._desk, self, "specimen-label", tube.specimen)
        elif control and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.stop is None:
            self.accept()
        elif key == Qt.Key.Key_F3:
            self.scan.setFocus(Qt.FocusReason.ShortcutFocusReason)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) or (key == Qt.Key.Key_Escape and self.stop is not None):
            event.accept()
        else:
            super().keyPressEvent(event)
