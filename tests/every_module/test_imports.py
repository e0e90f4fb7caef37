# SPDX-License-Identifier: Apache-2.0
"""What a process loads: the server no Qt and no keyring, a workstation's start nothing slow that is needed late."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.every_module.source import ROOT, sources

SHOW = "import json, sys; print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"


def loaded_by(*modules: str) -> set[str]:
    """The top-level packages in memory after a fresh process imported these modules."""
    script = f"import importlib\nfor name in {list(modules)}: importlib.import_module(name)\n{SHOW}"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_server_loads_neither_qt_nor_a_keyring() -> None:
    assert not loaded_by(*[s.module for s in sources("sync_server")]) & {"PySide6", "keyring", "pyqtgraph"}


def test_the_rooms_that_the_server_shares_load_no_qt() -> None:
    shared = [
        s.module
        for s in sources("hms_desktop")
        if not s.within("hms_desktop/ui", "hms_desktop/app.py", "hms_desktop/front.py", "hms_desktop/__main__.py")
    ]
    assert "PySide6" not in loaded_by(*shared)


def test_a_workstation_starts_without_what_it_needs_late() -> None:
    assert not loaded_by("hms_desktop.app") & {"alembic", "fhir", "reportlab", "pyqtgraph"}


def test_the_process_that_is_always_there_loads_no_clinic_no_store_and_no_work() -> None:
    ask = (
        "import sys, hms_desktop.front; print([m for m in sys.modules if m.startswith(('hms_desktop', 'sqlalchemy'))])"
    )
    loaded = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout
    for heavy in ("hms_desktop.clinic", "hms_desktop.storage.store", "hms_desktop.sync", "sqlalchemy"):
        assert f"'{heavy}" not in loaded, heavy
