# SPDX-License-Identifier: Apache-2.0
"""A person comes to a workstation and goes again: both stand in its chain, with what it saw while nobody was here."""

from __future__ import annotations

from functools import partial

import structlog
from sqlalchemy.exc import DatabaseError

from hms_desktop.commands.bench import Bench
from hms_desktop.core.errors import ClinicError
from hms_desktop.security.audit import note_coming_or_going
from hms_desktop.security.device_keys import SecretPlace
from hms_desktop.security.witness import Place
from hms_desktop.security.witnessed import take_in
from hms_desktop.storage.reserve import Reserve

_log = structlog.get_logger(__name__)


class Attendance:
    """The coming and going of the person at one bench; whoever never came does not go."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._here = False
        self.locks = True
        """Whether the person only locks, and comes back; signing out says otherwise before the end."""

    def came(self, keychain: SecretPlace, way: str) -> None:
        """Write down what was seen before, and that the person signed in by this way; call it before anything is shown.

        Raises when it can't be written: then nothing is opened.
        """
        opened = self._bench.opened
        station = opened.profile.as_station()
        if not self._bench.old:  # an old copy takes nothing in: what was seen comes in where it can be sent
            take_in(Place(opened.folder, station.device, opened.device, keychain), self._bench.store, station)
        self._note("sign-in", way)
        self._here = True
        self._bench.store.keep_room(Reserve(opened.folder))

    def went(self) -> None:
        """Write down that the person locked or signed out, after all their work; a full disk keeps nobody here."""
        if not self._here:
            return
        self._here = False
        try:
            self._note("lock" if self.locks else "sign-out", None)
        except (ClinicError, DatabaseError) as error:
            _log.error("the end of a session could not be written down", kind=type(error).__name__)

    def _note(self, kind: str, detail: str | None) -> None:
        self._bench.store.act(partial(note_coming_or_going, kind=kind, detail=detail), self._bench.acting)
