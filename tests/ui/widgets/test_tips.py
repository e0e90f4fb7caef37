# SPDX-License-Identifier: Apache-2.0
"""A tip under the pointer shows what was written, whatever it looks like."""

from __future__ import annotations

import pytest
from PySide6.QtGui import Qt, QTextDocument

from hms_desktop.ui.widgets.tips import tip
from tests.payloads import EVERY, shown


def as_qt_shows(words: str) -> str:
    """What Qt's tip label makes of words: it takes them for markup when they look like it."""
    if not Qt.mightBeRichText(words):
        return words
    document = QTextDocument()
    document.setHtml(words)
    return document.toPlainText()


@pytest.mark.hazard("H44")
def test_a_tip_shows_its_words_as_they_are(qapp: object) -> None:
    assert as_qt_shows("<b>Bold</b>") == "Bold", "Qt does take it for markup"
    for words in (*EVERY, *(f"{one}\nEntered: Ann" for one in EVERY)):
        assert shown(as_qt_shows(tip(words))) == shown(words), words
    assert tip("Penicillin, latex") == "Penicillin, latex"
