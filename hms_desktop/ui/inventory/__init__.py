# SPDX-License-Identifier: Apache-2.0
"""The stock room: batches by first expiry, their ledgers, and what is done with them."""
