# SPDX-License-Identifier: Apache-2.0
"""Words under the pointer: Qt takes a tip that looks like markup for markup, and has no switch against it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import Qt as QtGuiText


def tip(words: str) -> str:
    """The words as a tip that shows them as they are, whatever they look like."""
    if not QtGuiText.mightBeRichText(words):
        return words
    return str(QtGuiText.convertFromPlainText(words, Qt.WhiteSpaceMode.WhiteSpaceNormal))
