# SPDX-License-Identifier: Apache-2.0
"""What the inbox brings to the window; its place stands at the foot of the rail."""

from __future__ import annotations

from hms_desktop.ui.conflicts.inbox_screen import InboxPage
from hms_desktop.ui.desk import Folder
from hms_desktop.ui.routes import ConflictInbox


def folder() -> Folder:
    """The conflict inbox."""
    return Folder(screens={ConflictInbox: InboxPage})
