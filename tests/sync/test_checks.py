# SPDX-License-Identifier: Apache-2.0
"""What a workstation may not push: each check refuses a crafted change set by name, and nothing of it is taken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from hms_desktop.clinic.patients.model import Task
from hms_desktop.core.clock import MAX_AUTHOR, next_stamp
from hms_desktop.core.errors import BadInput
from hms_desktop.security.accounts import Account, Device
from hms_desktop.security.roles import OWN_EVENTS
from hms_desktop.security.standing import DAY_MS
from hms_desktop.storage import ledger
from hms_desktop.storage.change_sets import SCHEMA, ChangeSet, Leaf, encode_leaf
from hms_desktop.storage.records import REGISTRY
from hms_desktop.storage.unit import Unit
from hms_desktop.sync import protocol
from hms_desktop.sync.accept import CheckFailed
from hms_desktop.sync.apply import Forked
from hms_desktop.sync.protocol import Hello
from sync_server import permits
from sync_server.actions import known_actions
from tests.clinic.meeting import change, write
from tests.sync.forger import SALT, TASK, Forger, a_patient, leaf
from tests.sync.world import World


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("world"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def forger(world: World) -> Forger:
    """At a front desk."""
    return Forger(world.desk(world.person("zanele", "receptionist"), "front_desk"))


def test_what_is_right_is_taken(forger: Forger) -> None:
    answer = forger.push(forger.made(leaf("patient", a_patient())))
    assert answer.verdicts == [] and answer.acknowledged == forger.chain().number


@pytest.mark.parametrize(
    ("table", "values", "words"),
    [
        ("horoscope", {"sign": "Leo"}, "table horoscope is not known here"),
        ("patient", a_patient(shoe_size=44), "has no column shoe_size"),
        ("patient", {"family": "Forged"}, "patient needs "),
        ("patient", a_patient(family=7), "family is not a text"),
        ("patient", a_patient(active="yes"), "active is not a flag"),
        ("patient", a_patient(active=True), "active is not a flag"),
        ("patient", a_patient(active=2**63), "active is not a flag"),
        ("patient", a_patient(sex="of course"), "sex is not one of the codes"),
        ("interaction", {"patient": b"short", "kind": "phone", "at": 1, "by": SALT, "text": "-"}, "is not a id"),
        ("interaction", {"patient": SALT, "kind": "phone", "at": 1 << 62, "by": SALT, "text": "-"}, "not a instant"),
        ("account", {"login": "mallory"}, "Only the server writes account"),
        ("lab_result", {}, "not, or no longer, granted lab_result"),
    ],
)
def test_a_row_that_does_not_fit_its_table_is_refused(
    forger: Forger, table: str, values: dict[str, Any], words: str
) -> None:
    assert words in forger.refused(leaf(table, values))


def test_an_action_writes_one_record_once_and_something_and_not_too_much(forger: Forger) -> None:
    one = leaf("patient", a_patient())
    assert "same record twice" in forger.refused(one, one)
    assert "1 to 2000 records" in forger.refused()
    assert "1 to 2000 records" in forger.refused(*(leaf("patient", a_patient()) for _ in range(2001)))
    assert "1 MB" in forger.refused(leaf("patient", a_patient(family="x" * (protocol.MAX_SET_BYTES + 1))))


def test_the_clock_goes_on_and_names_nobody_elses_work(forger: Forger) -> None:
    other = Forger(forger.world.desk(forger.world.person("other", "receptionist"), "front_desk"))
    patient = uuid4()
    assert other.push(other.made(leaf("patient", a_patient(), id=patient))).verdicts == []
    theirs = other.chain().stamp
    forger.push(forger.made(leaf("patient", a_patient())))
    before = forger.chain()
    for taken in (theirs, before.stamp):
        with pytest.raises(Forked, match=r"has a stamp that is not its author's next one\. .* enrol it anew"):
            forger.push(forger.made(leaf("patient", a_patient()), stamp=taken))
        with pytest.raises(Forked, match="not its author's next one"):
            forger.push(forger.made(leaf("horoscope", {}), stamp=taken))
    assert forger.chain() == before
    renamed = leaf("patient", {"family": "Fine", "family_key": "fine", "name_known": 1}, {"name": [theirs]}, patient)
    assert other.push(other.made(renamed)).verdicts == [], "a stamp that somebody else used spoils nothing"
    other.desk.store.close()


def test_only_people_of_the_clinic_act_and_they_sign(forger: Forger) -> None:
    row = leaf("patient", a_patient())
    assert "among the clinic's people" in forger.refused(row, person=uuid4().bytes)
    assert "not signed by the person" in forger.refused(row, key=Ed25519PrivateKey.generate())


SETTLED = {"conflict": SALT, "members": "[]", "choice": "x", "by": SALT}


@pytest.mark.parametrize(
    ("after", "words", "action", "table"),
    [
        ({"active": False}, "no longer", "patients.register", "patient"),
        ({"roles": ["cashier"]}, "needs the right patient.register", "patients.register", "patient"),
        ({"roles": ["cashier"]}, "conflict.settle.patients", "conflicts.let_stand", "patients_conflict_settlement"),
    ],
)
def test_what_was_done_before_somebody_left_or_moved_is_taken_late_and_what_they_do_after_is_not(
    world: World, after: dict[str, Any], words: str, action: str, table: str
) -> None:
    gone = world.person(f"gone {words}", "receptionist")
    forger = Forger(world.desk(gone, "front_desk"))

    def made() -> ChangeSet:
        return forger.made(leaf(table, a_patient() if table == "patient" else SETTLED), action=action)

    def leave(unit: Unit) -> None:
        unit.action = "server.person"
        unit.change(Account, gone.person.id, **after)

    assert forger.push(made()).verdicts == []
    late = made()
    world.clock.ms += 3_600_000
    world.centre.store.act(leave, world.centre.worker)
    assert forger.push(late).verdicts == [], "they might do it when they did it"
    world.clock.ms += 3_600_000
    (verdict,) = forger.push(made()).verdicts
    assert verdict.state == "refused" and words in verdict.reason
    assert forger.named() == {"role" if "roles" in after else "person"}
    forger.desk.store.close()


def test_what_was_done_without_a_permit_is_refused_unless_it_was_for_an_emergency(world: World) -> None:
    forger = Forger(world.desk(world.person("alone", "receptionist"), "front_desk"))
    store, device, now = world.centre.store, forger.desk.store.station.device, world.clock.ms
    row = leaf("patient", a_patient())

    def note(told: Any, *values: int) -> None:
        with store.writing() as connection:
            told(connection, device, *values)

    def greets(unsent: int) -> None:
        forger.desk.line.greet(Hello(protocol.VERSION, SCHEMA, b"g" * 16, forger.chain().number + unsent))

    greets(0)
    note(permits.give, now - 20 * DAY_MS, now - 6 * DAY_MS)
    ended = now - 6 * DAY_MS
    assert forger.push(forger.made(leaf("patient", a_patient()), wall_ms=ended + 60_000)).verdicts == []
    assert "had no permit" in forger.refused(row, wall_ms=now - DAY_MS)
    event = {"kind": "search", "by": forger.desk.acting.person.id.bytes, "at": now, "purpose": "treatment", "count": 0}
    looked = next(name for name, one in known_actions().items() if one.needs == OWN_EVENTS)
    seen = forger.made(leaf("access_event", event), action=looked, wall_ms=now - DAY_MS)
    assert forger.push(seen).verdicts == [], "looking in an emergency needs none"
    greets(1)
    note(permits.give, now, now + 14 * DAY_MS)
    assert "had no permit" in forger.refused(row, wall_ms=now - DAY_MS), "it was there before this call"
    slow = forger.made(leaf("patient", a_patient()), wall_ms=now - DAY_MS)
    assert forger.push(slow).verdicts == [], "a clock that is behind spoils nothing of what comes after"
    world.clock.ms += 20 * DAY_MS
    assert "had no permit" in forger.refused(row, wall_ms=now + 15 * DAY_MS)
    note(permits.give_by_code, world.clock.ms // DAY_MS)
    assert "had no permit" in forger.refused(row, wall_ms=now + 16 * DAY_MS), "what was before the code stays so"
    assert forger.push(forger.made(leaf("patient", a_patient()), wall_ms=world.clock.ms)).verdicts == []
    assert forger.named() == {"permit"}
    forger.desk.store.close()


def test_an_action_is_known_and_needs_its_right(forger: Forger) -> None:
    assert "action patients.enchant is not known" in forger.refused(
        leaf("patient", a_patient()), action="patients.enchant"
    )
    clerk = forger.world.person("cashier", "cashier")
    words = forger.refused(leaf("patient", a_patient()), by=clerk, action="patients.register")
    assert "needs the right patient.register" in words


INVOICE = {
    "patient": SALT, "number": "INV-1", "issued_at": 1000, "by": SALT, "currency": "ZAR", "total": 0, "payer_total": 0,
    "patient_total": 0,
}  # fmt: skip


def test_an_action_writes_its_own_tables_and_no_others(forger: Forger) -> None:
    assert "patients.register does not write invoice" in Forger(
        forger.world.desk(forger.world.person("both", "receptionist", "cashier"))
    ).refused(leaf("patient", a_patient()), leaf("invoice", INVOICE), action="patients.register")
    words = forger.refused(leaf("patients_conflict_settlement", SETTLED), action="conflicts.let_stand",
                           by=forger.world.person("clerk", "cashier"))  # fmt: skip
    assert "needs the right conflict.settle.patients" in words


def test_a_change_stays_within_the_groups_that_it_names(forger: Forger) -> None:
    id = uuid4()
    forger.push(forger.made(leaf("patient", a_patient(), id=id)))
    made = forger.chain().stamp
    other = {"family": "Other", "family_key": "other", "name_known": 1}
    assert "has no group shoes" in forger.refused(leaf("patient", other, {"name": [made], "shoes": []}, id))
    assert "outside the groups" in forger.refused(leaf("patient", {**other, "sex": "male"}, {"name": [made]}, id))
    fact = uuid4()
    values = {"patient": id.bytes, "kind": "phone", "at": 1000, "by": SALT, "text": "-"}
    forger.push(forger.made(leaf("interaction", values, id=fact)))
    only = next(iter(REGISTRY["interaction"].groups))
    assert "outside the groups" in forger.refused(leaf("interaction", values, {only: [forger.chain().stamp]}, fact))


def test_a_status_takes_only_its_legal_steps(forger: Forger) -> None:
    id = uuid4()
    forger.push(forger.made(leaf("task", TASK, id=id)))
    made = forger.chain().stamp
    forger.push(forger.made(leaf("task", {"status": "completed"}, {"state": [made]}, id)))
    done = forger.chain().stamp
    words = forger.refused(leaf("task", {"status": "cancelled"}, {"state": [done]}, id))
    assert "task.status can't go from completed to cancelled" in words
    assert forger.push(forger.made(leaf("task", {"status": "in-progress"}, {"state": [done]}, id))).verdicts == []
    row = forger.world.centre.store.read(lambda reader: reader.get(Task, id), forger.world.centre.worker)
    assert row.status == "in-progress"


def test_checks_see_what_the_same_push_made(forger: Forger) -> None:
    id = uuid4()
    first = forger.made(leaf("task", {**TASK, "status": "completed"}, id=id))
    second = forger.after(first, leaf("task", {"status": "cancelled"}, {"state": [first.stamp]}, id))
    answer = forger.push(first, second)
    assert [verdict.number for verdict in answer.verdicts] == [second.number]
    assert "can't go from completed to cancelled" in answer.verdicts[0].reason


@pytest.mark.parametrize("bases", [{}, {"name": []}, {"name": [-1]}])
def test_what_was_never_made_is_not_changed(forger: Forger, bases: dict[str, list[int]]) -> None:
    forger.push(forger.made(leaf("patient", a_patient())))
    known = {name: [forger.chain().stamp for _base in replaced] for name, replaced in bases.items()}
    values = {"family": "Nobody", "family_key": "nobody", "name_known": 1} if bases else {}
    assert "changes a patient that was never made" in forger.refused(leaf("patient", values, known))


@pytest.mark.parametrize(
    ("owned", "values", "pointing", "more"),
    [
        (
            "cash_session",
            {"place": SALT, "opened_at": 1000, "by": SALT, "float_amount": 0, "currency": "ZAR"},
            ("cash_close", "session"),
            {"counted": 0, "at": 1000, "by": SALT},
        ),
        (
            "controlled_register",
            {"place": SALT, "at": 1000, "by": SALT, "witness": SALT},
            ("register_entry", "register"),
            {"item": SALT, "edition": SALT, "place": SALT, "ordinal": 1, "kind": "opening", "quantity": "1",
             "balance": "1", "at": 1000, "by": SALT, "witness": SALT},
        ),
    ],
)  # fmt: skip
def test_what_belongs_to_one_workstation_is_written_by_no_other(
    world: World, owned: str, values: dict[str, Any], pointing: tuple[str, str], more: dict[str, Any]
) -> None:
    roles = ("receptionist", "cashier", "pharmacist", "manager")
    keeper, other = (Forger(world.desk(world.person(f"{name} {owned}", *roles))) for name in ("keeps", "other"))
    kept = uuid4()
    row: dict[str, Any] = {**values, str(REGISTRY[owned].owner): keeper.desk.store.station.device.bytes}
    assert keeper.push(keeper.made(leaf(owned, row, id=kept))).verdicts == []
    table, column = pointing
    line = leaf(table, {**more, column: kept.bytes})
    assert f"This {owned} belongs to another workstation" in other.refused(line)
    assert keeper.push(keeper.made(line)).verdicts == []
    _passes_on_only_when_its_owner_is_out_of_use(world, owned, kept, keeper, other)
    line = leaf(table, {**more, column: kept.bytes})
    assert f"This {owned} belongs to another workstation" in keeper.refused(line)
    assert other.push(other.made(line)).verdicts == []
    for forger in (keeper, other):
        forger.desk.store.close()


def _passes_on_only_when_its_owner_is_out_of_use(
    world: World, owned: str, kept: UUID, keeper: Forger, other: Forger
) -> None:
    old, new = (forger.desk.store.station.device for forger in (keeper, other))
    values = {"subject": kept.bytes, "subject_table": owned, "before": old.bytes, "after": new.bytes, "at": 1000,
              "by": SALT, "reason": "It burnt"}  # fmt: skip
    passes = leaf("owner_change", values)
    trust = {"author": keeper.author, "signing_public": b"-", "reduced_protection": False}
    enrolled = write(Device, id=old, name="Old", site="Main", kind="all", status="approved", **trust)
    world.centre.store.act(enrolled, world.centre.worker)
    assert f"The workstation of this {owned} is in use" in other.refused(passes)
    world.centre.store.act(change(Device, old, status="blocked", **trust), world.centre.worker)
    for wrong in ({"before": SALT}, {"subject": SALT}, {"subject_table": "patient"}, {"subject_table": "moon"}):
        assert "does not belong to the workstation" in other.refused(leaf("owner_change", {**values, **wrong}))
    assert "for itself alone" in other.refused(leaf("owner_change", {**values, "after": SALT}))
    assert other.push(other.made(passes)).verdicts == []
    assert "does not belong to the workstation" in other.refused(leaf("owner_change", values)), "once"


def test_what_points_at_a_refused_record_is_refused_with_it(forger: Forger) -> None:
    patient = uuid4()
    first = forger.made(leaf("patient", a_patient(sex="of course"), id=patient))
    second = forger.after(first, leaf("task", {**TASK, "patient": patient.bytes}))
    answer = forger.push(first, second)
    assert [verdict.state for verdict in answer.verdicts] == ["refused", "refused"]
    assert "settle that one first" in answer.verdicts[1].reason


def test_a_gap_waits_a_repeat_is_known_and_a_second_history_is_damage(forger: Forger) -> None:
    good = forger.made(leaf("patient", a_patient()))
    early = forger.made(leaf("patient", a_patient()), number=good.number + 1)
    waiting = forger.push(early)
    assert [v.state for v in waiting.verdicts] == ["waiting"] and waiting.acknowledged == good.number - 1
    assert forger.push(good).acknowledged == good.number
    assert [v.state for v in forger.push(good).verdicts] == ["repeated"]
    with pytest.raises(Forked, match="came twice and differs"):
        forger.push(forger.made(leaf("patient", a_patient()), number=good.number))
    with pytest.raises(Forked, match="does not follow"):
        forger.push(forger.made(leaf("patient", a_patient()), prev=bytes(32)))
    assert forger.chain().number == good.number


def test_a_workstation_pushes_its_own_and_a_bounded_number(forger: Forger) -> None:
    stranger = forger.made(leaf("patient", a_patient()), author=forger.author + 40)
    with pytest.raises(CheckFailed, match="another device"):
        forger.push(stranger)
    with pytest.raises(BadInput, match="at most"):
        forger.push(*[stranger] * (protocol.MAX_SETS + 1))


@pytest.mark.hazard("H24")
@pytest.mark.parametrize(
    "nonsense",
    [
        b"nonsense" * 9,
        encode_leaf(Leaf(SALT, "patient", b"short" * 9, a_patient())),
        encode_leaf(Leaf(b"", "patient", SALT, a_patient())),
        encode_leaf(Leaf(SALT, "patient", SALT, {}, {"name": [2**64 - 1]})),
    ],
)
def test_bytes_that_are_no_record_stand_in_quarantine(forger: Forger, nonsense: bytes) -> None:
    good = forger.made(leaf("patient", a_patient()))
    broken = ChangeSet(good.author, good.number, good.stamp, good.prev, good.details, [nonsense], b"-")
    answer = forger.push(broken)
    assert answer.verdicts[0].state == "refused" and "is not a record" in answer.verdicts[0].reason


def test_who_did_it_and_when_can_be_read(forger: Forger) -> None:
    row = leaf("patient", a_patient())
    for wrong in ({"person": b"short"}, {"person": b""}, {"wall_ms": -1}, {"wall_ms": 2**62}):
        assert "does not say who made it" in forger.refused(row, **wrong)


def test_a_place_in_a_chain_that_there_can_not_be_is_no_message(forger: Forger) -> None:
    good = forger.made(leaf("patient", a_patient()))
    for wrong in ({"number": 0}, {"number": 2**63}, {"author": MAX_AUTHOR + 1}, {"stamp": 2**63}, {"prev": b"short"}):
        with pytest.raises(BadInput, match="is not a Push"):
            forger.push(msgspec.structs.replace(good, **wrong))
    assert forger.push(good).verdicts == []


@pytest.mark.hazard("H19")
@pytest.mark.accepts("X-10")
def test_a_clock_far_ahead_is_taken_but_counts_as_the_limit(forger: Forger) -> None:
    world = forger.world
    desk = Forger(world.desk(world.person("ahead", "receptionist"), "front_desk"))
    far = next_stamp(0, desk.author, world.clock.ms + 90 * 86_400_000)
    assert desk.push(desk.made(leaf("patient", a_patient()), stamp=far)).verdicts == []
    with world.centre.store.reading() as connection:
        bounds = {row.stamp: row.ms for row in connection.execute(select(ledger.time_bound))}
    assert bounds[far] - world.clock.ms == 5 * 60_000
