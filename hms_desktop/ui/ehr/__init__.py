# SPDX-License-Identifier: Apache-2.0
"""Screens of the clinical rooms: a clinician's day, the chart, vitals, allergies, orders and prescriptions."""
