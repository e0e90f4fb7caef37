# SPDX-License-Identifier: Apache-2.0
"""The `hms` command: what a person or a script at a terminal gets, with and without an open session."""
