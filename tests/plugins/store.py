# SPDX-License-Identifier: Apache-2.0
"""`--store postgresql`: the servers of tests keep their rows in a real PostgreSQL instead of an encrypted file."""

from __future__ import annotations

import pytest

from tests import stores


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where stores of servers lie."""
    words = "where servers' stores lie: encrypted files, or a private PostgreSQL of this machine's programs"
    parser.addoption("--store", choices=("sqlcipher", "postgresql"), default="sqlcipher", help=words)


def pytest_configure(config: pytest.Config) -> None:
    """Whoever asks for PostgreSQL has one."""
    stores.Chosen.postgresql = config.getoption("--store") == "postgresql"
    if stores.Chosen.postgresql and not stores.there():
        raise pytest.UsageError(stores.MISSING)


def pytest_report_header() -> str | None:
    """Say so where nothing is tested on PostgreSQL."""
    return None if stores.there() else f"store: {stores.MISSING}"


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """The databases of one file's tests go with them."""
    if nextitem is None or nextitem.path != item.path:
        stores.clear()


def pytest_sessionfinish() -> None:
    """And the cluster with the run."""
    stores.end()
