# SPDX-License-Identifier: Apache-2.0
"""The `hms-server` command."""

from __future__ import annotations

import gc

gc.disable()  # what is imported stays: looking through it for garbage again and again is an eighth of the start

from sync_server.commands.app import main  # noqa: E402

gc.freeze()
gc.enable()

if __name__ == "__main__":
    main()
