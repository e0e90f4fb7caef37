# SPDX-License-Identifier: Apache-2.0
"""The record of care: visits, vitals, problems, allergies, notes, orders and prescriptions.

A *visit* (FHIR Encounter) is made by rule when an appointment arrives, so two desks make one. A *note* belongs to its
visit; its sections merge each on its own and a signature locks the text that was signed. *Orders* and *prescriptions*
wait as drafts in the visit's basket until note and basket are signed in one act. An allergy is a record of its own, so
allergies unite; "no known allergies" is a dated statement that never outranks an entry. What is wrong is marked
`entered-in-error` with a reason and stays readable; nothing is deleted.
"""
