# SPDX-License-Identifier: Apache-2.0
"""Paper: labels, receipts, invoices, prescriptions and reports as PDF bytes.

Each kind of document is one file with a frozen dataclass that says everything on the page, and one function that
turns it into PDF. The same dataclass always gives the same bytes: time, person and place of printing are passed in.
"""
