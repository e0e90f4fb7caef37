# SPDX-License-Identifier: Apache-2.0
"""The console's pages, one file per place in its menu."""
