# SPDX-License-Identifier: Apache-2.0
"""What every file, table, action, screen and command must keep; a new one that doesn't fails here by name."""
