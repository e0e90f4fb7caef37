# SPDX-License-Identifier: Apache-2.0
"""Screens of who answers for privacy: emergency access to review, and the records that are restricted."""
