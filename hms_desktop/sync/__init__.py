# SPDX-License-Identifier: Apache-2.0
"""How replicas stay true: merging change sets, exchanging them, and the same code on workstation, hub and centre.

Nothing here knows a table: what merges how is declared on the tables (`storage.records`).
"""
