# SPDX-License-Identifier: Apache-2.0
"""One seed for a whole run: the order of the tests and every example that hypothesis draws come from it."""

from __future__ import annotations

import pytest
from hypothesis import core, settings

settings.register_profile("house", deadline=None, print_blob=True)
settings.load_profile("house")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Give hypothesis the seed of the random order, unless it was given its own."""
    if config.getoption("hypothesis_seed", None) is None:
        core.global_force_seed = config.getoption("randomly_seed", None)
