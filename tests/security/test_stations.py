# SPDX-License-Identifier: Apache-2.0
"""Grants: every declared table is held somewhere, nothing is held without what it points at, and little is held."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from hms_desktop.core.errors import BadInput
from hms_desktop.security import stations
from hms_desktop.security.stations import StationKind, grants, station_kinds
from hms_desktop.storage.records import REGISTRY

ROOT = Path(__file__).resolve().parents[2]
KINDS = list(station_kinds())
DECLARES = ', table="'


@pytest.fixture(scope="module", autouse=True)
def declared() -> None:
    """Every table that the product declares."""
    for file in sorted((ROOT / "hms_desktop").rglob("*.py")):
        if DECLARES in file.read_text("utf-8") and file.name != "records.py":
            import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))


def product_tables() -> set[str]:
    return {t.name for t in REGISTRY.values() if t.record.__module__.startswith("hms_desktop.")}


def test_every_table_is_held_by_some_workstation() -> None:
    held = {name for kind in KINDS for name in grants(kind).read}
    assert product_tables() - held == set()


@pytest.mark.parametrize("kind", KINDS)
def test_every_pattern_fits_a_table(kind: str) -> None:
    assert stations.unknown_patterns(station_kinds()[kind]) == []


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_held_without_what_it_points_at(kind: str) -> None:
    assert stations.broken_grants(kind) == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_workstation_can_write_who_looked(kind: str) -> None:
    assert grants(kind).may_write("access_event")
    assert not grants(kind).read & grants(kind).append


@pytest.mark.parametrize(
    ("kind", "never"),
    [
        ("front_desk", {"note", "condition", "observation", "lab_result", "prescription", "service_order"}),
        ("lab", {"note", "condition", "prescription", "invoice", "payment", "coverage", "patient_contact"}),
        ("pharmacy", {"note", "lab_result", "invoice", "payment", "coverage", "appointment"}),
        ("billing", {"note", "condition", "allergy", "observation", "lab_result", "prescription"}),
        ("doctor", {"payment", "invoice", "stock_move"}),
        ("manager", {"note", "condition", "allergy", "observation", "lab_result", "prescription"}),
    ],
)
def test_a_workstation_does_not_hold_what_its_work_does_not_need(kind: str, never: set[str]) -> None:
    given = grants(kind)
    assert never <= product_tables()
    assert not never & (given.read | given.append)


def test_only_who_answers_for_access_holds_the_access_events() -> None:
    assert {kind for kind in KINDS if "access_event" in grants(kind).read} == {"manager", "all"}


def test_a_workstation_for_everything_holds_everything() -> None:
    assert product_tables() <= grants("all").read


def test_an_unknown_kind_names_those_that_exist() -> None:
    with pytest.raises(BadInput, match="front_desk"):
        grants("spaceship")


def test_a_misspelt_pattern_is_named() -> None:
    odd = StationKind("odd", "Odd", ("patients.*", "patients.patinet", "lba.*"), ("billing.charge", "charge"))
    assert stations.unknown_patterns(odd) == ["patients.patinet", "lba.*", "charge"]
