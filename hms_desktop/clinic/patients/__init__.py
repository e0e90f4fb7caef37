# SPDX-License-Identifier: Apache-2.0
"""The patient register: who a person is, how to reach them, what happened with them, and what is still to be done.

Words. A *chart* is one row of the table patient; a *person* may have had two charts registered, which a *link* joins:
the *survivor* is the chart that goes on, the *replaced* one keeps its rows and its record number, and every query
reads both. A *look-alike* is another chart that may be the same person; only a person decides that. An *identifier*
is a number in a named system (national id, passport, insurer, old chart) and belongs to one person in each system.
The *record number* (MRN) is the station's own series and never changes. The *timeline* holds one line for everything
that happened, written by reactions; the line says what and when, its source holds the rest. A *task* is something a
role has to do about a patient.

Rules. A name may be unknown and then is said to be unknown, never invented. A birth date may be known in part or
estimated from an age, and is marked so wherever it is shown. Birth date, sex, death and identifiers are careful: two
stations that changed one without knowing of each other ask a person. Nothing is deleted: an identifier ends, a link
is voided with a reason, and the earlier values stay in the history.
"""
