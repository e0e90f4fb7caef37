# SPDX-License-Identifier: Apache-2.0
"""A controlled medicine is prescribed, dosed anew or supplied only with a second factor that was shown for just that.

What can be checked here is: who, when, for which records, that it is used once in the whole clinic, and of a security
key its signature over all of these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.ehr.model import Prescription
from hms_desktop.clinic.inventory.model import ItemVersion
from hms_desktop.clinic.inventory.rules_controlled import controlled_alone, names_one
from hms_desktop.clinic.pharmacy.model import Dispense
from hms_desktop.security import fido
from hms_desktop.security.granted import SecurityKey
from hms_desktop.security.step_up import APP, FACTORS, FRESH_MS, KEY, StepUp, challenge
from hms_desktop.security.totp import DRIFT_STEPS, STEP_MS
from hms_desktop.storage.change_sets import Details, Leaf
from hms_desktop.storage.records import REGISTRY
from hms_desktop.sync.accept import CheckFailed
from hms_desktop.sync.standing_rows import StandingRows

CHECK = "second-factor"
OUT = ("active", "on-hold", "completed")
"""States in which a prescription is in force, or was."""
SIGNED_GROUPS = frozenset({"what", "dose"})
_PRESCRIPTION, _DISPENSE, _STEP_UP = (t.__tablename__ for t in (Prescription, Dispense, StepUp))


def controlled_needs_factor(
    standing: StandingRows,
    details: Details,
    leaves: Sequence[Leaf],
    keys: Sequence[SecurityKey],
    hosts: Sequence[str],
) -> None:
    """Raise CheckFailed unless each controlled medicine that goes out here has its signer's second factor beside it.

    `keys` are the signer's security keys, `hosts` the names that those are registered with.
    """
    shown = [leaf for leaf in leaves if leaf.table == _STEP_UP]
    if len(shown) > 1:
        raise CheckFailed(CHECK, "One act is signed with one second factor, and this one names several.")
    needed = {record for leaf in leaves for record in _goes_out(standing, leaf)}
    if needed and not shown:
        raise CheckFailed(CHECK, "A controlled medicine goes out, and nobody showed a second factor for it.")
    for leaf in shown:
        _must_hold(standing, details, leaf, needed, keys, hosts)


def _goes_out(standing: StandingRows, leaf: Leaf) -> list[bytes]:
    """The prescription that a record puts into force or supplies from, when its medicine is controlled."""
    if leaf.table == _DISPENSE and leaf.bases is None:
        found = _item_version(standing, leaf.values.get("edition"))
        return [leaf.values["prescription"]] if found and found["schedule"] is not None else []
    if leaf.table != _PRESCRIPTION:
        return []
    before = standing.row(_PRESCRIPTION, leaf.record)
    after = {**(before or {}), **leaf.values}
    begins = before is None or before["status"] == "draft"
    goes = after.get("status") in OUT and (begins or bool(SIGNED_GROUPS & set(leaf.bases or {})))
    return [leaf.record] if goes and _controlled(standing, after) else []


def _controlled(standing: StandingRows, prescription: Mapping[str, Any]) -> bool:
    written = _item_version(standing, prescription.get("edition"))
    if written is not None:
        return written["schedule"] is not None
    table = ItemVersion.__table__
    question = select(table.c.item, table.c.ingredient, table.c.schedule).order_by(table.c.version.desc())
    listed = standing.written.execute(question).all()
    item = prescription.get("medicine")
    if item is not None:
        return any(row.schedule is not None for row in [r for r in listed if r.item.bytes == item][:1])
    names = controlled_alone((row.ingredient, row.schedule) for row in listed)
    return names_one(str(prescription.get("display") or ""), names)


def _item_version(standing: StandingRows, edition: bytes | None) -> Mapping[str, Any] | None:
    return standing.row(ItemVersion.__tablename__, edition) if edition is not None else None


def _must_hold(
    standing: StandingRows, details: Details, leaf: Leaf, needed: set[bytes], keys: Sequence[SecurityKey],
    hosts: Sequence[str],
) -> None:  # fmt: skip
    values = {name: REGISTRY[_STEP_UP].kinds[name].unpack(value) for name, value in leaf.values.items()}
    at_ms, subjects = int(leaf.values["at"]), _subjects(values["subjects"])
    if leaf.values["by"] != details.person or values["factor"] not in FACTORS:
        raise CheckFailed(CHECK, "The second factor beside it is not that of who signed.")
    if not 0 <= details.wall_ms - at_ms <= FRESH_MS:
        raise CheckFailed(CHECK, "The second factor beside it was not shown when this was signed.")
    if not needed <= {subject.bytes for subject in subjects}:
        raise CheckFailed(CHECK, "The second factor beside it was shown for something else.")
    if values["factor"] == APP:
        _must_be_a_step_of_then(values.get("step"), at_ms)
    _must_be_first_use(standing, leaf)
    if values["factor"] == KEY:
        wanted = challenge(UUID(bytes=details.person), at_ms, subjects)
        answer = values.get("answer") or b""
        if not keys or not any(fido.signed_over(host, wanted, answer, keys) for host in hosts):
            raise CheckFailed(CHECK, "No security key of who signed gave the answer beside it.")


def _subjects(listed: object) -> frozenset[UUID]:
    try:
        return frozenset(UUID(hex=str(one)) for one in listed) if isinstance(listed, list) else frozenset()
    except ValueError as odd:
        raise CheckFailed("schema", "A second factor names records in a way that can't be read.") from odd


def _must_be_a_step_of_then(step: int | None, at_ms: int) -> None:
    if step is None or abs(step - at_ms // STEP_MS) > DRIFT_STEPS:
        raise CheckFailed(CHECK, "The code beside it is not one of the time at which this was signed.")


def _must_be_first_use(standing: StandingRows, leaf: Leaf) -> None:
    """A code is good once in the whole clinic, also where two workstations could not hear of each other."""
    table = StepUp.__table__
    question = select(table.c.id, table.c.step, table.c.answer).where(table.c.by == UUID(bytes=leaf.values["by"]))
    others = [row for row in standing.written.execute(question).mappings() if row["id"].bytes != leaf.record]
    for name in ("step", "answer"):
        value = leaf.values.get(name)
        if value is not None and any(row[name] == value for row in others):
            raise CheckFailed(CHECK, "The code beside it signed something else before.")
