# SPDX-License-Identifier: Apache-2.0
"""Privacy: who looked at whom, what left the clinic, what patients asked for, and looks that need a question."""
