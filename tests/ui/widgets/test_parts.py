# SPDX-License-Identifier: Apache-2.0
"""Buttons, chips, badges, cards, tabs, tiles and bars say in words what they show."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from hms_desktop.ui.widgets.badge import Badge, initials
from hms_desktop.ui.widgets.buttons import Button, IconButton, key_words
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.chip import Chip, ChipFace, as_of, chip_size, conflict, draft_here, saved_here, view_only
from hms_desktop.ui.widgets.detail_rows import CheckRow, Pairs
from hms_desktop.ui.widgets.focus_ring import wants_ring
from hms_desktop.ui.widgets.labels import Glyph, KeyHint, Text
from hms_desktop.ui.widgets.section_tabs import Section, SectionTabs
from hms_desktop.ui.widgets.segmented import Segment, SegmentedFilter
from hms_desktop.ui.widgets.states import EmptyState, nothing_matches
from hms_desktop.ui.widgets.step_trail import StepTrail
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.tile import TileFace, Tiles
from hms_desktop.ui.widgets.tokens import tokens
from tests.ui.widgets.conftest import Shows


@pytest.mark.hazard("H44")
def test_text_is_never_taken_for_markup(shows: Shows) -> None:
    label = Text("<b>Robert</b> & Söhne")
    shows(label)
    assert label.textFormat() == Qt.TextFormat.PlainText
    assert label.text() == "<b>Robert</b> & Söhne"


def test_a_button_is_named_by_its_words_and_described_by_its_key() -> None:
    button = Button("Rook & Sons", "primary", key="Ctrl+Return")
    assert button.accessibleName() == "Rook & Sons"
    assert button.accessibleDescription() == "Ctrl Enter"


def test_a_button_grows_with_words_key_and_text_size(qapp: QApplication) -> None:
    plain, keyed = Button("Print"), Button("Print", key="Ctrl+P", icon="printer")
    assert keyed.sizeHint().width() > plain.sizeHint().width()
    assert plain.minimumSizeHint() == plain.sizeHint()
    before = keyed.sizeHint()
    theme.use(scale=2.0)
    assert keyed.sizeHint().width() > before.width() * 1.5
    assert keyed.sizeHint().height() == before.height() * 2


def test_a_button_made_for_an_action_follows_it(shows: Shows, qtbot: QtBot) -> None:
    action = QAction("Check &in")
    action.setShortcut(QKeySequence("F2"))
    button = Button.for_action(action)
    shows(button)
    assert (button.words, button.accessibleDescription()) == ("Check in", "F2")
    with qtbot.waitSignal(action.triggered):
        button.click()
    action.setEnabled(False)
    action.setText("Check out")
    assert not button.isEnabled()
    assert button.words == "Check out"


def test_a_busy_button_cannot_be_pressed_again(shows: Shows) -> None:
    pressed = []
    button = Button("Take R 714.00", "primary", clicked=lambda: pressed.append(1))
    shows(button)
    button.set_busy(True)
    button.click()
    button.set_busy(False)
    button.click()
    assert pressed == [1]


def test_an_icon_button_tells_its_name_and_key() -> None:
    button = IconButton("columns", "Columns", key="Ctrl+Shift+C")
    assert button.accessibleName() == "Columns"
    assert button.toolTip() == "Columns  Ctrl Shift C"
    assert button.sizeHint().height() >= tokens()["size"]["targetMin"]


def test_keys_are_written_for_people() -> None:
    assert key_words("Ctrl+Return") == "Ctrl Enter"
    assert key_words("+") == "+"
    assert KeyHint("F3").accessibleName() == "F3"


@pytest.mark.parametrize("status", list(tokens()["statusCues"]))
def test_every_status_has_shape_and_word_besides_its_colour(status: str) -> None:
    face = ChipFace(status, tokens()["statusCues"][status]["word"])
    assert face.shape
    assert face.family in tokens()["themes"]["light"]["status"]
    chip = Chip.of(face)
    assert chip.accessibleName() == face.words
    assert chip.sizeHint() == chip_size(face)


def test_chips_of_the_record_states_use_the_fixed_words() -> None:
    assert saved_here() == ChipFace("local", "Saved here")
    assert draft_here("09:51").words == "Draft saved here 09:51"
    assert as_of("09:12").words == "As of 09:12"
    assert conflict().family == "warning"
    assert conflict().shape == "git-merge"
    assert view_only("signed").words == "View only: signed"


def test_a_badge_hides_at_zero_and_never_becomes_a_window(qapp: QApplication) -> None:
    badge = Badge(3, "3 results to verify")
    assert not badge.isVisible()
    card = Card("Lab")
    card.add_to_head(badge)
    assert not badge.isHidden()
    badge.set_count(0)
    assert badge.isHidden()
    badge.set_count(250)
    assert not badge.isHidden()
    assert badge.accessibleName() == "99+"


def test_initials_come_from_given_and_family_name() -> None:
    assert initials("Amara", "Okonkwo") == "AO"
    assert initials("", "O'Brien") == "O"
    assert initials("Éva", "Ångström") == "ÉÅ"
    assert initials("", "") == ""


def test_a_card_is_named_by_its_heading() -> None:
    card = Card("Vitals")
    assert card.accessibleName() == "Vitals"
    card.set_heading("Prescription", "RX-26-7741")
    assert card.accessibleName() == "Prescription"


def test_segments_count_and_move_with_the_arrow_keys(shows: Shows, qtbot: QtBot) -> None:
    bar = SegmentedFilter([Segment("", "All", 42), Segment("due", "To arrive", 18)])
    shows(bar)
    told: list[str] = []
    bar.chosen.connect(told.append)
    part = bar.findChildren(QWidget)[0]
    part.setFocus()
    QTest.keyClick(part, Qt.Key.Key_Right)
    QTest.keyClick(part, Qt.Key.Key_Right)
    assert told == ["due"]
    assert bar.current() == "due"
    bar.set_segments([Segment("", "All", 41), Segment("due", "To arrive", 17)])
    assert bar.current() == "due"
    assert "To arrive 17" in [child.accessibleName() for child in bar.findChildren(QWidget)]


def test_section_tabs_answer_numbers(shows: Shows) -> None:
    tabs = SectionTabs([Section("s", "Summary"), Section("r", "Results", 2)], "Sections")
    shows(tabs)
    told: list[str] = []
    tabs.chosen.connect(told.append)
    tabs.choose_number(2)
    tabs.choose_number(9)
    assert told == ["r"]
    tab = tabs.findChildren(QAbstractButton)[1]
    tab.setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_Left, Qt.Key.Key_Left):
        QTest.keyClick(QApplication.focusWidget() or tab, key)
    assert told == ["r", "s"], "the neighbour, and none beyond the ends"
    assert "Results 2" in [child.accessibleName() for child in tabs.findChildren(QWidget)]


def test_no_tile_is_chosen_until_a_person_chooses(shows: Shows, qtbot: QtBot) -> None:
    tiles = Tiles([TileFace("cash", "Cash", "money", "F7"), TileFace("card", "Card", "credit-card")], "Way of paying")
    shows(tiles)
    assert tiles.current() == ""
    with qtbot.waitSignal(tiles.chosen) as chosen:
        QTest.mouseClick(tiles.tiles["card"], Qt.MouseButton.LeftButton)
    assert chosen.args == ["card"]
    assert tiles.tiles["cash"].accessibleDescription() == "F7"


def test_the_trail_says_which_step_is_now() -> None:
    trail = StepTrail(["Collected", "Received", "Released"], 1)
    assert trail.accessibleName() == "Step 2 of 3: Received"
    trail.show_steps(["Collected", "Received", "Released"], 3)
    assert trail.accessibleName() == "Step 3 of 3: all done"


def test_a_steps_sign_stays_with_its_word_where_the_line_breaks(shows: Shows) -> None:
    trail = StepTrail(["Collected", "Received", "Released"], 3)
    shows(trail)
    trail.resize(120, trail.heightForWidth(120))
    steps = [part for part in trail.parts if part.findChild(Text) is not None]
    assert len(steps) == 3 and len({step.y() for step in steps}) > 1
    assert all(step.findChild(Glyph) is not None for step in steps)


def test_a_check_row_speaks_its_state() -> None:
    assert CheckRow("warning", "Co-payment R 80", "due").accessibleName() == "Check, Co-payment R 80, due"
    pairs = Pairs([("Total", "R 1.00")], ends=True)
    assert "Total R 1.00" in [label.accessibleName() for label in pairs.findChildren(Text)]


def test_an_empty_pane_offers_the_next_step(shows: Shows, qtbot: QtBot) -> None:
    cleared = []
    pane = EmptyState(nothing_matches(lambda: cleared.append(1)))
    shows(pane)
    assert pane.sentence.text() == "Nothing matches the filter."
    QTest.mouseClick(pane.button, Qt.MouseButton.LeftButton)
    assert cleared == [1]


def test_the_focus_ring_stands_around_the_control_that_has_the_keyboard(shows: Shows, qtbot: QtBot) -> None:
    first, second = Button("One"), Button("Two")
    window = shows(first, second)
    second.setFocus()
    qtbot.waitUntil(lambda: len(rings(window)) == 1)
    frame = rings(window)[0]
    assert frame.geometry().contains(second.geometry())
    assert not frame.geometry().contains(first.geometry())
    assert wants_ring(second)
    second.deleteLater()
    qtbot.waitUntil(lambda: not any(ring.isVisible() for ring in rings(window)) or first.hasFocus())


def rings(window: QWidget) -> list[QWidget]:
    return [child for child in window.findChildren(QWidget) if type(child).__name__ == "_Frame" and child.isVisible()]


def test_widgets_fit_their_words_at_double_size_and_mirrored(qapp: QApplication, shows: Shows) -> None:
    theme.use(scale=2.0)
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    button, chip = Button("Sign note", "primary", icon="pen-nib", key="Ctrl+Enter"), Chip("local", "Saved here")
    window = shows(button, chip)
    assert button.width() >= button.sizeHint().width()
    assert chip.height() >= chip_size(chip.face).height()
    assert not window.grab().isNull()
    assert isinstance(button, QPushButton)


def test_a_date_stays_in_one_piece_where_words_wrap(shows: Shows) -> None:
    said = Text("born 22-Nov-1984, seen 3-4 times", wrap=True)
    assert said.text() == "born 22-Nov-1984, seen 3-4 times"
    assert QLabel.text(said) == "born 22-\u2060Nov-\u20601984, seen 3-4 times"
    assert QLabel.text(Text("22-Nov-1984")) == "22-Nov-1984"
