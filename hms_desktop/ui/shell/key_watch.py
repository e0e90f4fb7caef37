# SPDX-License-Identifier: Apache-2.0
"""Notices that a security key was pulled out, which locks the session where its person or their role wants that."""

from __future__ import annotations

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal

from hms_desktop.security.key_ports import KeyPorts

LOOKED_EVERY_MS = 1000


class KeyWatch(QObject):
    """`pulled` when a key that was plugged in during this session is gone.

    It looks when the system says that a device came or went, and each second where the system does not say so.
    """

    pulled = Signal()

    def __init__(self, ports: KeyPorts, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ports = ports
        self._seen: frozenset[str] = frozenset()
        self._told = QFileSystemWatcher(self)
        self._told.directoryChanged.connect(self.look)
        self._timer = QTimer(self, interval=LOOKED_EVERY_MS)
        self._timer.timeout.connect(self.look)

    def start(self) -> None:
        """Begin to look."""
        self._seen = self._ports.keys()
        if self._ports.nodes.is_dir():
            self._told.addPath(str(self._ports.nodes))
        self._timer.start()

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()
        if self._told.directories():
            self._told.removePaths(self._told.directories())

    def look(self) -> None:
        """See which keys are there."""
        before, self._seen = self._seen, self._ports.keys()
        if before - self._seen:
            self.pulled.emit()
