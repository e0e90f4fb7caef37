# SPDX-License-Identifier: Apache-2.0
"""Promises that hold in every module, proven on real workstations, a real server process and real kills."""
