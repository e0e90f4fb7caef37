# SPDX-License-Identifier: Apache-2.0
"""The day, sentence by sentence: who does what where. The story test, the tour and the demo all play this one list."""

from __future__ import annotations

from installer.day import apart, bench, consulting, dying, evening, front_desk, morning
from installer.day.day import Day, Scene, Step
from installer.day.seat import Seat


def die(day: Day) -> None:
    """A workstation dies by kill -9 between its commit and its push, and is started again with its work intact."""
    day.leave("Nurses' station")
    dying.die_at(day.clinic, "Nurses' station", "a.osei", day.known["patient"])
    seat = day.at("Nurses' station")
    day.known["after_death"] = seat.says("waiting")


def stay(day: Day, seat: Seat) -> None:
    """Only sign in."""


MORNING: tuple[Step | Scene, ...] = (
    Step("book-other", "Front desk 1", "", "{who} books {other} at {other_clock}", morning.book_other),
    Step("see-other", "Front desk 2", "", "{who} sees it too, and goes on a break", morning.go_on_a_break),
    Step("register", "Front desk 1", "", "{who} registers a walk-in, {walk_in}, who looks like {alike} of the clinic",
         front_desk.register_walk_in),
    Step("book", "Front desk 1", "", "{who} books {walk_in} at {clock}", front_desk.book_walk_in),
    Step("check-in", "Front desk 1", "", "{who} checks {walk_in} in", front_desk.check_in_walk_in),
    Step("counter-opens", "Pharmacy 1", "", "{who} opens the first counter", stay),
    Step("allergy", "Doctor's room", "", "{who} records an allergy to penicillin", consulting.record_allergy),
    Step("note", "Doctor's room", "", "{who} records vital signs and writes a note", consulting.record_vitals_and_note),
    Step("orders", "Doctor's room", "", "{who} orders potassium and a full blood count", consulting.order_tests),
    Step("stopped", "Doctor's room", "", "{who} prescribes amoxicillin and is stopped: {stop}", consulting.be_stopped),
    Step("prescribe", "Doctor's room", "", "{who} prescribes doxycycline and signs", consulting.prescribe_another),
    Step("bench-opens", "Lab bench", "", "{who} opens the bench", stay),
    Step("nurse-opens", "Nurses' station", "", "{who} opens the nurses' station", stay),
    Step("second-counter", "Pharmacy 2", "", "{who} opens the second counter", stay),
    Step("cash-opens", "Cash desk", "", "{who} opens the cash desk", stay),
)  # fmt: skip

APART: tuple[Step | Scene, ...] = (
    Scene("cut", "The server is killed: every workstation works on", apart.cut_the_line),
    Step("last-slot-firm", "Front desk 1", "", "{who} books the last slot, {last_clock}, firmly: it is lent to this desk",
         apart.book_last_slot_firmly),
    Step("last-slot-pending", "Front desk 2", "", "{who} books the same slot, {last_clock}: to be confirmed",
         apart.book_last_slot_pending),
    Step("check-in-1", "Front desk 1", "", "{who} checks {other} in", apart.check_in_other),
    Step("check-in-2", "Front desk 2", "", "{who} checks {other} in too", apart.check_in_other),
    Step("collect", "Lab bench", "", "{who} collects and labels {accession}", bench.collect),
    Step("results", "Lab bench", "", "{who} enters the results: potassium 7.1 is critical", bench.enter_results),
    Step("read-back", "Lab bench", "", "{who} telephones it and has it read back", bench.call_with_read_back),
    Step("verify", "Lab bench", "j.okafor", "{who} verifies what a colleague entered", bench.verify_results),
    Step("release", "Lab bench", "k.brandt", "{who} verifies medically and releases", bench.release_results),
    Step("supply", "Pharmacy 1", "", "{who} hands over six tablets from the batch that expires first",
         apart.supply_part),
    Step("over-supply", "Pharmacy 2", "", "{who} hands over ten more at the other counter, with a reason",
         apart.supply_too_much),
    Step("dose-doctor", "Doctor's room", "", "{who} changes the dose to one in the morning", apart.doctor_changes_dose),
    Step("dose-nurse", "Nurses' station", "", "{who} changes the same dose to every 12 hours", apart.nurse_changes_dose),
    Step("register-again", "Front desk 2", "", "{who}, who never heard of {walk_in}, registers them again",
         apart.register_again),
    Step("invoice", "Cash desk", "", "{who} invoices with the cover's share and takes cash", apart.invoice_and_cash),
    Scene("death", "The nurses' workstation is killed between commit and push, and started again: {after_death}", die),
)  # fmt: skip

TOGETHER: tuple[Step | Scene, ...] = (
    Scene("return", "The server returns, and everything meets", evening.bring_the_line_back),
    Step("join-charts", "Front desk 1", "", "{who} joins the two charts: {person_twice}", evening.join_charts),
    Step("choose-dose", "Doctor's room", "", "{who} settles the dose: {dose_twice}", evening.choose_dose),
    Step("over-supply-settled", "Pharmacy 1", "", "{who} settles the supply: {over_supply}", evening.let_supply_stand),
    Step("rest-of-bill", "Cash desk", "", "{who} invoices the rest and takes cash", apart.invoice_and_cash),
    Scene("known", "Everybody knows what was settled", evening.everybody_knows),
)

DAY: tuple[Step | Scene, ...] = (*MORNING, *APART, *TOGETHER)
