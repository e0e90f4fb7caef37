# SPDX-License-Identifier: Apache-2.0
"""The server knows every action that a workstation may do: an unknown one would be held back."""

from __future__ import annotations

import json
import subprocess
import sys

ASK = "import json; {load}; from hms_desktop.security.permissions import ACTIONS; print(json.dumps(sorted(ACTIONS)))"


def actions_after(load: str) -> set[str]:
    said = subprocess.run([sys.executable, "-c", ASK.format(load=load)], capture_output=True, text=True, check=True)
    return set(json.loads(said.stdout))


def test_the_server_knows_every_action_of_a_workstation() -> None:
    server = actions_after("import sync_server.serve; from sync_server.actions import known_actions; known_actions()")
    desktop = actions_after("import hms_desktop.app; from hms_desktop.ui.shell import screens; screens.folders()")
    assert desktop - server == set()
    assert {"documents.preview", "billing.take_payment"} <= server
