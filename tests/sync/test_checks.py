# SPDX-License-Identifier: Apache-2.0
"""What a workstation may not push: each check refuses a crafted change set by name, and nothing of it is taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hms_desktop.clinic.patients.model import Task
from hms_desktop.core.clock import next_stamp
from hms_desktop.core.errors import BadInput
from hms_desktop.security.accounts import Account, Device
from hms_desktop.security.signing import sign_root
from hms_desktop.storage.acting import Acting
from hms_desktop.storage.change_sets import ChangeSet, Details, Leaf, change_set_root, encode_details, encode_leaf
from hms_desktop.storage.records import REGISTRY
from hms_desktop.storage.unit import Unit
from hms_desktop.sync import protocol
from hms_desktop.sync.accept import CheckFailed
from hms_desktop.sync.apply import Forked
from hms_desktop.sync.protocol import Push, Pushed
from hms_desktop.sync.vectors import ChainEnd, Vectors
from tests.clinic.meeting import change, write
from tests.sync.world import World, WorldDesk, dump

SALT = b"s" * 16
TABLES = frozenset(
    {"patient", "task", "payment", "account", "interaction", "lab_result", "cash_close", "register_entry"}
)
TASK = {"kind": "call", "title": "Call back", "role": "receptionist", "status": "requested"}


def a_patient(**values: Any) -> dict[str, Any]:
    """A patient as stored on the wire."""
    flags = {"born_estimated": 0, "active": 1, "temporary": 0, "name_known": 1}
    return {"mrn": "MRN-1", "family": "Forged", "family_key": "forged", "sex": "unknown", **flags, **values}


@dataclass
class Forger:
    """A workstation that pushes change sets made by hand; each continues its chain at the centre unless told not to."""

    desk: WorldDesk

    @property
    def world(self) -> World:
        return self.desk.world

    @property
    def author(self) -> int:
        return self.desk.store.station.author

    def chain(self) -> ChainEnd:
        with self.world.centre.store.reading() as connection:
            return Vectors(connection).chain(self.author)

    def made(
        self, *leaves: Leaf, action: str = "patients.register", by: Acting | None = None, **wrong: Any
    ) -> ChangeSet:
        """A change set that is right but for what is `wrong`: author, number, stamp, prev, person or key."""
        end, acting = self.chain(), by or self.desk.acting
        stamp = next_stamp(end.stamp, self.author, self.world.clock.ms)
        details = encode_details(Details(wrong.get("person", acting.person.id.bytes), action, self.world.clock.ms))
        unsigned = ChangeSet(
            wrong.get("author", self.author),
            wrong.get("number", end.number + 1),
            wrong.get("stamp", stamp),
            wrong.get("prev", end.root),
            details,
            [encode_leaf(leaf) for leaf in leaves],
            b"",
        )
        root = change_set_root(unsigned)
        signature = sign_root(wrong["key"], root) if "key" in wrong else acting.sign(root)
        return ChangeSet(*(getattr(unsigned, name) for name in unsigned.__struct_fields__[:-1]), signature)

    def push(self, *sets: ChangeSet) -> Pushed:
        return self.desk.line.send("/v1/push", Push(list(sets)), Pushed)

    def refused(self, *leaves: Leaf, **how: Any) -> str:
        """Why the centre refuses this; fails the test unless it does, and unless its rows stay as they were."""
        before = dump(self.world.centre.store, TABLES)
        answer = self.push(self.made(*leaves, **how))
        assert [verdict.state for verdict in answer.verdicts] == ["refused"]
        assert dump(self.world.centre.store, TABLES) == before
        return answer.verdicts[0].reason


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("world"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def forger(world: World) -> Forger:
    """At a front desk."""
    return Forger(world.desk(world.person("zanele", "receptionist"), "front_desk"))


def leaf(table: str, values: dict[str, Any], bases: dict[str, list[int]] | None = None, id: UUID | None = None) -> Leaf:
    return Leaf(SALT, table, (id or uuid4()).bytes, values, bases)


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
        ("patient", a_patient(sex="of course"), "sex is not one of the codes"),
        ("interaction", {"patient": b"short", "kind": "phone", "at": 1, "by": SALT, "text": "-"}, "is not a id"),
        ("interaction", {"patient": SALT, "kind": "phone", "at": 1 << 62, "by": SALT, "text": "-"}, "not a instant"),
        ("account", {"login": "mallory"}, "Only the server writes account"),
        ("lab_result", {}, "not granted lab_result"),
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


def test_the_clock_goes_on_and_is_the_devices_own(forger: Forger) -> None:
    end = forger.chain()
    other = next_stamp(end.stamp, forger.author + 1, forger.world.clock.ms)
    assert "not this device's next one" in forger.refused(leaf("patient", a_patient()), stamp=other)
    forger.push(forger.made(leaf("patient", a_patient())))
    old = forger.chain().stamp
    assert "not this device's next one" in forger.refused(leaf("patient", a_patient()), stamp=old)


def test_only_people_of_the_clinic_act_and_they_sign(forger: Forger) -> None:
    row = leaf("patient", a_patient())
    assert "among the clinic's people" in forger.refused(row, person=uuid4().bytes)
    assert "not signed by the person" in forger.refused(row, key=Ed25519PrivateKey.generate())


def test_who_has_left_acts_no_more(forger: Forger) -> None:
    gone = forger.world.person("gone", "receptionist")

    def leave(unit: Unit) -> None:
        unit.action = "server.person"
        unit.change(Account, gone.person.id, active=False)

    assert forger.push(forger.made(leaf("patient", a_patient()), by=gone)).verdicts == []
    forger.world.centre.store.act(leave, forger.world.centre.worker)
    assert "no longer" in forger.refused(leaf("patient", a_patient()), by=gone)


def test_an_action_is_known_and_needs_its_right(forger: Forger) -> None:
    assert "action patients.enchant is not known" in forger.refused(
        leaf("patient", a_patient()), action="patients.enchant"
    )
    clerk = forger.world.person("cashier", "cashier")
    assert "needs the right patient.register" in forger.refused(leaf("patient", a_patient()), by=clerk)


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
    keeper, other = (Forger(world.desk(world.person(f"{name} {owned}", "receptionist"))) for name in ("keeps", "other"))
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
    second = forger.made(
        leaf("task", {**TASK, "patient": patient.bytes}),
        number=first.number + 1,
        prev=change_set_root(first),
        stamp=next_stamp(first.stamp, forger.author, forger.world.clock.ms),
    )
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


def test_bytes_that_are_no_record_stand_in_quarantine(forger: Forger) -> None:
    good = forger.made(leaf("patient", a_patient()))
    broken = ChangeSet(good.author, good.number, good.stamp, good.prev, good.details, [b"nonsense" * 9], b"-")
    answer = forger.push(broken)
    assert answer.verdicts[0].state == "refused" and "is not a record" in answer.verdicts[0].reason


def test_a_clock_far_ahead_is_taken_but_counts_as_the_limit(forger: Forger) -> None:
    world = forger.world
    desk = Forger(world.desk(world.person("ahead", "receptionist"), "front_desk"))
    far = next_stamp(0, desk.author, world.clock.ms + 90 * 86_400_000)
    assert desk.push(desk.made(leaf("patient", a_patient()), stamp=far)).verdicts == []
    with world.centre.store.reading() as connection:
        bounds = dict(connection.exec_driver_sql("SELECT stamp, ms FROM own_time_bound").fetchall())
    assert bounds[far] - world.clock.ms == 5 * 60_000
