# SPDX-License-Identifier: Apache-2.0
"""Conflicts: changes that met, side by side, until a person chooses (picture 08)."""
