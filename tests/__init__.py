# SPDX-License-Identifier: Apache-2.0
"""Tests, in the folders of what they test; `workflows` reads as sentences, `every_module` is what all must keep."""
