# SPDX-License-Identifier: Apache-2.0
"""A page of the server's order is bounded in bytes too: an import writes change sets of many megabytes."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from hms_desktop.clinic.patients import service as register
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.security.roles import policy
from hms_desktop.storage.records import REGISTRY
from hms_desktop.sync import pull, snapshot
from tests.desk import Desk, person


def test_a_fill_brings_critical_results_bookings_and_stock_before_bulk_and_parents_before_children() -> None:
    order = snapshot.in_order(sorted(REGISTRY))
    assert sorted(order) == sorted(REGISTRY)
    place = {name: number for number, name in enumerate(order)}
    urgent = max(
        place[name] for name in ("allergy", "appointment", "lease", "critical_call", "lab_result", "stock_move")
    )
    assert urgent < min(place[name] for name in ("access_event", "timeline_entry", "observation", "note", "invoice"))
    for name, table in REGISTRY.items():
        assert all(place[parent] < place[name] for parent in table.refs.values() if parent != name), name


def test_large_change_sets_come_in_several_pages_and_none_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(tmp_path, person("Dr A", policy().permissions))
    for family in ("Okonkwo", "Mbeki", "Dlamini"):
        desk.do(partial(register.register, written=Registration(family=family, born="1980", sex="female")))
    tables = frozenset(REGISTRY)
    with desk.store.reading() as connection:
        whole = pull.serve(connection, 0, 2000, tables)
        monkeypatch.setattr(pull, "PAGE_BYTES", 1)
        after, pages = 0, []
        while (page := pull.serve(connection, after, 2000, tables)).entries:
            pages.append(page)
            after = page.position
    assert [len(page.entries) for page in pages] == [1] * len(whole.entries) and len(pages) >= 3
    assert [entry for page in pages for entry in page.entries] == whole.entries
    assert [page.left > 0 for page in pages] == [True] * (len(pages) - 1) + [False]
    desk.store.close()
