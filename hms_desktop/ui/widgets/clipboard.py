# SPDX-License-Identifier: Apache-2.0
"""What is copied out of a window is kept by no history, and is gone a minute later and when the session ends."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QObject, QTimer
from PySide6.QtGui import QClipboard, QGuiApplication

KEPT_SECONDS = 60
HINTS = {
    "x-kde-passwordManagerHint": b"secret",
    'application/x-qt-windows-mime;value="ExcludeClipboardContentFromMonitorProcessing"': b"\x01\x00\x00\x00",
    'application/x-qt-windows-mime;value="CanIncludeInClipboardHistory"': b"\x00\x00\x00\x00",
    'application/x-qt-windows-mime;value="CanUploadToCloudClipboard"': b"\x00\x00\x00\x00",
}
"""How desktops are told that a text belongs into no history and no cloud."""
MARK = "x-kde-passwordManagerHint"


class ClipboardGuard(QObject):
    """Watches the clipboard of one application: its own texts get the hints and a short life."""

    def __init__(self, app: QGuiApplication) -> None:
        super().__init__(app)
        self._clipboard: QClipboard = QGuiApplication.clipboard()
        self.life = QTimer(self, singleShot=True, interval=KEPT_SECONDS * 1000)
        self.life.timeout.connect(self.forget)
        self._clipboard.dataChanged.connect(self._changed)
        app.aboutToQuit.connect(self.forget)

    def forget(self) -> None:
        """Take away what came from here; what another program put there stays."""
        self.life.stop()
        if self.is_ours():
            self._clipboard.clear()

    def is_ours(self) -> bool:
        """Whether what is there was copied here."""
        return self._clipboard.ownsClipboard() and bool(self._clipboard.text())

    def _changed(self) -> None:
        if not self.is_ours():
            self.life.stop()
            return
        self.life.start()
        if not self._clipboard.mimeData().hasFormat(MARK):
            hinted = QMimeData()
            hinted.setText(self._clipboard.text())
            for name, value in HINTS.items():
                hinted.setData(name, value)
            self._clipboard.setMimeData(hinted)


def guard_clipboard(app: QGuiApplication) -> ClipboardGuard:
    """The guard of this application, made once."""
    found = app.findChild(ClipboardGuard)
    return found if isinstance(found, ClipboardGuard) else ClipboardGuard(app)
