# SPDX-License-Identifier: Apache-2.0
"""The console: its doors, its two-person rule, its figures, and its pages in Chromium."""
