# SPDX-License-Identifier: Apache-2.0
"""The clinical screens, driven through the real window."""
