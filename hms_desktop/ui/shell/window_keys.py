# SPDX-License-Identifier: Apache-2.0
"""The keys that work everywhere in a main window (ux.md, section 6): one table, from which the registry is filled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hms_desktop.core.text import _
from hms_desktop.ui.desk import Key, RailEntry
from hms_desktop.ui.routes import ConflictInbox, RegisterPatient, Routes, SettingsPage, YourAccount

Act = Callable[[], object]


@dataclass(frozen=True)
class WindowActs:
    """What the global keys call."""

    palette: Act
    keys_sheet: Act
    next_pane: Act
    last_pane: Act
    refresh: Act
    sync_now: Act
    undo: Act
    switch_user: Act
    lock: Act
    back: Act
    can_undo: Callable[[], bool]


def global_keys(acts: WindowActs, routes: Routes, rail: Sequence[RailEntry]) -> list[Key]:
    """Every key of the window, module keys included."""
    keys = [
        Key("Ctrl+K", _("Find a patient, or type a command"), acts.palette, "magnifying-glass"),
        Key("?", _("Keys"), acts.keys_sheet, "keyboard", hint=True),
        Key("F6", _("Next pane"), acts.next_pane, "arrow-right"),
        Key("Shift+F6", _("Pane before"), acts.last_pane, "arrow-left"),
        Key("F5", _("Refresh this view"), acts.refresh, "arrow-clockwise"),
        Key("Ctrl+R", _("Sync now"), acts.sync_now, "arrows-clockwise"),
        Key("Ctrl+Z", _("Undo"), acts.undo, "arrow-counter-clockwise", enabled=acts.can_undo),
        Key("F12", _("Switch user"), acts.switch_user, "user-switch"),
        Key("Ctrl+Alt+L", _("Lock now"), acts.lock, "lock-simple"),
        Key("Esc", _("Close or go back"), acts.back, "arrow-u-up-left"),
    ]
    for place, entry in enumerate(rail[:9], start=1):
        keys.append(Key(f"Alt+{place}", _go_words(entry), _opener(routes, entry), entry.icon))
    lettered = [entry for entry in rail if entry.letter]
    keys += [Key(f"G, {e.letter}", _go_words(e), _opener(routes, e), e.icon) for e in lettered]
    if routes.knows(RegisterPatient):
        register = lambda: routes.open(RegisterPatient())  # noqa: E731
        keys.append(Key("Ctrl+Shift+N", _("Register new patient"), register, "user-plus"))
    if routes.knows(ConflictInbox):
        keys.append(Key("G, X", _("Go to conflicts"), lambda: routes.open(ConflictInbox()), "git-merge"))
    if routes.knows(YourAccount):
        keys.append(Key("G, Y", _("Your account"), lambda: routes.open(YourAccount()), "user-circle"))
    keys.append(Key("Ctrl+,", _("Settings"), lambda: routes.open(SettingsPage()), "gear"))
    return keys


def _go_words(entry: RailEntry) -> str:
    return _("Go to {module}").format(module=entry.word)


def _opener(routes: Routes, entry: RailEntry) -> Act:
    return lambda: routes.open(entry.route)
