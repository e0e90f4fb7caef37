# SPDX-License-Identifier: Apache-2.0
"""Keep what a process holds in memory from leaving it: no core file, no reading by other processes of the user."""

from __future__ import annotations

import ctypes
import sys

PR_SET_DUMPABLE = 4


def guard_this_process() -> tuple[str, ...]:
    """Switch off core files and attaching; returns what took hold, so that it can be shown and tested."""
    done: list[str] = []
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        done.append("no core file")
        if ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0:
            done.append("not readable by other processes")
    return tuple(done)
