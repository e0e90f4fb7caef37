# SPDX-License-Identifier: Apache-2.0
"""Look-alikes are found while a form is typed, with reasons, and true duplicates of the Febrl set are found."""

from __future__ import annotations

import csv
import gzip
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from hms_desktop.clinic.patients import service, service_details
from hms_desktop.clinic.patients.births import earliest
from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.names import name_keys
from hms_desktop.clinic.patients.queries_look_alikes import look_alikes, look_alikes_of
from hms_desktop.clinic.patients.queries_search import search
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.storage.unit import Unit
from tests.clinic.patients.people import ADAEZE, AMARA, CHIDI, register, written
from tests.desk import Desk

FEBRL = Path(__file__).parent / "data" / "febrl-dataset1.csv.gz"


def seen(desk: Desk, form: Registration) -> list[tuple[UUID, set[str]]]:
    """Who is shown for a form, and for which reasons."""
    return [(f.patient, {r.code for r in f.likeness.reasons}) for f in desk.ask(partial(look_alikes, written=form))]


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        (written(), "name"),
        (written(family="Amara", given="Okonkwo"), "name_order"),
        (written(family="Okonqwo", phone=None), "name_close"),
        (written(born="1979-03-15", phone=None), "born_near"),
        (written(born=None, phone=None), "name"),
        (Registration(family="Nkosi", given="Thandi", phone="+27825550147", born="1979-03-14"), "phone"),
        (Registration(family="X", identifiers=(("passport", "a 1234567"),)), "identifier"),
        (Registration(family="Okonkwo", born="1979-03-14"), "family"),
    ],
)
def test_a_look_alike_is_shown_with_its_reason(desk: Desk, form: Registration, reason: str) -> None:
    amara = register(desk, **AMARA, identifiers=(("passport", "A1234567"),))
    register(desk, **CHIDI)
    shown = seen(desk, form)
    assert shown and shown[0][0] == amara and reason in shown[0][1]


def test_an_empty_form_and_a_stranger_have_none(desk: Desk) -> None:
    register(desk, **AMARA)
    assert seen(desk, Registration()) == []
    assert seen(desk, Registration(family="Van Wyk", given="Pieter", born="1951-07-02", sex="male")) == []


def test_day_and_month_swapped(desk: Desk) -> None:
    patient = register(desk, **CHIDI)
    assert seen(desk, Registration(**{**CHIDI, "born": "1984-03-12"})) == [(patient, {"name", "born_swap"})]


def test_a_newborn_of_the_same_mother(desk: Desk) -> None:
    baby = register(desk, family="Okonkwo", given="Baby", sex="female", born="2026-11-22", guardian="Amara Okonkwo")
    form = Registration(name_known=False, sex="female", born="2026-11-22", guardian="amara OKONKWO")
    assert [p for p, why in seen(desk, form) if "newborn" in why] == [baby]


def test_a_person_with_two_charts_is_shown_once(desk: Desk) -> None:
    first, second = register(desk, **AMARA), register(desk, **AMARA)
    assert len(seen(desk, written())) == 2
    desk.do(partial(service.link_charts, survivor=first, replaced=second, reason="same"))
    assert [p for p, _why in seen(desk, written())] == [first]
    assert not desk.ask(partial(look_alikes_of, patient=second))


def test_ended_numbers_and_telephones_make_nobody_alike(desk: Desk) -> None:
    patient = register(desk, **ADAEZE)
    made = desk.do(partial(service_details.add_identifier, patient=patient, system="passport", value="Z99999"))
    form = Registration(family="Other", identifiers=(("passport", "Z99999"),))
    assert seen(desk, form)
    desk.do(partial(service_details.end_identifier, identifier=made, reason="Not hers"))
    assert not seen(desk, form)


def febrl() -> list[dict[str, str]]:
    """The rows of the Febrl set."""
    with gzip.open(FEBRL, "rt", encoding="utf-8") as file:
        return [{k.strip(): v.strip() for k, v in row.items()} for row in csv.DictReader(file)]


def as_form(row: dict[str, str]) -> Registration:
    """A row as a person at the desk would type it; impossible dates are left out."""
    day = row["date_of_birth"]
    born = f"{day[:4]}-{day[4:6]}-{day[6:]}" if len(day) == 8 else None
    real = born if born and earliest(born) else None
    return Registration(family=row["surname"] or None, given=row["given_name"] or None, born=real, sex="unknown")


def test_true_duplicates_are_shown_and_strangers_are_not(desk: Desk) -> None:
    rows = febrl()
    originals = {r["rec_id"].split("-")[1]: r for r in rows if r["rec_id"].endswith("org")}
    charts: dict[str, UUID] = {}

    def load(unit: Unit) -> None:
        unit.action = "test"
        for key, row in originals.items():
            form = as_form(row)
            keys: dict[str, Any] = {**name_keys(form.family, form.given), "family": form.family, "given": form.given}
            charts[key] = unit.add(
                Patient,
                name_known=True,
                born=form.born,
                born_estimated=False,
                sex="unknown",
                mrn=row["rec_id"],
                temporary=False,
                active=True,
                **keys,
            )

    desk.do(load)
    duplicates = [r for r in rows if "dup" in r["rec_id"]]
    shown = {r["rec_id"]: desk.ask(partial(look_alikes, written=as_form(r))) for r in duplicates}
    right = [i for i, found in shown.items() if charts[i.split("-")[1]] in {f.patient for f in found}]
    wrong = [f for i, found in shown.items() for f in found if f.patient != charts[i.split("-")[1]]]
    assert len(right) >= 0.9 * len(duplicates)
    assert len(wrong) <= 0.02 * len(duplicates)
    assert not [f for f in wrong if f.likeness.likely]
    named = [r for r in duplicates if r["given_name"] and r["surname"]]
    found = [desk.ask(partial(search, text=f"{r['given_name']} {r['surname']}")).hits for r in named]
    hits = [r for r, f in zip(named, found, strict=True) if charts[r["rec_id"].split("-")[1]] in {h.patient for h in f}]
    assert len(hits) >= 0.83 * len(named)
