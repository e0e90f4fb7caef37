# SPDX-License-Identifier: Apache-2.0
"""The encrypted file, its log and what a workstation keeps beside it."""
