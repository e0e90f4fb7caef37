# SPDX-License-Identifier: Apache-2.0
"""Results that the server refused, as they had been typed at the bench."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hms_desktop.clinic.lab.queries import bench
from hms_desktop.core.errors import NotFound
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Refilled, WrittenRecord
from hms_desktop.ui.lab.bench_acts import BenchActs
from hms_desktop.ui.routes import LabWorklist


def refill_results(reader: Any, number: int, written: Sequence[WrittenRecord]) -> Refilled | None:
    """The values of a refused entry in the lines of their specimen; None for a correction, which asks for more."""
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


def _words(values: Any) -> str:
    number = values.get("value")
    return show_decimal(number) if number is not None else values.get("text_value") or ""
