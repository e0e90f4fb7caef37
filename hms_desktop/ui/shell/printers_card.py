# SPDX-License-Identifier: Apache-2.0
"""What this computer prints on, kind by kind of paper, and its label printers with a label to try each with."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtPrintSupport import QPrinterInfo
from PySide6.QtWidgets import QVBoxLayout, QWidget

from hms_desktop.core.text import _
from hms_desktop.documents.label_line import LabelLine
from hms_desktop.documents.papers import KINDS, LABEL, kind_word, size_of, size_word
from hms_desktop.documents.printers import RESOLUTIONS, LabelPrinter, label_printer
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.choice_box import ChoiceBox
from hms_desktop.ui.widgets.choice_field import Option, RadioField
from hms_desktop.ui.widgets.flow import FlowRow
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.text_fields import TextField
from hms_desktop.ui.widgets.theme import theme

SAME_AS_ANOTHER = frozenset({"prepared-label"})
_LABELS = 190


class PrintersCard(Card):
    """One row for each kind of paper that the person may print; what is chosen counts at once for everybody here."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(_("Printing on this computer"), parent=parent)
        self._desk, self.said = desk, Text("", "label", "secondary", wrap=True)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(theme.space(3))
        self.body.addLayout(self._rows)
        self.body.addWidget(self.said)
        self.said.hide()
        add = Button(_("Add a label printer"), icon="tag", clicked=self.ask)
        foot = FlowRow(theme.space(3), theme.space(2))
        foot.fill([add])
        self.body.addWidget(foot)
        self._shown: list[QWidget] = []
        self.show_rows()

    def show_rows(self) -> None:
        """Show what is known now."""
        for row in self._shown:
            self._rows.removeWidget(row)
            row.hide()
            row.deleteLater()
        kinds = [kind for kind, paper in KINDS.items() if kind not in SAME_AS_ANOTHER and self._desk.may(paper.needs)]
        self._shown = [self._kind_row(kind) for kind in kinds]
        self._shown += [self._printer_row(one) for one in self._desk.printers.labels]
        for row in self._shown:
            self._rows.addWidget(row)

    def _kind_row(self, kind: str) -> QWidget:
        book, word = self._desk.printers, kind_word(kind)
        chosen = book.choice(kind)
        printers = ChoiceBox(_("Printer of: {paper}").format(paper=word))
        printers.addItem(_("Usual printer"), "")
        own = [one.name for one in book.labels] if LABEL in KINDS[kind].sizes else []
        for name in dict.fromkeys((*own, *QPrinterInfo.availablePrinterNames())):
            printers.addItem(name, name)
        printers.setCurrentIndex(max(0, printers.findData(chosen.printer)))
        printers.activated.connect(lambda at: book.choose(kind, printer=printers.itemData(at)))
        parts: list[QWidget] = [_label(word), printers]
        if len(KINDS[kind].sizes) > 1:
            sizes = ChoiceBox(_("Paper of: {paper}").format(paper=word))
            for size in KINDS[kind].sizes:
                sizes.addItem(size_word(size), size)
            sizes.setCurrentIndex(sizes.findData(size_of(kind, chosen.size)))
            sizes.activated.connect(lambda at: book.choose(kind, size=sizes.itemData(at)))
            parts.append(sizes)
        return _row(parts)

    def _printer_row(self, printer: LabelPrinter) -> QWidget:
        place = printer.host if printer.port == 9100 else f"{printer.host}:{printer.port}"
        words = _("{name}, {address}, {dpi} dpi").format(name=printer.name, address=place, dpi=printer.dpi)
        test = Button(_("Print a test label"), icon="printer", clicked=partial(self.test, printer))
        test.setAccessibleName(_("Print a test label on {name}").format(name=printer.name))
        drop = Button(_("Remove"), icon="x-circle", clicked=partial(self.drop, printer.name))
        drop.setAccessibleName(_("Remove {name}").format(name=printer.name))
        return _row([_label(words), test, drop])

    def ask(self) -> FormDialog:
        """Ask for a label printer."""
        dialog = FormDialog(
            self._desk, self, _("Add a label printer"), _("Add printer"), _typed, self._added,
            text=_("One that takes ZPL at a network address. It must be in the clinic's own network."),
        )  # fmt: skip
        dialog.form.add(TextField("name", _("&Name"), required=True, longest=60))
        dialog.form.add(TextField("address", _("A&ddress"), required=True, longest=120))
        heads = [Option(str(dpi), _("{dpi} dpi").format(dpi=dpi)) for dpi in RESOLUTIONS]
        dialog.form.add(RadioField("dpi", _("Print head"), heads, required=True))
        return dialog.ask()

    def _added(self, printer: LabelPrinter) -> None:
        self._desk.printers.add(printer)
        self.show_rows()

    def drop(self, name: str) -> None:
        """Forget a label printer."""
        self._desk.printers.drop(name)
        self.show_rows()

    def test(self, printer: LabelPrinter) -> None:
        """Print a label that names nobody."""
        self._say("")
        work = partial(_print_test, printer, self._desk.place.station)
        sent = _("Sent to {name}").format(name=printer.name)
        self._desk.tasks.aside(work, lambda _none: self._say(sent), lambda error: self._say(str(error)), owner=self)

    def _say(self, words: str) -> None:
        self.said.setText(words)
        self.said.setVisible(bool(words))


def _typed(values: dict[str, Any]) -> Any:
    """What the form adds; nothing of it is written into the record."""
    return lambda _unit: label_printer(values["name"], values["address"], int(values["dpi"]))


def _print_test(printer: LabelPrinter, station: str) -> None:
    from hms_desktop.documents.zpl import sample

    LabelLine(printer).send(sample(printer.dpi, printer.name, station))


def _row(parts: list[QWidget]) -> QWidget:
    row = FlowRow(theme.space(4), theme.space(2))
    row.fill(parts)
    return row


def _label(words: str) -> Text:
    label = Text(words, "label", "secondary", wrap=True)
    label.setMinimumSize(theme.grow(_LABELS), theme.control_height())
    return label
