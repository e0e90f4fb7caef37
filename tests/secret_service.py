# SPDX-License-Identifier: Apache-2.0
"""The system's keyring for a test: a peer that speaks the Secret Service over a D-Bus daemon of its own.

What the product uses of a desktop's keyring, it uses here over the same library and the same wire.
"""

from __future__ import annotations

import itertools
import subprocess
import threading
from pathlib import Path
from typing import Any

from tests.system_bus import CONFIGURATION

NAME, COLLECTION = "org.freedesktop.secrets", "/org/freedesktop/secrets/collection/login"
PREFIX = "org.freedesktop.Secret.Item."


class SecretService:
    """The daemon and its one collection, open to whoever is on the bus; `kept` holds (attributes, secret) by item."""

    def __init__(self, folder: Path) -> None:
        from jeepney import message_bus
        from jeepney.io.threading import DBusRouter, open_dbus_connection

        folder.mkdir()
        (folder / "bus.conf").write_text(CONFIGURATION.format(path=folder / "bus"), encoding="utf-8")
        words = ["dbus-daemon", f"--config-file={folder / 'bus.conf'}", "--nofork", "--nosyslog", "--print-address"]
        self._daemon = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._daemon.stdout is not None
        self.address = self._daemon.stdout.readline().strip()
        self.kept: dict[str, tuple[dict[str, str], bytes]] = {}
        self._numbers = itertools.count(1)
        self._connection = open_dbus_connection(self.address)
        with DBusRouter(self._connection) as router:
            router.send_and_get_reply(message_bus.RequestName(NAME))
        self._thread = threading.Thread(target=self._serve, name="keyring on the bus", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the daemon and the peer."""
        self._connection.interrupt()
        self._thread.join()
        self._connection.close()
        self._daemon.kill()
        self._daemon.communicate()

    def _serve(self) -> None:
        from jeepney import MessageType, new_error, new_method_return
        from jeepney.io.threading import ReceiveStopped

        while True:
            try:
                asked = self._connection.receive()
            except (OSError, EOFError, ReceiveStopped):
                return
            if asked.header.message_type == MessageType.method_call:
                said = self._answer(asked)
                answer = new_error(asked, said) if isinstance(said, str) else new_method_return(asked, *said)
                self._connection.send(answer)

    def _answer(self, asked: Any) -> str | tuple[str, tuple[Any, ...]]:
        from jeepney import HeaderFields

        path, member = (asked.header.fields[name] for name in (HeaderFields.path, HeaderFields.member))
        match member:
            case "OpenSession" if asked.body[0] == "plain":
                return "vo", (("s", ""), "/org/freedesktop/secrets/session/1")
            case "OpenSession":
                return "org.freedesktop.DBus.Error.NotSupported"
            case "Get":
                return "v", (("b", False) if asked.body[1] == "Locked" else ("s", "Login"),)
            case "Unlock":
                return "aoo", (asked.body[0], "/")
            case "SearchItems":
                wanted = asked.body[0].items()
                return "ao", ([item for item, (known, _secret) in self.kept.items() if wanted <= known.items()],)
            case "CreateItem":
                return "oo", (self._keep(*asked.body), "/")
            case "GetSecret":
                return "(oayays)", ((asked.body[0], b"", self.kept[path][1], "text/plain"),)
            case "Delete":
                del self.kept[path]
                return "o", ("/",)
        return "org.freedesktop.DBus.Error.UnknownMethod"

    def _keep(self, properties: dict[str, Any], secret: tuple[str, bytes, bytes, str], replace: bool) -> str:
        known = dict(properties[f"{PREFIX}Attributes"][1])
        same = [item for item, (others, _secret) in self.kept.items() if others == known]
        item = same[0] if same and replace else f"{COLLECTION}/{next(self._numbers)}"
        self.kept[item] = (known, bytes(secret[2]))
        return item
