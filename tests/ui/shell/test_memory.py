# SPDX-License-Identifier: Apache-2.0
"""What the sign-in window remembers: looks by person, and nothing that a damaged file could break."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hms_desktop.ui.shell.look import Look, look_from, next_scale
from hms_desktop.ui.shell.memory import FILE, remembered

PARTS = ("language", "scale", "mode", "density", "single_letters")


def test_looks_and_last_sync_come_back(tmp_path: Path) -> None:
    memory = remembered(tmp_path)
    memory.looks["z.ndlovu"] = Look(scale=1.5, mode="dark", single_letters=False)
    memory.last_login, memory.last_sync_ms, memory.waiting = "z.ndlovu", 1_795_417_200_000, 7
    memory.save()
    again = remembered(tmp_path)
    assert again == memory
    assert again.look("z.ndlovu").scale == 1.5 and again.look("somebody") == Look()


@pytest.mark.parametrize("text", ["", "[]", "null", '{"looks": 3, "waiting": "many", "last_sync_ms": -1}', "{"])
def test_a_damaged_file_is_an_empty_memory(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    memory = remembered(tmp_path)
    assert (memory.looks, memory.last_login, memory.waiting, memory.last_sync_ms) == ({}, "", 0, 0)


@given(st.dictionaries(st.sampled_from(PARTS), st.none() | st.text() | st.floats() | st.booleans()))
def test_any_kept_look_is_usable(kept: dict[str, object]) -> None:
    look = look_from(kept)
    assert 1.0 <= look.scale <= 2.0 and look_from(look.as_json()) == look


def test_text_size_goes_up_and_around() -> None:
    assert [next_scale(scale) for scale in (1.0, 1.15, 1.5, 2.0)] == [1.15, 1.3, 2.0, 1.0]
