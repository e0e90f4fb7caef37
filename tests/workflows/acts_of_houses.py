# SPDX-License-Identifier: Apache-2.0
"""The day's acts as services: bench, counters, cash desk, inbox; and what happens to the line without windows."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import func, select

from hms_desktop.clinic.billing import service as billing
from hms_desktop.clinic.billing import service_payments as payments
from hms_desktop.clinic.billing.queries import open_charges
from hms_desktop.clinic.billing.queries_documents import invoice_row
from hms_desktop.clinic.billing.rules import CASH, Tender
from hms_desktop.clinic.conflicts import service as settling
from hms_desktop.clinic.conflicts.queries import Entry, inbox
from hms_desktop.clinic.conflicts.rules import OVER_SUPPLIED, PERSON_TWICE, VALUES
from hms_desktop.clinic.lab import service_release, service_results, service_specimens
from hms_desktop.clinic.lab.model import LabResult
from hms_desktop.clinic.lab.queries_calls import critical_open
from hms_desktop.clinic.pharmacy import service as pharmacy
from hms_desktop.clinic.pharmacy.model import Dispense
from hms_desktop.clinic.pharmacy.queries import queue
from hms_desktop.clinic.pharmacy.service import HandOver
from hms_desktop.core.errors import BadInput
from installer.day import bench, cash, counter, dying, line, reviewing, script
from installer.day.cash import ALL, LATER
from installer.day.counter import TWO_TOO_MANY, WHY, WHY_UNLENT
from installer.day.day import Day
from tests.workflows.by_services import Acts, DayByServices, Post

BLOOD_COUNT = dict(zip(("HGB", "HCT", "RBC", "MCV", "WBC", "PLT"), map(Decimal, bench.BLOOD_COUNT), strict=True))


def sit_down(day: Day, post: Post) -> None:
    """Only sign in."""


def collect(day: Day, post: Post) -> None:
    orders, checked = day.known["orders"], ("name", "born")
    tubes = post.do(lambda unit: service_specimens.collect(unit, orders, identified=checked))
    for tube in tubes:
        post.do(partial(service_specimens.receive, scanned=tube.accession))
    day.known.update(accession=tubes[0].accession, tubes=tubes)


def enter_results(day: Day, post: Post) -> None:
    entered = zip(day.known["tubes"], day.known["orders"], ({"K": Decimal(bench.POTASSIUM)}, BLOOD_COUNT), strict=True)
    for tube, order, values in entered:
        enter = partial(service_results.enter_results, specimen=tube.specimen, order=order)
        post.do(partial(enter, values=values))
    assert [found.result.value for found in post.ask(critical_open)] == [Decimal(bench.POTASSIUM)]


def call_with_read_back(day: Day, post: Post) -> None:
    critical = post.ask(critical_open)[0].result.id
    call = partial(service_release.record_call, result_id=critical, told="Dr Nadia Haddad", way="phone")
    post.do(lambda unit: call(unit, at=unit.now, read_back=Decimal(bench.POTASSIUM)))
    assert not post.ask(critical_open)


def results_of(day: Day, post: Post) -> list[UUID]:
    """Every result of the walk-in that this workstation holds."""
    question = select(LabResult.id).where(LabResult.patient == day.known["patient"])
    return [row.id for row in post.ask(lambda reader: reader.rows(question))]


def verify_results(day: Day, post: Post) -> None:
    for one in results_of(day, post):
        post.do(partial(service_results.verify, result_ids=[one]))


def release_results(day: Day, post: Post) -> None:
    for one in results_of(day, post):
        post.do(partial(service_results.validate, result_ids=[one]))
    for order in day.known["orders"]:
        post.do(partial(service_release.release, order=order))
    day.known["released_at"] = post.ask(lambda reader: reader.now)


def hand_over(day: Day, post: Post, quantity: str, reason: str | None = None) -> None:
    """So many tablets of what was prescribed."""
    asked = HandOver(day.known["prescription"], Decimal(quantity), override_reason=reason)
    post.do(partial(pharmacy.dispense, hand_over=asked))


def supply_part(day: Day, post: Post) -> None:
    hand_over(day, post, counter.PART)


def supply_part_unlent(day: Day, post: Post) -> None:
    with pytest.raises(BadInput, match="not lent to this station"):
        supply_part(day, post)
    hand_over(day, post, counter.PART, WHY_UNLENT)


def supply_too_much(day: Day, post: Post) -> None:
    with pytest.raises(BadInput, match="not lent to this station"):
        hand_over(day, post, counter.TOO_MUCH)
    hand_over(day, post, counter.TOO_MUCH, WHY)


def leave_too_much(day: Day, post: Post) -> None:
    with pytest.raises(BadInput, match=TWO_TOO_MANY):
        hand_over(day, post, counter.TOO_MUCH)
    handed = post.ask(lambda reader: reader.scalar(select(func.count()).select_from(Dispense)))
    assert handed == 1, "nothing was handed over twice"


def see_no_prescription(day: Day, post: Post) -> None:
    found = post.ask(queue)
    assert day.known["prescription"] not in [p for row in found.waiting for p in row.prescriptions]


def invoice_and_cash(day: Day, post: Post) -> None:
    bill(day, post, LATER if day.known.get("invoices") else ALL - LATER + 1)


def invoice_all(day: Day, post: Post) -> None:
    bill(day, post, ALL)


def bill(day: Day, post: Post, count: int) -> None:
    """An invoice of every open charge, so many of them, and the patient's share in cash."""
    patient = day.known["patient"]
    charges = [row.id for row in post.ask(partial(open_charges, patient=patient))]
    assert len(charges) == count
    invoice = post.do(partial(billing.issue_invoice, patient=patient, charges=charges))
    due = post.ask(partial(invoice_row, invoice=invoice)).patient_total
    post.do(partial(payments.take_payment, patient=patient, tenders=(Tender(CASH, due),), invoices=(invoice,)))
    day.known.setdefault("invoices", []).append(invoice)


def mine(day: Day, post: Post, kind: str, known_as: str) -> Entry:
    """The one line of this kind that stands in the person's inbox, in words."""
    found = [one for one in post.ask(inbox) if one.kind == kind and one.mine]
    assert len(found) == 1
    day.known[known_as] = found[0].title.what
    return found[0]


def join_charts(day: Day, post: Post) -> None:
    conflict = mine(day, post, PERSON_TWICE, "person_twice").conflicts[0].id
    join = partial(settling.join_charts, conflict=conflict, survivor=day.known["patient"])
    post.do(partial(join, reason="Same telephone and birth date, asked in person"))


def choose_dose(day: Day, post: Post) -> None:
    found = mine(day, post, VALUES, "dose_twice").conflicts
    chosen = tuple(settling.Chosen(str(one.group), int(one.standing[0])) for one in found)
    post.do(partial(settling.choose, conflict=found[0].id, chosen=chosen, reason="Fever first"))


def let_supply_stand(day: Day, post: Post) -> None:
    conflict = mine(day, post, OVER_SUPPLIED, "over_supply").conflicts[0].id
    post.do(partial(settling.let_stand, conflict=conflict, reason="Patient brings two tablets back on Friday"))


def find_nothing_left(day: Day, post: Post) -> None:
    day.in_step()
    assert not post.ask(inbox)


def cut(day: DayByServices) -> None:
    """Everybody is in step; then the server process is killed."""
    day.in_step()
    assert day.posts["Pharmacy 1"].ask(line.lent_rest(day.known["prescription"]))
    day.clinic.server.kill()
    day.cut = True
    for post in day.posts.values():
        post.meet()
        assert post.says("network").startswith("Offline")


def die(day: DayByServices) -> None:
    """A real session process is killed with SIGKILL between commit and push, and its workstation started again."""
    station = day.place(line.NURSE)
    day.leave(station)
    dying.die_at(day.clinic, station, "a.osei", day.known["walk_in"])
    day.known["after_death"] = day.at(line.NURSE).says("waiting")


def no_night(day: DayByServices) -> None:
    """Nothing to look at."""


def come_back(day: DayByServices) -> None:
    """The server process starts again; everybody sends and hears."""
    day.known["waiting"] = {name: post.says("waiting") for name, post in day.posts.items()}
    day.clinic.server.start()
    day.cut = False
    day.in_step()


def everybody_knows(day: DayByServices) -> None:
    """Nothing is left to settle anywhere."""
    day.in_step()
    for name, post in day.posts.items():
        assert not post.ask(inbox), name


SCENES: dict[Callable[..., None], Callable[..., None]] = {
    line.dead: line.dead, line.cut: cut, line.die: die, line.look_at_night: no_night, line.come_back: come_back,
    line.everybody_knows: everybody_knows,
}  # fmt: skip
ACTS: Acts = {
    **SCENES,
    script.sit_down: sit_down,
    counter.open_counter: sit_down,
    bench.collect: collect,
    bench.enter_results: enter_results,
    bench.call_with_read_back: call_with_read_back,
    bench.verify_results: verify_results,
    bench.release_results: release_results,
    counter.supply_part: supply_part,
    counter.supply_part_unlent: supply_part_unlent,
    counter.supply_too_much: supply_too_much,
    counter.leave_too_much: leave_too_much,
    counter.see_no_prescription: see_no_prescription,
    cash.invoice_and_cash: invoice_and_cash,
    cash.invoice_all: invoice_all,
    reviewing.join_charts: join_charts,
    reviewing.choose_dose: choose_dose,
    reviewing.let_supply_stand: let_supply_stand,
    reviewing.find_nothing_left: find_nothing_left,
    reviewing.find_nothing_left: sit_down,
}
