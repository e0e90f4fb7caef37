# SPDX-License-Identifier: Apache-2.0
"""The day of a clinic as tests play it: the script of tour and demo, by keyboard or by services, on every line."""
