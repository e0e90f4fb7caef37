# SPDX-License-Identifier: Apache-2.0
"""The process that writes the pages of a first fill beside a session: `python -m hms_desktop.commands.filling`."""

from __future__ import annotations

import os
import sys

from hms_desktop.clinic import modules
from hms_desktop.security.process_guard import guard_this_process
from hms_desktop.sync.beside import write_pages

assert modules.MODULES
COMMAND = (sys.executable, "-m", "hms_desktop.commands.filling")


if __name__ == "__main__":
    guard_this_process()
    write_pages(sys.stdin.buffer, sys.stdout.buffer)
    os._exit(0)
