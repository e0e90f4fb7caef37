# SPDX-License-Identifier: Apache-2.0
"""Screens of the directory: people, roles, places and weekly sessions."""
