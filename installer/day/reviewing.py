# SPDX-License-Identifier: Apache-2.0
"""What people do in the conflict inbox when the line is back, by keyboard, in the words that stand there."""

from __future__ import annotations

from hms_desktop.clinic.conflicts.queries import inbox
from hms_desktop.clinic.conflicts.rules import OVER_SUPPLIED, PERSON_TWICE, VALUES
from hms_desktop.ui.routes import ConflictInbox
from installer.day import hands
from installer.day.day import Day
from installer.day.seat import Seat, spoken


def _open(day: Day, seat: Seat, kind: str, known_as: str) -> None:
    """Go to the inbox, to the line of this kind that is this person's to settle, and into it."""
    found: list[str] = []

    def there() -> bool:
        found[:] = [one.title.what for one in seat.ask(inbox) if one.kind == kind and one.mine]
        return bool(found)

    hands.until(there, f"{kind} stands in the inbox of {seat.login}", 40)
    day.known[known_as] = found[0]
    hands.press("G", "X")
    seat.shows(ConflictInbox)
    hands.to_list("To review")
    hands.row_of(found[0])
    day.look(seat, "inbox")
    seat.offers_choice()
    hands.press("Return")


def _settle(day: Day, seat: Seat, kind: str) -> None:
    hands.until(lambda: not [one for one in seat.ask(inbox) if one.kind == kind and one.mine], f"{kind} is settled")


def _take_first(day: Day, seat: Seat, kind: str, known_as: str, reason: str) -> None:
    """Choose the first of what is offered, and say why."""
    _open(day, seat, kind, known_as)
    hands.press("1")
    hands.await_field("Reason")
    hands.type_text(reason)
    day.look(seat, "compare")
    hands.press("Ctrl+Return")
    _settle(day, seat, kind)


def join_charts(day: Day, seat: Seat) -> None:
    """The double registration: one person, by a link; the chart with the history goes on."""
    _open(day, seat, PERSON_TWICE, "person_twice")
    hands.press("1")
    hands.until(lambda: hands.focused_name().startswith("MRN-"), "the question which chart goes on has the keyboard")
    hands.arrow_to(day.known["mrn"])
    hands.press("Space")
    hands.tab_to("Reason")
    hands.type_text("Same telephone and birth date, asked in person")
    day.look(seat, "compare")
    hands.press("Ctrl+Return")
    seat.dialog_opens("Link")
    hands.tab()
    hands.press("Space")
    seat.dialog_closes()
    _settle(day, seat, PERSON_TWICE)


def choose_dose(day: Day, seat: Seat) -> None:
    """The dose that two people changed: both stand side by side, one is chosen."""
    _take_first(day, seat, VALUES, "dose_twice", "Fever first, less to swallow later")


def find_nothing_left(day: Day, seat: Seat) -> None:
    """At a desk that was closed all day: it catches up by itself, and nothing waits for anybody in the inbox."""
    day.in_step()
    hands.tab_to("Conflicts")
    hands.press("Space")
    seat.shows(ConflictInbox)
    hands.until(lambda: "Nothing to review" in spoken(seat.window), f"the inbox of {seat.login} says that it is empty")


def let_supply_stand(day: Day, seat: Seat) -> None:
    """The over-supply: the pharmacist has spoken with the patient, and it stands with that reason."""
    _take_first(day, seat, OVER_SUPPLIED, "over_supply", "Patient brings what is too much back on Friday")
