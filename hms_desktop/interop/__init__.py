# SPDX-License-Identifier: Apache-2.0
"""Other systems' languages, as pure mappings: files in, neutral rows out; nothing here writes to a store."""
