# SPDX-License-Identifier: Apache-2.0
"""A workstation remembers its label printers and what each kind of paper is printed on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hms_desktop.core.errors import BadInput
from hms_desktop.documents.papers import KINDS, kind_word, size_of, size_word
from hms_desktop.documents.printers import FILE, Choice, LabelPrinter, PrinterBook, label_printer, printers_of


def test_printers_and_choices_are_there_again(tmp_path: Path) -> None:
    book = printers_of(tmp_path)
    assert (book.labels, book.choices) == ((), {})
    book.add(label_printer(" Bench   labels ", "10.0.0.7", 203))
    book.add(label_printer("Bench labels", "10.0.0.8:9101", 300))
    book.add(label_printer("A", "labels.clinic", 203))
    book.choose("receipt", size="A5")
    book.choose("receipt", printer="Till")
    book.choose("specimen-label", printer="Bench labels")
    again = printers_of(tmp_path)
    assert again.labels == (LabelPrinter("A", "labels.clinic"), LabelPrinter("Bench labels", "10.0.0.8", 9101, 300))
    assert again.choice("receipt") == Choice("Till", "A5") and again.choice("invoice") == Choice()
    again.drop("Bench labels")
    assert again.label_printer("Bench labels") is None and again.choice("specimen-label") == Choice()
    assert printers_of(tmp_path).labels == (LabelPrinter("A", "labels.clinic"),)


@pytest.mark.parametrize("kept", ["", "[1]", '{"labels": 3, "choices": [1]}', '{"labels": [3, {"name": "x"}]}'])
def test_a_damaged_file_is_an_empty_book(tmp_path: Path, kept: str) -> None:
    (tmp_path / FILE).write_text(kept, encoding="utf-8")
    book = printers_of(tmp_path)
    assert (book.labels, book.choices) == ((), {})


def test_a_head_that_is_not_made_is_not_kept(tmp_path: Path) -> None:
    odd = {"name": "x", "host": "10.0.0.7", "port": 9100, "dpi": 600}
    (tmp_path / FILE).write_text(json.dumps({"labels": [odd, odd | {"dpi": 300}]}), encoding="utf-8")
    assert printers_of(tmp_path).labels == (LabelPrinter("x", "10.0.0.7", 9100, 300),)


def test_without_a_folder_nothing_is_written() -> None:
    book = PrinterBook()
    book.choose("invoice", size="A5")
    assert book.choice("invoice").size == "A5"


@pytest.mark.parametrize(
    ("name", "address", "said"),
    [
        (" ", "10.0.0.7", "Give the printer a name"),
        ("x", "", "Type the printer's address"),
        ("x", "my printer", "Type the printer's address"),
        ("x", "10.0.0.7:0", "a number up to 65535"),
        ("x", "10.0.0.7:99999", "a number up to 65535"),
    ],
)
def test_what_is_typed_is_checked(name: str, address: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        label_printer(name, address, 203)


def test_every_kind_has_words_and_its_own_sizes() -> None:
    assert all(kind_word(kind) != kind and kind_word(kind)[0].isupper() for kind in KINDS)
    assert (size_of("receipt"), size_of("receipt", "A5"), size_of("receipt", "label")) == ("80mm", "A5", "80mm")
    assert [size_word(size) for size in ("A4", "A5", "80mm", "label")] == ["A4", "A5", "80 mm roll", "Label"]
