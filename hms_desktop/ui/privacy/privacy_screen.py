# SPDX-License-Identifier: Apache-2.0
"""The place of who answers for privacy: one section for each thing to look after, none with a patient's name."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout

from hms_desktop.core.changes import Changes
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk, Key, Page
from hms_desktop.ui.privacy import access_pane, disclosures_pane, glass_pane, looks_pane, requests_pane, restricted_pane
from hms_desktop.ui.privacy.access_pane import AccessPane
from hms_desktop.ui.privacy.disclosures_pane import DisclosuresPane
from hms_desktop.ui.privacy.glass_pane import GlassPane
from hms_desktop.ui.privacy.looks_pane import LooksPane
from hms_desktop.ui.privacy.requests_pane import RequestsPane
from hms_desktop.ui.privacy.restricted_pane import RestrictedPane
from hms_desktop.ui.routes import Privacy, Route
from hms_desktop.ui.widgets.section_tabs import Section, SectionTabs

KEYS = ("glass", "restricted", "looks", "access", "requests", "disclosures")


class Pane(Protocol):
    """What the page asks of a section: its keys, and to read again."""

    def keys(self) -> Sequence[Key]:
        """What can be done there."""

    def read(self) -> None:
        """Read what is shown again."""


class PrivacyPage(Page):
    """Sections behind Ctrl and a number."""

    def __init__(self, desk: Desk, route: Privacy) -> None:
        super().__init__(desk)
        self.title = _("Privacy")
        self.glass, self.restricted = GlassPane(desk), RestrictedPane(desk)
        self.looks, self.access = LooksPane(desk), AccessPane(desk)
        self.requests, self.disclosures = RequestsPane(desk), DisclosuresPane(desk)
        self._panes: dict[str, tuple[Any, frozenset[str]]] = {
            "glass": (self.glass, glass_pane.TABLES),
            "restricted": (self.restricted, restricted_pane.TABLES),
            "looks": (self.looks, looks_pane.TABLES),
            "access": (self.access, access_pane.TABLES),
            "requests": (self.requests, requests_pane.TABLES),
            "disclosures": (self.disclosures, disclosures_pane.TABLES),
        }
        self._words = section_words()
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
        for pane in (self.glass, self.looks, self.access, self.requests, self.disclosures):
            pane.told.connect(self.tell)
        self.panes.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.tabs.choose(route.section)
        self._choose(route.section)
        self._open(route)

    @property
    def section(self) -> str:
        """The key of the section that is shown."""
        return KEYS[self.panes.currentIndex()]

    def visit(self, route: Route) -> bool:
        """Another section."""
        if not isinstance(route, Privacy):
            return False
        self.tabs.choose(route.section)
        self._open(route)
        return True

    def _open(self, route: Privacy) -> None:
        if route.section == "access" and route.patient is not None:
            self.access.open_for(route.patient)

    def _pane(self) -> Pane:
        pane: Pane = self._panes[self.section][0]
        return pane

    def keys(self) -> Sequence[Key]:
        """The sections, and what can be done in the one shown."""
        tabs = [
            Key(f"Ctrl+{n}", self._words[key], partial(self.tabs.choose_number, n)) for n, key in enumerate(KEYS, 1)
        ]
        return [*tabs, *self._pane().keys()]

    def refresh(self) -> None:
        """Read the section again."""
        self._pane().read()

    def _choose(self, key: str) -> None:
        self.panes.setCurrentIndex(KEYS.index(key))
        self.setFocusProxy(self._panes[key][0])
        self.context = self._words[key]
        self.refresh()
        self.tell()

    def _changed(self, changes: Changes) -> None:
        if changes.touch(*self._panes[self.section][1]):
            self.refresh()


def section_words() -> dict[str, str]:
    """What each section is called."""
    return {
        "glass": _("Emergency access"),
        "restricted": _("Restricted records"),
        "looks": _("Looks to question"),
        "access": _("Who looked"),
        "requests": _("Requests"),
        "disclosures": _("Disclosures"),
    }
