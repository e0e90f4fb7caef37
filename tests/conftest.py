# SPDX-License-Identifier: Apache-2.0
"""What holds for every test: no display, a home folder of its own, English, UTC; and what pytest is taught."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

# Before anything loads Qt, keyring or hypothesis: they read these once.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(Path(__file__).resolve().parent.parent / "build" / "hypothesis")
os.environ.update({"LC_ALL": "C.UTF-8", "LANGUAGE": "en", "TZ": "UTC"})
time.tzset()

MOST_UNCOLLECTED = 100_000

pytest_plugins = [
    "tests.plugins.acceptance",
    "tests.plugins.loopback",
    "tests.plugins.measured",
    "tests.plugins.patience",
    "tests.plugins.seeds",
    "tests.plugins.silence",
    "tests.plugins.store",
    "tests.shaking",
]


@pytest.fixture(scope="session", autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or writes the home folder of whoever runs it, nor do the processes that it starts."""
    home = tmp_path_factory.mktemp("home")
    places = {"HOME": home, "XDG_CONFIG_HOME": home / "config", "XDG_DATA_HOME": home / "data"}
    places |= {"XDG_CACHE_HOME": home / "cache", "XDG_STATE_HOME": home / "state", "XDG_RUNTIME_DIR": home / "run"}
    for place in places.values():
        place.mkdir(exist_ok=True, mode=0o700)
    with pytest.MonkeyPatch.context() as patch:
        for name, place in places.items():
            patch.setenv(name, str(place))
        yield


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    """Windows switch Python's own collector off (`ui.widgets.collector`); tests without an event loop need it too."""
    if not gc.isenabled() and gc.get_count()[0] > MOST_UNCOLLECTED:
        gc.collect()


@pytest.fixture(autouse=True)
def own_log() -> Iterator[None]:
    """No test hears its log where the one before it sent it: a process of the program, run within a test, does that."""
    yield
    if (log := sys.modules.get("structlog")) is not None:
        log.reset_defaults()


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Every test starts in English, whatever language the one before it switched to."""
    from hms_desktop.core import text

    text.use_language("en")
    yield
