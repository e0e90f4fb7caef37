# SPDX-License-Identifier: Apache-2.0
"""The marker that every announced event of a clinic module carries."""

from __future__ import annotations


class Event:
    """Something that happened in an action, in the past tense; subclasses are frozen dataclasses."""

    __slots__ = ()
