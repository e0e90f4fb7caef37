# SPDX-License-Identifier: Apache-2.0
"""Look-alike drug names are told apart by their letters, on the screen and on paper."""

from __future__ import annotations

import pytest

from hms_desktop.core.tall_man import is_look_alike, tall_man


@pytest.mark.hazard("H29")
def test_look_alike_names_are_written_in_tall_man_letters() -> None:
    assert tall_man("hydrochlorothiazide") == "hydroCHLOROthiazide"
    assert tall_man("Hydroxyzine 25 mg") == "hydrOXYzine 25 mg"
    assert tall_man("paracetamol") == "paracetamol"
    assert is_look_alike("prednisone")
    assert not is_look_alike("paracetamol")
