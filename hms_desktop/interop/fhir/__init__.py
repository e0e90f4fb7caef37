# SPDX-License-Identifier: Apache-2.0
"""HL7 FHIR R4 in: bundles and single resources become rows of our tables, one file at a time, whole or not at all.

Words: a *source* is one JSON text (a file, or a member of a zip); an *entry* is one resource in it with its place; a
*row* is what one of our tables would hold. The id of a row follows from the resource's own identity, so the same file
read twice gives the same rows. What is read and not kept is counted and named.
"""
