# SPDX-License-Identifier: Apache-2.0
"""What pytest is taught for this project: acceptance numbers, no network, no stray output, seeds."""
