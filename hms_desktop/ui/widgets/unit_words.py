# SPDX-License-Identifier: Apache-2.0
"""Units of results as people read them, from the UCUM codes in which they are kept."""

from __future__ import annotations

from hms_desktop.core.text import _


def shown_unit(unit: str | None) -> str:
    """A UCUM unit as people read it; what is not known here stays as it is."""
    known = {
        "umol/L": "µmol/L", "10*9/L": "×10⁹/L", "10*12/L": "×10¹²/L", "m[IU]/L": _("m units/L"), "U/L": _("units/L"),
        "mm[Hg]": "mmHg", "Cel": "°C", "kg/m2": "kg/m²", "10*3/uL": "×10³/µL", "10*6/uL": "×10⁶/µL",
        "mL/min/{1.73_m2}": "mL/min/1.73 m²", "{score}": "",
    }  # fmt: skip
    return known.get(unit or "", unit or "")
