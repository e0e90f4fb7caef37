# SPDX-License-Identifier: Apache-2.0
"""Sleep and the system's own screen lock lock the session; waking up does not."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Q_ARG, QMetaObject, Qt
from PySide6.QtWidgets import QApplication

from hms_desktop.ui.shell import sleep_watch
from hms_desktop.ui.shell.sleep_watch import SleepWatch, session_path


def test_sleep_and_screen_lock_lock_and_waking_does_not(qapp: QApplication) -> None:
    locks: list[int] = []
    watch = SleepWatch(lambda: locks.append(1))
    for begins, after in ((True, 1), (False, 1)):
        assert QMetaObject.invokeMethod(watch, "told", Qt.ConnectionType.DirectConnection, Q_ARG(bool, begins))
        assert len(locks) == after
    assert QMetaObject.invokeMethod(watch, "locked", Qt.ConnectionType.DirectConnection)
    assert len(locks) == 2


def test_without_d_bus_nothing_is_heard_and_nothing_fails(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sleep_watch, "QDBusConnection", None)
    assert SleepWatch(lambda: None).start() == 0


@pytest.mark.parametrize(("session", "last"), [("2", "_32"), ("c1", "c1"), ("12", "_312"), ("a-b", "a_2db")])
def test_a_session_is_named_as_logind_names_it(session: str, last: str) -> None:
    assert session_path(session) == f"/org/freedesktop/login1/session/{last}"
