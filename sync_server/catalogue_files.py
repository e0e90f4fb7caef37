# SPDX-License-Identifier: Apache-2.0
"""Reading files of reference data: TOML or CSV, every entry with the place where it stands, every fault by name."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import InvalidOperation
from pathlib import Path
from typing import Any

from hms_desktop.clinic.ehr.rules_notes import SECTIONS
from hms_desktop.clinic.lab.catalogue import read_panel, read_test
from hms_desktop.core.errors import NotFound

MOST_BYTES, MOST_ENTRIES = 16_000_000, 100_000
LARGEST_NUMBER = 10**15
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_HEADER = re.compile(r"^\s*\[\[\s*([A-Za-z_]+)\s*\]\]")
Values = dict[str, Any]


class Fault(Exception):
    """What is wrong with one entry, and the remedy."""


@dataclass(frozen=True)
class Entry:
    """One entry: `place` names file, line, kind and code; `values` are those of its table."""

    place: str
    kind: str
    values: Values


@dataclass(frozen=True)
class Kind:
    """What an entry of a kind says: fields it must have and may have with what they are, and how it becomes values."""

    must: Mapping[str, str]
    may: Mapping[str, str] = field(default_factory=dict)
    read: Callable[[Values], Values] = dict
    sourced: bool = False


def _named(entry: Values) -> Values:
    return {"display": entry["name"], **{key: value for key, value in entry.items() if key != "name"}}


def _template(entry: Values) -> Values:
    texts = {name: entry.get(name, "") for name in SECTIONS}
    return {**_named({key: value for key, value in entry.items() if key not in SECTIONS}), "texts": texts}


_TESTED = {"code": "words", "display": "words", "bench": "words", "specimen_type": "words", "container": "words"}
_COMMON = {"version": "number", "valid_from": "day", "valid_to": "day"}
KINDS: Mapping[str, Kind] = {
    "test": Kind(
        _TESTED | {"orderable": "yes"},
        {"loinc": "words", "unit": "words", "decimals": "number", "answers": "list", "ranges": "list",
         "critical": "list", "possible": "list", "delta": "list", "price_code": "words", "source": "words"},
        read_test, True,
    ),
    "panel": Kind(
        _TESTED | {"members": "list"}, {"loinc": "words", "price_code": "words", "source": "words"}, read_panel, True
    ),
    "item": Kind(
        {"code": "words", "display": "words", "form": "words", "strength": "words", "unit": "words",
         "ingredient": "words"},
        {"classes": "words", "brand": "words", "gtin": "words", "price_code": "words", "programme": "words",
         "shelf": "words", "label_text": "words", "schedule": "words", "active": "yes"},
        lambda entry: {"classes": "", **entry},
    ),
    "procedure": Kind({"code": "words", "display": "words"}, {"price_code": "words", "system": "words"}),
    "price": Kind({"code": "words", "display": "words", "amount": "number"}, {"payer": "words"}),
    "template": Kind({"code": "words", "name": "words"}, dict.fromkeys(SECTIONS, "words"), _template),
    "phrase": Kind({"code": "words", "name": "words", "text": "words"}, read=_named),
    "form": Kind({"code": "words", "name": "words", "rows": "list"}, read=_named),
}  # fmt: skip
"""What may stand in a file, in the order in which it is brought in."""
_MEANT = {
    "words": 'words, such as "tablet"',
    "number": "a whole number, such as 12",
    "yes": "true or false",
    "list": "a list in square brackets",
    "day": 'a day, such as "2026-12-01"',
}


def read_files(paths: Sequence[Path], since: date | None) -> tuple[list[Entry], list[str]]:
    """Every entry of these files and every fault; `since` is the day from which entries hold that name none."""
    entries: list[Entry] = []
    faults: list[str] = []
    for path in paths:
        try:
            for entry in _read(path, since):
                faults.append(entry) if isinstance(entry, str) else entries.append(entry)
        except Fault as fault:
            faults.append(f"{path.name}: {fault}")
    return in_order(entries), faults


def in_order(entries: list[Entry]) -> list[Entry]:
    """Entries in the order in which their kinds are brought in, else as they stand."""
    order = list(KINDS)
    return sorted(entries, key=lambda entry: order.index(entry.kind))


def _read(path: Path, since: date | None) -> Iterator[Entry | str]:
    raw = list(_raw_csv(path) if path.suffix.lower() == ".csv" else _raw_toml(path))
    if len(raw) > MOST_ENTRIES:
        raise Fault(f"it holds more than {MOST_ENTRIES} entries. Cut it into several files.")
    if not raw:
        raise Fault(f"it holds no entry. Write entries of the kinds {_kinds()}.")
    if since is None and not any("valid_from" in said for _line, _kind, said in raw):
        raise Fault("it names no day from which it holds. Add valid_from, or give --from.")
    seen: set[tuple[str, str, str]] = set()
    for line, kind, said in raw:
        place = f"{path.name}, line {line}, {kind} {said.get('code') or '(no code)'}"
        try:
            key = (kind, str(said.get("code")), str(said.get("payer") or ""))
            if key in seen:
                raise Fault("stands twice in this file. Leave one of them.")
            seen.add(key)
            yield Entry(place, kind, _checked(kind, said, since))
        except Fault as fault:
            yield f"{place}: {fault}"


def _raw_toml(path: Path) -> Iterator[tuple[int, str, Values]]:
    text = _text(path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Fault(f"this is no TOML: {error}. Correct that place.") from error
    except RecursionError as error:
        raise Fault("its lists are nested too deep. Write them as the shipped file does.") from error
    common = {name: data.pop(name) for name in (*_COMMON, "source") if name in data}
    lines: dict[str, list[int]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if found := _HEADER.match(line):
            lines.setdefault(found[1], []).append(number)
    for kind, listed in data.items():
        if kind not in KINDS or not isinstance(listed, list):
            raise Fault(f"“{kind}” is nothing that a catalogue holds. Use {_kinds()}.")
        numbers = lines.get(kind, []) + [1] * len(listed)  # an entry in braces has no line of its own
        for said, number in zip(listed, numbers, strict=False):
            if not isinstance(said, dict):
                raise Fault(f"“{kind}” is a list of plain values. Write each entry under [[{kind}]].")
            yield number, kind, {**{n: v for n, v in common.items() if n != "source" or KINDS[kind].sourced}, **said}


def _raw_csv(path: Path) -> Iterator[tuple[int, str, Values]]:
    rows = csv.DictReader(_text(path).splitlines())
    try:
        yield from _csv_entries(rows)
    except csv.Error as error:
        raise Fault(f"line {rows.line_num}: this is no CSV: {error}. Correct that place.") from error


def _csv_entries(rows: csv.DictReader[str]) -> Iterator[tuple[int, str, Values]]:
    if "kind" not in (rows.fieldnames or ()):
        raise Fault(f"the first line names no column “kind”. Add one that says {_kinds()} in each line.")
    for row in rows:
        kind = (row.pop("kind") or "").strip()
        if kind not in KINDS:
            raise Fault(f"line {rows.line_num}: “{kind}” is no kind of entry. Use {_kinds()}.")
        if None in row:
            raise Fault(
                f"line {rows.line_num} has more values than the first line has columns. Quote the commas in it."
            )
        known = {**KINDS[kind].must, **KINDS[kind].may, **_COMMON}
        said = {name: _cell(value, known.get(name, "words")) for name, value in row.items() if (value or "").strip()}
        yield rows.line_num, kind, said


def _cell(value: str, meant: str) -> Any:
    """A cell as the value that TOML would have; what can't be read stays words and is refused by its field."""
    if meant in ("words", "day"):
        return value.strip()
    try:
        return tomllib.loads(f"value = {value.strip()}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError):
        return value.strip()


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise Fault(f"it is larger than {MOST_BYTES // 1_000_000} MB. Cut it into several files.")
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Fault("it can't be read as a text file in UTF-8. Save it as UTF-8.") from error


def _checked(kind: str, said: Values, since: date | None) -> Values:
    """The values of an entry with every field what it must be; Fault names the first that is not."""
    fields = {**KINDS[kind].must, **KINDS[kind].may, **_COMMON}
    for name in said:
        if name not in fields:
            raise Fault(f"“{name}” is no field of a {kind}. Use {', '.join(fields)}.")
    for name in KINDS[kind].must:
        if name not in said:
            raise Fault(f"“{name}” is missing. Add it.")
    held = {name: _held(name, value, fields[name]) for name, value in said.items()}
    common = {name: held.pop(name) for name in _COMMON if name in held}
    begins = common.get("valid_from", since)
    if begins is None:
        raise Fault("it names no day from which it holds. Add valid_from, or give --from.")
    source = {"source": held.pop("source")} if "source" in held else {}
    try:
        return {**KINDS[kind].read(held), **common, **source, "valid_from": begins}
    except (ValueError, KeyError, IndexError, TypeError, InvalidOperation) as error:
        raise Fault(
            f"its ranges, limits or members can't be read ({error}). Write them as the shipped file does."
        ) from error


def _held(name: str, value: Any, meant: str) -> Any:
    fits: dict[str, tuple[type, ...]] = {"words": (str,), "number": (int,), "yes": (bool,), "list": (list,)}
    if isinstance(value, int) and abs(value) > LARGEST_NUMBER:
        raise Fault(f"{name} is larger than any amount can be. Correct it.")
    if isinstance(value, str) and _CONTROL.search(value):
        raise Fault(f"{name} holds a control character. Take it out.")
    if isinstance(value, fits.get(meant, (str, date))) and (meant != "number" or not isinstance(value, bool)):
        if meant != "day":
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            pass
    raise Fault(f"{name} is “{value}” and must be {_MEANT[meant]}.")


def _kinds() -> str:
    return f"{', '.join(list(KINDS)[:-1])} or {list(KINDS)[-1]}"


def require_there(paths: list[Path]) -> None:
    """NotFound names the first file that is not there."""
    if missing := [path for path in paths if not path.is_file()]:
        raise NotFound(f"There is no file {missing[0]}. Nothing was imported.")
