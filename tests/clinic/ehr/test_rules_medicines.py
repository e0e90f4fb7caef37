# SPDX-License-Identifier: Apache-2.0
"""Medicine checks from the table that ships: substance, class, cross-reaction, duplicates, and what is not known."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from hms_desktop.clinic.ehr.knowledge import ALLERGY_CLASSES, allergy_knowledge
from hms_desktop.clinic.ehr.rules_allergies import AllergyFacts
from hms_desktop.clinic.ehr.rules_medicines import (
    Checks,
    Current,
    Knowledge,
    check_medicine,
    ingredients_in,
    known_substances,
    medicine_facts,
    substance_code,
)

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def known() -> Knowledge:
    table = allergy_knowledge()
    assert table is not None
    return table


def allergy(substance: str, criticality: str | None = "high", type: str | None = "allergy") -> AllergyFacts:
    return AllergyFacts(uuid4(), substance, None, type, criticality, "anaphylaxis", "active", "confirmed", NOW)


def check(medicine: str, *allergies: AllergyFacts, taken: tuple[str, ...] = ()) -> Checks:
    knowledge = known()
    current = []
    for name in taken:
        facts = medicine_facts(name, None, None, knowledge)
        current.append(Current(uuid4(), name, facts.ingredients, facts.classes))
    return check_medicine(medicine_facts(medicine, None, None, knowledge), allergies, current, knowledge, TODAY)


@pytest.mark.parametrize(
    ("medicine", "substance", "kind", "tier"),
    [
        ("amoxicillin", "Penicillin", "allergy-class", "stop"),
        ("amoxicillin", "Amoxicillin", "allergy", "stop"),
        ("amoxicillin 500 mg / clavulanic acid 125 mg", "Allergy to penicillin", "allergy-class", "stop"),
        ("flucloxacillin", "penicillin V", "allergy-class", "stop"),
        ("benzylpenicillin", "Penicillin G", "allergy", "stop"),
        ("cefalexin", "penicillin", "cross-reactivity", "check"),
        ("cephalexin", "cefalexin", "allergy", "stop"),
        ("ibuprofen", "aspirin", "cross-reactivity", "check"),
        ("naproxen", "NSAIDs", "allergy-class", "stop"),
        ("sulfamethoxazole / trimethoprim", "sulfa drugs", "allergy-class", "stop"),
        ("paracetamol", "acetaminophen", "allergy", "stop"),
    ],
)
def test_an_allergy_is_found(medicine: str, substance: str, kind: str, tier: str) -> None:
    found = check(medicine, allergy(substance))
    assert [(a.kind, a.tier) for a in found.alerts] == [(kind, tier)]
    assert any("anaphylaxis" in fact for fact in found.alerts[0].facts)
    assert found.version == known().version


@pytest.mark.parametrize(
    ("medicine", "substance"),
    [
        ("nitrofurantoin", "penicillin"),
        ("azithromycin", "penicillin"),
        ("amoxicillin", "latex"),
        ("amoxicillin", "Allergy to nut"),
        ("amoxicillin", "Dander (animal) allergy"),
        ("paracetamol", "aspirin"),
        ("amoxicillin", "House dust mite allergy"),
        ("amoxicillin", "sulfa"),
        ("furosemide", "sulfonamide"),
    ],
)
def test_what_has_nothing_to_do_with_it_passes(medicine: str, substance: str) -> None:
    found = check(medicine, allergy(substance))
    assert found.alerts == ()
    assert not any("does not know" in line for line in found.not_checked)


def test_a_mild_allergy_or_an_intolerance_is_only_a_check() -> None:
    assert check("amoxicillin", allergy("penicillin", "low")).alerts[0].tier == "check"
    assert check("amoxicillin", allergy("penicillin", "high", "intolerance")).alerts[0].tier == "check"
    assert check("amoxicillin", allergy("penicillin", None)).alerts[0].tier == "stop"


def test_duplicate_therapy_is_a_check() -> None:
    assert [a.kind for a in check("ibuprofen", taken=("Ibuprofen 100 MG Oral Tablet",)).alerts] == ["duplicate"]
    assert [a.kind for a in check("naproxen", taken=("ibuprofen",)).alerts] == ["same-class"]
    assert check("metformin", taken=("ibuprofen", "amlodipine")).alerts == ()


def test_no_table_is_not_safe() -> None:
    medicine = medicine_facts("amoxicillin", "amoxicillin", None, None)
    found = check_medicine(medicine, [allergy("penicillin")], [], None, TODAY)
    assert found.version == ""
    assert any("the table of allergy classes is missing" in line for line in found.not_checked)
    assert [a.kind for a in check_medicine(medicine, [allergy("Amoxicillin")], [], None, TODAY).alerts] == ["allergy"]


def test_an_old_table_says_so() -> None:
    table = known()
    late = date(table.valid_until.year + 1, 1, 1)
    found = check_medicine(medicine_facts("amoxicillin", None, None, table), [allergy("penicillin")], [], table, late)
    assert found.version == ""
    assert any("out of date" in line for line in found.not_checked)


def test_what_the_table_does_not_know_is_named() -> None:
    assert any("zyxomycin" in line for line in check("amoxicillin", allergy("zyxomycin")).not_checked)
    table = known()
    unheard = check_medicine(medicine_facts("zyxomycin", "zyxomycin", None, table), [], [], table, TODAY)
    assert any("zyxomycin" in line for line in unheard.not_checked)
    assert any("no ingredient" in line for line in check("house mixture").not_checked)
    assert any("interactions" in line for line in check("paracetamol").not_checked)


def test_an_items_own_classes_count() -> None:
    medicine = medicine_facts("newcillin", "newcillin", "Penicillins", known())
    found = check_medicine(medicine, [allergy("penicillin")], [], known(), TODAY)
    assert [a.kind for a in found.alerts] == ["allergy-class"]


def test_stop_comes_before_check() -> None:
    found = check("amoxicillin", allergy("cefalexin", "low"), allergy("penicillin"))
    assert [a.tier for a in found.alerts] == ["stop", "check"]
    assert found.stops == found.alerts[:1]


def test_ingredients_are_read_from_imported_names() -> None:
    text = "Acetaminophen 325 MG / Oxycodone Hydrochloride 5 MG Oral Tablet"
    assert ingredients_in(text, known()) == {"paracetamol", "oxycodone"}
    assert ingredients_in(text, None) == frozenset()


def test_a_missing_or_broken_table_is_none(tmp_path: Path) -> None:
    assert allergy_knowledge(tmp_path / "none.toml") is None
    broken = tmp_path / "broken.toml"
    broken.write_text(ALLERGY_CLASSES.read_text("utf-8").replace("version =", "versio ="), "utf-8")
    assert allergy_knowledge(broken) is None


def test_the_table_crosses_only_classes_it_has() -> None:
    table = known()
    assert all(crossed in table.names for found in table.crosses.values() for crossed in found)
    assert table.source and table.version


def test_known_names_have_codes_and_others_have_none() -> None:
    assert substance_code("Penicillin", known()) == "class:penicillins"
    assert substance_code("aspirin", known()) == "class:salicylates"
    assert substance_code("Acetaminophen", known()) == "inn:paracetamol"
    assert substance_code("latex", known()) == "other:latex"
    assert substance_code("zyxomycin", known()) is None
    assert substance_code("latex", None) is None
    assert known_substances(None) == [] and "Penicillin" in known_substances(known())
    assert all(substance_code(name, known()) for name in known_substances(known()))
