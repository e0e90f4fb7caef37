# SPDX-License-Identifier: Apache-2.0
"""The day, sentence by sentence: who does what where. The story test, the tour and the demo all play this one list."""

from __future__ import annotations

from installer.day import bench, cash, consulting, counter, front_desk, line, reviewing
from installer.day.day import Day, Scene, Step
from installer.day.seat import Seat

DESK_1, DESK_2, DOCTOR, NURSE = "Front desk 1", "Front desk 2", "Doctor's room", "Nurses' station"
BENCH, COUNTER_1, COUNTER_2, CASH = "Lab bench", "Pharmacy 1", "Pharmacy 2", "Cash desk"


def sit_down(day: Day, seat: Seat) -> None:
    """Only sign in."""


MORNING: tuple[Step | Scene, ...] = (
    Step("book-other", DESK_1, "{who} books {other} at {other_clock}", front_desk.book_other),
    Step("break", DESK_2, "{who} sees the booking, and goes on a break", front_desk.go_on_a_break),
    Step("register", DESK_1, "{who} registers {walk_in}, who looks like {alike}", front_desk.register_walk_in),
    Step("book", DESK_1, "{who} books {walk_in} at {clock}", front_desk.book_walk_in),
    Step("check-in", DESK_1, "{who} checks {walk_in} in", front_desk.check_in_walk_in),
    Step("counter-opens", COUNTER_1, "{who} opens the first counter", counter.open_counter),
    Step("allergy", DOCTOR, "{who} records an allergy to penicillin", consulting.record_allergy),
    Step("note", DOCTOR, "{who} records vital signs and writes a note", consulting.record_vitals_and_note),
    Step("orders", DOCTOR, "{who} orders potassium and a full blood count", consulting.order_tests),
    Step("stopped", DOCTOR, "{who} prescribes amoxicillin and is stopped: {stop}", consulting.be_stopped),
    Step("prescribe", DOCTOR, "{who} prescribes doxycycline, and signs all of it", consulting.prescribe_another),
    Step("bench-opens", BENCH, "{who} opens the bench", sit_down),
    Step("nurse-opens", NURSE, "{who} opens the nurses' station", sit_down),
    Step("second-counter", COUNTER_2, "{who} opens the second counter", counter.open_counter),
    Step("cash-opens", CASH, "{who} opens the cash desk", sit_down),
)

APART: tuple[Step | Scene, ...] = (
    Scene("cut", "The server is killed: every workstation works on", line.cut),
    Step("last-slot", DESK_1, "{who} books the last slot, {last_clock}: firm", front_desk.book_last_slot_firmly),
    Step("same-slot", DESK_2, "{who} books {last_clock} too: to be confirmed", front_desk.book_last_slot_pending),
    Step("check-in-1", DESK_1, "{who} checks {other} in", front_desk.check_in_other),
    Step("check-in-2", DESK_2, "{who} checks {other} in too", front_desk.check_in_other),
    Step("collect", BENCH, "{who} collects, labels and receives {accession}", bench.collect),
    Step("results", BENCH, "{who} enters the results: potassium 7.1 is critical", bench.enter_results),
    Step("read-back", BENCH, "{who} telephones it and has it read back", bench.call_with_read_back),
    Step("verify", BENCH, "{who} verifies what a colleague entered", bench.verify_results, "j.okafor"),
    Step("release", BENCH, "{who} verifies medically and releases", bench.release_results, "k.brandt"),
    Step("supply", COUNTER_1, "{who} hands over six tablets, first to expire first", counter.supply_part),
    Step("over-supply", COUNTER_2, "{who} hands over ten more, with a reason", counter.supply_too_much),
    Step("dose-doctor", DOCTOR, "{who} changes the dose to one in the morning", consulting.doctor_changes_dose),
    Step("dose-nurse", NURSE, "{who} changes the same dose to every 12 hours", consulting.nurse_changes_dose),
    Step("register-again", DESK_2, "{who} never heard of {walk_in} and registers her again", front_desk.register_again),
    Step("invoice", CASH, "{who} invoices with the cover's share and takes cash", cash.invoice_and_cash),
    Scene("death", "The nurses' workstation is killed between commit and push; started again: {after_death}", line.die),
)

NIGHT = Scene("night", "The same windows in the dark theme", line.look_at_night)

TOGETHER: tuple[Step | Scene, ...] = (
    Scene("return", "The server returns, and everything meets", line.come_back),
    Step("join-charts", DESK_1, "{who} joins the two charts: {person_twice}", reviewing.join_charts),
    Step("choose-dose", DOCTOR, "{who} settles the dose: {dose_twice}", reviewing.choose_dose),
    Step("accept-supply", COUNTER_1, "{who} settles the supply: {over_supply}", reviewing.let_supply_stand),
    Step("rest-of-bill", CASH, "{who} invoices the rest and takes cash", cash.invoice_and_cash),
    Scene("known", "Everybody knows what was settled", line.everybody_knows),
)

DAY: tuple[Step | Scene, ...] = (*MORNING, *APART, NIGHT, *TOGETHER)
