# SPDX-License-Identifier: Apache-2.0
"""The workstation without its windows: opening its file, its sync, and the work of the `hms` command."""
