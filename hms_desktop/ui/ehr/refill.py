# SPDX-License-Identifier: Apache-2.0
"""Vital signs and notes that the server refused, as the forms that a person had filled in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hms_desktop.clinic.ehr.queries_note_places import note_place
from hms_desktop.clinic.ehr.rules_vitals import sign_of
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Refilled, WrittenRecord
from hms_desktop.ui.ehr.note_draft import note_key
from hms_desktop.ui.ehr.vitals_screen import read_waiting
from hms_desktop.ui.routes import PatientChart, Vitals


def refill_vitals(reader: Any, number: int, written: Sequence[WrittenRecord]) -> Refilled | None:
    """The form for vital signs with every refused reading of a visit that goes on; None when it has no place there."""
    read = [one.values for one in written if one.table == "observation" and one.new]
    visit = next((values["encounter"] for values in read if values.get("encounter")), None)
    signs = {s.key: v["value"] for v in read if v.get("value") is not None and (s := sign_of(v["code"]))}
    if not signs or visit not in {waiting.encounter for waiting in read_waiting(reader)}:
        return None
    content = {key: show_decimal(value) for key, value in signs.items()}
    route = Vitals(read[0]["patient"], visit)
    return Refilled(f"vitals:{visit.hex}", _("Vital signs"), content, route, says_why=False)


def refill_note(reader: Any, number: int, written: Sequence[WrittenRecord]) -> Refilled | None:
    """The note of a visit with every refused section over what stands now; None when the visit is not here."""
    sections = [one for one in written if one.table == "note_section" and one.values.get("text")]
    if not sections:
        return None
    encounter = next((one.values["encounter"] for one in written if one.table == "note" and one.new), None)
    place = note_place(reader, encounter, sections[0].record)
    if place is None:
        return None
    texts = {section: one.values["text"] for one in sections if (section := place.section_of(one.record))}
    content = {"texts": {**place.standing, **texts}, "seen": place.standing}
    route = PatientChart(place.patient, encounter=place.encounter)
    signed = any(one.table == "note_signature" for one in written)
    also = _("It was signed then, and the signature did not go out: sign it again.") if signed else ""
    return Refilled(note_key(place.encounter), _("Visit note"), content, route, says_why=False, also=also)
