# SPDX-License-Identifier: Apache-2.0
"""What a QR shows can be read again, from a terminal and from a picture."""

from __future__ import annotations

import pytest

from hms_desktop.documents.qr_code import QUIET, modules, svg, terminal_lines
from tests.documents.qr import read_svg, read_terminal


@pytest.mark.parametrize("text", ["A", "HTTPS://[::1]:8443 ABCD-EFGH", "HTTPS://RIVERBEND:8443 " + "ABCD-" * 10])
def test_terminal_and_picture_say_the_text(text: str) -> None:
    assert read_terminal(terminal_lines(text)) == read_svg(svg(text)) == text
    rows = modules(text)
    assert not any(any(row[:QUIET] + row[-QUIET:]) for row in rows) and not any(map(any, rows[:QUIET] + rows[-QUIET:]))
