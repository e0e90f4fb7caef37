# SPDX-License-Identifier: Apache-2.0
"""The laboratory screens, driven through the real window."""
