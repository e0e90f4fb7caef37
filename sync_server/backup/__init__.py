# SPDX-License-Identifier: Apache-2.0
"""Backups of the server: made while it serves, tried before they count, kept by age, and put back as a new epoch."""
