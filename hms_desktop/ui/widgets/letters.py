# SPDX-License-Identifier: Apache-2.0
"""Whether single letters act as keys (WCAG 2.1.4): people who dictate or slip can switch them off."""

from __future__ import annotations


class Letters:
    """The choice of the signed-in person; lists ask it before J, K, X and `/` do anything."""

    def __init__(self) -> None:
        self.on = True


letters = Letters()
