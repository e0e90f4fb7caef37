# SPDX-License-Identifier: Apache-2.0
"""Screens of the front desk: the day, booking, walk-in and check-in."""
