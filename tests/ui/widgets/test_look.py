# SPDX-License-Identifier: Apache-2.0
"""Themes, text sizes, icons and contrast hold for every token a widget may use."""

from __future__ import annotations

import re

import pytest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from hms_desktop.ui.widgets import icons, tokens
from hms_desktop.ui.widgets.buttons import _PAINT
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.stylesheet import TONES, stylesheet
from hms_desktop.ui.widgets.theme import SCALES, theme
from tests.ui.widgets.conftest import Shows

UI = tokens.RESOURCES.parent / "hms_desktop" / "ui"


@pytest.mark.parametrize("name", tokens.THEMES)
def test_words_stand_out_from_every_ground_they_are_written_on(name: str) -> None:
    grounds = ("bg.surface", "bg.app", "bg.raised")
    for tone in ("text.primary", "text.secondary", "text.tertiary", "text.link"):
        for ground in grounds:
            assert ratio(name, tone, ground) >= 4.5, (tone, ground)
    for family in ("critical", "warning", "success", "info", "neutral", "local"):
        assert ratio(name, f"status.{family}.fg", f"status.{family}.bg") >= 4.5
        assert ratio(name, f"status.{family}.fg", "bg.surface") >= 4.5
        assert ratio(name, f"status.{family}.onSolid", f"status.{family}.solid") >= 4.5


@pytest.mark.parametrize("name", tokens.THEMES)
def test_buttons_can_be_read_in_every_state_but_off(name: str) -> None:
    for kind, (ground, over, _pressed, _border, ink) in _PAINT.items():
        if not kind.startswith("off"):
            assert ratio(name, ink, ground or "bg.surface") >= 4.5, kind
            assert ratio(name, ink, over or "bg.surface") >= 4.5, kind


@pytest.mark.parametrize("name", tokens.THEMES)
def test_borders_of_controls_and_the_focus_ring_can_be_seen(name: str) -> None:
    assert ratio(name, "border.control", "bg.surface") >= 3
    assert ratio(name, "focus", "bg.surface") >= 3
    assert ratio(name, "focus", "bg.selected") >= 3


def ratio(name: str, one: str, other: str) -> float:
    return tokens.contrast(tokens.colour_code(name, one), tokens.colour_code(name, other))


def test_the_sheet_has_a_colour_for_every_tone(qapp: QApplication) -> None:
    for name in tokens.THEMES:
        theme.use(mode=name)  # type: ignore[arg-type]
        sheet = stylesheet(theme)
        assert all(f'tone="{tone}"' in sheet for tone in TONES)
        assert "None" not in sheet


def test_switching_the_theme_reaches_windows_that_are_open(shows: Shows, qtbot: QtBot) -> None:
    label = Text("Amara")
    window = shows(label)
    light = window.grab().toImage().pixelColor(2, 2)
    with qtbot.waitSignal(theme.changed):
        theme.use(mode="dark", scale=2.0)
    assert window.grab().toImage().pixelColor(2, 2) != light
    assert label.font().pixelSize() == 26
    assert label.palette().windowText().color() == theme.colour("text.primary")


@pytest.mark.parametrize("name", tokens.THEMES)
def test_what_an_empty_field_asks_for_is_written_in_a_colour_of_the_tokens(name: str, shows: Shows) -> None:
    theme.use(mode=name)  # type: ignore[arg-type]
    field, other = QLineEdit(), QLineEdit()
    field.setPlaceholderText("\N{FULL BLOCK}" * 9)
    for part in (field, other):
        shows(part)
    other.setFocus()
    picture = field.grab().toImage()
    row = picture.height() // 2
    colours = {picture.pixelColor(at, row).name() for at in range(picture.width())}
    assert theme.code("text.tertiary").lower() in colours


def test_text_sizes_stay_within_their_limits() -> None:
    theme.use(scale=5.0)
    assert theme.scale == 2.0
    theme.use(scale=0.2)
    assert theme.scale == 1.0
    assert SCALES[0] == 1.0
    assert SCALES[-1] == 2.0


def test_density_sets_the_height_of_rows_and_controls() -> None:
    heights = []
    for density in ("compact", "default", "comfortable"):
        theme.use(density=density)
        heights.append((theme.row_height(), theme.row_height(two_lines=True), theme.control_height()))
    assert heights == [(28, 42, 28), (36, 45, 32), (44, 53, 40)]


def test_following_the_system_gives_one_of_the_themes() -> None:
    theme.use(mode="system")
    assert theme.name in tokens.THEMES


def test_unknown_tokens_are_named() -> None:
    with pytest.raises(KeyError, match="no design token"):
        theme.colour("text.purple")
    with pytest.raises(KeyError, match="a group of colours"):
        theme.colour("status.critical")
    with pytest.raises(KeyError, match="no status"):
        tokens.cue("odd")


def test_every_icon_name_has_its_file_and_every_file_its_name() -> None:
    files = {path.stem for path in (tokens.RESOURCES / "icons").glob("*.svg")}
    assert files == icons.NAMES
    assert icons.MIRRORED <= icons.NAMES


def test_every_icon_paints_something(qapp: QApplication) -> None:
    for name in icons.NAMES:
        image = icons.pixmap(name, "text.primary", 24).toImage()
        painted = any(image.pixelColor(x, y).alpha() > 60 for x in range(24) for y in range(24))
        assert painted, name


def test_icons_named_in_the_windows_exist() -> None:
    named = re.compile(r'(?:icon=|paint_icon\([^)]*?|Glyph\(|IconButton\(|[^.\w]icon\(|show_icon\()"([a-z0-9-]+)"')
    for path in UI.rglob("*.py"):
        for name in named.findall(path.read_text(encoding="utf-8")):
            assert name in icons.NAMES, f"{path.name}: {name}"


def test_an_icon_follows_the_theme(qapp: QApplication) -> None:
    drawn = icons.icon("check", "text.primary")
    before = drawn.pixmap(24, 24).toImage()
    theme.use(mode="dark")
    assert drawn.pixmap(24, 24).toImage() != before


def test_an_unknown_icon_says_what_to_do() -> None:
    with pytest.raises(KeyError, match="add its SVG"):
        icons.icon("unicorn")
