# SPDX-License-Identifier: Apache-2.0
"""A registration that the server refused, as the form that a person had filled in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hms_desktop.clinic.patients.births import show_age
from hms_desktop.clinic.patients.identifiers import system_name
from hms_desktop.clinic.patients.phones import show_phone
from hms_desktop.clinic.patients.queries_people import clinic_day, home_region
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Refilled, WrittenRecord
from hms_desktop.ui.patients.birth_field import kept_birth
from hms_desktop.ui.routes import RegisterPatient


def refill_registration(reader: Any, number: int, written: Sequence[WrittenRecord]) -> Refilled | None:
    """The registration form for a refused new patient, with contacts and identifier; None for anything else."""
    person = next((one.values for one in written if one.table == "patient" and one.new), None)
    if person is None:
        return None
    key = f"register:{number}"
    plain = ("family", "given", "prefix", "preferred", "local_script", "sex", "language")
    content = {name: person.get(name) for name in plain}
    content["unknown"] = not person.get("name_known")
    content["interpreter"] = bool(person.get("interpreter"))
    born, estimated = person.get("born"), bool(person.get("born_estimated"))
    content["born"] = kept_birth(born, estimated, show_age(born, estimated, clinic_day(reader)))
    for one in written:
        if one.table == "patient_contact":
            content |= _reach(one.values, home_region(reader))
        elif one.table == "patient_identifier":
            content |= _identifier(one.values)
    return Refilled(key, _("New patient"), content, RegisterPatient(draft=key))


def _reach(contact: Any, region: str) -> dict[str, Any]:
    kind, value = contact["kind"], contact["value"]
    if kind == "address":
        return {"line": contact.get("line") or "", "city": contact.get("city") or ""}
    if kind == "phone":
        return {"phone": show_phone(value, region)}
    return {"guardian" if kind == "next_of_kin" else kind: value}


def _identifier(written: Any) -> dict[str, Any]:
    system = written["system"]
    return {"system": {"key": system, "words": system_name(system)}, "value": written["value"]}
