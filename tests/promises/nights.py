# SPDX-License-Identifier: Apache-2.0
"""A night at a served clinic: the server's own process does what is done once after each midnight."""

from __future__ import annotations

from installer.day import hands
from sync_server.nightly import DONE_FOR
from tests.promises.seats import ServedClinic


def a_night_passes(clinic: ServedClinic) -> None:
    """The server is killed, a day has begun when it is back, and its own process has done the night's work."""
    clinic.server.kill()
    clinic.setup(lambda unit: unit.note_meta(DONE_FOR, ""))
    clinic.server.start()
    hands.until(lambda: bool(clinic.at_server(lambda reader: reader.meta(DONE_FOR, ""))), "the night's work is done")
