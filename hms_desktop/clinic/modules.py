# SPDX-License-Identifier: Apache-2.0
"""The registry of modules: importing this declares every table, index and action, before a store is opened."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from hms_desktop import clinic
from hms_desktop.security import accounts, administration, audit, prints, step_up
from hms_desktop.storage import leases, owners

MODULES = (
    "patients",
    "staff",
    "inventory",
    "appointments",
    "ehr",
    "lab",
    "pharmacy",
    "billing",
    "privacy",
    "conflicts",
)
_DECLARING = ("model", "service", "search_index", "queries_care")


def _declare(module: str) -> None:
    package = import_module(f"{clinic.__name__}.{module}")
    for found in pkgutil.iter_modules(package.__path__):
        if found.name.startswith(_DECLARING):
            import_module(f"{package.__name__}.{found.name}")


for _module in MODULES:
    _declare(_module)
DECLARED = (accounts, administration, audit, prints, step_up, leases, owners)
