# SPDX-License-Identifier: Apache-2.0
"""By what a process learns that coverage measures it."""

FOR_PROCESSES = "COVERAGE_PROCESS_CONFIG"
"""The name in the environment, of coverage's own."""
