# SPDX-License-Identifier: Apache-2.0
"""What a disk of this computer does to the program, in words for whoever sits at it."""

from __future__ import annotations

import errno

from hms_desktop.core.text import _


def disk_words(error: OSError) -> str:
    """What is wrong with the disk and what to do; empty where it is none of the disk's."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _("The disk is full: nothing was shown or changed. Free some space on this computer and try again.")
    if error.errno == errno.EROFS:
        return _(
            "The disk of this computer is read-only: nothing was shown or changed. Ask support to check the disk, then "
            "try again."
        )
    return ""
