# SPDX-License-Identifier: Apache-2.0
"""Write the statements of the first release's schema from the declared tables: `python -m installer.freeze_schema`.

Only until the first release: afterwards a change of tables is a new revision beside it.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import create_engine

import hms_desktop.sync.facts  # noqa: F401  declares tables
from hms_desktop.clinic import modules
from hms_desktop.storage import schema
from hms_desktop.storage.migrate import SCRIPTS

TARGET = SCRIPTS / "versions" / "0001_first.sql"
assert modules.MODULES


def statements() -> str:
    """Every table and index as SQL, in an order in which they can be made."""
    made = schema.statements(create_engine("sqlite://").dialect)
    lines = [" ".join(statement.split()) for statement in made]
    return ";\n".join(lines) + ";\n"


def main(target: Path = TARGET) -> None:
    """Write the file."""
    target.write_text(statements(), "utf-8")
    print(f"{target.name}: {len(statements().splitlines())} statements")


if __name__ == "__main__":
    main()
