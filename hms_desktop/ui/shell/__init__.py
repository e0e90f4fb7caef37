# SPDX-License-Identifier: Apache-2.0
"""The frame around every screen: rail, top bar, strip, banner, status bar, palette, keys, sign-in and lock."""
