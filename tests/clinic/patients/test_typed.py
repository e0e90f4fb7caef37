# SPDX-License-Identifier: Apache-2.0
"""A search is taken apart into names, birth dates and numbers, in any order."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hms_desktop.clinic.patients.typed import Typed, take_apart

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("okon 14/3", Typed(("okon",), (("--03-14",),))),
        ("Amara Okonkwo", Typed(("amara", "okonkwo"))),
        ("okonkwo, amara", Typed(("okonkwo", "amara"))),
        ("3/4/1979", Typed((), (("1979-04-03", "1979-03-04"),))),
        ("1979", Typed((), (("1979",),))),
        ("14 mar 1979", Typed((), (("1979-03-14",),))),
        ("14mar79", Typed((), (("1979-03-14",),))),
        ("mar 1979 okonkwo", Typed(("okonkwo",), (("1979-03",),))),
        ("May Jansen", Typed(("may", "jansen"))),
        ("1979-03-14", Typed((), (("1979-03-14",),))),
        ("19790314", Typed((), (("1979-03-14",),))),
        ("082 555 0147", Typed((), (), ("0825550147",))),
        ("082 555", Typed((), (), ("082555",))),
        ("+27 (82) 555-0147", Typed((), (), ("27825550147",))),
        ("0147", Typed((), (), ("0147",))),
        ("MRN-001-00042-X", Typed((), (), ("MRN00100042X",))),
        ("okonkwo 0147", Typed(("okonkwo",), (), ("0147",))),
        ("Abernathy524", Typed(("abernathy",))),
        ("45/67", Typed((), (), ("45/67".replace("/", ""),))),
        ("99999999", Typed((), (), ("99999999",))),
        ("okonkwo 9/1/1995 082 555 0147", Typed(("okonkwo",), (("1995-01-09", "1995-09-01"),), ("0825550147",))),
        ("", Typed()),
        (" ,; ", Typed()),
    ],
)
def test_what_was_typed(text: str, typed: Typed) -> None:
    assert take_apart(text, TODAY) == typed


@given(st.text(max_size=200))
def test_any_text_can_be_taken_apart(text: str) -> None:
    found = take_apart(text, TODAY)
    assert all(readings for readings in found.births)
    assert all(found.numbers) and all(found.names)
    assert len(found.names) <= 8
