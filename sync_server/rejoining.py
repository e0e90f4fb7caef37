# SPDX-License-Identifier: Apache-2.0
"""New keys for a workstation that was recovered after its keyring was lost: two administrators hand out its code."""

from __future__ import annotations

from uuid import UUID

from hms_desktop.core.text import _
from sync_server import devices
from sync_server.administration import By, note_act
from sync_server.home import Home
from sync_server.notebook import Notebook
from sync_server.two_person import Kind, Request, Told, ask, declare


def ask_to_rejoin(home: Home, book: Notebook, by: By, device: UUID, name: str, reason: str) -> UUID:
    """Ask for the code with which a recovered workstation makes new keys; another administrator approves."""
    words = _("{name} makes new keys of its own").format(name=name)
    return ask(home, book, by, REJOIN.name, words, reason=reason, subject=device)


def _rejoin(home: Home, _book: Notebook, found: Request, by: By) -> Told:
    assert found.subject is not None
    code = devices.make_new_keys_code(home, found.subject)
    note_act(home, by, "device.new_keys", found.subject)
    return [(_("Code for 15 minutes, to be typed after hms rejoin"), code)]


REJOIN = declare(Kind("device-keys", _("New keys for a workstation"), "device.manage", _rejoin))
