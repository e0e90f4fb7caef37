# SPDX-License-Identifier: Apache-2.0
"""The pinned packages: each by hash, no address in them, the three sets of one mind, nothing asked for left out."""

from __future__ import annotations

import re

import pytest

from installer import pin

ENTRY = re.compile(
    r"^([a-z0-9][a-z0-9._-]*)==(\S+)(?: ; (.+?))? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE
)


def pinned(name: str) -> set[tuple[str, str]]:
    """Package and version of every entry of a set."""
    return {entry[:2] for entry in ENTRY.findall(pin.requirements_file(name).read_text(encoding="utf-8"))}


@pytest.mark.parametrize("name", pin.SETS)
def test_every_line_is_a_package_with_its_hashes(name: str) -> None:
    left = ENTRY.sub("", pin.requirements_file(name).read_text(encoding="utf-8"))
    assert left == pin.HEADER


@pytest.mark.parametrize("name", pin.SETS)
def test_no_address_is_written(name: str) -> None:
    text = pin.requirements_file(name).read_text(encoding="utf-8")
    assert "://" not in text and "index" not in text


@pytest.mark.parametrize("name", ["server", "desktop"])
def test_a_smaller_set_pins_what_the_whole_set_pins(name: str) -> None:
    assert pinned(name) <= pinned("test")


@pytest.mark.parametrize("name", pin.SETS)
def test_everything_that_is_asked_for_is_pinned(name: str) -> None:
    asked = {re.sub(r"[-_.]+", "-", re.split(r"[<>=!~;\[ ]", line)[0]).lower() for line in pin.wanted(name)}
    assert asked <= {package for package, _ in pinned(name)}


def test_the_server_set_has_no_qt_and_no_keyring() -> None:
    assert not {package for package, _ in pinned("server")} & {
        "pyside6-essentials",
        "keyring",
        "pyqtgraph",
        "pytest",
    }


def test_the_qt_that_aborts_on_python_3_11_is_not_taken() -> None:
    assert ("pyside6-essentials", "6.11.3") in pinned("desktop")
