# SPDX-License-Identifier: Apache-2.0
"""The ground floor: time, ids, money, quantities, words and errors, with no input or output."""
