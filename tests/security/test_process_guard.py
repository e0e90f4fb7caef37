# SPDX-License-Identifier: Apache-2.0
"""A guarded process leaves no core file and lets no other process of its user read it."""

from __future__ import annotations

import subprocess
import sys

import pytest

LOOK = """
import resource
from hms_desktop.security.process_guard import guard_this_process
print(guard_this_process())
print(resource.getrlimit(resource.RLIMIT_CORE))
import ctypes
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="these guards are Linux's")
def test_core_files_and_attaching_are_off() -> None:
    said = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True).stdout.splitlines()
    assert said[0] == "('no core file', 'not readable by other processes')"
    assert said[1] == "(0, 0)"
    assert said[-1] == "0"
