# SPDX-License-Identifier: Apache-2.0
"""The dispensing counter: queue, alerts first, lines to pick and check, label, counselling, hand-over."""
