# SPDX-License-Identifier: Apache-2.0
"""Dispensing: a prescription's fills, the checks before hand-over, batches by first expiry, labels.

A *dispense* is what was physically handed over, so it is always recorded. How far a prescription is filled is
derived from its dispenses, never typed. Supplying beyond what is known to remain, or against an alert, needs a
reason, and the clinic is asked to look at it when histories meet.
"""
