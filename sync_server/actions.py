# SPDX-License-Identifier: Apache-2.0
"""Loads every action that a workstation may have done: a change set of an action not known here would be held back."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module

from hms_desktop import clinic
from hms_desktop.documents import printing
from hms_desktop.security import witnessed
from hms_desktop.security.permissions import ACTIONS, Action
from hms_desktop.security.queries import QUERIES, Query
from hms_desktop.sync import bundle_audit, handing_over, quarantine

assert all(module.__name__ for module in (bundle_audit, handing_over, printing, quarantine, witnessed))


@cache
def known_actions() -> Mapping[str, Action]:
    """Every declared action by name: those of the clinic's services, of its papers, and over what was refused."""
    for found in pkgutil.walk_packages(clinic.__path__, f"{clinic.__name__}."):
        if found.name.rpartition(".")[2].startswith("service"):
            import_module(found.name)
    return ACTIONS


@cache
def known_queries() -> Mapping[str, Query]:
    """Every declared query of the clinic by name."""
    for found in pkgutil.walk_packages(clinic.__path__, f"{clinic.__name__}."):
        import_module(found.name)
    return {name: declared for name, declared in QUERIES.items() if declared.ours}
