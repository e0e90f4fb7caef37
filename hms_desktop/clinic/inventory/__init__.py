# SPDX-License-Identifier: Apache-2.0
"""Medicines and goods: items, batches with an expiry day, and stock as the sum of moves that are never changed.

An *item* is what can be picked; a *batch* is one delivery of it that expires together; a *move* adds to or takes
from one batch at one place. Nothing stores a balance. A batch may be usable, on hold or recalled; only usable
batches that are in date leave the shelf, the first to expire first.
"""
