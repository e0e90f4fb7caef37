# SPDX-License-Identifier: Apache-2.0
"""What is copied out of a window is kept by no history, and is gone a minute later and when the session ends.

The same for what is marked with the mouse, where the window system lets a middle click paste that elsewhere.
"""

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


_MODES = (QClipboard.Mode.Clipboard, QClipboard.Mode.Selection)


class ClipboardGuard(QObject):
    """Watches the clipboard of one application: its own texts get the hints and a short life."""

    def __init__(self, app: QGuiApplication) -> None:
        super().__init__(app)
        self._clipboard: QClipboard = QGuiApplication.clipboard()
        self.life = QTimer(self, singleShot=True, interval=KEPT_SECONDS * 1000)
        self.life.timeout.connect(self.forget)
        self._clipboard.changed.connect(self._changed)
        app.aboutToQuit.connect(self.forget)

    def forget(self) -> None:
        """Take away what came from here; what another program put there stays."""
        self.life.stop()
        for mode in _MODES:
            if self.is_ours(mode):
                self._clipboard.clear(mode)

    def is_ours(self, mode: QClipboard.Mode) -> bool:
        """Whether what is there was copied, or marked, here."""
        if mode is QClipboard.Mode.Selection:
            return self._clipboard.ownsSelection() and bool(self._clipboard.text(mode))
        return self._clipboard.ownsClipboard() and bool(self._clipboard.text(mode))

    def _changed(self, mode: QClipboard.Mode) -> None:
        if mode not in _MODES:
            return
        if not self.is_ours(mode):
            if not any(self.is_ours(each) for each in _MODES):
                self.life.stop()
            return
        self.life.start()
        if not self._clipboard.mimeData(mode).hasFormat(MARK):
            hinted = QMimeData()
            hinted.setText(self._clipboard.text(mode))
            for name, value in HINTS.items():
                hinted.setData(name, value)
            self._clipboard.setMimeData(hinted, mode)


def guard_clipboard(app: QGuiApplication) -> ClipboardGuard:
    """The guard of this application, made once."""
    found = app.findChild(ClipboardGuard)
    return found if isinstance(found, ClipboardGuard) else ClipboardGuard(app)
