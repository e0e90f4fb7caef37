# SPDX-License-Identifier: Apache-2.0
"""Letters on paper: each in a font that has it, ours or the computer's; where none has it, its number and no box."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hms_desktop.documents import fonts, specimen_label, wording
from hms_desktop.documents.identity import AllergyBox, AllergyState, PatientOnPaper
from tests.documents import samples
from tests.documents.test_pages import ALL
from tests.documents.zpl_reader import read_zpl

NAME = "王小明"
NUMBERS = "[no font: U+738B U+5C0F U+660E]"


def forget() -> None:
    """What was found out about fonts is found out anew."""
    for known in (fonts.register, fonts.runs, fonts._of_the_system, fonts._loaded):
        known.cache_clear()


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """A computer that has no fonts but ours."""
    monkeypatch.setattr(fonts, "SYSTEM_FOLDERS", ())
    forget()
    yield monkeypatch
    monkeypatch.undo()
    forget()


def label_of(someone: PatientOnPaper) -> str:
    """What stands below the name on a sample label."""
    return samples.whole(specimen_label.render(samples.a_specimen_label(patient=replace(someone, name="WANG"))))


@pytest.mark.hazard("H43")
def test_a_letter_without_a_font_is_its_number_on_every_paper(bare: pytest.MonkeyPatch) -> None:
    someone = replace(samples.AMARA, name=f"WANG, {NAME}")
    for kind, (render, sample) in ALL.items():
        said = "".join(samples.whole(render(sample(patient=someone))).split())
        assert "".join(f"WANG,{NUMBERS}".split()) in said, kind
    (label,) = read_zpl(specimen_label.zpl(samples.a_specimen_label(patient=someone), 203))
    allergic = replace(someone, allergies=AllergyBox(AllergyState.KNOWN, ("青霉素头孢菌素磺胺",)))
    marks = label_of(allergic)
    assert "see chart" in marks and "U+" not in marks, "what does not fit on its line is left to the chart"
    assert "U+738B" in " ".join(label.words) and "WANG" in " ".join(label.words)


def test_a_word_is_cut_only_where_no_one_font_has_it_all(bare: pytest.MonkeyPatch) -> None:
    assert wording.markup(f"Wang{NAME}") == f"Wang{NUMBERS}"
    assert wording.markup("Ann\u3000Lee\u2028x\ufe0f") == "Ann Lee x", "spaces and selectors show nothing"
    assert fonts.runs("محمد") == (("NotoSansArabic", "محمد"),)
    mixed = fonts.runs("محمدअनिता")
    assert [font for font, _letters in mixed] == ["NotoSansArabic", "NotoSansDevanagari"]
    assert wording.needs_shaping("محمد") and not wording.needs_shaping(f"Ann {NAME}")


@pytest.mark.hazard("H43")
def test_what_ours_lack_is_taken_from_the_computer(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shutil.copy(next(fonts.FOLDER.glob("NotoSansArabic*.ttf")), tmp_path / "Theirs.ttf")
    (tmp_path / "Broken.ttf").write_bytes(b"no font")
    bare.setattr(fonts, "_OTHER_SCRIPTS", ())
    bare.setattr(fonts, "SYSTEM_FOLDERS", (tmp_path, tmp_path / "none"))
    bare.setattr(fonts, "SYSTEM_FILES", ("Absent.ttf", "Broken.ttf", "Theirs.ttf"))
    forget()
    assert fonts.runs("محمد\u200d") == (("System-Theirs", "محمد\u200d"),)
    assert fonts.runs("Ann") == ((fonts.TEXT, "Ann"),)
