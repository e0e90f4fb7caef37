# SPDX-License-Identifier: Apache-2.0
"""The encrypted file: tables and their merge policies, the one write path, and the log of change sets."""
