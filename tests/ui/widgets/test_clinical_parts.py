# SPDX-License-Identifier: Apache-2.0
"""Medicine lines are never cut, results carry unit and reference, charts have words, alerts offer the fix first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hms_desktop.ui.widgets.alerts import AlertAct, AlertFace, CheckBar, StopPanel
from hms_desktop.ui.widgets.chart_axis import date_ticks, value_ticks
from hms_desktop.ui.widgets.medicine_line import Medicine, MedicineLine, broken, medicine_runs, medicine_words
from hms_desktop.ui.widgets.result_cell import (
    Measure,
    ResultFace,
    change_cell,
    flag_cell,
    flag_chip,
    result_words,
    value_cell,
)
from hms_desktop.ui.widgets.sparkline import Spark, Sparkline
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.trend_chart import Series, TrendChart, chart_summary
from tests.ui.widgets.conftest import Shows

HCTZ = Medicine("hydrochlorothiazide", "12.5 mg tablet", "12.5 mg", ("oral", "once a day", "28 days"))
AUGMENTIN = Medicine("amoxicillin + clavulanic acid", "875 mg and 125 mg tablet", "1 tablet", ("oral",), "Augmentin")
POTASSIUM = ResultFace("Potassium", "6.8", "mmol/L", "HH", "3.5 to 5.1", "+2.2", True, "4.6", "16-Nov-2026")
BEGIN = datetime(2026, 2, 1, 9, tzinfo=UTC)


def test_a_medicine_reads_as_two_lines_with_em_dashes() -> None:
    assert medicine_words(HCTZ) == ("hydroCHLOROthiazide — 12.5 mg tablet\nDOSE 12.5 mg — oral — once a day — 28 days")
    assert medicine_words(AUGMENTIN).startswith("amoxicillin + clavulanic acid (Augmentin) — 875 mg and 125 mg tablet")
    assert medicine_words(Medicine("aspirin")) == "aspirin"


@pytest.mark.parametrize("width", [60, 120, 200, 320, 900])
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_no_part_of_a_medicine_is_lost_at_any_width(width: int, scale: float, qapp: QApplication) -> None:
    theme.use(scale=scale)
    for medicine in (HCTZ, AUGMENTIN):
        for runs in medicine_runs(medicine):
            lines = broken(runs, width)
            assert " ".join(run.words for line in lines for run in line) == " ".join(run.words for run in runs)


def test_a_medicine_breaks_between_parts_when_there_is_room_for_whole_parts(qapp: QApplication) -> None:
    _first, second = medicine_runs(HCTZ)
    for line in broken(second, 160):
        assert all(run in second for run in line)


def test_a_narrow_medicine_line_grows_in_height(shows: Shows) -> None:
    line = MedicineLine(AUGMENTIN)
    window = shows(line)
    wide = line.heightForWidth(900)
    assert line.heightForWidth(150) > wide
    window.resize(180, 400)
    assert line.height() >= line.heightForWidth(line.width())
    line.show_medicine(HCTZ, ended=True)
    assert line.accessibleName().startswith("Ended: hydroCHLOROthiazide, 12.5 mg tablet")


def test_a_result_never_travels_without_unit_flag_and_reference() -> None:
    assert result_words(POTASSIUM) == (
        "Potassium 6.8 mmol/L, HH (critically high), reference 3.5 to 5.1, change +2.2 since 16-Nov-2026"
    )
    assert value_cell(POTASSIUM).words == result_words(POTASSIUM)
    corrected = ResultFace("Sodium", "139", "mmol/L", change="0", corrected=True)
    assert result_words(corrected) == "Sodium 139 mmol/L, change 0, corrected"


@pytest.mark.parametrize(
    ("flag", "words", "status"),
    [
        ("HH", "HH critical", "critical"),
        ("LL", "LL critical", "critical"),
        ("H", "H", "warning"),
        ("L", "L", "warning"),
    ],
)
def test_a_flag_has_letter_and_shape_besides_its_colour(flag: str, words: str, status: str) -> None:
    face = flag_chip(flag)  # type: ignore[arg-type]
    assert face is not None
    assert (face.words, face.status) == (words, status)
    assert face.shape
    assert flag_chip("") is None


def test_a_change_over_the_limit_carries_the_delta() -> None:
    assert change_cell(POTASSIUM).text == "Δ +2.2"
    assert change_cell(POTASSIUM).words == "large change +2.2"
    assert change_cell(ResultFace("Sodium", "131", change="−8")).text == "−8"
    assert flag_cell(ResultFace("Sodium", "139")).chip is None


def test_a_measure_without_a_value_says_so(shows: Shows) -> None:
    measure = Measure(ResultFace("Temperature", "", "°C"))
    shows(measure)
    assert measure.accessibleName().endswith("Not recorded")
    measure.show_result(POTASSIUM, "9 min ago")
    assert measure.accessibleName().endswith("HH, 9 min ago") or "9 min ago" in measure.accessibleName()
    assert measure._arrow.isVisible()


def test_a_sparkline_speaks_its_values(shows: Shows) -> None:
    spark = Spark((Decimal("4.1"), Decimal("6.8")), Decimal("3.5"), Decimal("5.1"), "critical", "mmol/L")
    widget = Sparkline(spark)
    shows(widget, Sparkline(Spark((Decimal(1),))), Sparkline(Spark((Decimal(2), Decimal(2)))))
    assert widget.accessibleName() == "last 2: 4.1, 6.8 mmol/L"
    assert Spark(()).spoken() == ""


def pressure() -> list[Series]:
    days = [BEGIN + timedelta(days=30 * at) for at in range(4)]
    upper = tuple(zip(days, map(Decimal, (152, 157, 150, 146)), strict=True))
    lower = tuple(zip(days[1:], map(Decimal, (94, 92, 88)), strict=True))
    return [Series("systolic", upper, Decimal(140), "target below 140"), Series("diastolic", lower)]


def test_a_chart_has_a_summary_and_the_same_numbers_as_a_table(shows: Shows, qtbot: QtBot) -> None:
    chart = TrendChart("Blood pressure", pressure(), "mmHg")
    shows(chart)
    assert chart.plot.accessibleName() == (
        "Blood pressure. systolic last 146 mmHg, falling; diastolic last 88 mmHg, falling"
    )
    assert not chart.grab().isNull()
    QTest.mouseClick(chart.switch, Qt.MouseButton.LeftButton)
    assert chart.switch.words == "Show as chart"
    rows = chart.table.rows
    assert rows.rowCount() == 4
    assert [rows.index(3, at).data() for at in range(3)] == ["01-Feb-2026 09:00", "152", ""]
    QTest.mouseClick(chart.switch, Qt.MouseButton.LeftButton)
    assert chart.plot.isVisible()


def test_a_chart_without_values_or_with_one_is_no_error(shows: Shows) -> None:
    one = Series("pulse", ((BEGIN, Decimal(78)),))
    for series in ([], [Series("pulse", ())], [one]):
        chart = TrendChart("Pulse", series, "/min")
        shows(chart)
        assert not chart.grab().isNull()
    assert chart_summary("Pulse", [], "/min") == "Pulse. No values yet"
    assert chart_summary("Pulse", [one], "/min") == "Pulse. pulse last 78 /min, unchanged"


@given(st.decimals("-1e6", "1e6", places=3), st.decimals("0", "1e6", places=3))
def test_ticks_are_round_and_hold_all_values(low: Decimal, span: Decimal) -> None:
    ticks = value_ticks(low, low + span)
    assert 2 <= len(ticks) <= 12
    assert ticks[0] <= low
    assert low + span <= ticks[-1]
    steps = {after - before for before, after in pairwise(ticks)}
    assert len(steps) == 1


def test_dates_along_an_axis_fit_its_length() -> None:
    assert [words for _at, words in date_ticks(BEGIN, BEGIN + timedelta(hours=6), 3)] == ["09:00", "12:00", "15:00"]
    assert date_ticks(BEGIN, BEGIN + timedelta(days=28), 2)[0][1] == "1 Feb"
    assert date_ticks(BEGIN, BEGIN + timedelta(days=300), 2)[-1][1] == "Nov"
    assert date_ticks(BEGIN, BEGIN + timedelta(days=800), 2)[0][1] == "Feb 2026"
    assert len(date_ticks(BEGIN, BEGIN, 5)) == 1


STOP = AlertFace(
    "Stop: penicillin allergy",
    "amoxicillin is a penicillin",
    (("Reaction", "Anaphylaxis"),),
    (AlertAct("ask", "Ask Dr Mbeki to change", "primary", "phone", "1"), AlertAct("go", "Dispense anyway…", "quiet")),
    "Needs a second person.",
    "1 of 2 alerts",
)


def test_a_stop_offers_the_fix_first_and_takes_the_keyboard(shows: Shows, qtbot: QtBot) -> None:
    panel = StopPanel(STOP)
    shows(panel)
    assert panel.accessibleName() == "Stop: penicillin allergy. amoxicillin is a penicillin"
    panel.take_focus()
    assert panel.buttons[0].hasFocus()
    with qtbot.waitSignal(panel.acted) as acted:
        QTest.keyClick(panel.buttons[0], Qt.Key.Key_Space)
    assert acted.args == ["ask"]
    assert panel.grab().toImage().pixelColor(panel.width() // 2, 4) == theme.colour("status.critical.solid")


def test_a_check_stands_in_place(shows: Shows, qtbot: QtBot) -> None:
    bar = CheckBar(AlertFace("Check: two of a kind", "", acts=(AlertAct("reason", "Seen, give reason", key="3"),)))
    shows(bar)
    with qtbot.waitSignal(bar.acted) as acted:
        bar.buttons[0].click()
    assert acted.args == ["reason"]
    assert not bar.isWindow()
