# SPDX-License-Identifier: Apache-2.0
"""The place of who answers for privacy: one section for each thing to look after, none with a patient's name."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout

from hms_desktop.core.changes import Changes
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk, Key, Page
from hms_desktop.ui.privacy import glass_pane, restricted_pane
from hms_desktop.ui.privacy.glass_pane import GlassPane
from hms_desktop.ui.privacy.restricted_pane import RestrictedPane
from hms_desktop.ui.routes import Privacy, Route
from hms_desktop.ui.widgets.section_tabs import Section, SectionTabs

KEYS = ("glass", "restricted")


class PrivacyPage(Page):
    """Sections behind Ctrl and a number."""

    def __init__(self, desk: Desk, route: Privacy) -> None:
        super().__init__(desk)
        self.title = _("Privacy")
        self.glass, self.restricted = GlassPane(desk), RestrictedPane(desk)
        self._panes: dict[str, tuple[GlassPane | RestrictedPane, frozenset[str]]] = {
            "glass": (self.glass, glass_pane.TABLES),
            "restricted": (self.restricted, restricted_pane.TABLES),
        }
        self._words = {"glass": _("Emergency access"), "restricted": _("Restricted records")}
        self.tabs = SectionTabs([Section(key, self._words[key]) for key in KEYS], _("Sections"))
        self.panes = QStackedWidget()
        for pane, _tables in self._panes.values():
            self.panes.addWidget(pane)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.tabs)
        whole.addWidget(self.panes, 1)
        self.tabs.chosen.connect(self._choose)
        desk.tasks.changed.connect(self._changed)
        self.glass.told.connect(self.tell)
        self.panes.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.tabs.choose(route.section)
        self._choose(route.section)

    @property
    def section(self) -> str:
        """The key of the section that is shown."""
        return KEYS[self.panes.currentIndex()]

    def visit(self, route: Route) -> bool:
        """Another section."""
        if not isinstance(route, Privacy):
            return False
        self.tabs.choose(route.section)
        return True

    def keys(self) -> Sequence[Key]:
        """The sections, and what can be done in the one shown."""
        tabs = [
            Key(f"Ctrl+{n}", self._words[key], partial(self.tabs.choose_number, n)) for n, key in enumerate(KEYS, 1)
        ]
        return [*tabs, *self._panes[self.section][0].keys()]

    def refresh(self) -> None:
        """Read the section again."""
        self._panes[self.section][0].read()

    def _choose(self, key: str) -> None:
        self.panes.setCurrentIndex(KEYS.index(key))
        self.setFocusProxy(self._panes[key][0])
        self.context = self._words[key]
        self.refresh()
        self.tell()

    def _changed(self, changes: Changes) -> None:
        if changes.touch(*self._panes[self.section][1]):
            self.refresh()
