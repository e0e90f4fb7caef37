# SPDX-License-Identifier: Apache-2.0
"""The numbers on the rail: what waits for this person in each module, and which conflicts are theirs."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer

from hms_desktop.clinic.conflicts.queries import count_mine
from hms_desktop.core.changes import Changes
from hms_desktop.ui.desk import Desk, RailEntry
from hms_desktop.ui.shell.rail import Rail
from hms_desktop.ui.shell.status_feed import StatusFeed
from hms_desktop.ui.shell.sync_facts import SyncFacts

RECOUNT_MS = 300


class Counts(QObject):
    """Counts when it starts and after changes: a badge when its tables changed, conflicts soon after any change."""

    def __init__(self, desk: Desk, entries: Sequence[RailEntry], rail: Rail, feed: StatusFeed) -> None:
        super().__init__(rail)
        self._desk, self._entries, self._rail, self._feed = desk, entries, rail, feed
        self._soon = QTimer(self, singleShot=True, interval=RECOUNT_MS)
        self._soon.timeout.connect(self._count_conflicts)
        feed.shown.connect(self._show)
        desk.tasks.changed.connect(self._changed)

    def start(self) -> None:
        """Count everything once."""
        self._count_badges(None)
        self._count_conflicts()
        self._show(self._feed.facts)

    def _changed(self, changes: Changes) -> None:
        self._count_badges(changes)
        self._soon.start()

    def _count_badges(self, changes: Changes | None) -> None:
        for entry in self._entries:
            if entry.badge is not None and (changes is None or changes.touch(*entry.badge_tables)):
                show = lambda count, word=entry.word: self._rail.set_badge(word, count)  # noqa: E731
                self._desk.tasks.read(entry.badge, show, owner=self, replaces=f"badge {entry.word}")

    def _count_conflicts(self) -> None:
        if self._desk.may("conflict.read"):
            self._desk.tasks.read(count_mine, self._feed.show_conflicts, owner=self, replaces="conflicts")

    def _show(self, facts: SyncFacts) -> None:
        self._rail.set_badge("conflicts", facts.conflicts)
