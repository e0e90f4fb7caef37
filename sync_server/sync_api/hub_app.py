# SPDX-License-Identifier: Apache-2.0
"""What a hub answers over HTTP: the exchange of change sets and loans, and nothing that is the centre's alone."""

from __future__ import annotations

from hms_desktop.sync.relaying import MEET
from sync_server.sync_api.app import SyncApi
from sync_server.sync_api.centre import DeviceFacts

HUB_DOORS = ("/v1/hello", MEET, "/v1/push", "/v1/pull", "/v1/lease")
"""No enrolment, no snapshots, no word about who stands how: these need the centre."""


class HubApi(SyncApi):
    """The routes of a hub."""

    doors = HUB_DOORS

    def _note_delay(self, device: DeviceFacts, check: str) -> None:
        """A hub has no administrators of its own; the centre judges the pace when the work comes there."""
