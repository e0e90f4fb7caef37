# SPDX-License-Identifier: Apache-2.0
"""Roles × rights, said here a second time by hand for what must not slip: deny unless written."""

from __future__ import annotations

import re
from typing import Any

import pytest

from hms_desktop.security import roles
from hms_desktop.security.stations import station_kinds

POLICY = roles.policy()
ONLY = {
    "medicine.prescribe": {"doctor", "trainee_doctor"},
    "medicine.override": {"doctor"},
    "order.place": {"doctor", "trainee_doctor"},
    "note.sign": {"doctor", "trainee_doctor", "nurse"},
    "note.cosign": {"doctor"},
    "result.enter": {"lab_technologist", "lab_verifier"},
    "result.validate": {"lab_verifier"},
    "result.release": {"lab_verifier"},
    "result.correct": {"lab_verifier"},
    "dispense.supply": {"pharmacist"},
    "dispense.override": {"pharmacist"},
    "payment.take": {"cashier"},
    "price.manage": {"manager"},
    "people.manage": {"administrator"},
    "device.manage": {"administrator"},
    "data.import": {"administrator", "data_importer"},
    "conflict.settle.ehr": {"doctor"},
    "conflict.settle.pharmacy": {"pharmacist"},
    "conflict.settle.lab": {"lab_verifier"},
    "chart.read": {"doctor", "trainee_doctor", "nurse", "pharmacist", "lab_verifier"},
}
NAMES = list(POLICY.roles)


@pytest.mark.parametrize("permission", ONLY)
def test_a_right_belongs_to_these_roles_and_no_other(permission: str) -> None:
    assert {r.name for r in POLICY.roles.values() if permission in r.permissions} == ONLY[permission]


@pytest.mark.parametrize("role", NAMES)
def test_nobody_may_do_what_no_file_says(role: str) -> None:
    assert POLICY.roles[role].permissions <= POLICY.permissions.keys()
    assert not any(p in POLICY.roles[role].permissions for p in ("", "*", "patient.*", "patient"))


def test_every_right_belongs_to_somebody_and_reads_as_a_sentence() -> None:
    held = POLICY.granted(NAMES)
    assert held == POLICY.permissions.keys() - {roles.STATION_EVENTS}
    assert all(re.fullmatch(r"[a-z_]+(\.[a-z_]+){1,2}", name) for name in POLICY.permissions)
    assert all(words[0].isupper() and not words.endswith(".") for words in POLICY.permissions.values())


def test_roles_add_up_and_unknown_ones_add_nothing() -> None:
    both = roles.permissions_of(["cashier", "nurse", "emperor"])
    cashier, nurse = POLICY.roles["cashier"].permissions, POLICY.roles["nurse"].permissions
    assert both == cashier | nurse | {roles.OWN_EVENTS}
    assert roles.permissions_of(["emperor"]) == roles.permissions_of([]) == {roles.OWN_EVENTS}


def test_administrators_are_always_asked_for_a_code() -> None:
    assert roles.needs_code(["receptionist", "administrator"]) and not roles.needs_code(["emperor"])


def test_the_strictest_role_sets_the_idle_time() -> None:
    assert roles.idle_minutes(["manager", "pharmacist"]) == POLICY.roles["pharmacist"].idle_minutes
    assert roles.idle_minutes([]) == 1


@pytest.mark.parametrize("role", NAMES)
def test_roles_sign_in_at_kinds_that_exist(role: str) -> None:
    assert POLICY.roles[role].stations <= station_kinds().keys()


def test_a_right_to_act_needs_the_right_to_see() -> None:
    sees = {
        "dispense.supply": "dispense.read",
        "result.enter": "lab.read",
        "invoice.issue": "invoice.read",
        "appointment.book": "appointment.read",
    }
    for act, see in sees.items():
        assert all(see in r.permissions for r in POLICY.roles.values() if act in r.permissions), (act, see)


def changed(**change: Any) -> dict[str, Any]:
    role = {"title": "T", "stations": [], "two_factor": False, "idle_minutes": 5, "may": ["a.b"], **change}
    return {"permissions": {"a.b": "Do"}, "sets": {"s": ["a.b"]}, "roles": {"r": role}}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"may": ["a.c"]}, "no right is called a.c"),
        ({"sets": ["t"]}, "no set of rights is called t"),
        ({"idle_minutes": 0}, "1 to 15"),
        ({"idle_minutes": 16}, "1 to 15"),
    ],
)
def test_a_mistake_in_the_file_is_named(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        roles.read_policy(changed(**change))


def test_sets_and_own_rights_come_together() -> None:
    assert roles.read_policy(changed(sets=["s"], may=[])).roles["r"].permissions == {"a.b"}
