# SPDX-License-Identifier: Apache-2.0
"""What this workstation prints on: its label printers, and for each kind of paper the printer and the size chosen last.

A plain file in the profile's folder, for it holds names of printers and of kinds of paper and nothing of anybody.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _

FILE = "printers.json"
RAW_PORT = 9100
RESOLUTIONS = (203, 300)


@dataclass(frozen=True)
class LabelPrinter:
    """A printer that takes ZPL at an address of the clinic's network; `dpi` is that of its head."""

    name: str
    host: str
    port: int = RAW_PORT
    dpi: int = 203


@dataclass(frozen=True)
class Choice:
    """What a kind of paper was printed on last: the printer's name and the size; empty: the usual one."""

    printer: str = ""
    size: str = ""


@dataclass
class PrinterBook:
    """The printers and choices of one workstation; without a `folder` they last as long as the window."""

    folder: Path | None = None
    labels: tuple[LabelPrinter, ...] = ()
    choices: dict[str, Choice] = field(default_factory=dict)

    def choice(self, kind: str) -> Choice:
        """What was chosen for a kind of paper."""
        return self.choices.get(kind, Choice())

    def choose(self, kind: str, **chosen: str) -> None:
        """Remember a printer or size for a kind of paper."""
        self.choices[kind] = replace(self.choice(kind), **chosen)
        self.save()

    def label_printer(self, name: str) -> LabelPrinter | None:
        """The label printer of this name."""
        return next((one for one in self.labels if one.name == name), None)

    def add(self, printer: LabelPrinter) -> None:
        """Know a label printer; one of the same name is replaced."""
        kept = tuple(one for one in self.labels if one.name != printer.name)
        self.labels = tuple(sorted((*kept, printer), key=lambda one: one.name))
        self.save()

    def drop(self, name: str) -> None:
        """Forget a label printer, and where it was chosen."""
        self.labels = tuple(one for one in self.labels if one.name != name)
        self.choices = {
            kind: replace(one, printer="") if one.printer == name else one for kind, one in self.choices.items()
        }
        self.save()

    def save(self) -> None:
        """Write the file whole or not at all."""
        if self.folder is None:
            return
        kept = {
            "labels": [asdict(one) for one in self.labels],
            "choices": {kind: asdict(one) for kind, one in self.choices.items()},
        }
        new = self.folder / f"{FILE}.new"
        new.write_text(json.dumps(kept), encoding="utf-8")
        os.replace(new, self.folder / FILE)


def printers_of(folder: Path) -> PrinterBook:
    """The printers of a profile; a missing or damaged file is an empty book."""
    try:
        kept = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        kept = {}
    kept = kept if isinstance(kept, Mapping) else {}
    labels, choices = kept.get("labels"), kept.get("choices")
    book = PrinterBook(folder)
    book.labels = tuple(filter(None, map(_printer, labels if isinstance(labels, list) else [])))
    known = choices if isinstance(choices, Mapping) else {}
    book.choices = {
        str(kind): Choice(str(one.get("printer", "")), str(one.get("size", "")))
        for kind, one in known.items()
        if isinstance(one, Mapping)
    }
    return book


def label_printer(name: str, address: str, dpi: int) -> LabelPrinter:
    """A label printer as it was typed: `address` is a name or number, with `:port` where it is not 9100."""
    named = " ".join(name.split())
    host, _colon, typed = address.strip().rpartition(":") if address.count(":") == 1 else (address.strip(), "", "")
    if not named:
        raise BadInput(_("Give the printer a name."), "name")
    if not host or any(one.isspace() for one in host):
        raise BadInput(_("Type the printer's address, such as 192.168.1.40."), "address")
    if typed and not (typed.isascii() and typed.isdigit() and 0 < int(typed) < 65536):
        raise BadInput(_("The port is a number up to 65535; label printers use 9100."), "address")
    return LabelPrinter(named, host, int(typed) if typed else RAW_PORT, dpi)


def _printer(kept: Any) -> LabelPrinter | None:
    try:
        made = label_printer(str(kept["name"]), str(kept["host"]), int(kept["dpi"]))
        return replace(made, port=int(kept["port"])) if made.dpi in RESOLUTIONS else None
    except (BadInput, KeyError, TypeError, ValueError):
        return None
