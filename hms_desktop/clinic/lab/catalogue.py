# SPDX-License-Identifier: Apache-2.0
"""The catalogue that ships with the programme, as values for the table of tests; BadInput when the file is broken."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _

SHIPPED = Path(__file__).resolve().parents[3] / "resources" / "clinical" / "lab_tests.toml"


def shipped_catalogue(path: Path = SHIPPED) -> tuple[dict[str, Any], ...]:
    """Every test and panel of the file as column values of `LabTest`; the file is taken whole or not at all."""
    try:
        return read_catalogue(tomllib.loads(path.read_text("utf-8")))
    except (OSError, ValueError, KeyError, IndexError, TypeError, InvalidOperation) as error:
        message = _("The catalogue of tests {name} can't be read ({reason}). Put the file of the programme back.")
        raise BadInput(message.format(name=path.name, reason=type(error).__name__), "catalogue") from error


def read_catalogue(data: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """Tests and panels from their TOML form; ValueError when a panel names a test that is not there."""
    version, since, source = int(data["version"]), date.fromisoformat(data["valid_from"]), str(data["source"])
    tests = [{**read_test(t), "version": version, "valid_from": since, "source": source} for t in data["test"]]
    known = {t["code"] for t in tests}
    panels = [{**read_panel(p), "version": version, "valid_from": since, "source": source} for p in data["panel"]]
    if lost := sorted(m for p in panels for m in p["members"] if m not in known):
        raise ValueError(f"panels name unknown tests: {', '.join(lost)}")
    if len(known) != len(tests):
        raise ValueError("a code is used twice")
    return (*tests, *panels)


def read_test(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A test as column values of `LabTest`; an exception of reading when its ranges or limits are no numbers."""
    critical, possible = entry.get("critical", ("", "")), entry.get("possible", ("", ""))
    delta, hours = entry.get("delta", ("", None))
    return {
        **_offered(entry),
        "unit": entry.get("unit"),
        "decimals": entry.get("decimals"),
        "answers": entry.get("answers"),
        "orderable": bool(entry["orderable"]),
        "ranges": [_range(row) for row in entry.get("ranges", ())],
        "critical_low": _exact(critical[0]),
        "critical_high": _exact(critical[1]),
        "absurd_low": _exact(possible[0]),
        "absurd_high": _exact(possible[1]),
        "delta": _exact(delta),
        "delta_hours": hours,
    }


def read_panel(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A panel as column values of `LabTest`."""
    return {
        **_offered(entry),
        "members": list(entry["members"]),
        "orderable": True,
        "ranges": [],
    }


def _offered(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What tests and panels have alike."""
    must = ("code", "display", "bench", "specimen_type", "container")
    return {**{name: entry[name] for name in must}, **{name: entry.get(name) for name in ("loinc", "price_code")}}


def _range(row: Sequence[Any]) -> dict[str, Any]:
    sex, start, end, low, high = row
    for limit in (low, high):
        _exact(limit)
    return {
        "sex": sex,
        "from_days": int(start),
        "to_days": None if int(end) < 0 else int(end),
        "low": low or None,
        "high": high or None,
    }


def _exact(text: str) -> Decimal | None:
    return Decimal(text) if text else None
