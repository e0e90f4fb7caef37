# SPDX-License-Identifier: Apache-2.0
"""Patient banner, allergy box, status bar and strip: the fixed words, all states, and nothing blank."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from hms_desktop.ui.widgets.allergy_box import Allergies, Allergy, fit_names, heading
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.chip import ChipFace
from hms_desktop.ui.widgets.patient_banner import BannerData, PatientBanner, Standing, banner_flags, banner_words
from hms_desktop.ui.widgets.patient_card import PatientCard
from hms_desktop.ui.widgets.status_bar import (
    StatusBar,
    SyncState,
    TrustSign,
    conflicts_face,
    held_back_face,
    last_sync_face,
    lock_face,
    network_face,
    waiting_face,
)
from hms_desktop.ui.widgets.strip import Strip, StripFace, offline_strip, training_strip
from hms_desktop.ui.widgets.theme import theme
from tests.ui.widgets.conftest import Shows

TODAY = date(2026, 11, 23)
AT = datetime(2026, 11, 23, 9, 24, tzinfo=UTC)
KNOWN = Allergies("known", (Allergy("Penicillin", "anaphylaxis"), Allergy("latex", "rash")))
AMARA = BannerData(
    None, "Okonkwo", "Amara", "14-Mar-1979 (47 y)", "Female", "HMS-0042 7719", KNOWN, title="Mrs", national="ID 79 08"
)


def test_the_banner_says_who_born_when_record_and_allergies(shows: Shows) -> None:
    banner = PatientBanner()
    shows(banner, width=1300)
    banner.show_patient(AMARA)
    assert banner.isVisible()
    assert banner.name.text() == "OKONKWO, Amara (Mrs)"
    assert banner_words(AMARA) == "OKONKWO, Amara (Mrs), born 14-Mar-1979 (47 y), Female, HMS-0042 7719, ID 79 08"
    assert banner.allergies.panel.accessibleName() == "Known allergies. Penicillin (anaphylaxis), latex (rash)"
    banner.show_patient(None)
    assert not banner.isVisible()


@pytest.mark.hazard("H18")
@pytest.mark.parametrize(
    ("allergies", "words"),
    [
        (KNOWN, "Known allergies"),
        (Allergies("none", note="Asked by Sr K. Moyo, 12-Jan-2026"), "No known allergies"),
        (Allergies("not_recorded"), "Allergies not recorded"),
        (Allergies("unavailable", note="Not shown for the cashier role"), "Allergies unavailable"),
    ],
)
def test_the_allergy_box_has_exactly_four_states_and_is_never_blank(
    allergies: Allergies, words: str, shows: Shows
) -> None:
    banner = PatientBanner()
    shows(banner)
    banner.show_patient(replace(AMARA, allergies=allergies))
    assert heading(allergies) == words
    assert banner.allergies.panel.accessibleName().startswith(words)
    assert banner.allergies.ask_button.isVisible() == (allergies.state == "not_recorded")
    banner.allergies.offer_asking(False)
    assert not banner.allergies.ask_button.isVisible(), "who may not write the answer down is not offered the button"
    assert not banner.grab().isNull()


def test_known_allergies_without_a_substance_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one substance"):
        Allergies("known")
    with pytest.raises(ValueError, match="at least one substance"):
        Allergies("none", (Allergy("Latex"),))


def test_allergies_that_do_not_fit_are_counted_and_never_cut(qapp: object) -> None:
    metrics = QFontMetrics(theme.font("label"))
    many = tuple(Allergy(name) for name in ("Penicillin", "latex", "peanut", "aspirin", "iodine", "sulfonamides"))
    width = metrics.horizontalAdvance("Penicillin, latex, peanut")
    rows = fit_names(many, metrics, width, lines=2)
    assert len(rows) == 2 and all(metrics.horizontalAdvance(row) <= width for row in rows)
    shown = ", ".join(rows)
    assert shown.endswith("more")
    whole = [part.strip() for part in shown.split(",") if part.strip() and "more" not in part]
    assert whole == [allergy.words for allergy in many[: len(whole)]]
    assert f"+{len(many) - len(whole)} more" in shown


def test_the_count_of_further_allergies_has_its_own_room(qapp: object) -> None:
    metrics = QFontMetrics(theme.font("label"))
    many = (Allergy("Latex", "Rash"), Allergy("Penicillin", "Anaphylaxis, adrenaline given"), Allergy("iodine"))
    width = metrics.horizontalAdvance(many[1].words) + 4
    assert fit_names(many, metrics, width) == ["Latex (Rash),", f"{many[1].words},", "iodine"]
    assert fit_names(many, metrics, width, lines=2) == ["Latex (Rash), +2 more"]
    assert " ".join(fit_names(many[1:2], metrics, width // 2)) == many[1].words, "the worst is said whole"


def test_a_name_is_never_cut_by_what_stands_beside_it(shows: Shows) -> None:
    banner = PatientBanner()
    window = shows(banner, width=1180)
    flags = tuple(ChipFace("warning", "Hard of hearing") for _count in range(3))
    banner.show_patient(replace(AMARA, family="Featherstonehaugh-Montgomery", flags=flags, amended=frozenset({"name"})))
    theme.use(scale=2.0)
    for width in (1180, 1440):
        window.resize(width, 700)
        banner.grab()
        name = banner.name
        assert name.height() >= name.heightForWidth(name.width()) and banner.head.width() >= name.geometry().right()


def test_who_is_shown_after_a_screen_without_a_patient_stands_whole(shows: Shows) -> None:
    banner = PatientBanner()
    shows(banner, width=1180)
    banner.show_patient(None)
    banner.show_patient(replace(AMARA, family="Featherstonehaugh-Montgomery"))
    banner.grab()
    assert banner.name.width() >= banner.name.sizeHint().width() > 100
    assert banner.flags.x() > banner.name.x()


def test_asking_and_opening_are_told(shows: Shows, qtbot: QtBot) -> None:
    banner = PatientBanner()
    shows(banner)
    banner.show_patient(replace(AMARA, allergies=Allergies("not_recorded"), standing="merged", standing_words="Merged"))
    with qtbot.waitSignal(banner.ask_allergies):
        QTest.mouseClick(banner.allergies.ask_button, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(banner.allergies_opened):
        QTest.mouseClick(banner.allergies.panel, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(banner.merged_opened):
        QTest.mouseClick(banner.merged_button, Qt.MouseButton.LeftButton)


@pytest.mark.parametrize("standing", ["deceased", "merged", "restricted", "emergency", "unknown"])
def test_every_standing_is_said_in_words_first(standing: Standing, shows: Shows) -> None:
    data = replace(
        AMARA,
        standing=standing,
        standing_words="Died 02-Feb-2026",
        similar_name=True,
        flags=(ChipFace("warning", "Fall risk"), ChipFace("info", "Interpreter")),
    )
    assert [face.words for face in banner_flags(data)] == ["Died 02-Feb-2026", "Similar name", "Fall risk", "+1 more"]
    banner = PatientBanner()
    shows(banner)
    banner.show_patient(data)
    assert "Died 02-Feb-2026" in banner.accessibleName()
    assert not PatientCard(data).grab().isNull()


def test_the_banner_takes_two_lines_for_large_text(shows: Shows) -> None:
    banner = PatientBanner()
    window = shows(banner, width=1300)
    banner.show_patient(AMARA)
    window.resize(1301, 600)
    assert banner.allergies.x() > banner.name.x()
    theme.use(scale=1.5)
    window.resize(1300, 601)
    banner.grab()
    assert banner.allergies.y() > banner.name.y()


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (SyncState("online", TODAY), "Online"),
        (SyncState("hub", TODAY), "Online (clinic hub)"),
        (SyncState("syncing", TODAY, progress=(412, 664)), "Syncing 412 of 664"),
        (SyncState("syncing", TODAY), "Syncing"),
        (SyncState("connecting", TODAY, since=AT), "Connecting"),
        (SyncState("offline", TODAY, since=AT), "Offline since 09:24"),
        (SyncState("offline", TODAY, since=AT - timedelta(days=2)), "Offline since 21-Nov-2026 09:24"),
        (SyncState("paused", TODAY), "Paused while locked"),
    ],
)
def test_the_network_word_is_one_of_five(state: SyncState, words: str) -> None:
    assert network_face(state).words == words
    assert network_face(state).status != "critical"


def test_counts_and_times_of_sync_are_told_in_fixed_words() -> None:
    state = SyncState("offline", TODAY, waiting=7, held_back=2, conflicts=1, last_success=AT, lock_seconds=272)
    assert waiting_face(state).words == "7 changes waiting"
    assert waiting_face(replace(state, waiting=1)).words == "1 change waiting"
    assert waiting_face(replace(state, waiting=0)).words == "0 changes waiting"
    assert held_back_face(state).words == "2 need attention"
    assert held_back_face(replace(state, held_back=1)).words == "1 needs attention"
    assert held_back_face(replace(state, held_back=0)).words == ""
    assert conflicts_face(state).words == "1 conflict to review"
    assert conflicts_face(replace(state, conflicts=3)).words == "3 conflicts to review"
    assert last_sync_face(state).words == "Last sync 09:24"
    assert last_sync_face(replace(state, last_success=AT - timedelta(days=1))).words == "Last sync 22-Nov-2026 09:24"
    assert last_sync_face(replace(state, last_success=None)).words == "No sync yet"
    assert lock_face(state).words == "Locks in 4:32"
    assert lock_face(replace(state, lock_seconds=None)).words == ""


def test_each_part_of_the_status_bar_is_a_button(shows: Shows, qtbot: QtBot) -> None:
    bar = StatusBar()
    shows(bar, width=1400)
    sign = TrustSign("shield-warning", "Permit ends 24-Nov", "warning", "Permit")
    bar.show_state(SyncState("offline", TODAY, 7, 1, 1, AT, AT, None, "Front desk 2", 60, training=True, trust=sign))
    for name, part in bar.parts.items():
        assert part.isVisible(), name
        assert part.accessibleName() == part.words
        with qtbot.waitSignal(bar.opened) as opened:
            QTest.mouseClick(part, Qt.MouseButton.LeftButton)
        assert opened.args == [name]


def test_a_narrow_status_bar_drops_hints_and_place_before_the_state(shows: Shows) -> None:
    bar = StatusBar()
    window = shows(bar, width=1500)
    place = "Riverbend Clinic, Front desk 2"
    bar.show_state(SyncState("offline", TODAY, 7, 1, 1, AT, AT, place=place, lock_seconds=60))
    bar.show_keys([("F2", "Check in"), ("N", "New booking"), ("?", "Keys"), ("X", "a fourth is left out")])
    assert [hint.isVisible() for hint in bar._hints] == [True, True, True]
    window.resize(820, 300)
    assert not bar.parts["place"].isVisible()
    assert not any(hint.isVisible() for hint in bar._hints)
    assert all(bar.parts[name].isVisible() for name in ("network", "waiting", "conflicts", "lock"))
    window.resize(1500, 300)
    assert bar.parts["place"].isVisible()


FULL = SyncState("offline", TODAY, 1283, 12, 34, AT, AT - timedelta(days=2), None, "Front desk 2", 272, training=True)


@pytest.mark.parametrize(
    ("width", "said"),
    [
        (3200, ("Training data", "Offline since 21-Nov-2026 09:24", "1283 changes waiting", "12 need attention",
                "34 conflicts to review", "Locks in 4:32")),
        (1280, ("Training data", "Offline since 21-Nov-2026 09:24", "1283", "12", "34", "4:32")),
        (1184, ("Training data", "Offline since 21-Nov-2026 09:24", "1283", "12", "34", "4:32")),
        (1000, ("Training data", "Offline", "1283", "12", "34", "4:32")),
        (820, ("Training", "Offline", "1283", "12", "34", "4:32")),
    ],
)  # fmt: skip
def test_double_text_shortens_the_state_in_order_and_never_cuts_it(
    width: int, said: tuple[str, ...], shows: Shows, qtbot: QtBot
) -> None:
    bar = StatusBar()
    shows(bar, width=width)
    bar.show_state(FULL)
    bar.show_keys([("F2", "Check in"), ("N", "New booking")])
    theme.use(scale=2.0)
    parts = [bar.parts[name] for name in ("training", "network", "waiting", "held_back", "conflicts", "lock")]
    assert tuple(part.written for part in parts) == said
    qtbot.waitUntil(lambda: all(part.width() >= part.sizeHint().width() for part in parts))
    assert max(part.geometry().right() for part in parts) < bar.width()
    assert [part.toolTip() for part in parts] == [p.words if p.written != p.words else "" for p in parts]
    assert [part.accessibleName() for part in parts] == [part.words for part in parts]


def test_the_offline_strip_can_be_folded_and_stays_folded(shows: Shows, qtbot: QtBot) -> None:
    strip = Strip()
    shows(strip)
    strip.show_face(offline_strip("09:24", "7 changes are safe on this device."))
    assert strip.accessibleName() == "Working offline since 09:24"
    with qtbot.waitSignal(strip.acted) as acted:
        button = next(part for part in strip.findChildren(Button) if part.words == "Try now")
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert acted.args == ["try"]
    with qtbot.waitSignal(strip.folded):
        strip._fold.click()
    strip.show_face(offline_strip("09:24", "8 changes are safe on this device."))
    assert not strip.isVisible()
    strip.show_face(training_strip())
    assert strip.isVisible()
    assert not strip._fold.isVisible()
    strip.show_face(None)
    assert not strip.isVisible()
    assert strip.face is None


@pytest.mark.parametrize("kind", ["offline", "overdue", "readonly", "update", "training"])
def test_no_strip_is_red(kind: str, shows: Shows) -> None:
    strip = Strip()
    shows(strip)
    strip.show_face(StripFace(kind, "Title", "Text"))  # type: ignore[arg-type]
    ground = strip.grab().toImage().pixelColor(strip.width() // 2, 1)
    assert ground != theme.colour("status.critical.bg")
    assert ground != theme.colour("status.critical.solid")
