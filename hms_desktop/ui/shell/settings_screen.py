# SPDX-License-Identifier: Apache-2.0
"""Settings of the signed-in person: language, text size, theme, density, single-letter keys; each works at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk, Page
from hms_desktop.ui.shell.look import LANGUAGES, Look
from hms_desktop.ui.shell.look_bar import mode_words
from hms_desktop.ui.shell.printers_card import PrintersCard
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.scroll_pane import ScrollPane
from hms_desktop.ui.widgets.segmented import Segment, SegmentedFilter
from hms_desktop.ui.widgets.theme import SCALES, theme
from hms_desktop.ui.widgets.toggles import Tick

_LABELS = 96


class SettingsScreen(Page):
    """`chosen(look)` is called with every change; `key_locks` where the person's role leaves them no choice in that."""

    def __init__(self, desk: Desk, look: Look, chosen: Callable[[Look], object], key_locks: bool = False) -> None:
        super().__init__(desk)
        self.title = _("Settings")
        self.context = _("For you, on this computer")
        self._look, self._chosen, self._key_locks = look, chosen, key_locks
        inner = QWidget()
        inner.setProperty("surface", "scroll")
        column = QVBoxLayout(inner)
        column.setContentsMargins(theme.space(5), theme.space(5), theme.space(5), theme.space(5))
        column.setSpacing(theme.space(4))
        cards = [self._look_card(), self._keys_card(), self._place_card()]
        if desk.may("document.print"):
            cards.insert(2, PrintersCard(desk))
        for card in cards:
            card.setMaximumWidth(theme.grow(760))
            column.addWidget(card)
        column.addStretch(1)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(ScrollPane(inner, name=self.title))

    def _take(self, **change: Any) -> None:
        self._look = replace(self._look, **change)
        self._chosen(self._look)

    def _look_card(self) -> Card:
        card = Card(_("How it looks"))
        form = _form()
        densities = {"compact": _("Compact"), "default": _("Usual"), "comfortable": _("Roomy")}
        sizes = {step: _("{percent} %").format(percent=round(step * 100)) for step in SCALES}
        form.addRow(_label(_("Theme")), self._choice(mode_words(), "mode", _("Theme")))
        form.addRow(_label(_("Text size")), self._choice(sizes, "scale", _("Text size")))
        form.addRow(_label(_("Rows in lists")), self._choice(densities, "density", _("Rows in lists")))
        form.addRow(_label(_("Language")), self._choice(LANGUAGES, "language", _("Language")))
        card.body.addLayout(form)
        return card

    def _keys_card(self) -> Card:
        card = Card(_("Keys"))
        box = Tick(_("Single letters are keys when no text field has the focus"))
        box.setChecked(self._look.single_letters)
        box.toggled.connect(lambda on: self._take(single_letters=on))
        card.body.addWidget(box)
        words = _("Switch them off if keys are pressed by accident or by speech input. With Alt they always work.")
        card.body.addWidget(Text(words, "label", "secondary", wrap=True))
        pulled = Tick(_("Lock when my security key is pulled out"))
        pulled.setChecked(self._look.key_locks or self._key_locks)
        pulled.toggled.connect(lambda on: self._take(key_locks=on))
        pulled.setEnabled(not self._key_locks)
        card.body.addWidget(pulled)
        if self._key_locks:
            card.body.addWidget(Text(_("Your role always locks then."), "label", "secondary", wrap=True))
        return card

    def _place_card(self) -> Card:
        card = Card(_("This computer"))
        form = _form()
        place, person = self.desk.place, self.desk.person
        for label, value in (
            (_("Clinic"), place.clinic),
            (_("Station"), place.station),
            (_("Signed in"), f"{person.name} ({person.login})"),
            (_("Time zone"), place.zone.key),
        ):
            form.addRow(_label(label, theme.grow(20)), Text(value, "bodyStrong"))
        card.body.addLayout(form)
        return card

    def _choice(self, words: Mapping[Any, str], part: str, name: str) -> SegmentedFilter:
        """A row of segments, one chosen; the keys of `words` are the values."""
        values = {str(value): value for value in words}
        row = SegmentedFilter([Segment(str(value), text) for value, text in words.items()])
        row.setAccessibleName(name)
        row.choose(str(getattr(self._look, part)))
        row.chosen.connect(lambda key: self._take(**{part: values[key]}))
        return row


def _form() -> QFormLayout:
    form = QFormLayout()
    form.setHorizontalSpacing(theme.space(6))
    form.setVerticalSpacing(theme.space(4))
    form.setLabelAlignment(Qt.AlignmentFlag.AlignVCenter)
    return form


def _label(words: str, height: int = 0) -> Text:
    label = Text(words, "label", "secondary")
    label.setMinimumSize(theme.grow(_LABELS), height or theme.control_height())
    return label
