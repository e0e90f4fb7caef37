# SPDX-License-Identifier: Apache-2.0
"""Every widget in every theme, at double text size and mirrored: it paints, has a name, and cuts no word."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from hms_desktop.ui.widgets import gallery
from hms_desktop.ui.widgets.inside_button import InsideButton
from hms_desktop.ui.widgets.labels import Painted, Text
from hms_desktop.ui.widgets.medicine_line import MedicineLine
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.tokens import THEMES, tokens

LOOKS = [(name, 1.0, False) for name in THEMES] + [("light", 1.5, False), ("dark", 2.0, False), ("light", 1.0, True)]


@pytest.fixture(params=LOOKS, ids=lambda look: f"{look[0]}-{look[1]}{'-rtl' if look[2] else ''}")
def worn(request: pytest.FixtureRequest, qapp: QApplication) -> QApplication:
    """The application in one of the looks."""
    name, scale, mirrored = request.param
    theme.use(mode=name, scale=scale)
    ways = Qt.LayoutDirection
    qapp.setLayoutDirection(ways.RightToLeft if mirrored else ways.LeftToRight)
    return qapp


@pytest.mark.parametrize("name", list(gallery.PAGES))
def test_no_word_is_cut_and_every_control_has_a_name(name: str, worn: QApplication, qtbot: QtBot) -> None:
    page = gallery.laid_out(worn, name)
    qtbot.addWidget(page)
    seen = [part for part in page.findChildren(QWidget) if part.isVisible()]
    assert [f"{type(part).__name__} {part.accessibleName()}" for part in seen if cut(part)] == []
    assert [type(part).__name__ for part in seen if nameless(part)] == []
    assert [part.accessibleName() for part in seen if too_small(part)] == []
    assert not page.grab().isNull()


def cut(part: QWidget) -> bool:
    """Whether a part got less room than its words need."""
    if (isinstance(part, Text) and part.wordWrap()) or isinstance(part, MedicineLine):
        return part.height() < part.heightForWidth(part.width())
    if isinstance(part, Text | Painted) or (isinstance(part, QAbstractButton) and not isinstance(part, InsideButton)):
        return part.width() < part.minimumSizeHint().width() or part.height() < part.minimumSizeHint().height()
    return False


def nameless(part: QWidget) -> bool:
    """Whether a screen reader would find a control without words."""
    return (
        isinstance(part, QAbstractButton | QLineEdit)
        and part.focusPolicy() != Qt.FocusPolicy.NoFocus
        and not part.accessibleName()
    )


def too_small(part: QWidget) -> bool:
    """Whether a control is smaller than a finger or a shaking hand needs (WCAG 2.5.8)."""
    least = tokens()["size"]["targetMin"]
    return (
        isinstance(part, QAbstractButton)
        and part.focusPolicy() != Qt.FocusPolicy.NoFocus
        and min(part.width(), part.height()) < least
    )


def test_labels_of_the_gallery_are_plain_text(qapp: QApplication, qtbot: QtBot) -> None:
    for name in gallery.PAGES:
        page = gallery.laid_out(qapp, name)
        qtbot.addWidget(page)
        rich = [label.text() for label in page.findChildren(QLabel) if label.textFormat() != Qt.TextFormat.PlainText]
        assert rich == []


def test_the_gallery_draws_its_pages(
    tmp_path: Path, qapp: QApplication, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = gallery.draw(qapp, tmp_path, "states")
    assert path.name == "states-light-100.png"
    assert path.stat().st_size > 20_000
    monkeypatch.setattr(sys, "argv", ["gallery", "--theme", "mauve"])
    with pytest.raises(SystemExit):
        gallery.main()
    assert "mauve" in capsys.readouterr().err
