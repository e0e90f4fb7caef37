# SPDX-License-Identifier: Apache-2.0
"""How columns share the width of a table: chips and amounts whole, words next, drawn widths, then what is left."""

from __future__ import annotations

from hms_desktop.ui.widgets.column_widths import ColumnAsk, shared_widths

TIME = ColumnAsk(drawn=76, title=50, needed=60, stretch=0, whole=True)
NAME = ColumnAsk(drawn=150, title=60, needed=260, stretch=3, whole=False)
WHY = ColumnAsk(drawn=90, title=60, needed=120, stretch=3, whole=False)
CHIP = ColumnAsk(drawn=100, title=50, needed=152, stretch=1, whole=True)
NEW = ColumnAsk(drawn=80, title=90, needed=0, stretch=0, whole=True)


def test_a_chip_is_never_cut_however_little_room_there_is() -> None:
    assert shared_widths([TIME, NAME, CHIP], 200) == [60, 150, 152]


def test_the_words_that_miss_least_stand_whole_first() -> None:
    widths = shared_widths([TIME, NAME, WHY, CHIP], 60 + 150 + 90 + 152 + 70)
    assert widths == [60, 190, 120, 152]


def test_what_is_left_over_goes_to_the_columns_that_stretch() -> None:
    widths = shared_widths([TIME, NAME, WHY], 1000)
    assert widths[0] == 76 and 998 <= sum(widths) <= 1000 and widths[1] - 260 == widths[2] - 120


def test_a_column_without_rows_is_as_wide_as_drawn_or_as_its_title() -> None:
    assert shared_widths([NEW], 50) == [90]
