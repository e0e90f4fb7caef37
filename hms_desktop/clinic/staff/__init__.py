# SPDX-License-Identifier: Apache-2.0
"""Who works here, where, and when they can be booked.

A *practitioner* is a person who is seen or who orders; a *role* says what they do for which service, and a signed-in
account may be tied to one. A *session* is a weekly span of hours that can be booked: practitioner, weekday, clinic
time, slot length, how many patients fit one slot, where, and from and to which day it holds. Clinic time is what the
clock on the wall shows: a session at 09:00 starts at 09:00 on every day of the year, also when the clocks change.
"""
