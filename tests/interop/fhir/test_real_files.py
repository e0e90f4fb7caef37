# SPDX-License-Identifier: Apache-2.0
"""Files by other people: all Synthea patients and the examples of the standard, checked against our own tables."""

from __future__ import annotations

from collections import Counter
from functools import partial
from itertools import islice
from pathlib import Path

import pytest

from hms_desktop.clinic import modules
from hms_desktop.interop.fhir.reader import read_files
from hms_desktop.interop.fhir.results import FileResult, MappedRow
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.records import table_of
from hms_desktop.storage.unit import Unit
from tests.desk import Desk, person
from tests.interop.fhir.build import EXAMPLES, SYNTHEA, need

SOME = 15
NOT_KEPT = {"Claim", "ExplanationOfBenefit", "CarePlan", "ImagingStudy", "Goal"}


def check_row(row: MappedRow) -> None:
    """Every column that our table needs is there, in a kind that it takes, and no other."""
    spec = table_of(row.table)
    packed = spec.pack(row.values)
    filled = {name for name, value in packed.items() if value is not None} | set(row.numbered)
    assert spec.required <= filled, (row.table, spec.required - filled)


def check_order(result: FileResult) -> None:
    """A row comes after the rows of its module that it points at, unless those are awaited from elsewhere."""
    met = {(one.table, one.id) for one in result.awaited}
    for row in result.rows:
        for column, table in table_of(row.table).refs.items():
            target = row.values.get(column)
            assert target is None or (table, target) in met, (row.table, column)
        assert (row.table, row.id) not in met
        met.add((row.table, row.id))


def test_patients_by_other_people_are_kept_to_the_last_resource() -> None:
    for result in islice(read_files([need(SYNTHEA)]), SOME):
        assert result.fault is None and not result.awaited, str(result.fault)
        for row in result.rows:
            check_row(row)
        check_order(result)
        assert sum(result.read.values()) == sum(result.kept.values()) + sum(result.not_kept.values())
        assert {kind for kind, _reason in result.not_kept} <= NOT_KEPT


@pytest.mark.proof
def test_all_synthea_patients_are_kept_to_the_last_resource() -> None:
    assert modules.MODULES
    read: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    not_kept: Counter[tuple[str, str]] = Counter()
    for result in read_files([need(SYNTHEA)]):
        assert result.fault is None, str(result.fault)
        assert not result.awaited
        for row in result.rows:
            check_row(row)
        check_order(result)
        read.update(result.read)
        kept.update(result.kept)
        not_kept.update(result.not_kept)
    assert sum(read.values()) == 45_743 == sum(kept.values()) + sum(not_kept.values())
    assert kept == {
        "Organization": 249,
        "Practitioner": 249,
        "Patient": 150,
        "Encounter": 4475,
        "Condition": 1136,
        "Observation": 20_613,
        "Procedure": 3719,
        "Immunization": 1726,
        "MedicationRequest": 1109,
        "DiagnosticReport": 1438,
        "AllergyIntolerance": 93,
    }
    assert not_kept == {
        ("Claim", ""): 5584,
        ("ExplanationOfBenefit", ""): 4475,
        ("CarePlan", ""): 408,
        ("ImagingStudy", ""): 65,
        ("Goal", ""): 254,
    }


def test_the_examples_of_the_standard_are_read_or_refused_by_reason() -> None:
    refused = {}
    kept: Counter[str] = Counter()
    for result in read_files([need(EXAMPLES)]):
        for row in result.rows:
            check_row(row)
        check_order(result)
        kept.update(result.kept)
        if result.fault is not None:
            refused[result.name.split(" > ")[1]] = result.fault.reason
    assert set(refused) == {"Bundle-bundle-references.json", "Bundle-bundle-transaction.json"}
    assert "twice with different content" in refused["Bundle-bundle-references.json"]
    assert "delete or patch" in refused["Bundle-bundle-transaction.json"]
    assert kept["Patient"] == 43 and kept["Coverage"] == 4 and kept["MedicationRequest"] == 38


@pytest.mark.timeout(120)
def test_rows_go_into_a_real_store_and_the_second_time_change_nothing(tmp_path: Path) -> None:
    results = [result for _number, result in zip(range(3), read_files([need(SYNTHEA)]), strict=False)]
    desk = Desk(tmp_path, person("Importer", ()))

    def write(unit: Unit, rows: tuple[MappedRow, ...]) -> None:
        unit.action = "import"
        for row in rows:
            numbers = {column: f"{series}-{row.id.hex[:8]}" for column, series in row.numbered.items()}
            unit.add(table_of(row.table).record, id=row.id, **row.values, **numbers)

    for result in results:
        desk.do(partial(write, rows=result.rows))
    count = sum(len(result.rows) for result in results)
    assert count > 300

    def held(reader: Reader, rows: tuple[MappedRow, ...]) -> int:
        return sum(reader.find(table_of(row.table).record, row.id) is not None for row in rows)

    for result in results:
        desk.do(partial(write, rows=result.rows))
        assert desk.ask(partial(held, rows=result.rows)) == len(result.rows)
