# SPDX-License-Identifier: Apache-2.0
"""What is done at the pharmacy counters, by keyboard: supply a part, supply more with a reason or leave it, label."""

from __future__ import annotations

from sqlalchemy import func, select

from hms_desktop.clinic.pharmacy.model import Dispense
from hms_desktop.storage.reader import Reader
from hms_desktop.ui.routes import PharmacyQueue
from installer.day import hands
from installer.day.day import Day
from installer.day.seat import Seat, spoken
from installer.day.sight import no_row_says

PART, TOO_MUCH = "6", "10"
WHY, WHY_UNLENT = "Patient leaves for the coast today", "Seen here today, no line since the morning"
TWO_TOO_MANY = "2 tablets more than the prescription still allows"


def open_counter(day: Day, seat: Seat) -> None:
    """Sign in; the queue shows what is to be supplied."""
    seat.shows(PharmacyQueue)


def supply_part(day: Day, seat: Seat) -> None:
    """Hand over six of fourteen; the batch that expires first is proposed; print the label."""
    _pick(day, seat, PART)
    day.look(seat, "picked")
    hands.press("Ctrl+P")
    seat.saves_paper(day, "medicine-label")
    hands.press("Ctrl+Return")
    seat.dialog_opens("Hand over to")
    day.look(seat, "hand-over")
    hands.tab()
    hands.press("Space")
    seat.dialog_closes()
    _until_supplied(seat, day)


def supply_part_unlent(day: Day, seat: Seat) -> None:
    """The same when the prescription was written without a line: nobody could lend its rest, so a reason is asked."""
    _pick(day, seat, PART)
    _give_reason(day, seat, WHY_UNLENT)


def supply_too_much(day: Day, seat: Seat) -> None:
    """Hand over ten more at the other counter: nothing is lent to it, so it asks for a reason."""
    _pick(day, seat, TOO_MUCH)
    _give_reason(day, seat, WHY)


def _give_reason(day: Day, seat: Seat, reason: str) -> None:
    hands.press("Ctrl+Return")
    seat.dialog_opens("Hand over all the same?")
    hands.type_text(reason)
    day.look(seat, "override")
    hands.press("Ctrl+Return")
    seat.dialog_closes()
    _until_supplied(seat, day)


def leave_too_much(day: Day, seat: Seat) -> None:
    """Ask for ten more when the other counter's six are known here: two are too many, and none is handed over."""
    _until_supplied(seat, day)
    _pick(day, seat, TOO_MUCH)
    hands.press("Ctrl+Return")
    dialog = seat.dialog_opens("Hand over all the same?")
    if TWO_TOO_MANY not in spoken(dialog):
        raise hands.Stuck(f"the counter does not say “{TWO_TOO_MANY}”; it says “{spoken(dialog)}”")
    day.look(seat, "too-many")
    hands.press("Esc")
    seat.dialog_closes()
    _until_supplied(seat, day)


def see_no_prescription(day: Day, seat: Seat) -> None:
    """Nothing was told to this counter: its queue does not hold the patient."""
    seat.shows(PharmacyQueue)
    no_row_says(seat, "Queue", day.known["walk_in"])


def _pick(day: Day, seat: Seat, quantity: str) -> None:
    seat.shows(PharmacyQueue)
    hands.to_list("Queue")
    hands.row_of(day.known["walk_in"])
    hands.press("Return")
    seat.read_patient(day.known["walk_in"])
    hands.until(lambda: "doxycycline" in hands.focused_name().casefold(), "the line of doxycycline has the keyboard")
    hands.press("S")
    seat.dialog_opens("Supply part of")
    hands.type_text(quantity)
    hands.press("Ctrl+Return")
    seat.dialog_closes()


def _until_supplied(seat: Seat, day: Day) -> None:
    def count(reader: Reader) -> int:
        question = select(func.count()).select_from(Dispense).where(Dispense.prescription == day.known["prescription"])
        return int(reader.scalar(question))

    hands.until(lambda: seat.ask(count) == 1, "the hand-over is written down")
