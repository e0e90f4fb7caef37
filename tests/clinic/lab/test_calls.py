# SPDX-License-Identifier: Apache-2.0
"""Critical values: nothing goes out before somebody was told and read the same value back."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from hms_desktop.clinic.lab import queries, service
from hms_desktop.clinic.lab.events import CriticalValueSeen, CriticalValueTold
from hms_desktop.core.errors import BadInput, NotAllowed, Refused
from tests.clinic.lab.laboratory import Laboratory


@pytest.fixture
def critical(lab: Laboratory) -> tuple[UUID, UUID]:
    """A stat potassium of 7.1: its order and result."""
    order = lab.ordered(lab.patient(), "K", "stat")
    return order, lab.entered(lab.received(order), order, K="7.1")[0]


def call(lab: Laboratory, result: UUID, **values: Any) -> service.Told:
    given = {"told": "Dr T. Mbeki", "way": "phone", "at": lab.later(), "read_back": Decimal("7.1"), **values}
    told: service.Told = lab.do(service.record_call, result, **given, who=lab.technologist)
    return told


def test_a_critical_value_holds_its_report_until_it_is_read_back(lab: Laboratory, critical: tuple[UUID, UUID]) -> None:
    order, result = critical
    assert [(e.result, e.requester) for e in lab.heard(CriticalValueSeen)] == [(result, lab.doctor.person.id)]
    lab.verified(result)
    with pytest.raises(Refused, match="phone it and have it read back"):
        lab.do(service.release, order, who=lab.verifier)
    assert call(lab, result).done
    lab.do(service.release, order, who=lab.verifier)
    assert lab.ask(queries.inbox)[0].critical


def test_a_different_value_read_back_is_kept_and_does_not_count(lab: Laboratory, critical: tuple[UUID, UUID]) -> None:
    order, result = critical
    lab.verified(result)
    assert not call(lab, result, read_back=Decimal("1.7")).done
    with pytest.raises(Refused, match="phone it"):
        lab.do(service.release, order, who=lab.verifier)
    assert call(lab, result, read_back=Decimal("7.10")).done
    found = lab.ask(queries.result, result)
    assert [(c.read_back, c.matched, c.told, c.by) for c in found.calls] == [
        (Decimal("1.7"), False, "Dr T. Mbeki", "Palesa Kgosi"),
        (Decimal("7.10"), True, "Dr T. Mbeki", "Palesa Kgosi"),
    ]
    with pytest.raises(Refused, match="already told and read back"):
        call(lab, result)
    assert [e.done for e in lab.heard(CriticalValueTold)] == [False, True]


def test_who_could_not_be_reached_gives_way_to_the_next(lab: Laboratory, critical: tuple[UUID, UUID]) -> None:
    order, result = critical
    first = lab.ask(queries.critical_open, who=lab.technologist)[0]
    assert first.requester == lab.doctor.person.id
    assert first.call_by == first.result.entered.at + timedelta(minutes=30)
    assert [c.name for c in lab.ask(queries.call_list, result, who=lab.technologist)][:2] == [
        "Thabo Mbeki",
        "Sipho Nel",
    ]
    at = lab.later(minutes=5)
    missed = lab.do(
        service.could_not_reach,
        result,
        told="Dr T. Mbeki",
        told_person=lab.doctor.person.id,
        way="phone",
        at=at,
        note="no answer",
        who=lab.technologist,
    )
    assert not missed.done
    open_now = lab.ask(queries.critical_open, who=lab.technologist)[0]
    assert (open_now.attempts, open_now.call_by) == (1, at + timedelta(minutes=10))
    listed = lab.ask(queries.call_list, result, who=lab.technologist)
    assert (listed[0].name, listed[-1].name, listed[-1].tried) == ("Sipho Nel", "Thabo Mbeki", 1)
    lab.verified(result)
    with pytest.raises(Refused, match="phone it"):
        lab.do(service.release, order, who=lab.verifier)
    assert lab.told(result, "7.1").done
    assert lab.ask(queries.critical_open, who=lab.technologist) == []


def test_a_call_without_who_how_or_when_is_refused(lab: Laboratory, critical: tuple[UUID, UUID]) -> None:
    _order, result = critical
    now = lab.later()
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"told": " "}, "told"),
        ({"way": "pigeon"}, "way"),
        ({"at": now + timedelta(minutes=1)}, "at"),
        ({"at": now - timedelta(days=1)}, "at"),
    ]
    for values, field in wrong:
        with pytest.raises(BadInput) as error:
            call(lab, result, **values)
        assert error.value.field == field
    with pytest.raises(NotAllowed):
        lab.do(service.record_call, result, told="x", way="phone", at=now, read_back=Decimal(7), who=lab.nurse)


def test_what_is_not_critical_needs_no_call(lab: Laboratory) -> None:
    order = lab.ordered(lab.patient())
    specimen = lab.received(order)
    normal = lab.entered(specimen, order, K="4.2")[0]
    with pytest.raises(Refused, match="not critical"):
        call(lab, normal)
    high = lab.entered(specimen, order, K="7.1")[0]
    newer = lab.entered(specimen, order, K="6.9")[0]
    with pytest.raises(Refused, match="Phone the newer value"):
        call(lab, high)
    assert call(lab, newer, read_back=Decimal("6.9")).done


def test_who_was_told_gets_a_correction_too(lab: Laboratory, critical: tuple[UUID, UUID]) -> None:
    order, result = critical
    lab.verified(result)
    call(lab, result, told="Sr K. Moyo", told_person=lab.nurse.person.id)
    release = lab.do(service.release, order, who=lab.verifier)
    assert set(lab.ask(queries.release, release).recipients) == {"Thabo Mbeki", "Khanyi Moyo"}
    fixed = lab.do(service.correct_result, result, Decimal("4.1"), "haemolysed", who=lab.verifier)
    lab.do(service.verify, [fixed], who=lab.second)
    with pytest.raises(Refused, match="entered Potassium yourself"):
        lab.do(service.validate, [fixed], who=lab.verifier)
