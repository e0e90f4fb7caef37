# SPDX-License-Identifier: Apache-2.0
"""Slots, bookings, arrivals and the waiting line of a clinic day.

A *slot* is a stretch of one session on one day, named by rule from the session and its start, so that every station
means the same slot without asking. A booking is *firm* when this station holds a lease on the slot and spends it; a
booking without one is `pending` and is printed "provisional, to be confirmed". When histories meet, firm bookings
stay and a pending one over the slot's capacity moves to the waitlist with a task. *Check-in* happens once for each
appointment, whichever desks did it: its row and the encounter it opens are made by rule. States and their order are
those of FHIR R4 Appointment, and `rules` holds the table of every pair of states that two stations may bring.
"""
