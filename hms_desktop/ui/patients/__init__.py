# SPDX-License-Identifier: Apache-2.0
"""Screens of the register: search, registration with look-alikes, the patient's record, joining charts."""
