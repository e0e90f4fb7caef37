# SPDX-License-Identifier: Apache-2.0
"""Who may sign in follows the server's word: joiners get in without a visit, leavers do not, forgeries never."""

from __future__ import annotations

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hms_desktop.security.granted import GrantedPerson
from hms_desktop.security.keys import wrap
from hms_desktop.security.people import Admissions, admit
from hms_desktop.security.sign_in import SignInRefused
from tests.security.conftest import CHEAP, NOON, PASSWORD, Clinic, SetUp, Workstation

NEW_PASSWORD = "harbour quilt violin moss"


def bring(station: Workstation, *granted: GrantedPerson) -> Admissions:
    return admit(station.folder, station.profile, station.keys, station.file_key, granted)


def refused(station: Workstation, login: str, password: str = PASSWORD) -> None:
    with pytest.raises(SignInRefused):
        station.unlock(login, password)


def test_a_joiner_gets_in_though_they_never_were_here(clinic: Clinic, set_up: SetUp) -> None:
    zanele, thabo = clinic.joins("zanele", "receptionist"), clinic.joins("thabo", "cashier")
    station = set_up(zanele)
    refused(station, "thabo")
    assert bring(station, zanele, thabo) == Admissions(let_in=(thabo.person,))
    assert station.unlock("thabo").file_key == station.file_key
    assert bring(station, zanele, thabo) == Admissions()


def test_a_leaver_and_an_inactive_person_are_out(clinic: Clinic, set_up: SetUp) -> None:
    zanele, thabo = clinic.joins("zanele", "receptionist"), clinic.joins("thabo", "cashier")
    station = set_up(zanele, thabo)
    gone = msgspec.structs.replace(thabo, active=False)
    assert bring(station, zanele, gone) == Admissions(put_out=(thabo.person,))
    refused(station, "thabo")
    assert bring(station) == Admissions(put_out=(zanele.person,))
    refused(station, "zanele")


def test_a_role_that_has_no_business_here_does_not_get_in(clinic: Clinic, set_up: SetUp) -> None:
    station = set_up(clinic.joins("zanele", "receptionist"), clinic.joins("lerato", "lab_technologist"), kind="lab")
    refused(station, "zanele")
    station.unlock("lerato")


def test_a_changed_password_needs_no_new_slot(clinic: Clinic, set_up: SetUp) -> None:
    zanele = clinic.joins("zanele", "receptionist")
    station = set_up(zanele)
    keys = station.unlock("zanele").keys
    again = msgspec.structs.replace(zanele, wrapped=wrap(keys, NEW_PASSWORD, zanele.person, CHEAP))
    assert bring(station, again) == Admissions()
    refused(station, "zanele")
    station.unlock("zanele", NEW_PASSWORD)


def test_a_reset_person_gets_in_with_new_keys_only(clinic: Clinic, set_up: SetUp) -> None:
    zanele = clinic.joins("zanele", "receptionist")
    station = set_up(zanele)
    reset = clinic.joins("zanele", "receptionist", person=zanele.person, password=NEW_PASSWORD, since_ms=NOON + 1)
    assert bring(station, reset) == Admissions(renewed=(zanele.person,))
    refused(station, "zanele")
    station.unlock("zanele", NEW_PASSWORD)


def test_nobody_gets_in_on_keys_that_the_server_did_not_sign(clinic: Clinic, set_up: SetUp) -> None:
    zanele = clinic.joins("zanele", "receptionist")
    mallory = Clinic(id=clinic.id, server=Ed25519PrivateKey.generate())
    station = set_up(zanele)
    forged = mallory.joins("mallory", "receptionist")
    swapped = mallory.joins("zanele", "receptionist", person=zanele.person, password=NEW_PASSWORD, since_ms=NOON + 9)
    assert bring(station, forged, swapped) == Admissions(doubted=(forged.person, zanele.person))
    refused(station, "mallory")
    refused(station, "zanele", NEW_PASSWORD)
    station.unlock("zanele")


def test_a_statement_of_somebody_else_is_not_believed(clinic: Clinic, set_up: SetUp) -> None:
    zanele, thabo = clinic.joins("zanele", "receptionist"), clinic.joins("thabo", "cashier")
    station = set_up(zanele)
    borrowed = msgspec.structs.replace(thabo, statement=zanele.statement)
    assert bring(station, zanele, borrowed) == Admissions(doubted=(thabo.person,))


def test_an_older_statement_put_back_is_not_believed(clinic: Clinic, set_up: SetUp) -> None:
    old = clinic.joins("zanele", "receptionist")
    new = clinic.joins("zanele", "receptionist", person=old.person, password=NEW_PASSWORD, since_ms=NOON + 1)
    station = set_up(new)
    assert bring(station, old) == Admissions(doubted=(old.person,))
    station.unlock("zanele", NEW_PASSWORD)


def test_new_roles_arrive_without_a_new_slot(clinic: Clinic, set_up: SetUp) -> None:
    zanele = clinic.joins("zanele", "receptionist")
    station = set_up(zanele)
    bring(station, msgspec.structs.replace(zanele, roles=("cashier",), name="Zanele N."))
    person = station.unlock("zanele").person
    assert person.name == "Zanele N." and "payment.take" in person.permissions
    assert "appointment.book" not in person.permissions
