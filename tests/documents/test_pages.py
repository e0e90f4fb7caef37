# SPDX-License-Identifier: Apache-2.0
"""What every printed page carries, whichever document it belongs to."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from hms_desktop.documents import (
    appointment_slip,
    invoice,
    lab_report,
    medicine_label,
    prescription,
    raster,
    receipt,
    specimen_label,
    visit_summary,
)
from hms_desktop.documents.identity import AllergyBox, AllergyState, Mark
from hms_desktop.documents.layout import Sheet
from tests.documents import samples

SHEETS: dict[str, tuple[Callable[..., bytes], Callable[..., Any]]] = {
    "invoice": (invoice.render, samples.an_invoice),
    "receipt": (receipt.render, samples.a_receipt),
    "lab_report": (lab_report.render, samples.a_lab_report),
    "visit_summary": (visit_summary.render, samples.a_summary),
    "prescription": (prescription.render, samples.a_prescription),
    "slip": (appointment_slip.render, samples.a_slip),
}
LABELS: dict[str, tuple[Callable[..., bytes], Callable[..., Any]]] = {
    "medicine_label": (medicine_label.render, samples.a_medicine_label),
    "specimen_label": (specimen_label.render, samples.a_specimen_label),
}
ALL = SHEETS | LABELS
LONG = "Wolfeschlegelsteinhausenbergerdorff " * 6
HOSTILE = (
    "Ann <Lee",
    "<img src='/etc/hostname'/>",
    "<b>Bold</b> & <font size=90>Big</font>",
    "Lee</para>",
    "&nbsp; &#65; &",
    LONG,
    "W" * 200,
    "a\x00b\x1bc\ud800d",
    "Nu\N{RIGHT-TO-LEFT OVERRIDE}eel",
    "محمد عبد الله",
    "अनिता शर्मा",
    "Zoë Łukasz Nguyễn",
    "😀",
)


@pytest.mark.parametrize("kind", SHEETS)
def test_every_page_names_patient_birth_record_page_person_and_time(kind: str) -> None:
    render, sample = SHEETS[kind]
    pages = samples.pages(render(sample()))
    for number, page in enumerate(pages, 1):
        for words in (
            "OKONKWO, Amara",
            "14-Mar-1979",
            "MRN-0A1-00771-K",
            f"Page {number} of {len(pages)}",
            "Printed by Imran Rasool, 23-Nov-2026 09:54",
            "Penicillin (anaphylaxis)",
        ):
            assert words in page, (kind, number, words)


@pytest.mark.parametrize("kind", LABELS)
def test_labels_carry_two_identifiers(kind: str) -> None:
    render, sample = LABELS[kind]
    text = samples.whole(render(sample()))
    for words in ("OKONKWO, Amara", "14-Mar-1979", "MRN-0A1-00771-K"):
        assert words in text


@pytest.mark.parametrize("kind", ALL)
def test_a_reprint_says_copy_and_training_data_says_so(kind: str) -> None:
    render, sample = ALL[kind]
    plain = samples.whole(render(sample()))
    marked = samples.whole(render(sample(run=replace(samples.RUN, copy=True, training=True))))
    assert "COPY" not in plain
    assert "raining" not in plain and "TRAINING" not in plain
    assert "COPY" in marked
    assert "Training data" in marked or "TRAINING" in marked


@pytest.mark.hazard("H44")
@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_printed_and_never_obeyed(kind: str, name: str) -> None:
    render, sample = ALL[kind]
    pdf = render(sample(patient=replace(samples.AMARA, name=name)))
    text = "".join(samples.whole(pdf).split()).replace("\u202e", "")
    assert text
    if (name.isascii() and name.isprintable()) or name == LONG:
        assert "".join(name.split()) in text


def hashes() -> dict[str, str]:
    """What each kind is as bytes."""
    return {kind: sha256(render(sample())).hexdigest() for kind, (render, sample) in ALL.items()}


def test_the_same_document_is_the_same_bytes_in_another_process() -> None:
    code = "import json; from tests.documents.test_pages import hashes; print(json.dumps(hashes()))"
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    here = hashes()
    assert len(here) == 8 and here == json.loads(there) == hashes()


def test_pages_have_the_size_of_their_paper() -> None:
    sizes = {kind: raster.page_sizes(render(sample()))[0] for kind, (render, sample) in ALL.items()}
    assert sizes["invoice"] == raster.PageSize(210.0, 297.0)
    assert sizes["prescription"] == raster.PageSize(148.0, 210.0)
    assert sizes["receipt"].width == sizes["slip"].width == 80
    assert sizes["medicine_label"] == raster.PageSize(70, 36)
    assert sizes["specimen_label"] == raster.PageSize(50, 25)


def test_the_roll_is_as_long_as_its_words() -> None:
    short = raster.page_sizes(receipt.render(samples.a_receipt()))[0]
    lines = tuple(receipt.SettledLine(f"INV-0A1-{n:05d}-C", samples.rand(1190)) for n in range(60))
    long = raster.page_sizes(receipt.render(samples.a_receipt(settled=lines)))[0]
    assert long.height > short.height + 200


@pytest.mark.parametrize("state", AllergyState)
def test_the_allergy_box_is_never_blank(state: AllergyState) -> None:
    box = AllergyBox(state, ("Penicillin (rash)",) if state is AllergyState.KNOWN else (), "")
    text = samples.whole(invoice.render(samples.an_invoice(patient=replace(samples.AMARA, allergies=box))))
    words = {
        AllergyState.KNOWN: "KNOWN ALLERGIES Penicillin (rash)",
        AllergyState.NONE_KNOWN: "NO KNOWN ALLERGIES",
        AllergyState.NOT_RECORDED: "ALLERGIES NOT RECORDED",
        AllergyState.UNAVAILABLE: "ALLERGIES NOT SHOWN",
    }
    assert words[state] in text


def test_an_estimated_birth_date_is_marked() -> None:
    someone = replace(samples.AMARA, born="1979", age="about 47 y", estimated=True)
    assert "Born about 1979 (about 47 y)" in samples.whole(invoice.render(samples.an_invoice(patient=someone)))


@pytest.mark.parametrize("mark, word", [(Mark.DRAFT, "DRAFT"), (Mark.VOID, "VOID"), (Mark.UNSIGNED, "UNSIGNED")])
def test_a_word_goes_across_what_is_not_in_force(mark: Mark, word: str) -> None:
    plain = raster.page_image(invoice.render(samples.an_invoice()), 0)
    marked = invoice.render(samples.an_invoice(mark=mark))
    assert word in "".join(samples.whole(marked).split())
    assert raster.page_image(marked, 0).pixels != plain.pixels


@pytest.mark.parametrize("kind", SHEETS)
def test_what_no_lease_covers_is_provisional(kind: str) -> None:
    render, sample = SHEETS[kind]
    text = samples.whole(render(sample(provisional="This desk holds no slot of that day.")))
    assert "Provisional, to be confirmed" in text
    assert "This desk holds no slot of that day." in text


@pytest.mark.parametrize("sheet", Sheet)
def test_a_long_document_names_the_patient_on_every_page(sheet: Sheet) -> None:
    note = visit_summary.NoteText(
        tuple((f"Part {n}", "Long words about the visit. " * 60) for n in range(12)), "Dr T. Mbeki", samples.AT
    )
    run = replace(samples.RUN, copy=True, training=True)
    pages = samples.pages(visit_summary.render(samples.a_summary(notes=(note,), sheet=sheet, run=run)))
    assert len(pages) > 2
    for number, page in enumerate(pages, 1):
        for words in ("OKONKWO, Amara", "MRN-0A1-00771-K", "COPY", "Training data", f"Page {number} of {len(pages)}"):
            assert words in page
