# SPDX-License-Identifier: Apache-2.0
"""Labels in ZPL II: well formed whatever is written on them, whole on the label, and readable at the head's dots."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from hms_desktop.core.errors import BadInput
from hms_desktop.documents import medicine_label, specimen_label
from hms_desktop.documents.zpl import RESOLUTIONS, ZplLabel, field
from tests.documents import samples
from tests.documents.test_payloads import turning, written
from tests.documents.zpl_reader import read_zpl
from tests.payloads import SHORT

Draw = Callable[[Any, int], bytes]
KINDS: dict[str, Draw] = {"medicine_label": medicine_label.zpl, "specimen_label": specimen_label.zpl}
ORDERS = ("Lee^XZ^XA^FDother", "~JR", "a\\&b", "_5E", "O'Neil^FS~DGR:", "x^", "~")
"""What a printer would obey if it stood there as it was typed."""
COPIED = replace(samples.RUN, copy=2, original=datetime(2026, 11, 23, 9, 40, tzinfo=UTC), first_at="Front desk 1")


def check(kind: str, rounds: range) -> None:
    """Labels whose every word is another of the set are read as labels, and hold no order."""
    for start in rounds:
        paper = written(kind, turning(start), [])
        for dpi in RESOLUTIONS:
            try:
                made = KINDS[kind](paper, dpi)
            except BadInput as error:
                assert "too long for a label" in str(error)
                continue
            labels = read_zpl(made)
            assert all(label.items for label in labels)


@pytest.mark.hazard("H44")
@pytest.mark.parametrize("kind", KINDS)
def test_no_word_on_a_label_is_an_order_to_the_printer(kind: str) -> None:
    check(kind, range(0, len(SHORT), 12))
    for order in ORDERS:
        patient = replace(samples.AMARA, name=order, allergies=replace(samples.KNOWN, substances=(order,)))
        paper = (samples.a_medicine_label if kind == "medicine_label" else samples.a_specimen_label)(patient=patient)
        (label,) = read_zpl(KINDS[kind](paper, 203))
        assert order in label.words and f"ALG: {order}" in label.words


@pytest.mark.proof
@pytest.mark.hazard("H44")
@pytest.mark.parametrize("kind", KINDS)
def test_no_word_of_the_whole_set_is_an_order(kind: str) -> None:
    check(kind, range(len(SHORT)))


def test_a_field_is_letters_digits_and_hexadecimal() -> None:
    assert field("A^B~C\\D_E é") == "^FH_^FDA_5EB_7EC_5CD_5FE _C3_A9^FS"
    assert field("\ud800") == "^FH_^FD_3F^FS"


@pytest.mark.parametrize(("dpi", "wide", "high"), [(203, 400, 200), (300, 591, 295)])
def test_a_label_is_as_large_as_its_paper_and_says_what_its_pdf_says(dpi: int, wide: int, high: int) -> None:
    one = samples.a_specimen_label()
    (label,) = read_zpl(specimen_label.zpl(one, dpi))
    assert (label.wide, label.high) == (wide, high)
    said, pdf = " ".join(label.words), samples.whole(specimen_label.render(one))
    for words in ("OKONKWO, Amara (Mrs)", "14-Mar-1979 (47 y), Female", "MRN-0A1-00771-K", "ALG: Penicillin, latex",
                  "ACC-0A3-00204-7", "Gel tube 5 mL, K U&E"):  # fmt: skip
        assert words in said and words in pdf


def test_bars_are_wide_enough_to_be_read_or_are_a_matrix() -> None:
    (fine,) = read_zpl(specimen_label.zpl(samples.a_specimen_label(), 300))
    bars = fine.only("bars")
    modules = 11 * (len("ACC-0A3-00204-7") + 2) + 13
    assert bars.words == "ACC-0A3-00204-7" and bars.size[0] * 25.4 / 300 >= 0.16
    assert bars.left >= 10 * bars.size[0] and bars.left + bars.size[0] * (modules + 10) <= fine.wide
    (coarse,) = read_zpl(specimen_label.zpl(samples.a_specimen_label(), 203))
    matrix = coarse.only("matrix")
    assert matrix.words == "ACC-0A3-00204-7" and matrix.size[0] * 25.4 / 203 >= 0.25
    assert not [one for one in coarse.items if one.kind == "bars"]
    short = read_zpl(specimen_label.zpl(samples.a_specimen_label(accession="A>1"), 203))[0]
    assert short.only("bars").words == "A>01", "> begins an order within Code 128"
    label = ZplLabel((50.0, 25.0), 203)
    with pytest.raises(BadInput, match="too long for a label"):
        label.bars("X" * 19, 0, 0, 100, 18)
    with pytest.raises(BadInput, match="203 or 300"):
        ZplLabel((50.0, 25.0), 600)


def test_letters_that_the_printer_lacks_are_drawn() -> None:
    patient = replace(samples.AMARA, name="محمد عبد الله")
    (label,) = read_zpl(medicine_label.zpl(samples.a_medicine_label(patient=patient), 203))
    picture = label.only("picture")
    assert any(picture.picture) and picture.left + picture.size[0] * 8 <= label.wide + 8
    assert "hydroCHLOROthiazide 12.5 mg tablets" in label.words


def test_a_copy_says_so_down_the_edge_and_when_it_was_first_printed() -> None:
    for kind, paper in (("medicine_label", samples.a_medicine_label(run=COPIED)),
                        ("specimen_label", samples.a_specimen_label(run=COPIED, urgent=True))):  # fmt: skip
        (label,) = read_zpl(KINDS[kind](paper, 300))
        edge = [one.words for one in label.items if one.upright and one.white]
        assert edge[0].endswith("COPY 2") and edge[1] == "first printed 23-Nov-2026 09:40"
        pdf = samples.whole((medicine_label if kind == "medicine_label" else specimen_label).render(paper))
        assert "COPY2" in pdf.replace(" ", "")


def test_words_that_need_two_labels_are_two_formats_that_both_name_the_patient() -> None:
    cautions = tuple(f"Caution number {n}: swallow whole with a glass of water, never crushed." for n in range(6))
    labels = read_zpl(medicine_label.zpl(samples.a_medicine_label(cautions=cautions), 203))
    assert len(labels) > 1 and all("OKONKWO, Amara (Mrs)" in one.words for one in labels)
    assert "label 2 of 2" in " ".join(labels[1].words)
