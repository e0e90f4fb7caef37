# SPDX-License-Identifier: Apache-2.0
"""Results and corrections that the server refused, as they had been typed at the bench."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hms_desktop.clinic.lab.queries import bench
from hms_desktop.clinic.lab.queries_sheets import AnalyteLine
from hms_desktop.clinic.lab.rules_results import ANY_WORDS
from hms_desktop.core.errors import NotFound
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Refilled, WrittenRecord
from hms_desktop.ui.lab.bench_acts import BenchActs
from hms_desktop.ui.lab.dialogs import correction_key
from hms_desktop.ui.routes import LabWorklist


def refill_results(reader: Any, number: int, written: Sequence[WrittenRecord]) -> Refilled | None:
    """The values of a refused entry in the lines of their specimen; None for a correction, which has its own form."""
    typed = [one.values for one in written if one.table == "lab_result" and one.new]
    if not typed or any(values.get("replaces") for values in typed):
        return None
    specimen = typed[0]["specimen"]
    try:
        accession = bench(reader, specimen).accession
    except NotFound:
        return None
    content = {f"{values['order']}:{values['test']}": _words(values) for values in typed}
    content["comment"] = next((values["comment"] for values in typed if values.get("comment")), "")
    title = _("Results of {code}").format(code=accession)
    route = LabWorklist(item=specimen)
    return Refilled(BenchActs.draft_key(specimen), title, content, route, needs="result.enter", says_why=False)


def refill_correction(reader: Any, number: int, written: Sequence[WrittenRecord]) -> Refilled | None:
    """The form for a refused correction; None when the value that it corrects no longer stands."""
    made = next((one.values for one in written if one.table == "lab_result" and one.new), None)
    line = _corrected_line(reader, made) if made is not None and made.get("replaces") else None
    if made is None or line is None:
        return None
    key, value = correction_key(made["replaces"]), _words(made)
    chosen = line.test.answers and not any(text == ANY_WORDS for text, _flag in line.test.answers)
    content = {line.test.code: {"key": value, "words": value} if chosen else value, "reason": made.get("reason") or ""}
    title = _("Correct {test}").format(test=line.test.display)
    return Refilled(key, title, content, LabWorklist(item=made["specimen"], draft=key), needs="result.correct")


def _corrected_line(reader: Any, made: Mapping[str, Any]) -> AnalyteLine | None:
    try:
        sheets = bench(reader, made["specimen"]).sheets
    except NotFound:
        return None
    lines = (line for sheet in sheets for line in sheet.lines if line.result is not None and line.result.released)
    return next((line for line in lines if line.result is not None and line.result.id == made["replaces"]), None)


def _words(values: Any) -> str:
    number = values.get("value")
    return show_decimal(number) if number is not None else values.get("text_value") or ""
