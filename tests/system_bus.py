# SPDX-License-Identifier: Apache-2.0
"""A real D-Bus of a test's own, and on it a small peer that plays logind, a screen saver and a notification server.

The daemon is the system's `dbus-daemon`; who listens there is the product as it listens at any computer.
"""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

LOGIND, ROOT, SESSION = "org.freedesktop.login1", "/org/freedesktop/login1", "/org/freedesktop/login1/session/_32"
SAVER, NOTICES = "org.freedesktop.ScreenSaver", "org.freedesktop.Notifications"
CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><listen>unix:path={path}</listen><auth>EXTERNAL</auth><policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
"""
needs_bus = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("dbus-daemon") is None, reason="needs Linux with dbus-daemon"
)


class SystemBus:
    """The daemon, and the peer on a thread. `told` are the notifications that anybody asked it to show."""

    def __init__(self, folder: Path) -> None:
        from jeepney import message_bus
        from jeepney.io.threading import DBusRouter, open_dbus_connection

        folder.mkdir()
        (folder / "bus.conf").write_text(CONFIGURATION.format(path=folder / "bus"), encoding="utf-8")
        words = ["dbus-daemon", f"--config-file={folder / 'bus.conf'}", "--nofork", "--nosyslog", "--print-address"]
        self._daemon = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._daemon.stdout is not None
        self.address = self._daemon.stdout.readline().strip()
        self.told: list[Any] = []
        self._waiting: list[int] = []
        self._connection = open_dbus_connection(self.address, enable_fds=True)
        with DBusRouter(self._connection) as router:
            for name in (LOGIND, SAVER, NOTICES):
                router.send_and_get_reply(message_bus.RequestName(name))
        self._thread = threading.Thread(target=self._serve, name="peer on the bus", daemon=True)
        self._thread.start()

    @property
    def environment(self) -> dict[str, str]:
        """What a program finds in a desktop session on this computer."""
        return {
            "DBUS_SYSTEM_BUS_ADDRESS": self.address, "DBUS_SESSION_BUS_ADDRESS": self.address, "XDG_SESSION_ID": "2",
        }  # fmt: skip

    def prepare_for_sleep(self, begins: bool) -> None:
        """Logind says that the computer goes to sleep, or woke up."""
        self._signal(ROOT, f"{LOGIND}.Manager", "PrepareForSleep", "b", (begins,))

    def lock_session(self) -> None:
        """As `loginctl lock-session` has it told."""
        self._signal(SESSION, f"{LOGIND}.Session", "Lock", "", ())

    def session_changed(self, name: str, value: bool) -> None:
        """A property of the session has another value."""
        body = (f"{LOGIND}.Session", {name: ("b", value)}, [])
        self._signal(SESSION, "org.freedesktop.DBus.Properties", "PropertiesChanged", "sa{sv}as", body)

    def saver_active(self, on: bool) -> None:
        """The screen saver locks the screen, or lets it go."""
        self._signal("/org/freedesktop/ScreenSaver", SAVER, "ActiveChanged", "b", (on,))

    def held_up(self) -> int:
        """How many delay locks are held: so long a computer does not sleep."""
        ended, _, _ = select.select(self._waiting, [], [], 0)
        for one in ended:  # nobody writes there: what can be read is the end
            os.close(one)
            self._waiting.remove(one)
        return len(self._waiting)

    def close(self) -> None:
        """End the daemon and the peer."""
        self._connection.interrupt()
        self._thread.join()
        self._connection.close()
        self._daemon.kill()
        self._daemon.communicate()
        for one in self._waiting:
            os.close(one)

    def _signal(self, path: str, interface: str, name: str, signature: str, body: Any) -> None:
        from jeepney import DBusAddress, new_signal

        self._connection.send(new_signal(DBusAddress(path, interface=interface), name, signature or None, body))

    def _serve(self) -> None:
        from jeepney import HeaderFields, MessageType, new_error, new_method_return
        from jeepney.io.threading import ReceiveStopped

        while True:
            try:
                asked = self._connection.receive()
            except (OSError, EOFError, ReceiveStopped):
                return
            if asked.header.message_type != MessageType.method_call:
                continue
            match asked.header.fields[HeaderFields.member]:
                case "Inhibit" if asked.body[0] == "sleep" and asked.body[3] == "delay":
                    ours, theirs = os.pipe()
                    self._waiting.append(ours)
                    self._connection.send(new_method_return(asked, "h", (theirs,)))
                    os.close(theirs)
                case "GetSession" if asked.body == ("auto",):
                    self._connection.send(new_method_return(asked, "o", (SESSION,)))
                case "Notify":
                    self.told.append(asked.body)
                    self._connection.send(new_method_return(asked, "u", (len(self.told),)))
                case _:
                    self._connection.send(new_error(asked, "org.freedesktop.DBus.Error.UnknownMethod"))
