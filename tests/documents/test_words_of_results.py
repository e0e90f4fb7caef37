# SPDX-License-Identifier: Apache-2.0
"""A result's value, flag and range as they are printed, whole or with one end open."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from hms_desktop.documents.of_lab import flag, reference, shown


def result(**known: Any) -> Any:
    """What of a result these words look at."""
    return SimpleNamespace(**{"low": None, "high": None, "value": None, "text": None, "flag": None, **known})


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (Decimal("3.5"), Decimal("5.1"), "3.5 to 5.1"),
        (Decimal(60), None, "60 or more"),
        (None, Decimal("5.0"), "up to 5"),
        (None, None, ""),
    ],
)
def test_a_range_may_have_one_end(low: Decimal | None, high: Decimal | None, words: str) -> None:
    assert reference(result(low=low, high=high)) == words


def test_a_value_is_a_number_or_an_answer_and_a_normal_one_has_no_flag() -> None:
    assert shown(result(value=Decimal("7.10"))) == "7.1" and shown(result(text="positive")) == "positive"
    assert shown(result()) == ""
    assert [flag(result(flag=letter)) for letter in ("HH", "N", None)] == ["HH", "", ""]
