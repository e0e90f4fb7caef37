# SPDX-License-Identifier: Apache-2.0
"""A session process as the product starts it, with a software security key plugged in: `keyed_session KEYFILE …`.

The folder `ports` beside the key's file is what this computer's system lists of its devices.
"""

from __future__ import annotations

import sys
from pathlib import Path

from hms_desktop.__main__ import main
from hms_desktop.security import fido, key_ports
from tests.security.soft_key import SoftKey


def plug_in(file: Path) -> None:
    """The key of this file is plugged in, if the file is there."""
    fido._plugged_in = lambda: [SoftKey.load(file)] if file.exists() else []
    key_ports.LISTED = key_ports.NODES = file.with_name("ports")


if __name__ == "__main__":
    plug_in(Path(sys.argv.pop(1)))
    main()
