# SPDX-License-Identifier: Apache-2.0
"""The day, sentence by sentence: who does what where. The story test, the tour and the demo all play this one list.

It reads as it goes when the line is cut in the middle. `online` and `offline` say where a sentence ends otherwise when
the line holds all day, and when it is dead before anybody signs in (then one computer in the middle of the house is
everybody's, except for the second desk and the second counter: what was done elsewhere nobody there can know).
"""

from __future__ import annotations

from installer.day import bench, cash, consulting, counter, front_desk, line, reviewing
from installer.day.day import CUT, NEVER, OFFLINE, Day, Ending, Scene, Step
from installer.day.seat import Seat

DESK_1, DESK_2, DOCTOR, NURSE = "Front desk 1", "Front desk 2", "Doctor's room", "Nurses' station"
BENCH, COUNTER_1, COUNTER_2, CASH = "Lab bench", "Pharmacy 1", "Pharmacy 2", "Cash desk"
MANAGER = "Manager's desk"
SHARED = "Shared computer"
"""Where people work on a day without a line: only there are the morning's patients known."""
MOVED = dict.fromkeys((DESK_1, DOCTOR, NURSE, BENCH, COUNTER_1, CASH), SHARED)


def sit_down(day: Day, seat: Seat) -> None:
    """Only sign in."""


MORNING: tuple[Step | Scene, ...] = (
    Scene("dead", "The server is dead before anybody signs in", line.dead, on=(OFFLINE,)),
    Step("book-other", DESK_1, "{who} books {other} at {other_clock}", front_desk.book_other),
    Step("break", DESK_2, "{who} sees the booking, and goes on a break", front_desk.go_on_a_break,
         offline=Ending("{who} can't see any booking, and goes on a break", front_desk.see_no_booking)),
    Step("register", DESK_1, "{who} registers {walk_in}, who looks like {alike}", front_desk.register_walk_in),
    Step("book", DESK_1, "{who} books {walk_in} at {clock}", front_desk.book_walk_in),
    Step("check-in", DESK_1, "{who} checks {walk_in} in", front_desk.check_in_walk_in),
    Step("counter-opens", COUNTER_1, "{who} opens the first counter", counter.open_counter, offline=NEVER),
    Step("allergy", DOCTOR, "{who} records an allergy to penicillin", consulting.record_allergy),
    Step("note", DOCTOR, "{who} records vital signs and writes a note", consulting.record_vitals_and_note),
    Step("orders", DOCTOR, "{who} orders potassium and a full blood count", consulting.order_tests),
    Step("stopped", DOCTOR, "{who} prescribes amoxicillin and is stopped: {stop}", consulting.be_stopped),
    Step("prescribe", DOCTOR, "{who} prescribes doxycycline, and signs all of it", consulting.prescribe_another),
    Step("bench-opens", BENCH, "{who} opens the bench", sit_down, offline=NEVER),
    Step("nurse-opens", NURSE, "{who} opens the nurses' station", sit_down, offline=NEVER),
    Step("second-counter", COUNTER_2, "{who} opens the second counter", counter.open_counter),
    Step("cash-opens", CASH, "{who} opens the cash desk", sit_down, offline=NEVER),
)  # fmt: skip

APART: tuple[Step | Scene, ...] = (
    Scene("cut", "The server is killed: every workstation works on", line.cut, on=(CUT,)),
    Step("last-slot", DESK_1, "{who} books the last slot, {last_clock}: firm", front_desk.book_last_slot_firmly),
    Step("same-slot", DESK_2, "{who} books {last_clock} too: to be confirmed", front_desk.book_last_slot_pending,
         online=Ending("{who} wants {last_clock} too: it is gone at once", front_desk.find_last_slot_gone)),
    Step("check-in-1", DESK_1, "{who} checks {other} in", front_desk.check_in_other),
    Step("check-in-2", DESK_2, "{who} checks {other} in too", front_desk.check_in_other,
         online=Ending("{who} sees that {other} is here already", front_desk.see_other_here),
         offline=Ending("{who} has no booking of {other} to check in", front_desk.see_no_booking)),
    Step("collect", BENCH, "{who} collects, labels and receives {accession}", bench.collect),
    Step("results", BENCH, "{who} enters the results: potassium 7.1 is critical", bench.enter_results),
    Step("read-back", BENCH, "{who} telephones it and has it read back", bench.call_with_read_back),
    Step("verify", BENCH, "{who} verifies what a colleague entered", bench.verify_results, "j.okafor"),
    Step("release", BENCH, "{who} verifies medically and releases", bench.release_results, "k.brandt"),
    Step("supply", COUNTER_1, "{who} hands over six tablets, first to expire first", counter.supply_part,
         offline=Ending("{who} hands over six tablets, with a reason: nobody could lend", counter.supply_part_unlent)),
    Step("over-supply", COUNTER_2, "{who} hands over ten more, with a reason", counter.supply_too_much,
         online=Ending("{who} wants ten more, reads that two are too many, and leaves it", counter.leave_too_much),
         offline=Ending("{who} has no such prescription to supply", counter.see_no_prescription)),
    Step("dose-doctor", DOCTOR, "{who} changes the dose to one in the morning", consulting.doctor_changes_dose),
    Step("dose-nurse", NURSE, "{who} changes the same dose to every 12 hours", consulting.nurse_changes_dose,
         online=Ending("{who} reads the doctor's dose and changes it", consulting.nurse_follows_doctor),
         offline=Ending("{who} reads the doctor's dose and changes it", consulting.nurse_follows_doctor)),
    Step("register-again", DESK_2, "{who} never heard of {walk_in} and registers her again", front_desk.register_again,
         online=Ending("{who} begins to register {walk_in} again and meets her chart", front_desk.meet_her_chart)),
    Step("invoice", CASH, "{who} invoices with the cover's share and takes cash", cash.invoice_and_cash,
         online=Ending("{who} invoices everything with the cover's share and takes cash", cash.invoice_all),
         offline=Ending("{who} invoices everything with the cover's share and takes cash", cash.invoice_all)),
    Scene("death", "The nurses' workstation is killed between commit and push; started again: {after_death}", line.die),
)  # fmt: skip

NIGHT = Scene("night", "The same windows in the dark theme", line.look_at_night)

TOGETHER: tuple[Step | Scene, ...] = (
    Scene("return", "The server returns, and everything meets", line.come_back, on=(CUT, OFFLINE)),
    Step("join-charts", DESK_1, "{who} joins the two charts: {person_twice}", reviewing.join_charts, online=NEVER),
    Step("choose-dose", DOCTOR, "{who} settles the dose: {dose_twice}", reviewing.choose_dose,
         online=NEVER, offline=NEVER),
    Step("accept-supply", COUNTER_1, "{who} settles the supply: {over_supply}", reviewing.let_supply_stand,
         online=NEVER, offline=NEVER),
    Step("rest-of-bill", CASH, "{who} invoices the rest and takes cash", cash.invoice_and_cash,
         online=NEVER, offline=NEVER),
    Step("manager", MANAGER, "{who} opens the manager's desk, closed all day, and finds the inbox empty",
         reviewing.find_nothing_left, online=NEVER, offline=NEVER),
    Scene("known", "Everybody knows what was settled", line.everybody_knows),
)  # fmt: skip

DAY: tuple[Step | Scene, ...] = (*MORNING, *APART, NIGHT, *TOGETHER)
