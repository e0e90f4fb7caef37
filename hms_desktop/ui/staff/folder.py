# SPDX-License-Identifier: Apache-2.0
"""What the directory brings to the window."""

from __future__ import annotations

from hms_desktop.core.text import _
from hms_desktop.ui.desk import Folder, RailEntry
from hms_desktop.ui.routes import StaffList
from hms_desktop.ui.staff.sessions_screen import SessionsPage


def folder() -> Folder:
    """People and weekly sessions, for those who plan them."""
    needs = frozenset({"session.plan", "staff.manage"})
    return Folder(
        screens={StaffList: SessionsPage},
        rail=(RailEntry(_("Staff"), "identification-badge", StaffList(), 90, needs, "F"),),
    )
