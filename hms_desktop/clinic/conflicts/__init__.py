# SPDX-License-Identifier: Apache-2.0
"""What met and must not be chosen by a machine: the inbox over every module's conflicts.

A *conflict* names what is contested; its *members* are the records or heads that stand against each other; a
*settlement* is a person's decision that names the members it covers. Rows live in the module of their subject. Whether
a conflict is open is always derived: a member that no settlement names, or a head that still stands, keeps it open.
"""
