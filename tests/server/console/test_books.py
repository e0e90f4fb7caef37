# SPDX-License-Identifier: Apache-2.0
"""What a workstation found when it compared itself is counted, told in the administrators' log, and bounded."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from hms_desktop.core.errors import BadInput, Unavailable
from hms_desktop.security.administration import AdminEvent
from hms_desktop.sync.digest_wire import (
    DIFFERS,
    FETCHED,
    MENDED,
    MOST_RECORDS,
    MOST_SPANS,
    Compared,
    Difference,
    DigestsWanted,
    RecordsWanted,
    Span,
)
from sync_server import settings
from sync_server.sync_api import digests
from sync_server.sync_api.centre import DeviceFacts
from sync_server.sync_api.digests import MOST_NAMED, Comparing
from sync_server.wishes import ASKED, COMPARE, DONE
from tests.server.console.office import Office

DEVICE = DeviceFacts(UUID(int=7), 7, "front_desk", site="Main")
RECORD = UUID(int=9)


def test_what_differed_is_counted_and_told_and_the_wish_is_settled(desk: Office) -> None:
    books, wishes = desk.contacts.defects, desk.contacts.wishes
    comparing = Comparing(desk.home, books, wishes.compared)
    wishes.ask(DEVICE.id, COMPARE, desk.anele.id, "Anele")
    token = bytes(wishes._rows(DEVICE.id)[0].token)
    comparing.compared(DEVICE, Compared(5, 60, 900, [], b"another"))
    assert wishes.of(DEVICE.id)[COMPARE].state == ASKED and books.last_looks()[DEVICE.id].records == 900
    found = [Difference("patient", RECORD.bytes, DIFFERS, MENDED), Difference("note", b"", DIFFERS, FETCHED)]
    desk.later(days=1)
    comparing.compared(DEVICE, Compared(6, 60, 901, found * MOST_NAMED, token))
    assert wishes.of(DEVICE.id)[COMPARE].state == DONE and books.last_looks()[DEVICE.id].differed == 2 * MOST_NAMED
    assert books.count() == 2 * MOST_NAMED == len(books.latest(device=DEVICE.id))
    assert not books.latest(device=UUID(int=8)) and not books.count(desk.clock.ms + 1)
    assert {one.record for one in books.latest()} == {RECORD, None}
    told = desk.home.store.read(
        lambda reader: reader.rows(select(AdminEvent.kind, AdminEvent.detail)), desk.home.worker
    )
    (detail,) = (row.detail for row in told if row.kind == "device.differed")
    assert f"patient {RECORD} {DIFFERS}: {MENDED}" in detail and f"; {MOST_NAMED} more" in detail
    desk.later(days=500)
    comparing.compared(DEVICE, Compared(7, 60, 901, []))
    assert books.count() == 0, "they are kept for a year and more"


def test_what_is_asked_for_at_once_is_bounded_and_of_granted_tables_alone(desk: Office, monkeypatch: Any) -> None:
    comparing = Comparing(desk.home, desk.contacts.defects, desk.contacts.wishes.compared)
    spans = [Span("patient", ["id", "k"]), Span("lab_result", ["id", "k"])]
    (told,) = comparing.digests(DEVICE, DigestsWanted(0, [], spans)).spans
    assert (told.table, told.columns) == ("patient", ["id", "k"]), "of what it may not hold nothing is told"
    assert comparing.records(DEVICE, RecordsWanted([("patient", RECORD.bytes, [])])).records == [[]]
    for too_much in (
        lambda: comparing.digests(DEVICE, DigestsWanted(0, [], spans[:1] * (MOST_SPANS + 1))),
        lambda: comparing.records(DEVICE, RecordsWanted([("lab_result", RECORD.bytes, [])])),
        lambda: comparing.compared(DEVICE, Compared(1, 1, 1, [Difference("a", b"", "b", "c")] * (2 * MOST_RECORDS))),
        lambda: settings.choose(desk.home, "log_days", "30"),
    ):
        with pytest.raises(BadInput):
            too_much()
    monkeypatch.setattr(digests, "WAIT_SECONDS", 0.0)
    held = [digests._at_once.acquire() for _each in range(digests.AT_ONCE)]
    with pytest.raises(Unavailable, match="Other workstations are being compared"):
        comparing.digests(DEVICE, DigestsWanted(0, [], spans))
    for _each in held:
        digests._at_once.release()
