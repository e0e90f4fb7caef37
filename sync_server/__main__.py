# SPDX-License-Identifier: Apache-2.0
"""The `hms-server` command."""

from __future__ import annotations

from sync_server.commands.app import main

if __name__ == "__main__":
    main()
