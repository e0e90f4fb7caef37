# SPDX-License-Identifier: Apache-2.0
"""Loads every module that declares tables or actions, so that the registries are whole."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from tests.every_module.source import sources

WINDOWS = ("hms_desktop/ui", "hms_desktop/app.py", "hms_desktop/front.py", "hms_desktop/__main__.py")


@cache
def load() -> None:
    """Import every room that the server shares."""
    for source in sources("hms_desktop"):
        if not source.within(*WINDOWS):
            import_module(source.module)
