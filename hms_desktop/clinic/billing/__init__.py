# SPDX-License-Identifier: Apache-2.0
"""Charges, prices, invoices, payments and credit: money in whole minor units, documents that are never edited.

A *charge* is a fact that work was done; it arises once from its source and carries no price. An *invoice* freezes
prices and the split between payer and patient. A change is a credit note and a new invoice. What is outstanding is
always derived from invoices, credit notes and payments.
"""
