# SPDX-License-Identifier: Apache-2.0
"""Keeps every window's status bar and strip true: sync facts as they come, the time to lock each second."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.shell.sync_facts import SyncDoor, SyncFacts
from hms_desktop.ui.shell.trust_sign import sign_of, strip_of
from hms_desktop.ui.shell.words import day_words, time_words
from hms_desktop.ui.widgets.status_bar import StatusBar, SyncState
from hms_desktop.ui.widgets.strip import Strip, StripAction, StripFace, offline_strip, training_strip
from hms_desktop.ui.widgets.theme import theme

QUIET_HOURS = 24


class StatusFeed(QObject):
    """Listens to the engine on any thread and shows what it says on the GUI thread. `shown` after each showing."""

    shown = Signal(object)
    _told = Signal(object)

    def __init__(self, desk: Desk, sync: SyncDoor, bar: StatusBar, strip: Strip, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._windows: list[tuple[StatusBar, Strip]] = [(bar, strip)]
        self._lock_seconds: int | None = None
        self._counted = 0
        self._told_facts = sync.facts()
        self._told.connect(self._take, Qt.ConnectionType.QueuedConnection)
        sync.on_facts(self._told.emit)
        self._minute = QTimer(self, interval=30_000)
        self._minute.timeout.connect(self.show)
        self._minute.start()
        theme.changed.connect(self.show)
        self.show()

    def also_on(self, bar: StatusBar, strip: Strip) -> None:
        """Show the same in a further window."""
        self._windows.append((bar, strip))
        self.show()

    def no_longer_on(self, bar: StatusBar) -> None:
        """That window is closed."""
        self._windows = [window for window in self._windows if window[0] is not bar]

    def show_lock(self, seconds: int | None) -> None:
        """Seconds until the lock, or None when nothing locks."""
        self._lock_seconds = seconds
        for bar, _strip in self._windows:
            self._show_bar(bar)

    @property
    def facts(self) -> SyncFacts:
        """How it stands now, with the conflicts that wait for this person."""
        return replace(self._told_facts, conflicts=self._told_facts.conflicts + self._counted)

    def show_conflicts(self, count: int) -> None:
        """How many conflicts on this device wait for this person."""
        if count != self._counted:
            self._counted = count
            self.show()

    @Slot()
    def show(self) -> None:
        """Show bar and strip of every window as things stand."""
        for bar, strip in self._windows:
            self._show_bar(bar)
            strip.show_face(self._face(bar))
        self.shown.emit(self.facts)

    @Slot(object)
    def _take(self, facts: SyncFacts) -> None:
        asked, self._told_facts = facts.asked_by and facts.asked_by != self._told_facts.asked_by, facts
        self.show()
        if asked:
            words = _("{name} asks how this workstation stands: the answer is in Sync details")
            self._desk.toast(words.format(name=facts.asked_by))

    def _show_bar(self, bar: StatusBar) -> None:
        place, zone, facts = self._desk.place, self._desk.place.zone, self.facts
        bar.show_state(
            SyncState(
                network=facts.network,
                today=self._desk.now().date(),
                waiting=facts.waiting,
                held_back=facts.held_back,
                conflicts=facts.conflicts,
                last_success=facts.last_success.astimezone(zone) if facts.last_success else None,
                since=facts.since.astimezone(zone) if facts.since else None,
                progress=facts.progress,
                place=", ".join(word for word in (place.clinic, place.station) if word),
                lock_seconds=None if _cramped(bar) else self._lock_seconds,
                training=place.training,
                trust=sign_of(facts, self._desk.now()),
            )
        )

    def _face(self, bar: StatusBar) -> StripFace | None:
        """At most one: less than usual may be done here, overdue, offline, training."""
        facts, zone = self.facts, self._desk.place.zone
        less = strip_of(facts, cramped=_cramped(bar))
        if less is not None:
            return less
        quiet = facts.last_success is not None and (
            (self._desk.now() - facts.last_success).total_seconds() > QUIET_HOURS * 3600
        )
        if quiet:
            return self._overdue()
        if facts.network == "offline" and facts.since is not None:
            words = "" if _cramped(bar) else _safe_words(facts.waiting)
            return offline_strip(time_words(facts.since.astimezone(zone)), words)
        return training_strip() if self._desk.place.training else None

    def _overdue(self) -> StripFace:
        words = _safe_words(self.facts.waiting)
        if self.facts.permit_until is not None:
            until = self.facts.permit_until.astimezone(self._desk.place.zone)
            allowed = _("Working without the server is allowed until {day}, {time}.")
            words = f"{words} {allowed.format(day=day_words(until), time=time_words(until))}"
        return StripFace(
            "overdue",
            _("No sync for more than a day"),
            words,
            (StripAction("limited", _("What is limited")), StripAction("try", _("Try now"), "arrows-clockwise")),
        )


def _cramped(bar: StatusBar) -> bool:
    """Large text on a small screen: the state itself stays, what explains it is left to the sync details."""
    return bar.width() < theme.grow(820)


def _safe_words(waiting: int) -> str:
    if not waiting:
        return _("Everything here keeps working. What you do is safe on this device.")
    return ngettext(
        "Everything here keeps working. {count} change is safe on this device and goes out when the network returns.",
        "Everything here keeps working. {count} changes are safe on this device and go out when the network returns.",
        waiting,
    ).format(count=waiting)
