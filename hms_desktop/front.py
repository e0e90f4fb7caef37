# SPDX-License-Identifier: Apache-2.0
"""Wires the process that is always there: sign-in and lock. It loads no store, no clinic and no screens of work."""

from __future__ import annotations

import os
import sys
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from PySide6.QtCore import QLockFile
from PySide6.QtWidgets import QApplication

from hms_desktop.core.clock import SystemClock, instant
from hms_desktop.core.errors import ClinicError, Unavailable
from hms_desktop.core.faults import keep_faults
from hms_desktop.core.text import _
from hms_desktop.security import sign_in, witness
from hms_desktop.security.holding import read_wiped, sweep
from hms_desktop.security.opening import trust_now
from hms_desktop.security.process_guard import guard_this_process
from hms_desktop.security.profile import device_number, read_profile, trusted_profile
from hms_desktop.security.standing import BLOCKED, renew_by_code
from hms_desktop.storage.keychain import Keychain, open_keychain
from hms_desktop.ui.shell.courier_room import Courier, CourierRoom
from hms_desktop.ui.shell.front_door import FrontDoor
from hms_desktop.ui.shell.memory import remembered
from hms_desktop.ui.shell.sleep_watch import SleepWatch
from hms_desktop.ui.shell.station import ENDED, SOON, StationFacts, WipedFacts
from hms_desktop.ui.widgets.look import install_look


def run_desktop(folder: Path) -> int:
    """The always-there process of a workstation: sign-in and lock, until the person closes it. Returns an exit code."""
    guard_this_process()
    keep_faults(folder)
    only = QLockFile(str(folder / "desktop.lock"))
    gate = ProfileGate(folder)
    if gate.wiped() is None:
        gate.facts()
    if not only.tryLock(0):
        raise Unavailable(_no_place(only, folder))
    app = dressed_application()
    door = FrontDoor(session_command(folder), gate, remembered(folder), SystemClock())
    door.employ(CourierRoom(partial(hire_courier, folder)))
    door.left.connect(app.quit)
    app.aboutToQuit.connect(door.stop)
    watch = SleepWatch(door.lock_now, door.holds_keys, door)
    door.rested.connect(watch.rested)
    watch.start()
    door.start()
    return app.exec()


def _no_place(only: QLockFile, folder: Path) -> str:
    """Why this process can't be the one that is open here."""
    if only.error() != QLockFile.LockError.LockFailedError or not os.access(folder, os.W_OK):
        words = _(
            "Nothing can be written to {folder}: its disk is read-only or full, or somebody else owns it. Ask "
            "support to check the disk."
        )
        return words.format(folder=folder)
    return _("This workstation is already open on this computer. Look for its window.")


def hire_courier(folder: Path) -> Courier:
    """Who goes to the server while nobody is signed in; loaded when it first sets out, after sign-in is shown."""
    from hms_desktop.core.logs import begin_log, level_asked_for
    from hms_desktop.sync import courier

    begin_log(level_asked_for())
    return courier.Courier(folder, profile_keychain(folder))


def session_command(folder: Path) -> list[str]:
    """How the always-there process starts a session process."""
    return [sys.executable, "-m", "hms_desktop", "session", "--profile", str(folder)]


def profile_keychain(folder: Path) -> Keychain:
    """The keychain that this workstation was given when it was enrolled."""
    return open_keychain(folder, read_profile(folder).secret_in)


class ProfileGate:
    """What sign-in and lock may know of a profile without a file key."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def facts(self) -> StationFacts:
        """Clinic and station; NotFound when no workstation was enrolled here."""
        profile = read_profile(self._folder)
        return StationFacts(
            clinic=profile.clinic.name,
            station=profile.station.name,
            version=own_version(),
            zone=ZoneInfo(profile.clinic.zone),
            shielded=not profile.reduced_protection,
            training=profile.clinic.training,
            number=device_number(profile.station.device),
            **self._stands(),
        )

    def _stands(self) -> dict[str, Any]:
        """What the permit, the block, the file and the clock say; nothing where the keyring can't be asked now."""
        try:
            profile, keys = trusted_profile(self._folder, profile_keychain(self._folder))
            trust = trust_now(self._folder, profile, keys, profile_keychain(self._folder), SystemClock().now_ms())
        except ClinicError:
            return {}
        permit = trust.permit
        return {
            "offline_until_ms": permit.until_ms,
            "permit": ENDED if permit.ended else SOON if permit.ends_soon else "",
            "blocked": trust.standing is not None and trust.standing.status == BLOCKED,
            "exposed": trust.exposed_ms > 0,
            "behind": trust.behind_ms > 0,
            "touch": sign_in.touch_may_open(self._folder, keychain=profile_keychain(self._folder)),
        }

    def renew(self, code: str) -> object:
        """Renew the permit by a code that was read over the telephone; raises what is wrong with it."""
        keychain = profile_keychain(self._folder)
        profile, keys = trusted_profile(self._folder, keychain)
        return renew_by_code(self._folder, profile, keys, keychain, code, SystemClock().now_ms())

    def wiped(self) -> WipedFacts | None:
        """What is left to say of a workstation that was wiped; a wipe that was cut off is brought to its end."""
        found = read_wiped(self._folder)
        if found is None:
            return None
        sweep(self._folder)
        return WipedFacts(found.clinic, found.station, instant(found.at_ms).astimezone(ZoneInfo(found.zone)))

    def asks_code(self, login: str) -> bool:
        """Whether this name is asked for a code."""
        return sign_in.asks_code(self._folder, login, keychain=profile_keychain(self._folder))

    def tries_left(self, login: str) -> int:
        """Wrong tries that this name has before it must wait."""
        return sign_in.tries_left(self._folder, login, keychain=profile_keychain(self._folder))

    def broke_off(self, login: str) -> None:
        """Keep for the audit trail that this person's session ended without a word."""
        now = SystemClock().now_ms()
        sign_in.note_seen(self._folder, witness.BROKE_OFF, login, now, keychain=profile_keychain(self._folder))


def own_version() -> str:
    """The version of this program."""
    try:
        return version("hms")
    except PackageNotFoundError:
        return ""


def dressed_application() -> QApplication:
    """The QApplication in the program's own look; whatever this process writes is readable by its owner only."""
    os.umask(0o077)
    app = QApplication.instance()
    app = app if isinstance(app, QApplication) else QApplication(sys.argv[:1])
    app.setQuitOnLastWindowClosed(False)
    install_look(app)
    return app
