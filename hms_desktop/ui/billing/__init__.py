# SPDX-License-Identifier: Apache-2.0
"""Billing: invoices to finish, who pays what, money taken and the receipts (picture 07)."""
