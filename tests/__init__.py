# SPDX-License-Identifier: Apache-2.0
"""Tests, in the same folders as what they test; `workflows` reads as sentences, `every_module` checks what all must keep."""
